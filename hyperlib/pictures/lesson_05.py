"""Lesson 05: tasks in the plane, what several seeds gave, and a family of functions."""

import itertools

import torch

from . import still, words
from .live import Curves, Explorer, LivePicture, between


def plot_points(points, xlabel, ylabel, title=""):
    """Points of the plane by name, `{name: [n, 2]}`: each set with a marker and a colour of its own."""
    fig = still.figure(6.0, 3.2)
    ax = fig.subplots()
    for k, (name, places) in enumerate(points.items()):
        style = dict(color=still.LINE_COLOURS[k % 5], markersize=4, markeredgewidth=0.4)
        ax.plot(*places.detach().cpu().float().T, "os^Dv"[k % 5], label=name, markeredgecolor="white", **style)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    ax.grid(alpha=0.3)
    ends = {name: (places.amin(0).tolist(), places.amax(0).tolist()) for name, places in points.items()}
    where = "; ".join(
        f"{name}: {len(points[name])} points, {xlabel} {a:.1f} to {c:.1f}, {ylabel} {b:.1f} to {d:.1f}"
        for name, ((a, b), (c, d)) in ends.items()
    )
    return still.Picture(fig, f"{title or 'Points'}. {where}.")


def plot_spread(values, columns, title=""):
    """What several seeds gave: `values` maps names to `[seeds, columns]`; a mark for each number, on a log scale."""
    fig = still.figure(6.0, 1.2 + 0.45 * len(values))
    ax = fig.subplots()
    for k, column in enumerate(columns):
        style = dict(color=still.LINE_COLOURS[k % 5], marker="os^Dv"[k % 5], linestyle="none", alpha=0.9)
        for row, of_seeds in enumerate(values.values()):
            numbers = still.array(of_seeds[:, k])
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
    return still.Picture(fig, f"{title or 'Spread'}, lowest to highest. {'; '.join(spans)}.")


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

    def curves(condition):
        with torch.no_grad():
            return {name: f(torch.tensor([condition]), x.unsqueeze(0))[0] for name, f in functions.items()}

    def where(condition):
        outside = [
            f"{name} {condition[name]:.2f} (trained: {low:.2f} to {high:.2f})"
            for name, (_, _, low, high) in conditions.items()
            if not low <= condition[name] <= high
        ]
        at = ", ".join(f"{name} {value:.2f}" for name, value in condition.items())
        return at, f"OUTSIDE: {', '.join(outside)}" if outside else "inside the trained range"

    def numbers(**condition):
        at, place = where(condition)
        title = place if place.startswith("OUTSIDE") else f"{at}: {place}"
        return {"curves": {"title": title, "curves": curves(list(condition.values()))}}

    def sentence(numbers, **condition):
        true, *others = numbers["curves"]["curves"].values()
        misses = ", ".join(
            f"{name} is off by up to {float((y - true).abs().max()):.1f}"
            for name, y in zip(models, others, strict=True)
        )
        at, place = where(condition)
        path = words.path(still.array(x).tolist(), still.array(true).tolist())
        return f"Functions for {at}, {place}. True function: {path}; {misses}."

    corners = itertools.product(*((low, high) for low, high, _, _ in conditions.values()))
    limit = 1.3 * max(float(curves(corner)["true function"].abs().max()) for corner in corners)
    controls = {name: between(name, (a + b) / 2, low, high) for name, (low, high, a, b) in conditions.items()}
    panels = {"curves": Curves(x, (-limit, limit), legend="upper center", columns=len(functions))}
    return LivePicture(Explorer(controls, numbers, panels, sentence, size=(6.0, 3.2)))
