"""Still pictures that several lessons show.  Each has alternative text, and none tells things apart by colour alone."""

import base64
import io
from html import escape

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ..validate import weight_pairs
from . import words

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
    """A picture as an HTML <img> of this width, also where styles are dropped (GitHub), with alternative text."""
    width = round(inches * 96)
    return (
        f'<img alt="{escape(description)}" width="{width}" style="width: {width}px; max-width: 100%"'
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


def plot_bars(counts, title, log=False):
    """Named numbers as horizontal bars, each with its number written beside it."""
    fig = figure(6.0, 0.8 + 0.4 * len(counts))
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
    found = "; ".join(f"{name}: {n:,}" for name, n in counts.items())
    return Picture(fig, f"Bars. {title}. {found}.")


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
    found = [f"{name}: {words.path(array(x).tolist(), array(y).tolist())}" for name, y in curves.items()]
    found += [] if points is None else [f"{points[0].numel()} points of data as dots"]
    return Picture(fig, f"{title or 'Curves'}, y over x. {'; '.join(found)}.")


def array(tensor):
    """A tensor's numbers for matplotlib, as one row."""
    return tensor.detach().cpu().float().flatten().numpy()  # numpy knows no bfloat16


def as_matrix(tensor):
    """A vector as a column, a matrix as it is, for matplotlib."""
    return array(tensor).reshape(len(tensor), -1)


def draw_tensors(axes, tensors, limit, numbers=True, shapes=True):
    """Named tensors as heat maps from -limit (orange) to limit (blue); returns the images, to be updated."""
    images = []
    for ax, (name, tensor) in zip(axes, tensors.items(), strict=True):
        matrix = as_matrix(tensor)
        images.append(ax.imshow(matrix, cmap=SIGNED, vmin=-limit, vmax=limit, aspect="auto"))
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"{name}\n{list(tensor.shape)}" if shapes else name, fontsize=9)
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
    found = "; ".join(words.tensor(name, tensor) for name, tensor in tensors.items())
    return Picture(fig, f"{title + '. ' if title else ''}Heat maps, orange negative, blue positive. {found}.")


def by_name(weights):
    """Weights as {"w1": ..., "b1": ..., "w2": ..., ...}."""
    pairs = weight_pairs(weights)
    return dict(zip(words.tensor_names(pairs), (part for pair in pairs for part in pair), strict=True))


def plot_weights(weights, title=""):
    """All tensors of one network as heat maps on one scale."""
    return plot_tensors(by_name(weights), title)
