"""A flat vector cut into weights and biases, and put together again (lesson 02).

The flat vector holds, layer after layer, the weight (row-major) and then its bias: w1, b1, w2, b2, ...
"""

import torch

from .counting import count_parameters, layer_parameters
from .validate import check_layer_sizes, check_same_dtype, check_tensor, weight_pairs


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
    # One split, not a slice for each tensor: the gradient of a slice is as long as the flat vector, zeros but for the
    # slice, and all of them would have to be added up.
    parts = flat.split([n for n_in, n_out in layer_sizes for n in (n_in * n_out, n_out)], dim=-1)
    pairs = zip(parts[::2], parts[1::2], layer_sizes, strict=True)
    return [(weight.view(*flat.shape[:-1], n_out, n_in), bias) for weight, bias, (n_in, n_out) in pairs]


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
    first = pairs[0][0]
    for i, (weight, bias) in enumerate(pairs):
        if weight.shape[:-2] != first.shape[:-2]:
            lead, needed = list(weight.shape[:-2]), list(first.shape[:-2])
            raise ValueError(f"layer {i}'s weight has leading axes {lead}, but layer 0's has {needed}")
        check_same_dtype(weight, f"layer {i}'s weight", first, "layer 0's weight")
        check_same_dtype(bias, f"layer {i}'s bias", first, "layer 0's weight")
    return torch.cat([part for weight, bias in pairs for part in (weight.flatten(-2), bias)], dim=-1)
