"""Lesson 12: how the scales of an RNN's rows change while it reads a text."""

import torch

from . import words
from .live import Control, Curves, Explorer, HeatMaps, LivePicture


def scale_explorer(text, scales):
    """Step through a text, and see the scales that the small network has chosen so far, and how far they moved.

    Args:
        text: a string, a character for each step.
        scales: `[steps, rows]`, the scales after each character.
    """
    scales = scales.detach()
    moved = torch.cat([torch.zeros(1), (scales[1:] - scales[:-1]).abs().mean(-1)])
    steps = torch.arange(1, len(text) + 1)

    def numbers(step):
        seen = torch.where(steps <= step, scales.T, 0.0)  # [rows, steps]
        read = text[:step]
        title = f"read: {read[-24:]}" if len(read) < 25 else f"read: ...{read[-24:]}"
        curves = {"change": moved, "this step": torch.where(steps == step, moved, torch.nan)}
        return {"scales": {"tensors": {"scales, step by step": seen}}, "change": {"title": title, "curves": curves}}

    def sentence(numbers, step):
        at = float(moved[step - 1])
        order = int((moved > at).sum()) + 1
        return (
            f"After step {step} of {len(text)}, the text read so far is {text[:step]}. With its last character the"
            f" scales moved by {words.spoken(at)} in the mean, the number {order} of all steps; the most is"
            f" {words.spoken(float(moved.max()))}."
        )

    axes = dict(xlabel="step", ylabel="mean change of a scale")
    looks = {"this step": dict(marker="o", markersize=9, linestyle="none")}
    panels = {
        "scales": HeatMaps(float(scales.abs().max()), "a row for each scale: orange < 0 < blue", shapes=False),
        "change": Curves(steps, (0, 1.15 * float(moved.max())), legend="upper right", looks=looks, axes=axes),
    }
    controls = {"step": Control("step", range(1, len(text) + 1), len(text) // 2)}
    return LivePicture(Explorer(controls, numbers, panels, sentence, size=(6.2, 3.0), widths=(1, 1.3)))
