"""Lesson 08: two classes of points, and the boundary that a generated network draws between them."""

import math

import torch

from ..data import rotated_moons
from . import still, words
from .live import Control, Explorer, HeatMaps, LivePicture

CLASS_LOOKS = [dict(marker="o", color="#7a3300"), dict(marker="x", color="#08306b")]


def draw_classes(ax, points, labels, size=14):
    """Points in the plane, each class with a mark and a colour of its own; returns the two sets of marks."""
    marks = []
    for k, looks in enumerate(CLASS_LOOKS):
        chosen = points[labels == k].detach().cpu().float().numpy()
        marks.append(ax.scatter(*chosen.T, s=size, linewidth=1, zorder=3, label=f"class {k}", **looks))
    ax.set(xlim=(-2, 2), ylim=(-2, 2), xticks=[], yticks=[], aspect="equal")
    return marks


def plot_classes(panels):
    """Labelled points in the plane side by side: `panels` maps a title to (points [n, 2], labels [n])."""
    fig = still.figure(6.0, 6.0 / len(panels) + 0.6)
    for ax, (title, (points, labels)) in zip(
        fig.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
    ):
        draw_classes(ax, points, labels)
        ax.set_title(title, fontsize=10)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9)
    found = "; ".join(f"{title}: {words.classes(*panel)}" for title, panel in panels.items())
    return still.Picture(fig, f"Points of class 0 (circles) and class 1 (crosses). {found}.")


class Plane:
    """Points of two classes, and how a model divides the plane.  `update` takes a title, points, labels, `decided`.

    `decided` is `[side, side]`, the probability of class 1 at each place, row after row from the bottom.
    """

    def draw(self, fig, title, points, labels, decided):
        self.ax = ax = fig.subplots()
        looks = dict(extent=(-2, 2, -2, 2), origin="lower", cmap=still.SIGNED, vmin=-0.5, vmax=1.5)
        self.image = ax.imshow(still.as_matrix(decided), **looks)
        self.marks = draw_classes(ax, points, labels)
        ax.set_title(title, fontsize=10)
        return [ax.title, self.image, *self.marks]

    def update(self, title, points, labels, decided):
        self.image.set_data(still.as_matrix(decided))
        for k, mark in enumerate(self.marks):
            mark.set_offsets(points[labels == k].numpy())
        self.ax.set_title(title, fontsize=10)


def moons_explorer(model, encode):
    """Turn two moons, and see the boundary that a conditional hypernetwork draws, and the weights that it makes for it.

    Args:
        model: a `Hypernetwork` with two inputs and one output, the logit of class 1.
        encode: from an angle in degrees, a tensor of any shape, to the model's condition.
    """
    side = torch.linspace(-2, 2, 60)
    plane = torch.cartesian_prod(side, side).flip(-1)  # row after row of the picture, x before y
    still_points, labels = rotated_moons(torch.zeros(()), 120, generator=torch.Generator().manual_seed(0))

    def numbers(degrees):
        angle = math.radians(degrees)
        turn = torch.tensor([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        points = still_points @ turn  # the same moons at every angle, so that the eye can follow them
        with torch.no_grad():
            condition = encode(torch.tensor(float(degrees)))
            decided = model(condition, plane).reshape(60, 60).sigmoid()
            right = float(((model(condition, points).squeeze(-1) > 0) == (labels == 1)).float().mean())
            weights = still.by_name(model.generate(condition))
        title = f"turned by {degrees} degrees: {right:.0%} right"
        return {
            "plane": {"title": title, "points": points, "labels": labels, "decided": decided},
            "weights": {"tensors": weights},
        }

    def sentence(numbers, degrees):
        right = numbers["plane"]["title"].split(": ")[1].removesuffix(" right")
        return (
            f"Two moons turned by {degrees} degrees, {words.classes(numbers['plane']['points'], labels)}, and the"
            f" boundary between them: {right} are on the right side. Beside them heat maps of the generated weights."
        )

    turned = [numbers(degrees)["weights"]["tensors"] for degrees in range(0, 360, 30)]
    limit = max(float(tensor.abs().max()) for tensors in turned for tensor in tensors.values())
    controls = {"degrees": Control("degrees", range(-180, 541), 45)}
    panels = {"plane": Plane(), "weights": HeatMaps(limit)}
    return LivePicture(Explorer(controls, numbers, panels, sentence, size=(6.2, 3.2), widths=(1.1, 1)))
