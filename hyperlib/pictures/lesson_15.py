"""Lesson 15: a dial from the smallest penalty to the largest, and the weights that belong to it."""

import torch

from . import words
from .live import Control, Curves, Explorer, HeatMaps, LivePicture


def dial_explorer(lams, made, exact, made_error, exact_error):
    """Turn the penalty, and see the generated filters beside the exact ones, and what both are worth.

    Args:
        lams: `[n]`, the penalties from small to large.
        made, exact: `[n, 10, 64]`, the weights for each: ten filters of 8 x 8 pixels.
        made_error, exact_error: `[n]`, the held-out error of each.
    """
    lams, made, exact = lams.detach(), made.detach(), exact.detach()
    errors = {"generated": made_error.detach(), "exact": exact_error.detach()}
    places = lams.log10()
    best = {name: int(error.argmin()) for name, error in errors.items()}
    lowest = torch.full_like(places, torch.nan)
    for name, at in best.items():
        lowest[at] = errors[name][at]

    def mosaic(filters):
        """Ten filters in five rows of two, with an empty line between two."""
        tiles = torch.nn.functional.pad(filters.reshape(5, 2, 8, 8), (0, 1, 0, 1))
        return tiles.permute(0, 2, 1, 3).reshape(45, 18)[:-1, :-1]

    def numbers(step):
        here = torch.full_like(places, torch.nan)
        here[step] = errors["generated"][step]
        title = f"lam = {lams[step]:.2g}: held-out error {errors['generated'][step]:.3f}"
        return {
            "filters": {"tensors": {"generated": mosaic(made[step]), "exact": mosaic(exact[step])}},
            "error": {"title": title, "curves": errors | {"their minima": lowest, "this penalty": here}},
        }

    def sentence(numbers, step):
        apart = float((made[step] - exact[step]).norm() / exact[step].norm())
        held = {name: float(error[step]) for name, error in errors.items()}
        path = words.path(places.tolist(), errors["exact"].tolist())
        return (
            f"For lam = {lams[step]:.2g} the generated filters differ from the exact ones by {apart:.0%} of their"
            f" length. The held-out error is {held['generated']:.3f} generated, {held['exact']:.3f} exact. It is lowest"
            f" at lam = {lams[best['generated']]:.2g} generated, {lams[best['exact']]:.2g} exact. Exact, over the"
            f" logarithm of lam: {path}."
        )

    top = float(torch.stack(list(errors.values())).max())
    looks = {
        "their minima": dict(marker="v", markersize=7, linestyle="none"),
        "this penalty": dict(marker="o", markersize=9, linestyle="none", markerfacecolor="none"),
    }
    axes = dict(xlabel="logarithm of lam to base 10", ylabel="held-out error")
    panels = {
        "filters": HeatMaps(0.4 * float(exact.abs().max()), "filters: orange < 0 < blue", shapes=False),
        "error": Curves(places, (0, 1.1 * top), legend="lower left", looks=looks, axes=axes),
    }
    steps = list(range(len(lams)))
    controls = {"step": Control("lam", steps, len(lams) // 2, lambda step: f"{lams[step]:.2g}")}
    return LivePicture(Explorer(controls, numbers, panels, sentence, size=(6.2, 3.2), widths=(1, 1.5)))
