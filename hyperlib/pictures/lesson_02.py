"""Lessons 01 and 02: the flat vector, and the matrices that it fills."""

import functools

from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import Rectangle
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from ..slicing import parameter_offsets
from . import still, words
from .live import Control, Explorer, LivePicture


@functools.cache
def _outline(text):
    """A number's digits as a path around its centre, in inches."""
    path = TextPath((0, 0), str(text), size=9 / 72)
    return Path(path.vertices - path.get_extents().get_points().mean(0), path.codes)


class Strip:
    """A flat vector as a strip, above the matrices that it fills.  `update` takes the target's `layer_sizes`."""

    def draw(self, fig, layer_sizes):
        fig.set_layout_engine("none")  # and no axes: ticks take longer than all else
        self.axes = fig.add_axes((0.02, 0.78, 0.96, 0.12)), fig.add_axes((0.02, 0.02, 0.96, 0.66))
        for ax in self.axes:
            ax.set_axis_off()
        self.update(layer_sizes)
        return []  # everything moves

    def update(self, layer_sizes):
        strip, ax = self.axes
        for of_axes in (strip, ax):
            for old in [*of_axes.patches, *of_axes.collections, *of_axes.texts]:
                old.remove()

        def box(ax, k, *place):
            ax.add_artist(Rectangle(*place, facecolor=still.TENSOR_COLOURS[k % 8], edgecolor="black"))

        def lines(ax, ends, **style):
            ax.add_artist(LineCollection(ends, linewidth=0.8, clip_on=False, **style))

        offsets, names = parameter_offsets(layer_sizes), words.tensor_names(layer_sizes)
        total = offsets[-1][1]
        for k, ((start, stop), name) in enumerate(zip(offsets, names, strict=True)):
            box(strip, k, (start, 0), stop - start, 1)
            if stop - start > 0.03 * total:  # the matrices below have their names in any case
                strip.text((start + stop) / 2, 0.5, name, ha="center", va="center")
        strip.set(xlim=(0, total), ylim=(0, 1), title=f"flat: {total} numbers")
        ends = [stop for _, stop in offsets]
        roomy = [0, *(a for a, b in zip(ends, ends[1:] + [2 * total], strict=True) if b - a > 0.04 * total)]
        lines(strip, [[(end, -0.12), (end, 0)] for end in roomy], colors="black")
        for end in roomy:
            at_the_edge = "right" if end == total else "center"  # which would cut it
            strip.text(end, -0.2, str(end), ha=at_the_edge, va="top")
        tallest = max(n_out for _, n_out in layer_sizes)
        left, grid, centres = 0.0, [], []
        for k, ((start, stop), name) in enumerate(zip(offsets, names, strict=True)):
            n_in, n_out = layer_sizes[k // 2]
            columns = n_in if k % 2 == 0 else 1
            right = left + columns
            box(ax, k, (left, 0), columns, n_out)
            shape = [n_out, n_in] if k % 2 == 0 else [n_out]
            ax.text((left + right) / 2, -0.25, f"{name}\n{shape}", ha="center", va="bottom", fontsize=9)
            if total <= 120:  # more numbers than that could not be read
                grid += [[(left, row), (right, row)] for row in range(1, n_out)]
                grid += [[(left + column, 0), (left + column, n_out)] for column in range(1, columns)]
                centres += [(left + i % columns + 0.5, i // columns + 0.5) for i in range(stop - start)]
            left = right + (0.8 if k % 2 == 0 else 1.6)
        lines(ax, grid, colors="white")
        # One collection of outlines: a hundred texts would take longer than all the rest.
        outlines, in_inches = [_outline(i) for i in range(len(centres))], ax.figure.dpi_scale_trans
        place = dict(offsets=centres, offset_transform=ax.transData, transform=in_inches)
        ax.add_artist(PathCollection(outlines, facecolor="black", linewidth=0, **place))
        ax.set(xlim=(-0.4, left - 1.2), ylim=(tallest + 0.1, -0.25 * tallest - 0.5), aspect="equal")


def _strip_in_words(layer_sizes):
    offsets, names = parameter_offsets(layer_sizes), words.tensor_names(layer_sizes)
    shapes = [shape for n_in, n_out in layer_sizes for shape in ([n_out, n_in], [n_out])]
    places = ", ".join(
        f"{n} at {a} to {b} of shape {shape}" for n, (a, b), shape in zip(names, offsets, shapes, strict=True)
    )
    return (
        f"The flat vector of a {words.sizes(layer_sizes)} network, {offsets[-1][1]} numbers, as a strip above the"
        f" tensors that it fills: {places}."
    )


def plot_strip(layer_sizes):
    """The flat vector as a strip, coloured by tensor, above the matrices that it fills."""
    fig = still.figure(6.2, 3.2)
    Strip().draw(fig, layer_sizes)
    return still.Picture(fig, _strip_in_words(layer_sizes))


def slicing_explorer():
    """The flat vector of an in -> hidden -> out network beside the matrices it fills, for sizes one chooses."""

    def numbers(n_in, hidden, n_out):
        return {"strip": {"layer_sizes": [(n_in, hidden), (hidden, n_out)]}}

    def sentence(numbers, **_):
        return _strip_in_words(numbers["strip"]["layer_sizes"])

    controls = {
        "n_in": Control("inputs", range(1, 7), 3),
        "hidden": Control("hidden units", range(1, 9), 4),
        "n_out": Control("outputs", range(1, 7), 2),
    }
    return LivePicture(Explorer(controls, numbers, {"strip": Strip()}, sentence, size=(6.2, 3.6)))
