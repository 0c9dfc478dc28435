"""Pictures.  Every one has alternative text, and none tells things apart by colour alone."""

import base64
import functools
import io
import math
from html import escape

from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.ticker import LogFormatter

from .slicing import parameter_offsets, weight_pairs

# Colours that stay apart for colour-blind eyes (after Okabe and Ito, 2008).  Those of tensors are light enough for
# black text on them, and neighbours differ in lightness as well.
TENSOR_COLOURS = ["#8ecbf0", "#f2c14e", "#a1ab56", "#e3e3e3", "#ba8663", "#7fd1ae", "#d5d1f1", "#c0829d"]
LINE_COLOURS = ["#0072b2", "#d55e00", "#007a5a", "#a0458a", "#333333"]
LINE_STYLES = ["-", "--", "-.", ":", (0, (7, 1, 1, 1, 1, 1))]
SIGNED = LinearSegmentedColormap.from_list("signed", ["#d95f02", "#ffffff", "#2b83bf"])


def figure(width=6.0, height=3.0):
    """An empty figure that no window and no cell shows by itself."""
    return Figure(figsize=(width, height), dpi=100, layout="constrained", facecolor="white")


def image_tag(png, description, inches):
    """A picture as an HTML <img> of this width with alternative text."""
    return (
        f'<img alt="{escape(description)}" style="width: {round(inches * 96)}px; max-width: 100%"'
        f' src="data:image/png;base64,{base64.b64encode(png).decode()}">'
    )


class Picture:
    """A finished figure with its description, which is what text-only readers and screen readers get."""

    def __init__(self, fig, description):
        png = io.BytesIO()
        fig.savefig(png, format="png", dpi=144)
        self.html, self.description = image_tag(png.getvalue(), description, fig.get_figwidth()), description

    def _repr_html_(self):
        return self.html

    def __repr__(self):
        return f"Picture: {self.description}"


def number(value, largest=None):
    """A number as one says it, 0.31 or 1,200: two digits of it, or of the largest number beside it."""
    size = abs(largest or value)
    if not 0 < size < 1e7:
        return f"{value + 0.0:.2g}"
    rounded = round(value, 1 - math.floor(math.log10(size))) + 0.0  # adding 0 makes 0 of -0
    return f"{rounded:.2g}" if abs(rounded) < 1e-3 else f"{rounded:,.10g}"


def path_in_words(x, y):
    """A curve for those who cannot see it: its ends, and where it turns on its way."""
    xs, ys = array(x).tolist(), array(y).tolist()
    visible = (max(ys) - min(ys)) / 50
    stops, way = [0], 0.0
    for i, (a, b) in enumerate(zip(ys, ys[1:], strict=False)):
        if (b - a) * way < 0 and abs(a - ys[stops[-1]]) > visible:
            stops.append(i)
        way = b - a or way
    stops.append(len(ys) - 1)
    if len(stops) > 7:
        return f"between {number(min(ys))} and {number(max(ys))} with {len(stops) - 2} turns"
    wide, high = max(map(abs, xs)), max(map(abs, ys))
    places = [f"{number(ys[i], high)} at {number(xs[i], wide)}" for i in stops]
    steps = [
        "up to" if ys[j] > ys[i] else "down to" if ys[j] < ys[i] else "level to"
        for i, j in zip(stops, stops[1:], strict=False)
    ]
    return ", ".join(f"{step} {place}" for step, place in zip(["from", *steps], places, strict=True))


def tensor_in_words(name, tensor):
    """The numbers of a small tensor, and of a larger one the range that its colours show."""
    values = tensor.detach().cpu()
    low, high, largest = float(values.min()), float(values.max()), float(values.abs().max())
    if values.numel() <= 12:
        return f"{name} {list(values.shape)}: {nested(values.tolist(), largest)}"
    negative = f"{float((values < 0).float().mean()):.0%} of them negative"
    return f"{name} {list(values.shape)}: {number(low, largest)} to {number(high, largest)}, {negative}"


