"""Lesson 06: the signal, layer by layer."""

import torch

from ..hypernet import HyperNet
from ..init import METHODS, initialise_generator, signal_moments
from . import words
from .live import Control, Curves, Explorer, LivePicture, powers


def variance_explorer(deepest=12, seeds=3):
    """How large the signal is after each layer of a generated target, for an initialisation, width and depth.

    The target has `deepest` layers of one width; a depth shows the first of them.  Measured before it is drawn: 8
    conditions of mean square 1, 64 rows of data each, mean over the seeds.
    """
    found = {}
    with torch.random.fork_rng(devices=[]):
        for width in (16, 32, 64):
            net = HyperNet(8, width, [width] * (deepest - 1), width)
            for method in METHODS:
                rounds = []
                for seed in range(seeds):
                    torch.manual_seed(seed)
                    initialise_generator(net.generator, net.target_layer_sizes, method)
                    z = torch.randn(8, 8)
                    z = z / z.square().mean(-1, keepdim=True).sqrt()
                    with torch.no_grad():
                        rounds.append(signal_moments(torch.randn(8, 64, width), net(z)))
                found[method, width] = torch.tensor(rounds).mean(0)  # [deepest, 2]
    layers = torch.arange(1, deepest + 1)
    whole, part = "all of it", "part that differs between rows of data"

    def numbers(method, width, depth):
        moments = found[method, width][:depth]
        curves = {name: (layers[:depth], values) for name, values in zip((whole, part), moments.T, strict=True)}
        return {"signal": {"title": f"{method}, width {width}", "curves": curves}}

    def sentence(numbers, method, width, depth):
        of_all, differs = (values.tolist() for _, values in numbers["signal"]["curves"].values())
        first, last, differs = map(words.spoken, (of_all[0], of_all[-1], differs[-1]))
        return (
            f"{method}, target of width {width}: the signal has the mean square {first} after layer 1 and {last}"
            f" after layer {depth}, of which {differs} differs between rows of data."
        )

    signal = Curves(
        layers,
        (1e-14, 1e12),
        legend="upper left",  # where no start comes by
        looks={whole: dict(marker="o", linewidth=2.4), part: dict(marker="s", linewidth=1.5, markersize=4)},
        level=(1, "mean square of the data"),
        axes=dict(
            yscale="log",
            xlim=(0.5, deepest + 0.5),
            xticks=layers[1::2].tolist(),
            yticks=[1e-12, 1e-8, 1e-4, 1, 1e4, 1e8, 1e12],
            xlabel="layer of the target",
            ylabel="mean square after the layer",
        ),
    )
    controls = {
        "method": Control("initialisation", list(METHODS), "default"),
        "width": powers("target width", 32, 16, 64),
        "depth": Control("depth", range(1, deepest + 1), deepest),
    }
    return LivePicture(Explorer(controls, numbers, {"signal": signal}, sentence, size=(6.0, 3.2)))
