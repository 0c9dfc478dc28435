"""A flat vector cut into weights and biases, and put together again (lesson 02).

The flat vector holds, layer after layer, the weight (row-major) and then its bias: w1, b1, w2, b2, ...
"""

import torch

from .counting import count_parameters, layer_parameters
from .validate import check_layer_sizes, check_tensor, describe


def parameter_offsets(layer_sizes):
    """Where each tensor lies in the flat vector: a list of (start, stop) for w1, b1, w2, b2, ..."""
    offsets, start = [], 0
    for n_in, n_out in check_layer_sizes(layer_sizes):
        middle, stop = start + n_in * n_out, start + layer_parameters(n_in, n_out)
        offsets += [(start, middle), (middle, stop)]
        start = stop
    return offsets


def unflatten(flat, layer_sizes):
    """Cut a flat vector into `[(weight, bias), ...]`, without copying.

    Args:
        flat: `[..., P]` with `P = count_parameters(layer_sizes)`; any leading axes, also none.
        layer_sizes: list of (in, out) pairs.

    Returns:
        A list of (weight `[..., out, in]`, bias `[..., out]`); all of them are views of `flat`, so that
        gradients flow back into it.

    Raises:
        ValueError if the last axis of `flat` is not exactly P: a surplus is refused as well.
    """
    layer_sizes = check_layer_sizes(layer_sizes)
    check_tensor(flat, "flat", count_parameters(layer_sizes), f", the number of parameters of {layer_sizes}")
    return cut(flat, layer_sizes)


def cut(flat, layer_sizes):
    """`unflatten` for a flat vector and sizes that are known to fit."""
    # One split, not a slice for each tensor: the gradient of a slice is as long as the flat vector, zeros but for the
    # slice, and all of them would have to be added up.
    parts = flat.split([n for n_in, n_out in layer_sizes for n in (n_in * n_out, n_out)], dim=-1)
    pairs = zip(parts[::2], parts[1::2], layer_sizes, strict=True)
    return [(weight.view(*flat.shape[:-1], n_out, n_in), bias) for weight, bias, (n_in, n_out) in pairs]


def weight_pairs(weights, name="weights"):
    """`weights` as a list of (weight, bias) pairs that fit together, or an error that names the layer.

    Takes `[(w1, b1), (w2, b2), ...]` or the exercise's flat order `(w1, b1, w2, b2, ...)`.
    """
    if not isinstance(weights, (list, tuple)):
        raise TypeError(f"{name} must be (w1, b1, w2, b2, ...) or [(w1, b1), ...], got {describe(weights)}")
    if not weights:
        raise ValueError(f"{name} is empty; it needs at least one weight and its bias")
    if isinstance(weights[0], (list, tuple)):
        pairs = list(weights)
    elif len(weights) % 2:
        raise ValueError(f"{name} has {len(weights)} tensors; each weight needs its bias: (w1, b1, w2, b2, ...)")
    else:
        pairs = list(zip(weights[::2], weights[1::2], strict=True))
    for i, pair in enumerate(pairs):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise TypeError(f"{name}[{i}] must be a (weight, bias) pair, got {describe(pair)}")
        check_layer(*pair, f"layer {i}'s ")
        if i and pair[0].shape[-1] != pairs[i - 1][0].shape[-2]:
            raise ValueError(
                f"layer {i}'s weight takes {pair[0].shape[-1]} inputs but layer {i - 1} gives"
                f" {pairs[i - 1][0].shape[-2]}"
            )
    return pairs


def check_layer(weight, bias, owner=""):
    """An error unless `weight [..., out, in]` and `bias [..., out]` belong together; `owner` says whose they are."""
    check_tensor(weight, f"{owner}weight"), check_tensor(bias, f"{owner}bias")
    if weight.dim() < 2:
        raise ValueError(f"{owner}weight must be [..., out, in], got shape {list(weight.shape)}")
    if bias.shape != weight.shape[:-1]:
        raise ValueError(
            f"{owner}bias has shape {list(bias.shape)}, but its weight {list(weight.shape)} needs"
            f" {list(weight.shape[:-1])}"
        )


def flatten(weights):
    """Put weights and biases into one flat vector: the inverse of `unflatten`.

    Args:
        weights: `[(weight [..., out, in], bias [..., out]), ...]` or `(w1, b1, w2, b2, ...)`; the leading axes
            of all tensors are the same.

    Returns:
        A new tensor `[..., P]`: w1 row after row, b1, w2, b2, ...

    Raises:
        TypeError or ValueError naming the layer whose shapes do not fit.
    """
    pairs = weight_pairs(weights)
    lead = pairs[0][0].shape[:-2]
    for i, (weight, _) in enumerate(pairs):
        if weight.shape[:-2] != lead:
            raise ValueError(
                f"layer {i}'s weight has leading axes {list(weight.shape[:-2])}, but layer 0's has {list(lead)}"
            )
    return torch.cat([part for weight, bias in pairs for part in (weight.flatten(-2), bias)], dim=-1)
