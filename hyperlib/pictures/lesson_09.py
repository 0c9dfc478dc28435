"""Lesson 09: images, scores over sizes, and what a chunked generator stores."""

import math

from ..chunked import count_chunks
from ..counting import count_parameters, mlp_sizes
from . import still, words
from .live import Bars, Explorer, LivePicture, powers


def plot_images(images, title="", columns=8):
    """Square images by name, `{name: [side * side]}`, dark on light."""
    rows = -(-len(images) // columns)
    fig = still.figure(6.0, 0.4 + 0.95 * rows)
    axes = fig.subplots(rows, columns, squeeze=False).flatten()
    for ax in axes:
        ax.axis("off")
    for ax, (name, image) in zip(axes, images.items(), strict=False):
        side = math.isqrt(len(image))
        ax.imshow(still.as_matrix(image.reshape(side, side)), cmap="gray_r", vmin=0, vmax=1)
        ax.set_title(name, fontsize=9)
    fig.suptitle(title, fontsize=10)
    return still.Picture(
        fig, f"{title or 'Images'}: {len(images)} images of {side} x {side} pixels, {', '.join(images)}."
    )


def plot_against(curves, xlabel, ylabel, title=""):
    """What several seeds gave at several places: `curves` maps names to `{x: [value of each seed]}`.

    A line through the means, and at each place a bar from the lowest to the highest seed; x on a log scale.
    """
    fig = still.figure(6.0, 3.2)
    ax = fig.subplots()
    found = []
    for k, (name, places) in enumerate(curves.items()):
        means = [sum(values) / len(values) for values in places.values()]
        low = [mean - min(values) for mean, values in zip(means, places.values(), strict=True)]
        high = [max(values) - mean for mean, values in zip(means, places.values(), strict=True)]
        style = dict(
            color=still.LINE_COLOURS[k % 5], linestyle=still.LINE_STYLES[k % 5], marker="os^xv"[k % 5], capsize=3
        )
        line = sorted(zip(places, means, low, high, strict=True))  # or it would run to and fro
        xs, ys, *bars = zip(*line, strict=True)
        ax.errorbar(xs, ys, yerr=bars, label=name, **style)
        found += [f"{name}: " + ", ".join(f"{mean:.3g} at {x:,}" for x, mean in zip(places, means, strict=True))]
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
    return still.Picture(fig, f"{title + ': ' if title else ''}{ylabel} over {xlabel}, {means}. {'; '.join(found)}.")


def chunk_explorer(target_layer_sizes, conditioning_size=0):
    """What a chunked generator stores, for a chunk size, an embedding size and a hidden layer of one's choice."""
    P = count_parameters(target_layer_sizes)
    parts = ["target's weights", "chunk embeddings", "generator", "stored in all"]

    def numbers(chunk_size, embedding_size, hidden):
        chunks = count_chunks(P, chunk_size)
        embeddings = chunks * embedding_size
        generator = count_parameters(mlp_sizes(conditioning_size + embedding_size, [hidden], chunk_size))
        stored = embeddings + generator
        ratio = f"{P / stored:,.0f}x" if P > 10 * stored else f"{P / stored:.1f}x"
        values = [(n, f"{n:,}") for n in (P, embeddings, generator)] + [(stored, f"{stored:,} ({ratio} compression)")]
        title = f"Numbers stored for {chunks:,} chunks of {chunk_size:,} (log scale)"
        return {"bars": {"values": values, "title": title}}

    def sentence(numbers, chunk_size, embedding_size, hidden):
        values = numbers["bars"]["values"]
        counts = "; ".join(f"{name} {n:,}" for name, (n, _) in zip(parts, values, strict=True))
        ratio = values[-1][1].split("(")[1].rstrip(")")
        return (
            f"{words.sizes(target_layer_sizes)} in {count_chunks(P, chunk_size):,} chunks of {chunk_size:,}, with"
            f" embeddings of {embedding_size} and a hidden layer of {hidden}: {counts}, {ratio}."
        )

    controls = {
        "chunk_size": powers("chunk size", 64, 16, 65536),
        "embedding_size": powers("embedding size", 8, 1, 64),
        "hidden": powers("hidden units", 16, 1, 256),
    }
    panels = {"bars": Bars(parts, (0.27, 0.05, 0.72, 0.78), 1e10)}
    return LivePicture(Explorer(controls, numbers, panels, sentence, size=(6.0, 2.2)))
