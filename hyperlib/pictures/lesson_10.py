"""Lesson 10: a generated change of a weight, cut to a lower rank."""

import torch

from . import words
from .live import Control, Curves, Explorer, HeatMaps, LivePicture


def rank_explorer(weight, changes, accuracy):
    """What is left of a network if the generated change of its first weight is cut to a lower rank.

    Args:
        weight: `[16, 64]`, shared by all conditions: sixteen filters of 8 x 8 pixels.
        changes: `{condition: change [16, 64]}`, what each condition adds to it.
        accuracy: from a condition and a weight `[16, 64]` to the share of right answers.
    """
    full = min(weight.shape)
    ranks = torch.arange(full + 1)
    cut, shares = {}, {}
    for condition, change in changes.items():
        u, s, v = torch.linalg.svd(change, full_matrices=False)
        cut[condition] = [weight + (u[:, :k] * s[:k]) @ v[:k] for k in ranks.tolist()]
        shares[condition] = torch.tensor([accuracy(condition, filters) for filters in cut[condition]])

    def mosaic(filters):
        """Sixteen filters in four rows of four, with an empty line between two."""
        tiles = torch.nn.functional.pad(filters.reshape(4, 4, 8, 8), (0, 1, 0, 1))
        return tiles.permute(0, 2, 1, 3).reshape(36, 36)[:-1, :-1]

    def numbers(rank, condition):
        share = shares[condition]
        curves = {"accuracy": share, "this rank": torch.where(ranks == rank, share, torch.nan)}
        return {
            "filters": {"tensors": {"whole change": mosaic(cut[condition][-1]), "cut": mosaic(cut[condition][rank])}},
            "accuracy": {"title": f"rank {rank}: {share[rank]:.0%} right", "curves": curves},
        }

    def sentence(numbers, rank, condition):
        share = shares[condition]
        return (
            f"The filters for {condition} degrees, and beside them the same with their change cut to rank {rank} of"
            f" {full}. {share[rank]:.0%} right, from {share[0]:.0%} without a change to {share[-1]:.0%} with all of it:"
            f" {words.path(ranks.tolist(), share.tolist())}."
        )

    limit = max(float(filters.abs().max()) for made in cut.values() for filters in made)
    conditions = list(changes)
    controls = {
        "rank": Control("rank", range(full + 1), 1),
        "condition": Control("degrees", conditions, conditions[len(conditions) // 4]),
    }
    looks = {"this rank": dict(marker="o", markersize=9, linestyle="none")}
    axes = dict(xlabel="rank of the change", ylabel="accuracy", xticks=range(0, full + 1, 4))
    panels = {
        "filters": HeatMaps(limit, "filters: orange < 0 < blue", shapes=False),
        "accuracy": Curves(ranks, (0, 1), legend="lower right", looks=looks, axes=axes),
    }
    return LivePicture(Explorer(controls, numbers, panels, sentence, size=(6.2, 2.9), widths=(1.3, 1)))
