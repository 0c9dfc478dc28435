"""Interactive pictures: sliders, and one figure that is drawn anew when they move."""

import html
import io
import itertools
import math
import traceback

import ipywidgets
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from . import plots
from .batching import bytes_of_generated_weights, multiply_adds
from .chunked import count_chunks
from .counting import count_parameters, generator_parameters, mlp_sizes
from .data import rotated_moons
from .hypernet import HyperNet
from .init import METHODS, initialise_generator, signal_moments
from .slicing import flatten, unflatten
from .target import target_forward


def with_all_in_front(moving):
    """The artists, and whatever is drawn over them in their axes, in the order in which it is drawn."""
    found = []
    for ax in dict.fromkeys(artist.axes for artist in moving):
        drawn = [artist for artist in ax.get_children() if artist is not ax.patch]
        drawn.sort(key=lambda artist: artist.zorder)
        first = min(drawn.index(artist) for artist in moving if artist.axes is ax)
        found += [artist for artist in drawn[first:] if artist.get_visible()]
    return found


# ipywidgets gives a slider no name that a screen reader could say, and a slider of options says only its number in
# their list.  Python cannot reach these nodes, but a picture that has arrived can, with the texts beside the slider.
NAME_SLIDERS = """
this.closest('.hyperlib-live').querySelectorAll('.widget-slider').forEach(box => {
  const text = part => box.querySelector(part)?.textContent ?? '', handle = box.querySelector('[role=slider]');
  handle.setAttribute('aria-label', text('.widget-label'));
  handle.setAttribute('aria-valuetext', text('.widget-readout'));
})"""


class LivePicture(ipywidgets.VBox):
    """Sliders above a figure.

    Args:
        fig: the figure; it is kept, since changing what is in it is faster than making another.
        redraw: called with the sliders' values by name; changes the figure and returns its description.
        moving: the artists that redraw changes.  What is behind them, above all axes with their labels, is drawn once
            and kept, which takes a third of the time.  Without them everything is drawn every time.
        sliders: ipywidgets by name.
    """

    def __init__(self, fig, redraw, moving=(), **sliders):
        self.fig, self.redraw, self.sliders = fig, redraw, sliders
        self.canvas = FigureCanvasAgg(fig)
        fig.draw_without_rendering()
        fig.set_layout_engine("none")  # everything stays where it is now: finding the places anew takes long
        self.moving = with_all_in_front(moving)
        for artist in self.moving:
            artist.set_animated(True)  # left out of the canvas's own drawing
        self.canvas.draw()
        self.behind = self.canvas.copy_from_bbox(fig.bbox)
        self.picture = ipywidgets.HTML()
        for slider in sliders.values():
            slider.observe(self.update, "value")
        super().__init__([*sliders.values(), self.picture])
        self.add_class("hyperlib-live")
        self.update()

    def update(self, _=None):
        """Draw for the sliders' values; an error is shown in place of the picture, or nobody would see it."""
        try:
            self.description = self.redraw(**{name: slider.value for name, slider in self.sliders.items()})
            self.still = plots.image_tag(self.png(), self.description, self.fig.get_figwidth())
            self.picture.value = self.still.replace("<img", f'<img onload="{NAME_SLIDERS}"', 1)
        except Exception:
            self.description = "the picture could not be drawn"
            self.still = self.picture.value = f"<pre>{html.escape(traceback.format_exc())}</pre>"

    def png(self):
        """The figure as it is now."""
        if self.moving:
            self.canvas.restore_region(self.behind)
            for artist in self.moving:
                artist.draw(self.canvas.get_renderer())
        else:
            self.canvas.draw()
        pixels = Image.frombuffer("RGBA", self.canvas.get_width_height(), self.canvas.buffer_rgba())
        png = io.BytesIO()
        pixels.convert("RGB").save(png, "png", compress_level=1)  # half as long as the default, and hardly larger
        return png.getvalue()

    def __repr__(self):
        return f"Interactive picture: {self.description}"

    def _repr_mimebundle_(self, **kwargs):
        """The living picture, and for readers without a kernel a still one."""
        still = self.still + '<p style="padding: 0 5px">Run this cell to make it interactive.</p>'
        return super()._repr_mimebundle_(**kwargs) | {"text/plain": repr(self), "text/html": still}