def nested(values, largest):
    if isinstance(values, list):
        return f"[{', '.join(nested(value, largest) for value in values)}]"
    return number(values, largest)


def tensor_names(layers):
    """w1, b1, w2, b2, ... for a list of layers."""
    return [f"{kind}{i}" for i in range(1, len(layers) + 1) for kind in "wb"]


def sizes_in_words(layer_sizes):
    return " -> ".join(map(str, [layer_sizes[0][0], *(n_out for _, n_out in layer_sizes)]))


def strip_axes(fig):
    """Places for the strip and for the matrices below it, without axes: ticks take longer than all else."""
    fig.set_layout_engine("none")
    axes = fig.add_axes((0.02, 0.78, 0.96, 0.12)), fig.add_axes((0.02, 0.02, 0.96, 0.66))
    for ax in axes:
        ax.set_axis_off()
    return axes


@functools.cache
def outline(number):
    """A number's digits as a path around its centre, in inches."""
    path = TextPath((0, 0), str(number), size=9 / 72)
    return Path(path.vertices - path.get_extents().get_points().mean(0), path.codes)


def draw_strip(strip, ax, layer_sizes):
    """Draw the flat vector as a strip and in `ax` the matrices that it fills; returns the description."""
    for of_axes in (strip, ax):
        for old in [*of_axes.patches, *of_axes.collections, *of_axes.texts]:
            old.remove()

    def box(ax, k, *place):
        ax.add_artist(Rectangle(*place, facecolor=TENSOR_COLOURS[k % 8], edgecolor="black"))

    def lines(ax, ends, **style):
        ax.add_artist(LineCollection(ends, linewidth=0.8, clip_on=False, **style))

    offsets, names = parameter_offsets(layer_sizes), tensor_names(layer_sizes)
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
    outlines, in_inches = [outline(i) for i in range(len(centres))], ax.figure.dpi_scale_trans
    place = dict(offsets=centres, offset_transform=ax.transData, transform=in_inches)
    ax.add_artist(PathCollection(outlines, facecolor="black", linewidth=0, **place))
    ax.set(xlim=(-0.4, left - 1.2), ylim=(tallest + 0.1, -0.25 * tallest - 0.5), aspect="equal")
    shapes = [shape for n_in, n_out in layer_sizes for shape in ([n_out, n_in], [n_out])]
    places = ", ".join(
        f"{n} at {a} to {b} of shape {shape}" for n, (a, b), shape in zip(names, offsets, shapes, strict=True)
    )
    return (
        f"The flat vector of a {sizes_in_words(layer_sizes)} network, {total} numbers, as a strip above the tensors"
        f" that it fills: {places}."
    )


def plot_strip(layer_sizes):
    """The flat vector as a strip, coloured by tensor, above the matrices that it fills."""
    fig = figure(6.2, 3.2)
    return Picture(fig, draw_strip(*strip_axes(fig), layer_sizes))


def plot_bars(counts, title, log=False):
    """Named numbers as horizontal bars, each with its number written beside it."""
    fig = figure(6.0, 0.8 + 0.4 * len(counts))
    return Picture(fig, draw_bars(fig, counts, title, log))


def draw_bars(fig, counts, title, log=False):
    ax = fig.subplots()
    bars = ax.barh(list(counts), list(counts.values()), color=LINE_COLOURS[0], height=0.6)
    ax.bar_label(bars, labels=[f" {n:,}" for n in counts.values()])
    ax.invert_yaxis()
    ax.set(xticks=[])
    ax.set_title(title + (" (log scale)" if log else ""), fontsize=10)
    if log:
        ax.set_xscale("log")
        ax.set_xlim(1, max(counts.values()) * 60)
    else:
        ax.set_xlim(0, max(counts.values()) * 1.3)
    ax.tick_params(axis="x", which="both", bottom=False, labelbottom=False)
    ax.spines[["top", "right", "bottom"]].set_visible(False)
    return f"Bars. {title}. " + "; ".join(f"{name}: {n:,}" for name, n in counts.items()) + "."


