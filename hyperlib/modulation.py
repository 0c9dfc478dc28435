"""How much must be generated?  A layer that keeps its weights, and a condition that changes some of it (lesson 10)."""

import torch.nn.functional as F
from torch import nn

from .hypernet import mlp
from .target import linear, resolve_activation
from .validate import (
    check_conditioning,
    check_data,
    check_layer,
    check_layer_sizes,
    check_tensor,
    describe,
    positive_int,
)

KINDS = ("bias", "film", "rank_one", "low_rank", "full")


def film(y, scale, shift):
    """Scale and shift each unit: `scale * y + shift`, as in FiLM (Perez et al., 2018; Dumoulin et al., Distill 2018).

    `y [*B, out]` or `[*B, n, out]`, n rows for each condition; scale and shift `[*B, out]`.
    """
    check_tensor(scale, "scale"), check_tensor(shift, "shift", scale.shape[-1], ", as scale has")
    check_tensor(y, "y", scale.shape[-1], ", as scale has")
    return _for_rows(scale, y) * y + _for_rows(shift, y)


def rank_one_linear(x, weight, bias, r, s):
    """A dense layer whose weight is scaled by rows and by columns: `weight[i, j] * r[i] * s[j]`.

    That weight, `(r s^T) * W` for each condition, is never formed: `r * (W (s * x)) + bias` is the same.

    Args:
        x: `[*B, in]` or `[*B, n, in]`.
        weight, bias: `[out, in]` and `[out]`, the layer's own.
        r, s: `[*B, out]` and `[*B, in]`.

    Source: Wen, Tran and Ba, "BatchEnsemble" (ICLR 2020), section 3.1.
    """
    check_layer(weight, bias)
    check_tensor(r, "r", weight.shape[0], " (out)"), check_tensor(s, "s", weight.shape[1], " (in)")
    check_tensor(x, "x", weight.shape[1], " (in)")
    return _for_rows(r, x) * F.linear(_for_rows(s, x) * x, weight) + bias


def low_rank_linear(x, weight, bias, a, b):
    """A dense layer with a weight of low rank on top: `weight + b a`, which is never formed.

    Args:
        x: `[*B, in]` or `[*B, n, in]`.
        weight, bias: `[out, in]` and `[out]`, the layer's own.
        a, b: `[*B, rank, in]` and `[*B, out, rank]`.

    Source: Hu et al., "LoRA" (ICLR 2022), section 4.1.
    """
    check_layer(weight, bias)
    check_tensor(a, "a", weight.shape[1], " (in)"), check_tensor(b, "b", a.shape[-2], ", the rank of a")
    check_tensor(x, "x", weight.shape[1], " (in)")
    one_row = x.dim() < a.dim()
    rows = x.unsqueeze(-2) if one_row else x
    change = rows @ a.mT @ b.mT  # [*B, n, in] -> [*B, n, rank] -> [*B, n, out]
    return F.linear(x, weight, bias) + (change.squeeze(-2) if one_row else change)


def _for_rows(numbers, x):
    """`numbers [*B, k]` with an axis for the rows of `x [*B, n, ...]`, if it has one."""
    return numbers.unsqueeze(-2) if x.dim() > numbers.dim() else numbers


def generated_numbers(kind, n_in, n_out, rank=1):
    """How many numbers a condition has to bring for a dense layer; each kind changes the bias as well."""
    n_in, n_out, rank = positive_int(n_in, "n_in"), positive_int(n_out, "n_out"), positive_int(rank, "rank")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {describe(kind)}")
    more = {"bias": 0, "film": n_out, "rank_one": n_out + n_in, "low_rank": rank * (n_in + n_out), "full": n_in * n_out}
    return n_out + more[kind]


class ModulatedLinear(nn.Module):
    """A dense layer with weights of its own, and a generator that changes some of it for each condition.

    It starts as the plain layer, whatever the condition.

    Args:
        conditioning_size: length C of the condition.
        n_in, n_out: the layer's widths.
        kind: what is generated: "bias", "film" (a scale and a shift for each unit), "rank_one" (scales of rows and of
            columns), "low_rank", or "full".
        rank: for "low_rank".
        hidden_sizes: widths of the generator's hidden layers; by default it is linear.
    """

    def __init__(self, conditioning_size, n_in, n_out, kind, rank=1, hidden_sizes=()):
        super().__init__()
        count = generated_numbers(kind, n_in, n_out, rank)
        self.conditioning_size = positive_int(conditioning_size, "conditioning_size")
        self.kind, self.rank = kind, rank
        self.layer = nn.Linear(n_in, n_out)
        *hidden, last = mlp(conditioning_size, hidden_sizes, count)
        # What is the same for all conditions is the layer's own, so that the generator needs no bias.  Only a product
        # of two generated factors does: without one, b a would have no part that is linear in the condition.
        last = nn.Linear(last.in_features, count, bias=kind == "low_rank")
        self.generator = nn.Sequential(*hidden, last)
        nn.init.zeros_(last.weight)
        if kind == "low_rank":
            nn.init.zeros_(last.bias)  # b starts at 0, but not a as well: then neither would get a gradient
            nn.init.normal_(last.bias[n_out : n_out + rank * n_in].detach(), std=n_in**-0.5)

    def forward(self, conditioning, x):
        """`x [*B, in]` or `[*B, n, in]` for `conditioning [*B, C]`; any `[..., in]` for `[C]`."""
        check_conditioning(conditioning, self.conditioning_size, self)
        weight, bias = self.layer.weight, self.layer.bias
        n_out, n_in = weight.shape
        check_data(x, n_in, conditioning)
        made = self.generator(conditioning)
        shift, made = made[..., :n_out], made[..., n_out:]
        if self.kind == "bias":
            return self.layer(x) + _for_rows(shift, x)
        if self.kind == "film":
            return film(self.layer(x), 1 + made, shift)
        if self.kind == "rank_one":
            r, s = made.split([n_out, n_in], dim=-1)
            return rank_one_linear(x, weight, bias, 1 + r, 1 + s) + _for_rows(shift, x)
        if self.kind == "low_rank":
            a, b = made.split([self.rank * n_in, self.rank * n_out], dim=-1)
            a, b = a.unflatten(-1, (self.rank, n_in)), b.unflatten(-1, (n_out, self.rank))
            return low_rank_linear(x, weight, bias, a, b) + _for_rows(shift, x)
        return linear(x, weight + made.unflatten(-1, (n_out, n_in)), bias + shift)


class ModulatedNetwork(nn.Module):
    """An MLP of `ModulatedLinear` layers: one network for all conditions, of which a condition changes some.

    Args:
        conditioning_size, kind, rank, hidden_sizes: see `ModulatedLinear`.
        target_layer_sizes: `[(in, out), ...]`.
        activation: between the layers, none after the last; a name such as "relu" or a callable.
    """

    def __init__(self, conditioning_size, target_layer_sizes, kind, rank=1, hidden_sizes=(), activation="relu"):
        super().__init__()
        sizes = check_layer_sizes(target_layer_sizes, "target_layer_sizes")
        self.activation = resolve_activation(activation)
        self.layers = nn.ModuleList(
            ModulatedLinear(conditioning_size, n_in, n_out, kind, rank, hidden_sizes) for n_in, n_out in sizes
        )

    def forward(self, conditioning, x):
        """The same shapes as `ModulatedLinear`."""
        for i, layer in enumerate(self.layers):
            x = layer(conditioning, x)
            if i < len(self.layers) - 1:
                x = self.activation(x)
        return x