def named(label):
    """What every control gets.  Without a tooltip of its own it would say "null" under the mouse."""
    layout = {"width": "420px", "max_width": "98%"}
    return dict(description=label, tooltip=label, style={"description_width": "initial"}, layout=layout)


def int_slider(label, value, low, high):
    return ipywidgets.IntSlider(value, low, high, **named(label))


def float_slider(label, value, low, high, steps=60):
    step = (high - low) / steps
    value = low + round((value - low) / step) * step  # where the browser would move it without telling the kernel
    return ipywidgets.FloatSlider(value, min=low, max=high, step=step, **named(label))


def power_slider(label, value, low, high):
    """A slider over the powers of two from `low` to `high`."""
    powers = [2**k for k in range(low.bit_length() - 1, high.bit_length())]
    options = [(f"{power:,}", power) for power in powers]
    return ipywidgets.SelectionSlider(options=options, value=value, **named(label))


def slicing_explorer():
    """The flat vector of an in -> hidden -> out network beside the matrices it fills, for sizes one chooses."""
    fig = plots.figure(6.2, 3.6)
    axes = plots.strip_axes(fig)

    def redraw(n_in, hidden, n_out):
        return plots.draw_strip(*axes, [(n_in, hidden), (hidden, n_out)])

    return LivePicture(
        fig,
        redraw,
        n_in=int_slider("inputs", 3, 1, 6),
        hidden=int_slider("hidden units", 4, 1, 8),
        n_out=int_slider("outputs", 2, 1, 6),
    )


def cost_explorer():
    """What a generator of a target n -> n -> n costs, beside the target itself."""
    fig = plots.figure(6.0, 2.0)
    fig.set_layout_engine("none")
    ax = fig.add_axes((0.13, 0.05, 0.86, 0.76))
    bars = plots.draw_live_bars(ax, ["target", "generator"], 3e11, start=1)

    def redraw(width, hidden):
        target = [(width, width), (width, width)]
        counts = [count_parameters(target), generator_parameters(8, [hidden], target)]
        title = f"A generator 8 -> {hidden} -> P for a target {plots.sizes_in_words(target)}"
        ax.set_title(f"{title} (log scale)", fontsize=10)
        labels = [f"{counts[0]:,} parameters", f"{counts[1]:,} ({counts[1] / counts[0]:,.1f} x the target)"]
        plots.set_live_bars(*bars, counts, labels)
        return f"Bars. {title}. target: {labels[0]}; generator: {labels[1]}."

    return LivePicture(
        fig,
        redraw,
        moving=[ax.title, *bars[0], *bars[1]],
        width=int_slider("target width", 16, 1, 128),
        hidden=int_slider("generator's hidden units", 64, 1, 256),
    )


def sharing_explorer(target=((128, 64), (64, 32)), conditioning_size=64):
    """Multiply-adds of generator and target, and bytes of generated weights, for rows that share conditions."""
    fig = plots.figure(6.0, 3.4)
    fig.set_layout_engine("none")  # the places are known, and finding them takes longer than drawing
    work, memory = fig.add_axes((0.33, 0.5, 0.66, 0.4)), fig.add_axes((0.33, 0.03, 0.66, 0.28))
    parts = ["generator: hidden layers", "generator: last layer", "target network"]
    kept = ["one per condition", "one per row"]
    work_bars = plots.draw_live_bars(work, parts, 3e15)
    memory_bars = plots.draw_live_bars(memory, kept, 1e12)
    memory.set_title("Bytes of generated weights (log scale)", fontsize=10)
    target, P = list(target), count_parameters(list(target))

    def redraw(batch, distinct, hidden):
        distinct = min(distinct, batch)
        *first, last = mlp_sizes(conditioning_size, [hidden, hidden], P)
        costs = [distinct * multiply_adds(first), distinct * multiply_adds([last]), batch * multiply_adds(target)]
        sizes = [bytes_of_generated_weights(networks, target) for networks in (distinct, batch)]
        shares = [f"{cost:,} ({cost / sum(costs):.1%})" for cost in costs]
        work.set_title(f"Multiply-adds for {batch:,} rows, {distinct:,} conditions (log scale)", fontsize=9)
        plots.set_live_bars(*work_bars, costs, shares)
        plots.set_live_bars(*memory_bars, sizes, [f"{size:,}" for size in sizes])
        words = "; ".join(f"{name} {share}" for name, share in zip(parts, shares, strict=True))
        memory = "; ".join(f"{name} {size:,}" for name, size in zip(kept, sizes, strict=True))
        return (
            f"{batch} rows with {distinct} distinct conditions, generator with hidden layers of {hidden}."
            f" Multiply-adds: {words}. Bytes of generated weights: {memory}."
        )

    return LivePicture(
        fig,
        redraw,
        moving=[work.title, *work_bars[0], *work_bars[1], *memory_bars[0], *memory_bars[1]],
        batch=power_slider("batch", 1024, 1, 4096),
        distinct=power_slider("distinct conditions", 1024, 1, 4096),
        hidden=power_slider("generator's hidden units", 256, 8, 1024),
    )