def draw_curves(ax, x, curves, points=None, legend="best"):
    """Named functions of one number as lines of different colour and dash, and the data as dots.

    `legend` is its place; in a moving picture a fixed one, since finding the best takes time at every redraw.
    """
    if points is not None:
        ax.plot(*points, "o", color="black", markersize=4, label="data")
    lines = []
    for k, (name, y) in enumerate(curves.items()):
        style = dict(color=LINE_COLOURS[k % 5], linestyle=LINE_STYLES[k % 5], linewidth=1.3 if k else 2.6)
        lines += ax.plot(array(x), array(y), label=name, **style)
    if len(curves) > 1 or points is not None:
        ax.legend(fontsize=9, loc=legend)
    ax.set(xlabel="x", ylabel="y")
    ax.grid(alpha=0.3)
    return lines


def plot_curves(x, curves, title="", points=None):
    """Functions of one number: `curves` maps names to values at the places x."""
    fig = figure(6.0, 2.8)
    ax = fig.subplots()
    draw_curves(ax, x, curves, points)
    ax.set_title(title)
    words = [f"{name}: {path_in_words(x, y)}" for name, y in curves.items()]
    words += [] if points is None else [f"{points[0].numel()} points of data as dots"]
    return Picture(fig, f"{title or 'Curves'}, y over x. {'; '.join(words)}.")


def plot_points(points, xlabel, ylabel, title=""):
    """Points of the plane by name, `{name: [n, 2]}`: each set with a marker and a colour of its own."""
    fig = figure(6.0, 3.2)
    ax = fig.subplots()
    for k, (name, places) in enumerate(points.items()):
        style = dict(color=LINE_COLOURS[k % 5], markersize=4, markeredgewidth=0.4)
        ax.plot(*places.detach().cpu().T, "os^Dv"[k % 5], label=name, markeredgecolor="white", **style)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    ax.grid(alpha=0.3)
    ends = {name: (places.amin(0).tolist(), places.amax(0).tolist()) for name, places in points.items()}
    where = "; ".join(
        f"{name}: {len(points[name])} points, {xlabel} {a:.1f} to {c:.1f}, {ylabel} {b:.1f} to {d:.1f}"
        for name, ((a, b), (c, d)) in ends.items()
    )
    return Picture(fig, f"{title or 'Points'}. {where}.")


def plot_spread(values, columns, title=""):
    """What several seeds gave: `values` maps names to `[seeds, columns]`; a mark for each number, on a log scale."""
    fig = figure(6.0, 1.2 + 0.45 * len(values))
    ax = fig.subplots()
    for k, column in enumerate(columns):
        style = dict(color=LINE_COLOURS[k % 5], marker="os^Dv"[k % 5], linestyle="none", alpha=0.9)
        for row, of_seeds in enumerate(values.values()):
            numbers = array(of_seeds[:, k])
            ax.plot(numbers, [row + 0.2 * k - 0.1 * (len(columns) - 1)] * len(numbers), **style)
        ax.plot([], [], label=column, **style)
    ax.set(xscale="log", yticks=range(len(values)), yticklabels=list(values), ylim=(len(values) - 0.5, -0.5))
    ax.set_title(title, fontsize=10)
    ax.grid(alpha=0.3, axis="x")
    fig.legend(fontsize=9, loc="outside lower center", ncols=len(columns))
    spans = [
        f"{name}, {column}: {float(of_seeds[:, k].min()):.2g} to {float(of_seeds[:, k].max()):.2g}"
        for name, of_seeds in values.items()
        for k, column in enumerate(columns)
    ]
    return Picture(fig, f"{title or 'Spread'}, lowest to highest. {'; '.join(spans)}.")


def array(tensor):
    """A tensor's numbers for matplotlib, as one row."""
    return tensor.detach().cpu().flatten().numpy()


def as_matrix(tensor):
    """A vector as a column, a matrix as it is, for matplotlib."""
    return array(tensor).reshape(len(tensor), -1)


