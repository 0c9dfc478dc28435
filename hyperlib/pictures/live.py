"""Interactive pictures: data first, and one renderer that shows them in JupyterLab.

An `Explorer` says what a picture is without drawing anything: its controls, the numbers that it shows for their
positions, the panels that draw these numbers, and a sentence about them.  `LivePicture` is an Explorer in JupyterLab.
"""

import html
import io
import math
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import ipywidgets
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from ..slicing import flatten
from ..target import target_forward
from . import still, words


@dataclass
class Control:
    """A slider: its label, the positions that it can take, where it starts, and what it says of a position.

    A `range` of whole numbers and a list of evenly spaced floats are what they are; anything else is a list of choices.
    """

    label: str
    positions: range | list
    start: object
    say: Callable = str


def between(label, start, low, high, steps=60):
    """A Control over floats, evenly spaced from `low` to `high`."""
    positions = [low + (high - low) * i / steps for i in range(steps + 1)]
    return Control(label, positions, min(positions, key=lambda position: abs(position - start)))


def powers(label, start, low, high):
    """A Control over the powers of two from `low` to `high`."""
    positions = [2**k for k in range(low.bit_length() - 1, high.bit_length())]
    return Control(label, positions, start, "{:,}".format)


@dataclass
class Explorer:
    """An interactive picture as data.

    Args:
        controls: `{name: Control}`.
        numbers: called with each control's position by its name; gives `{panel: {what its update takes}}`.
        panels: `{name: panel}`, such as `Curves`, `HeatMaps` or `Bars`.
        sentence: called with these numbers, and with the positions by name; describes what there is to see.
        size: width and height in inches.
        widths: of panels beside each other; None if they find their places by themselves.
    """

    controls: dict
    numbers: Callable
    panels: dict
    sentence: Callable
    size: tuple = (6.0, 3.0)
    widths: tuple | None = None


class Curves:
    """Functions of one number as lines.  `update` takes a title and `curves`, {name: y}, or {name: (x, y)}.

    Args:
        x: where the functions are drawn.
        ylim: the range of the axis.
        fixed: further curves that never change, {name: y}.
        points: data to draw as dots, as (x, y).
        legend: its place, and `columns` of it.
        looks: style of each curve's line, where it isn't `still.draw_curves`'.
        axes: what else the axes get, such as `yscale`, `xlabel`, `yticks`.
        level: a line across, as (y, what it means).
    """

    def __init__(
        self, x, ylim, *, fixed=None, points=None, legend="upper left", columns=1, looks=None, axes=None, level=None
    ):
        self.x, self.ylim, self.fixed, self.points = x, ylim, fixed or {}, points
        self.legend, self.columns, self.looks, self.axes, self.level = legend, columns, looks or {}, axes or {}, level

    def draw(self, fig, title, curves):
        """Draw into a figure; returns the artists that `update` moves."""
        self.ax = ax = fig.subplots()
        first = {name: y[1] if isinstance(y, tuple) else y for name, y in curves.items()}
        xs = next((y[0] for y in curves.values() if isinstance(y, tuple)), self.x)
        self.lines = still.draw_curves(ax, xs, first | self.fixed, self.points)[: len(curves)]
        for line in self.lines:
            line.set(**self.looks.get(line.get_label(), {}))
        if self.level:
            ax.axhline(self.level[0], color="black", linewidth=0.8, linestyle=":", label=self.level[1])
        ends = float(self.x.min()), float(self.x.max())
        ax.set(**{"xlim": ends, "ylim": self.ylim, **self.axes})
        ax.minorticks_off()
        if len(ax.lines) > 1:
            ax.legend(fontsize=9, loc=self.legend, ncols=self.columns)
        self.update(title, curves)
        return [ax.title, *self.lines]

    def update(self, title, curves):
        for line, y in zip(self.lines, curves.values(), strict=True):
            x, y = y if isinstance(y, tuple) else (self.x, y)
            line.set_data(still.array(x), still.array(y))
        self.ax.set_title(title, fontsize=8 if len(title) > 70 else 10)


class HeatMaps:
    """Named tensors beside each other, orange below 0 and blue above.  `update` takes `tensors`, {name: tensor}.

    `limit` is the number that gets the full colour; `shapes` says whether the tensors' shapes stand beside their names.
    """

    def __init__(self, limit, title="weights: orange < 0 < blue", shapes=True):
        self.limit, self.title, self.shapes = limit, title, shapes

    def draw(self, fig, tensors):
        axes = fig.subplots(1, len(tensors), squeeze=False)[0]
        self.images = still.draw_tensors(axes, tensors, self.limit, numbers=False, shapes=self.shapes)
        fig.suptitle(self.title, fontsize=9)
        return self.images

    def update(self, tensors):
        for image, tensor in zip(self.images, tensors.values(), strict=True):
            image.set_data(still.as_matrix(tensor))