def chunk_explorer(target_layer_sizes, conditioning_size=0):
    """What a chunked generator stores, for a chunk size, an embedding size and a hidden layer of one's choice."""
    fig = plots.figure(6.0, 2.2)
    fig.set_layout_engine("none")
    ax = fig.add_axes((0.27, 0.05, 0.72, 0.78))
    target, P = plots.sizes_in_words(target_layer_sizes), count_parameters(target_layer_sizes)
    parts = ["target's weights", "chunk embeddings", "generator", "stored in all"]
    bars = plots.draw_live_bars(ax, parts, 1e10)

    def redraw(chunk_size, embedding_size, hidden):
        chunks = count_chunks(P, chunk_size)
        embeddings = chunks * embedding_size
        generator = count_parameters(mlp_sizes(conditioning_size + embedding_size, [hidden], chunk_size))
        stored = embeddings + generator
        ax.set_title(f"Numbers stored for {chunks:,} chunks of {chunk_size:,} (log scale)", fontsize=10)
        ratio = f"{P / stored:,.0f}x" if P > 10 * stored else f"{P / stored:.1f}x"
        counts = [P, embeddings, generator, stored]
        plots.set_live_bars(*bars, counts, [*(f"{n:,}" for n in counts[:-1]), f"{stored:,} ({ratio} compression)"])
        words = "; ".join(f"{name} {n:,}" for name, n in zip(parts, counts, strict=True))
        return (
            f"{target} in {chunks:,} chunks of {chunk_size:,}, with embeddings of {embedding_size} and a hidden layer"
            f" of {hidden}: {words}, {ratio} compression."
        )

    return LivePicture(
        fig,
        redraw,
        moving=[ax.title, *bars[0], *bars[1]],
        chunk_size=power_slider("chunk size", 64, 16, 65536),
        embedding_size=power_slider("embedding size", 8, 1, 64),
        hidden=power_slider("hidden units", 16, 1, 256),
    )