def draw_tensors(axes, tensors, limit, numbers=True):
    """Named tensors as heat maps from -limit (orange) to limit (blue); returns the images, to be updated."""
    images = []
    for ax, (name, tensor) in zip(axes, tensors.items(), strict=True):
        matrix = as_matrix(tensor)
        images.append(ax.imshow(matrix, cmap=SIGNED, vmin=-limit, vmax=limit, aspect="auto"))
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"{name}\n{list(tensor.shape)}", fontsize=9)
        if numbers and matrix.size <= 36 and max(matrix.shape) <= 8:
            for i, row in enumerate(matrix.tolist()):
                for j, value in enumerate(row):
                    ax.text(j, i, f"{value:.3g}".replace("-", "\N{MINUS SIGN}"), ha="center", va="center", fontsize=8)
    return images


def plot_tensors(tensors, title="", limit=None):
    """Tensors by name, each a vector or a matrix, as heat maps on one scale: orange is negative, blue positive."""
    limit = limit or max(float(tensor.detach().abs().max()) for tensor in tensors.values()) or 1.0
    fig = figure(6.0, 2.6)
    widths = [min(tensor.shape[-1], 12) + 2 if tensor.dim() == 2 else 2 for tensor in tensors.values()]
    axes = fig.subplots(1, len(tensors), width_ratios=widths, squeeze=False)[0]
    images = draw_tensors(axes, tensors, limit)
    fig.colorbar(images[0], ax=list(axes))
    fig.suptitle(title, fontsize=10)
    words = "; ".join(tensor_in_words(name, tensor) for name, tensor in tensors.items())
    return Picture(fig, f"{title + '. ' if title else ''}Heat maps, orange negative, blue positive. {words}.")


def by_name(weights):
    """Weights as {"w1": ..., "b1": ..., "w2": ..., ...}."""
    pairs = weight_pairs(weights)
    return dict(zip(tensor_names(pairs), (part for pair in pairs for part in pair), strict=True))


def plot_weights(weights, title=""):
    """All tensors of one network as heat maps on one scale."""
    return plot_tensors(by_name(weights), title)


CLASS_LOOKS = [dict(marker="o", color="#7a3300"), dict(marker="x", color="#08306b")]


def draw_classes(ax, points, labels, size=14):
    """Points in the plane, each class with a mark and a colour of its own; returns the two sets of marks."""
    marks = []
    for k, looks in enumerate(CLASS_LOOKS):
        chosen = points[labels == k].cpu().numpy()
        marks.append(ax.scatter(*chosen.T, s=size, linewidth=1, zorder=3, label=f"class {k}", **looks))
    ax.set(xlim=(-2, 2), ylim=(-2, 2), xticks=[], yticks=[], aspect="equal")
    return marks


def plot_classes(panels):
    """Labelled points in the plane side by side: `panels` maps a title to (points [n, 2], labels [n])."""
    fig = figure(6.0, 6.0 / len(panels) + 0.6)
    for ax, (title, (points, labels)) in zip(
        fig.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
    ):
        draw_classes(ax, points, labels)
        ax.set_title(title, fontsize=10)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9)
    words = "; ".join(f"{title}: {classes_in_words(*panel)}" for title, panel in panels.items())
    return Picture(fig, f"Points of class 0 (circles) and class 1 (crosses). {words}.")


def classes_in_words(points, labels):
    """Where the middle of each class lies."""
    middles = [(k, points[labels == k].mean(0).tolist()) for k in range(2) if (labels == k).any()]
    return ", ".join(f"class {k} around ({number(x)}, {number(y)})" for k, (x, y) in middles)


