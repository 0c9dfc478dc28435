"""Lesson 01: what a generator costs."""

from ..counting import count_parameters, generator_parameters
from . import words
from .live import Bars, Control, Explorer, LivePicture


def cost_explorer():
    """What a generator of a target n -> n -> n costs, beside the target itself."""

    def numbers(width, hidden):
        target = [(width, width), (width, width)]
        cost, generator = count_parameters(target), generator_parameters(8, [hidden], target)
        labels = f"{cost:,} parameters", f"{generator:,} ({generator / cost:,.1f} x the target)"
        title = f"A generator 8 -> {hidden} -> P for a target {words.sizes(target)} (log scale)"
        return {"bars": {"values": list(zip((cost, generator), labels, strict=True)), "title": title}}

    def sentence(numbers, width, hidden):
        (_, target), (_, generator) = numbers["bars"]["values"]
        title = numbers["bars"]["title"].removesuffix(" (log scale)")
        return f"Bars. {title}. target: {target}; generator: {generator}."

    controls = {
        "width": Control("target width", range(1, 129), 16),
        "hidden": Control("generator's hidden units", range(1, 257), 64),
    }
    panels = {"bars": Bars(["target", "generator"], (0.13, 0.05, 0.86, 0.76), 3e11, start=1)}
    return LivePicture(Explorer(controls, numbers, panels, sentence, size=(6.0, 2.0)))