def function_explorer(
    generate,
    x,
    low=-1.0,
    high=1.0,
    activation="relu",
    label="z",
    points=None,
    also=None,
    show_weights=False,
    start=None,
):
    """A slider through the networks that `generate` makes: their function of one number, and their weights.

    Args:
        generate: from a z, a tensor of shape [1], to the weights (w1, b1, ...) of a target with one input and output.
        x: `[n, 1]`, where to draw the function.
        low, high: the slider's range.
        activation: of the target network.
        points: data to draw as dots, as (x, y).
        also: further curves to compare with, as {name: y}.
        show_weights: draw the weights beside the function.
        start: where the slider stands at first; None for the middle.
    """
    with torch.no_grad():
        places = torch.linspace(low, high, 61).unsqueeze(-1)
        weights = [generate(z) for z in places]
        ys = [target_forward(x, w, activation) for w in weights]
    limit = max(float(flatten(w).abs().max()) for w in weights)
    fig = plots.figure(6.0, 3.0)
    curve_fig, weight_fig = fig.subfigures(1, 2, width_ratios=[1.3, 1]) if show_weights else (fig, None)
    ax = curve_fig.subplots()
    line, *_ = plots.draw_curves(ax, x, {"target network": ys[0], **(also or {})}, points, "upper left")
    smallest, largest = min(float(y.min()) for y in ys), max(float(y.max()) for y in ys)
    ax.set(ylim=(smallest - 0.2, largest + 0.2), xlim=(float(x.min()), float(x.max())))
    images = []
    if show_weights:
        tensors = plots.by_name(weights[0])
        images = plots.draw_tensors(weight_fig.subplots(1, len(tensors)), tensors, limit, numbers=False)
        weight_fig.suptitle("weights: orange < 0 < blue", fontsize=9)

    ax.set_title(" ")

    def redraw(z):
        with torch.no_grad():
            new = generate(torch.tensor([z]))
            y = target_forward(x, new, activation)
        line.set_ydata(plots.array(y))
        ax.set_title(f"{label} = {z:.2f}")
        for image, tensor in zip(images, plots.by_name(new).values(), strict=False):
            image.set_data(plots.as_matrix(tensor))
        words = [f"The function that is generated for {label} = {z:.2f}: {plots.path_in_words(x, y)}."]
        if also:
            far = {name: float((other - y).detach().abs().max()) for name, other in also.items()}
            words.append(f"Largest distance {', '.join(f'from {name} {plots.number(d)}' for name, d in far.items())}.")
        if show_weights:
            tensors = "; ".join(plots.tensor_in_words(*item) for item in plots.by_name(new).items())
            words.append(f"Its weights as heat maps: {tensors}.")
        return " ".join(words)

    moving = [ax.title, line, *images]
    start = (low + high) / 2 if start is None else start
    return LivePicture(fig, redraw, moving, z=float_slider(label, start, low, high))


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
    fig = plots.figure(6.0, 3.2)
    ax = fig.subplots()
    layers = torch.arange(1, deepest + 1)
    names = ["all of it", "part that differs between rows of data"]
    styles = [dict(marker="o", linewidth=2.4), dict(marker="s", linestyle="--", linewidth=1.5, markersize=4)]
    lines = [
        ax.plot([], [], label=name, color=colour, **style)[0]
        for name, colour, style in zip(names, plots.LINE_COLOURS, styles, strict=False)
    ]
    ax.axhline(1, color="black", linewidth=0.8, linestyle=":", label="mean square of the data")
    ax.set(yscale="log", ylim=(1e-14, 1e12), xlim=(0.5, deepest + 0.5), xticks=layers[1::2].tolist())
    ax.set(xlabel="layer of the target", ylabel="mean square after the layer")
    ax.set_yticks([1e-12, 1e-8, 1e-4, 1, 1e4, 1e8, 1e12])
    ax.minorticks_off()
    ax.grid(alpha=0.3)
    ax.legend(fontsize=9, loc="upper left")  # where no start comes by
    ax.set_title(METHODS[0])

    def redraw(method, width, depth):
        moments = found[method, width][:depth]
        for line, values in zip(lines, moments.T, strict=True):
            line.set_data(plots.array(layers[:depth]), plots.array(values))
        ax.set_title(f"{method}, width {width}")
        (first, _), (last, differs) = moments[0].tolist(), moments[-1].tolist()
        first, last, differs = map(plots.number, (first, last, differs))
        return (
            f"{method}, target of width {width}: the signal has the mean square {first} after layer 1 and {last}"
            f" after layer {depth}, of which {differs} differs between rows of data."
        )

    return LivePicture(
        fig,
        redraw,
        moving=[ax.title, *lines],
        # Not a Dropdown: JupyterLab takes its arrow keys for going from cell to cell.
        method=ipywidgets.SelectionSlider(options=METHODS, value="default", **named("initialisation")),
        width=power_slider("target width", 32, 16, 64),
        depth=int_slider("depth", deepest, 1, deepest),
    )