def draw_times(ax, sizes, seconds):
    """Named times against the batch on logarithmic axes, and grey lines of slope 1 and 2 through the slowest one."""
    for k, (name, times) in enumerate(seconds.items()):
        style = dict(color=LINE_COLOURS[k % 5], linestyle=LINE_STYLES[k % 5], marker="osD^v"[k % 5], markersize=4)
        ax.plot(sizes[: len(times)], [1000 * t for t in times], label=name, **style)
    largest, slowest = sizes[-1], 1000 * max(times[-1] for times in seconds.values())
    for slope, style in ((1, "-"), (2, ":")):
        times = [slowest * (size / largest) ** slope for size in sizes]
        label = f"4 x batch, {4**slope} x time"
        ax.plot(sizes, times, color="#888888", linestyle=style, linewidth=1, zorder=0, label=label)
    ax.set(xscale="log", yscale="log", xlabel="batch", ylabel="milliseconds")
    ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
    ax.minorticks_off()
    ax.grid(alpha=0.3)


def plot_times(sizes, seconds, title=""):
    """How long each way takes for each batch size, {name: [seconds, ...]}, both axes logarithmic."""
    fig = figure(6.0, 3.6)
    ax = fig.subplots()
    draw_times(ax, sizes, seconds)
    ax.set_title(title, fontsize=10)
    fig.legend(loc="outside right center", fontsize=9)
    ends = "; ".join(
        f"{name}: {number(1000 * times[0])} to {number(1000 * times[-1])} for {sizes[0]:,} to {sizes[len(times) - 1]:,}"
        for name, times in seconds.items()
    )
    return Picture(fig, f"{title + ', m' if title else 'M'}illiseconds against the size of the batch. {ends}.")


def draw_live_bars(ax, names, limit, start=100):
    """Horizontal bars on a fixed logarithmic axis from `start` to `limit`, and the texts beside them; all still empty.

    Returns the bars, the texts and `start`: what `set_live_bars` takes.
    """
    bars = ax.barh(names, [0] * len(names), color=LINE_COLOURS[0], height=0.6)
    texts = [ax.text(0, i, "", va="center", fontsize=9) for i in range(len(names))]
    ax.invert_yaxis()
    ax.set(xlim=(0, math.log10(limit / start)), xticks=[], axisbelow=True)  # logarithms by hand: a log axis is slow
    ax.tick_params(axis="y", labelsize=9)
    ax.spines[["top", "right", "bottom"]].set_visible(False)
    return bars, texts, start


def set_live_bars(bars, texts, start, values, labels):
    for bar, text, value, label in zip(bars, texts, values, labels, strict=True):
        width = math.log10(max(value, start) / start)
        bar.set_width(width)
        text.set(x=width, text=f"  {label}")


