"""The target network: an architecture without weights of its own (lesson 03)."""

import torch
import torch.nn.functional as F
from torch import nn

from .counting import layer_parameters
from .slicing import unflatten
from .validate import check_layer, check_layer_sizes, check_same_dtype, check_tensor, describe, weight_pairs

ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "sin": torch.sin,
    "gelu": F.gelu,
    "silu": F.silu,
    "elu": F.elu,
    "softplus": F.softplus,
}


def resolve_activation(activation):
    """The function of that name; a callable is returned as it is."""
    if isinstance(activation, type):
        name = activation.__name__
        raise TypeError(f"activation must be a name or a function, got the class {name}; {name}() makes one")
    if callable(activation):
        return activation
    if not isinstance(activation, str):
        raise TypeError(f"activation must be a name or a callable, got {describe(activation)}")
    if activation not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise ValueError(f"activation {activation!r} is not known; choose a callable or one of {known}")
    return ACTIVATIONS[activation]


def linear(x, weight, bias):
    """One dense layer, `y = x @ weight.T + bias`, for one weight or for a batch of generated ones.

    Args:
        x: `[..., in]` for a weight without batch axes, which serves all rows.  For a weight with batch axes B,
            `[*B, in]` sends one row through each generated layer and `[*B, n, in]` sends n rows.
        weight: `[out, in]` or `[*B, out, in]`.
        bias: `[out]` or `[*B, out]`.

    Returns:
        `x` with its last axis replaced by `out`.

    Raises:
        TypeError or ValueError saying which shape came and which was needed.
    """
    check_layer(weight, bias)
    check_tensor(x, "x", weight.shape[-1], f", the inputs of a weight of shape {list(weight.shape)}")
    check_same_dtype(weight, "weight", x, "x"), check_same_dtype(bias, "bias", x, "x")
    lead, one_row = weight.shape[:-2], x.dim() < weight.dim()
    if not lead:
        return F.linear(x, weight, bias)
    if x.shape[:-1] != lead and (x.shape[:-2] != lead or x.dim() != weight.dim()):
        batch, n_in = ", ".join(map(str, lead)), weight.shape[-1]
        raise ValueError(
            f"x has shape {list(x.shape)}, but weights of shape {list(weight.shape)} need data"
            f" [{batch}, {n_in}] (one row each) or [{batch}, n, {n_in}] (n rows each)"
        )
    if one_row and weight.requires_grad:
        # [*B, out, in] @ [*B, in, 1].  Forward the other way round is faster, but its backward gives the
        # transposed gradient of each weight, and transposing it costs more than the product.
        return (weight @ x.unsqueeze(-1)).squeeze(-1) + bias
    if one_row:
        return linear(x.unsqueeze(-2), weight, bias).squeeze(-2)
    if len(lead) == 1:
        return torch.baddbmm(bias.unsqueeze(-2), x, weight.mT)  # the last line in one call
    return x @ weight.mT + bias.unsqueeze(-2)  # [*B, n, in] @ [*B, in, out] + [*B, 1, out] -> [*B, n, out]


def target_forward(x, weights, activation="relu"):
    """An MLP that is given its weights: `linear`, activation, `linear`, ..., no activation after the last.

    Args:
        x: data, `[..., in]`, `[*B, in]` or `[*B, n, in]`; see `linear`.
        weights: `[(weight, bias), ...]` or `(w1, b1, w2, b2, ...)`, of any depth.
        activation: a name such as "relu" or "tanh", or a callable.

    Returns:
        `x` with its last axis replaced by the last layer's `out`.

    Raises:
        TypeError or ValueError naming the layer whose shapes don't fit.
    """
    activation = resolve_activation(activation)
    pairs = weight_pairs(weights)
    for i, (weight, bias) in enumerate(pairs):
        try:
            x = linear(x, weight, bias)
        except (TypeError, ValueError) as error:
            raise type(error)(f"layer {i}: {error}") from None
        if i < len(pairs) - 1:
            x = activation(x)
    return x


def apply_generated_weights(data, flat_weights, target_layer_sizes, activation="relu"):
    """Data through the target network that generators made, one flat tensor per layer.

    Args:
        data: `[*B, in]`, one row for each generated network, or `[*B, n, in]`, n rows each; with flat weights that
            have no batch axes any `[..., in]`.
        flat_weights: a list with one tensor `[*B, in * out + out]` per layer: the weight, row after row, and the bias.
        target_layer_sizes: `[(in, out), ...]`.
        activation: between the layers, none after the last; a name such as "relu" or a callable.

    Returns:
        `data` with its last axis replaced by the last layer's `out`.

    Raises:
        TypeError or ValueError naming the layer whose tensor doesn't fit.

    Source: Edifice, `Hypernetwork.apply_generated_weights`.
    """
    sizes = check_layer_sizes(target_layer_sizes, "target_layer_sizes")
    if not isinstance(flat_weights, (list, tuple)):
        raise TypeError(f"flat_weights must be a list with one tensor per layer, got {describe(flat_weights)}")
    if len(flat_weights) != len(sizes):
        raise ValueError(
            f"flat_weights has {len(flat_weights)} tensors, but target_layer_sizes has {len(sizes)} layers"
        )
    weights = []
    for i, (flat, (n_in, n_out)) in enumerate(zip(flat_weights, sizes, strict=True)):
        needed = f": {n_in} x {n_out} weights and {n_out} biases of layer {i}"
        check_tensor(flat, f"flat_weights[{i}]", layer_parameters(n_in, n_out), needed)
        lead, first = list(flat.shape[:-1]), list(flat_weights[0].shape[:-1])
        if lead != first:
            raise ValueError(f"flat_weights[{i}] has leading axes {lead}, but flat_weights[0] has {first}")
        weights += unflatten(flat, [(n_in, n_out)])
    return target_forward(data, weights, activation)


class TargetNet(nn.Module):
    """The exercise's target network: an MLP that has no parameters and is given its weights in `forward`.

    Source: the same split as in Ha, Dai and Le, "HyperNetworks" (2016), section 3: the main network's layers are
    used as usual, but their weights come from a different network.
    """

    def __init__(self, activation="relu"):
        super().__init__()
        self.activation = resolve_activation(activation)

    def forward(self, x, weights):
        """Data `x` through the network with these `weights` (w1, b1, w2, b2, ...); see `target_forward`."""
        return target_forward(x, weights, self.activation)