def family_explorer(models, truth, x, conditions):
    """Sliders through the conditions of a family of functions: the true function, and what models make of it.

    Args:
        models: by name; each a function of a condition [1, C] and data [1, n, 1] with a result [1, n, 1].
        truth: the same, for the true function.
        x: `[n, 1]`, where to draw.
        conditions: `{name: (lowest, highest, lowest trained, highest trained)}` for each number of the condition, in
            their order; the title says which of them has left what was trained.
    """
    functions = {"true function": truth, **models}

    def values_for(condition):
        with torch.no_grad():
            return {name: f(torch.tensor([condition]), x.unsqueeze(0))[0] for name, f in functions.items()}

    start = [(trained_low + trained_high) / 2 for _, _, trained_low, trained_high in conditions.values()]
    corners = list(itertools.product(*((low, high) for low, high, _, _ in conditions.values())))
    limit = 1.3 * max(float(values_for(corner)["true function"].abs().max()) for corner in corners)
    fig = plots.figure(6.0, 3.2)
    ax = fig.subplots()
    lines = plots.draw_curves(ax, x, values_for(start))
    ax.legend(fontsize=9, loc="upper center", ncols=len(lines))  # in one row, above the curves
    ax.set(xlim=(float(x.min()), float(x.max())), ylim=(-limit, limit), title=" ")

    def redraw(**condition):
        values = values_for(list(condition.values()))
        for line, y in zip(lines, values.values(), strict=True):
            line.set_ydata(plots.array(y))
        outside = [
            f"{name} {condition[name]:.2f} (trained: {low:.2f} to {high:.2f})"
            for name, (_, _, low, high) in conditions.items()
            if not low <= condition[name] <= high
        ]
        where = f"OUTSIDE: {', '.join(outside)}" if outside else "inside the trained range"
        at = ", ".join(f"{name} {value:.2f}" for name, value in condition.items())
        title = where if outside else f"{at}: {where}"
        ax.set_title(title, fontsize=8 if len(outside) > 1 else 10)  # both must fit
        true, *others = values.values()
        misses = ", ".join(
            f"{name} is off by up to {float((y - true).abs().max()):.1f}"
            for name, y in zip(models, others, strict=True)
        )
        return f"Functions for {at}, {where}. True function: {plots.path_in_words(x, true)}; {misses}."

    sliders = {
        name: float_slider(name, value, low, high)
        for (name, (low, high, _, _)), value in zip(conditions.items(), start, strict=True)
    }
    return LivePicture(fig, redraw, [ax.title, *lines], **sliders)


def moons_explorer(model, encode):
    """Turn two moons, and see the boundary that a conditional hypernetwork draws, and the weights that it makes for it.

    Args:
        model: a `Hypernetwork` with two inputs and one output, the logit of class 1.
        encode: from an angle in degrees, a tensor of any shape, to the model's condition.
    """
    side = torch.linspace(-2, 2, 60)
    plane = torch.cartesian_prod(side, side).flip(-1)  # row after row of the picture, x before y
    still, labels = rotated_moons(torch.zeros(()), 120, generator=torch.Generator().manual_seed(0))

    def at(degrees):
        angle = math.radians(degrees)
        turn = torch.tensor([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        points = still @ turn  # the same moons at every angle, so that the eye can follow them
        with torch.no_grad():
            condition = encode(torch.tensor(float(degrees)))
            decided = model(condition, plane).squeeze(-1)
            right = (model(condition, points).squeeze(-1) > 0) == (labels == 1)
            flat = [generator(condition) for generator in model.generators]
        sizes = zip(flat, model.target_layer_sizes, strict=True)
        weights = [pair for one, size in sizes for pair in unflatten(one, [size])]
        return points, decided, right.float().mean().item(), plots.by_name(weights)

    points, decided, _, weights = at(0)
    limit = max(float(w.abs().max()) for degrees in range(0, 360, 30) for w in at(degrees)[3].values())
    fig = plots.figure(6.2, 3.2)
    plane_fig, weight_fig = fig.subfigures(1, 2, width_ratios=[1.1, 1])
    ax = plane_fig.subplots()
    image = ax.imshow(
        plots.as_matrix(decided.reshape(60, 60).sigmoid()),
        extent=(-2, 2, -2, 2), origin="lower", cmap=plots.SIGNED, vmin=-0.5, vmax=1.5,
    )  # fmt: skip
    marks = plots.draw_classes(ax, points, labels)
    images = plots.draw_tensors(weight_fig.subplots(1, len(weights)), weights, limit, numbers=False)
    weight_fig.suptitle("weights: orange < 0 < blue", fontsize=9)
    ax.set_title(" ", fontsize=10)

    def redraw(degrees):
        points, decided, right, weights = at(degrees)
        image.set_data(plots.as_matrix(decided.reshape(60, 60).sigmoid()))
        for k, mark in enumerate(marks):
            mark.set_offsets(points[labels == k].numpy())
        for picture, tensor in zip(images, weights.values(), strict=True):
            picture.set_data(plots.as_matrix(tensor))
        ax.set_title(f"turned by {degrees} degrees: {right:.0%} right", fontsize=10)
        return (
            f"Two moons turned by {degrees} degrees, {plots.classes_in_words(points, labels)}, and the boundary between"
            f" them: {right:.0%} are on the right side. Beside them heat maps of the generated weights."
        )

    moving = [ax.title, image, *marks, *images]
    return LivePicture(fig, redraw, moving, degrees=int_slider("degrees", 45, -180, 540))