def plot_images(images, title="", columns=8):
    """Square images by name, `{name: [side * side]}`, dark on light."""
    rows = -(-len(images) // columns)
    fig = figure(6.0, 0.4 + 0.95 * rows)
    axes = fig.subplots(rows, columns, squeeze=False).flatten()
    for ax in axes:
        ax.axis("off")
    for ax, (name, image) in zip(axes, images.items(), strict=False):
        side = math.isqrt(len(image))
        ax.imshow(as_matrix(image.reshape(side, side)), cmap="gray_r", vmin=0, vmax=1)
        ax.set_title(name, fontsize=9)
    fig.suptitle(title, fontsize=10)
    return Picture(fig, f"{title or 'Images'}: {len(images)} images of {side} x {side} pixels, {', '.join(images)}.")


def plot_against(curves, xlabel, ylabel, title=""):
    """What several seeds gave at several places: `curves` maps names to `{x: [value of each seed]}`.

    A line through the means, and at each place a bar from the lowest to the highest seed; x on a log scale.
    """
    fig = figure(6.0, 3.2)
    ax = fig.subplots()
    words = []
    for k, (name, places) in enumerate(curves.items()):
        means = [sum(values) / len(values) for values in places.values()]
        low = [mean - min(values) for mean, values in zip(means, places.values(), strict=True)]
        high = [max(values) - mean for mean, values in zip(means, places.values(), strict=True)]
        style = dict(color=LINE_COLOURS[k % 5], linestyle=LINE_STYLES[k % 5], marker="os^xv"[k % 5], capsize=3)
        line = sorted(zip(places, means, low, high, strict=True))  # or it would run to and fro
        xs, ys, *bars = zip(*line, strict=True)
        ax.errorbar(xs, ys, yerr=bars, label=name, **style)
        words += [f"{name}: " + ", ".join(f"{mean:.3g} at {x:,}" for x, mean in zip(places, means, strict=True))]
    ax.set(xscale="log", xlabel=xlabel, ylabel=ylabel)
    ticks = sorted({x for places in curves.values() for x in places})
    if len(ticks) > 6:  # too many to be read: round numbers in their place
        powers = range(int(math.log10(ticks[0])), math.ceil(math.log10(ticks[-1])) + 1)
        ticks = [k * 10**n for n in powers for k in (1, 2, 5) if ticks[0] / 1.5 <= k * 10**n <= ticks[-1] * 1.5]
    ax.set_xticks(ticks, [f"{x:,}" for x in ticks])
    ax.minorticks_off()
    ax.set_title(title, fontsize=10)
    ax.legend(fontsize=9)
    ax.grid(alpha=0.3)
    seeds = max(len(values) for places in curves.values() for values in places.values())
    means = f"means of {seeds} seeds" if seeds > 1 else "one seed"
    return Picture(fig, f"{title + ': ' if title else ''}{ylabel} over {xlabel}, {means}. {'; '.join(words)}.")


def fitted_slope(sizes, values):
    """The slope of a straight line through the logarithms, by least squares: values grow with sizes to this power."""
    x, y = ([math.log(number) for number in numbers] for numbers in (sizes[: len(values)], values))
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    spread = sum((a - mean_x) ** 2 for a in x)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread


def plot_growth(panels, tail=3, columns=2, title=""):
    """How quantities grow: a panel each, both axes logarithmic, and the slope fitted to the `tail` largest sizes.

    Args:
        panels: `{(what, "batch"): (sizes, {name: [value, ...]})}`; a line may end before the last size.
        tail: through how many of the largest sizes of each line the fitted line goes; small ones pay a fixed price.
    """
    rows = -(-len(panels) // columns)
    fig = figure(min(3.3 * columns, 9.6), 0.4 + 2.9 * rows)
    words = []
    names = list(dict.fromkeys(name for _, lines in panels.values() for name in lines))  # one look each in all panels
    axes = fig.subplots(rows, columns, squeeze=False).flatten()
    for ax, ((what, over), (sizes, lines)) in zip(axes, panels.items(), strict=True):
        for name, values in lines.items():
            k = names.index(name)
            end = slice(len(values) - tail, len(values))
            slope = fitted_slope(sizes[end], values[end])
            colour, places = LINE_COLOURS[k % 5], sizes[: len(values)]
            ax.plot(places, values, marker="osD^v"[k % 5], color=colour, linestyle="none", markersize=4)
            middle = math.exp(sum(map(math.log, values[end])) / tail), math.exp(sum(map(math.log, sizes[end])) / tail)
            fitted = [middle[0] * (size / middle[1]) ** slope for size in sizes[end]]
            ax.plot(sizes[end], fitted, color=colour, linestyle=LINE_STYLES[k % 5], label=f"{name}: {slope:.2f}")
            words.append(f"{what} over {over}, {name}: slope {slope:.2f}")
        low, high = (f(value for values in lines.values() for value in values) for f in (min, max))
        room = (high / low) ** (0.08 + 0.12 * len(lines))  # for the legend
        ax.set(xscale="log", yscale="log", xlabel=over, ylabel=what, ylim=(low / 1.2, high * 1.2 * room))
        ticks = sizes[:: -(-len(sizes) // 4)]
        ax.set_xticks(ticks, [f"{size:,}" for size in ticks], fontsize=9)
        ax.set_xticks([], minor=True)
        if high > 30 * low:  # else one tick at most would have a number
            ax.yaxis.set_minor_formatter("")
        else:
            ax.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(2, 0.4)))
        ax.legend(fontsize=9, loc="upper left", title="slope of the line", title_fontsize=9)
        ax.grid(alpha=0.3)
    fig.suptitle(title, fontsize=10)
    return Picture(fig, f"{title or 'Growth'}. {'; '.join(words)}.")