class Bars:
    """Named numbers on a logarithmic axis from `start` to `limit`.  `update` takes `values` and, if it moves, a title.

    `place` is left, bottom, width, height as shares of the figure: finding places takes longer than drawing.
    """

    def __init__(self, names, place, limit, start=100, title=""):
        self.names, self.place, self.limit, self.start, self.title = names, place, limit, start, title

    def draw(self, fig, values, title=None):
        fig.set_layout_engine("none")
        self.ax = ax = fig.add_axes(self.place)
        self.bars = ax.barh(self.names, [0] * len(self.names), color=still.LINE_COLOURS[0], height=0.6)
        self.texts = [ax.text(0, i, "", va="center", fontsize=9) for i in range(len(self.names))]
        ax.invert_yaxis()
        # Logarithms by hand: a log axis is slow.
        ax.set(xlim=(0, math.log10(self.limit / self.start)), xticks=[], axisbelow=True)
        ax.tick_params(axis="y", labelsize=9)
        ax.spines[["top", "right", "bottom"]].set_visible(False)
        ax.set_title(self.title, fontsize=10)
        self.update(values, title)
        return [ax.title, *self.bars, *self.texts]

    def update(self, values, title=None):
        """`values` is a list of (number, label)."""
        for bar, text, (value, label) in zip(self.bars, self.texts, values, strict=True):
            width = math.log10(max(value, self.start) / self.start)
            bar.set_width(width)
            text.set(x=width, text=f"  {label}")
        if title:
            self.ax.set_title(title, fontsize=9 if len(title) > 55 else 10)


def _in_front_of(moving):
    """The artists, and whatever is drawn over them in their axes, in the order in which it is drawn."""
    found = []
    for ax in dict.fromkeys(artist.axes for artist in moving):
        drawn = [artist for artist in ax.get_children() if artist is not ax.patch]
        drawn.sort(key=lambda artist: artist.zorder)
        first = min(drawn.index(artist) for artist in moving if artist.axes is ax)
        found += [artist for artist in drawn[first:] if artist.get_visible()]
    return found


# ipywidgets gives a slider no name that a screen reader could say, and a slider of choices says only its place in
# their list.  Python cannot reach these nodes, but a picture that has arrived can, with the texts beside the slider.
_NAME_SLIDERS = """
this.closest('.hyperlib-live').querySelectorAll('.widget-slider').forEach(box => {
  const text = part => box.querySelector(part)?.textContent ?? '', handle = box.querySelector('[role=slider]');
  handle.setAttribute('aria-label', text('.widget-label'));
  handle.setAttribute('aria-valuetext', text('.widget-readout'));
})"""


class LivePicture(ipywidgets.VBox):
    """An Explorer in JupyterLab: its sliders, and below them one figure that is kept.

    Changing what is in a figure is faster than making another.  What its panels don't move, above all axes with their
    labels, is drawn once, which leaves a third of the time.
    """

    def __init__(self, explorer):
        self.explorer = explorer
        self.sliders = {name: _slider(control) for name, control in explorer.controls.items()}
        self.fig = still.figure(*explorer.size)
        self.picture, self.moving = ipywidgets.HTML(), None
        for slider in self.sliders.values():
            slider.observe(self.update, "value")
        super().__init__([*self.sliders.values(), self.picture])
        self.add_class("hyperlib-live")
        self.update()

    def update(self, _=None):
        """Draw for the sliders' values; an error is shown instead of the picture, or nobody would see it."""
        try:
            self.description = self.draw(**{name: slider.value for name, slider in self.sliders.items()})
            self.still = still.image_tag(self._png(), self.description, self.fig.get_figwidth())
            self.picture.value = self.still.replace("<img", f'<img onload="{_NAME_SLIDERS}"', 1)
        except Exception:
            self.description = "the picture could not be drawn"
            self.still = self.picture.value = f"<pre>{html.escape(traceback.format_exc())}</pre>"

    def draw(self, **positions):
        """Bring the figure to these positions of the controls; returns the description."""
        numbers = self.explorer.numbers(**positions)
        if self.moving is None:
            self._begin(numbers)
        else:
            for name, panel in self.explorer.panels.items():
                panel.update(**numbers[name])
        return self.explorer.sentence(numbers, **positions)

    def _begin(self, numbers):
        """Draw everything once, and keep what will not move."""
        panels = self.explorer.panels
        places = [self.fig] * len(panels)
        if self.explorer.widths:
            places = self.fig.subfigures(1, len(panels), width_ratios=self.explorer.widths)
        moving = [
            panel.draw(place, **numbers[name]) for (name, panel), place in zip(panels.items(), places, strict=True)
        ]
        self.canvas = FigureCanvasAgg(self.fig)
        self.fig.draw_without_rendering()
        self.fig.set_layout_engine("none")  # everything stays where it is now: finding places again takes long
        self.moving = _in_front_of([artist for artists in moving for artist in artists])
        for artist in self.moving:
            artist.set_animated(True)  # left out of the canvas's own drawing
        self.canvas.draw()
        self.behind = self.canvas.copy_from_bbox(self.fig.bbox)

    def _png(self):
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
        kept = self.still + '<p style="padding: 0 5px">Run this cell to make it interactive.</p>'
        return super()._repr_mimebundle_(**kwargs) | {"text/plain": repr(self), "text/html": kept}


