"""Interactive pictures: sliders, and one figure that is drawn anew when they move."""

import html
import itertools
import traceback

import ipywidgets
import torch

from . import plots
from .counting import count_parameters, generator_parameters
from .slicing import flatten
from .target import target_forward


class LivePicture(ipywidgets.VBox):
    """Sliders above a figure.

    Args:
        fig: the figure; it is kept, since changing what is in it is faster than making another.
        redraw: called with the sliders' values by name; changes the figure and returns its description.
        sliders: ipywidgets by name.
    """

    def __init__(self, fig, redraw, **sliders):
        self.fig, self.redraw, self.sliders = fig, redraw, sliders
        self.picture = ipywidgets.HTML()
        for slider in sliders.values():
            slider.observe(self.update, "value")
        super().__init__([*sliders.values(), self.picture])
        self.update()

    def update(self, _=None):
        """Draw for the sliders' values; an error is shown in place of the picture, or nobody would see it."""
        try:
            self.description = self.redraw(**{name: slider.value for name, slider in self.sliders.items()})
            self.picture.value = plots.image_tag(self.fig, self.description, dpi=100)
        except Exception:
            self.description = "the picture could not be drawn"
            self.picture.value = f"<pre>{html.escape(traceback.format_exc())}</pre>"

    def __repr__(self):
        return f"Interactive picture: {self.description}"

    def _repr_mimebundle_(self, **kwargs):
        """The living picture, and for readers without a kernel a still one."""
        still = self.picture.value + "<p>Run this cell to get its sliders.</p>"
        return super()._repr_mimebundle_(**kwargs) | {"text/plain": repr(self), "text/html": still}


LOOKS = dict(style={"description_width": "initial"}, layout={"width": "420px", "max_width": "98%"})


def int_slider(label, value, low, high):
    return ipywidgets.IntSlider(value, low, high, description=label, **LOOKS)


def float_slider(label, value, low, high, steps=60):
    return ipywidgets.FloatSlider(value, min=low, max=high, step=(high - low) / steps, description=label, **LOOKS)


def slicing_explorer():
    """The flat vector of an in -> hidden -> out network beside the matrices it fills, for sizes one chooses."""
    fig = plots.figure(6.2, 3.6)

    def redraw(n_in, hidden, n_out):
        fig.clear()
        return plots.draw_strip(fig, [(n_in, hidden), (hidden, n_out)])

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

    def redraw(width, hidden):
        fig.clear()
        target = [(width, width), (width, width)]
        counts = {"target": count_parameters(target), "generator": generator_parameters(8, [hidden], target)}
        title = f"A generator 8 -> {hidden} -> P for a target {plots.sizes_in_words(target)}"
        return plots.draw_bars(fig, counts, title, log=True)

    return LivePicture(
        fig,
        redraw,
        width=int_slider("target width", 16, 1, 128),
        hidden=int_slider("generator's hidden units", 64, 1, 256),
    )


def function_explorer(
    generate, x, low=-1.0, high=1.0, activation="relu", label="z", points=None, also=None, show_weights=False
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

    def redraw(z):
        with torch.no_grad():
            new = generate(torch.tensor([z]))
            y = target_forward(x, new, activation)
        line.set_ydata(plots.array(y))
        ax.set_title(f"{label} = {z:.2f}")
        for image, tensor in zip(images, plots.by_name(new).values(), strict=False):
            image.set_data(plots.as_matrix(tensor))
        ends = f"{float(y[0]):.1f} at the left end, {float(y[-1]):.1f} at the right"
        return f"The function that is generated for {label} = {z:.2f}: {ends}."

    return LivePicture(fig, redraw, z=float_slider(label, (low + high) / 2, low, high))


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
    lines = plots.draw_curves(ax, x, values_for(start), legend="upper left")
    ax.set(xlim=(float(x.min()), float(x.max())), ylim=(-limit, limit))

    def redraw(**condition):
        values = values_for(list(condition.values()))
        for line, y in zip(lines, values.values(), strict=True):
            line.set_ydata(plots.array(y))
        outside = [
            f"{name} {condition[name]:.2f} (trained: {low:.2f} to {high:.2f})"
            for name, (_, _, low, high) in conditions.items()
            if not low <= condition[name] <= high
        ]
        title = f"OUTSIDE: {', '.join(outside)}" if outside else "inside the trained range"
        ax.set_title(title, fontsize=10)
        true, *others = values.values()
        misses = ", ".join(
            f"{name} is off by up to {float((y - true).abs().max()):.1f}"
            for name, y in zip(models, others, strict=True)
        )
        at = ", ".join(f"{name} {value:.2f}" for name, value in condition.items())
        return f"Functions for {at}, {title}: {misses}."

    sliders = {
        name: float_slider(name, value, low, high)
        for (name, (low, high, _, _)), value in zip(conditions.items(), start, strict=True)
    }
    return LivePicture(fig, redraw, **sliders)
