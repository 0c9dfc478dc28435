"""Lesson 07: what one network per row costs, how the cost grows, and what rows that share networks save."""

import math

from matplotlib.ticker import LogFormatter

from ..batching import bytes_of_generated_weights, multiply_adds
from ..counting import count_parameters, mlp_sizes
from . import still, words
from .live import Bars, Explorer, LivePicture, powers


def _draw_times(ax, sizes, seconds):
    """Named times against the batch on logarithmic axes, and grey lines of slope 1 and 2 through the slowest one."""
    for k, (name, times) in enumerate(seconds.items()):
        style = dict(
            color=still.LINE_COLOURS[k % 5], linestyle=still.LINE_STYLES[k % 5], marker="osD^v"[k % 5], markersize=4
        )
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
    fig = still.figure(6.0, 3.6)
    ax = fig.subplots()
    _draw_times(ax, sizes, seconds)
    ax.set_title(title, fontsize=10)
    fig.legend(loc="outside right center", fontsize=9)
    ends = "; ".join(
        f"{name}: {words.spoken(1000 * times[0])} to {words.spoken(1000 * times[-1])}"
        f" for {sizes[0]:,} to {sizes[len(times) - 1]:,}"
        for name, times in seconds.items()
    )
    return still.Picture(fig, f"{title + ', m' if title else 'M'}illiseconds against the size of the batch. {ends}.")


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
    fig = still.figure(min(3.3 * columns, 9.6), 0.4 + 2.9 * rows)
    found = []
    names = list(dict.fromkeys(name for _, lines in panels.values() for name in lines))  # one look each in all panels
    axes = fig.subplots(rows, columns, squeeze=False).flatten()
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    for ax, ((what, over), (sizes, lines)) in zip(axes, panels.items(), strict=False):
        for name, values in lines.items():
            k = names.index(name)
            colour, places = still.LINE_COLOURS[k % 5], sizes[: len(values)]
            ax.plot(places, values, marker="osD^v"[k % 5], color=colour, linestyle="none", markersize=4)
            xs, ys = places[-tail:], values[-tail:]
            if len(xs) < 2:
                found.append(f"{what} over {over}, {name}: a single size, so no slope")
                continue
            slope = fitted_slope(xs, ys)
            middle = [math.exp(sum(map(math.log, numbers)) / len(numbers)) for numbers in (xs, ys)]
            fitted = [middle[1] * (size / middle[0]) ** slope for size in xs]
            ax.plot(xs, fitted, color=colour, linestyle=still.LINE_STYLES[k % 5], label=f"{name}: {slope:.2f}")
            found.append(f"{what} over {over}, {name}: slope {slope:.2f}")
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
    return still.Picture(fig, f"{title or 'Growth'}. {'; '.join(found)}.")


def sharing_explorer(target=((128, 64), (64, 32)), conditioning_size=64):
    """Multiply-adds of generator and target, and bytes of generated weights, for rows that share conditions."""
    target, P = list(target), count_parameters(list(target))
    parts = ["generator: hidden layers", "generator: last layer", "target network"]
    kept = ["one per condition", "one per row"]

    def numbers(batch, distinct, hidden):
        distinct = min(distinct, batch)
        *first, last = mlp_sizes(conditioning_size, [hidden, hidden], P)
        costs = [distinct * multiply_adds(first), distinct * multiply_adds([last]), batch * multiply_adds(target)]
        sizes = [bytes_of_generated_weights(networks, target) for networks in (distinct, batch)]
        work = {
            "values": [(cost, f"{cost:,} ({cost / sum(costs):.1%})") for cost in costs],
            "title": f"Multiply-adds for {batch:,} rows, {distinct:,} conditions (log scale)",
        }
        return {"work": work, "memory": {"values": [(size, f"{size:,}") for size in sizes]}}

    def sentence(numbers, batch, distinct, hidden):
        work, memory = (
            "; ".join(f"{name} {label}" for name, (_, label) in zip(names, numbers[panel]["values"], strict=True))
            for names, panel in ((parts, "work"), (kept, "memory"))
        )
        return (
            f"{batch} rows with {min(distinct, batch)} distinct conditions, generator with hidden layers of {hidden}."
            f" Multiply-adds: {work}. Bytes of generated weights: {memory}."
        )

    panels = {
        "work": Bars(parts, (0.33, 0.5, 0.66, 0.4), 3e15),
        "memory": Bars(kept, (0.33, 0.03, 0.66, 0.28), 1e12, title="Bytes of generated weights (log scale)"),
    }
    controls = {
        "batch": powers("batch", 1024, 1, 4096),
        "distinct": powers("distinct conditions", 1024, 1, 4096),
        "hidden": powers("generator's hidden units", 256, 8, 1024),
    }
    return LivePicture(Explorer(controls, numbers, panels, sentence, size=(6.0, 3.4)))