def _slider(control):
    """The ipywidget of a Control.  Not a Dropdown: JupyterLab takes its arrow keys for going from cell to cell."""
    positions, start = control.positions, control.start
    # Without a tooltip of its own a slider would say "null" under the mouse.
    looks = dict(description=control.label, tooltip=control.label, style={"description_width": "initial"})
    looks["layout"] = {"width": "420px", "max_width": "98%"}
    if isinstance(positions, range):
        return ipywidgets.IntSlider(start, positions[0], positions[-1], **looks)
    if isinstance(positions[0], float):
        low, high = positions[0], positions[-1]
        return ipywidgets.FloatSlider(start, min=low, max=high, step=(high - low) / (len(positions) - 1), **looks)
    options = [(control.say(position), position) for position in positions]
    return ipywidgets.SelectionSlider(options=options, value=start, **looks)


def function_explorer(
    generate, x, low=-1.0, high=1.0, activation="relu", label="z", points=None, also=None, show_weights=False,
    start=None,
):  # fmt: skip
    """A slider through the networks that `generate` makes: their function of one number, and their weights.

    Args:
        generate: from a z, a tensor of shape [1], to the weights (w1, b1, ...) of a target with one input and output.
        x: `[n, 1]`, where to draw the function.
        low, high: the slider's range.
        activation: of the target network.
        points: data to draw as dots, as (x, y).
        also: further curves to compare with, as {name: y}.
        show_weights: draw the weights beside the function.
        start: where the slider is at first; None for the middle.
    """
    also = also or {}

    def weights_and_y(z):
        with torch.no_grad():
            weights = generate(torch.tensor([z]))
            return weights, target_forward(x, weights, activation)

    def numbers(z):
        weights, y = weights_and_y(z)
        function = {"title": f"{label} = {z:.2f}", "curves": {"target network": y}}
        return {"function": function, "weights": {"tensors": still.by_name(weights)}}

    def sentence(numbers, z):
        y = numbers["function"]["curves"]["target network"]
        path = words.path(still.array(x).tolist(), still.array(y).tolist())
        said = [f"The function that is generated for {label} = {z:.2f}: {path}."]
        if also:
            far = {name: float((other - y).detach().abs().max()) for name, other in also.items()}
            said.append(f"Largest distance {', '.join(f'from {name} {words.spoken(d)}' for name, d in far.items())}.")
        if show_weights:
            maps = "; ".join(words.tensor(*item) for item in numbers["weights"]["tensors"].items())
            said.append(f"Its weights as heat maps: {maps}.")
        return " ".join(said)

    control = between(label, (low + high) / 2 if start is None else start, low, high)
    made, ys = zip(*map(weights_and_y, control.positions), strict=True)
    ylim = min(float(y.min()) for y in ys) - 0.2, max(float(y.max()) for y in ys) + 0.2
    panels = {"function": Curves(x, ylim, fixed=also, points=points)}
    if show_weights:
        panels["weights"] = HeatMaps(max(float(flatten(weights).abs().max()) for weights in made))
    widths = (1.3, 1) if show_weights else None
    return LivePicture(Explorer({"z": control}, numbers, panels, sentence, widths=widths))
