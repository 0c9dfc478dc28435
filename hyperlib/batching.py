"""One network for each row: any module through vmap, what generated weights weigh, rows that share (lesson 07)."""

import torch
from torch import nn

from .counting import count_parameters
from .validate import check_layer_sizes, check_module, check_tensor, describe, positive_int


def target_vmap(module, x, weights):
    """Row b of the data through any module whose parameters are replaced by network b's.

    Args:
        module: an `nn.Module`; only its architecture is used, so its own parameters may lie on the device "meta".
        x: `[batch, ...]`; each row is what the module takes without its batch axis.
        weights: tensors `[batch, *shape]` in the order of `module.named_parameters()`, such as (w1, b1, w2, b2).

    Returns:
        `[batch, ...]`, row b being what the module gives for `x[b]` with the parameters `weights[:][b]`.

    Raises:
        TypeError or ValueError naming the parameter whose shape does not fit.
    """
    named = {name: p.shape for name, p in check_module(module, "module").named_parameters()}
    if check_tensor(x, "x").dim() == 0:
        raise ValueError("x has shape [], but it needs a batch axis")
    if not isinstance(weights, (list, tuple)):
        raise TypeError(f"weights must be a list of tensors, one for each parameter, got {describe(weights)}")
    if len(weights) != len(named):
        raise ValueError(f"weights has {len(weights)} tensors, but the module has {len(named)}: {', '.join(named)}")
    for i, (name, shape) in enumerate(named.items()):
        needed = [len(x), *shape]
        if list(check_tensor(weights[i], f"weights[{i}]").shape) != needed:
            raise ValueError(f"weights[{i}] has shape {list(weights[i].shape)}, but {name} needs {needed}")

    for part in module.modules():
        if part.training and isinstance(part, (nn.modules.dropout._DropoutNd, nn.modules.batchnorm._BatchNorm)):
            kind = type(part).__name__
            raise ValueError(f"module's {kind} is in training mode, which can't go row by row; call .eval() first")

    def one_row(row, tensors):
        return torch.func.functional_call(module, dict(zip(named, tensors, strict=True)), (row,))

    try:
        return torch.vmap(one_row)(x, tuple(weights))
    except (RuntimeError, NotImplementedError, TypeError, ValueError, IndexError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"{type(module).__name__} cannot take x {list(x.shape)} row by row: {reason}") from error


def bytes_of_generated_weights(batch, target_layer_sizes, dtype=torch.float32):
    """How many bytes the weights of `batch` generated networks take; their gradient takes as many again."""
    if not isinstance(dtype, torch.dtype):
        raise TypeError(f"dtype must be a torch.dtype such as torch.float32, got {describe(dtype)}")
    sizes = check_layer_sizes(target_layer_sizes, "target_layer_sizes")
    return positive_int(batch, "batch") * count_parameters(sizes) * dtype.itemsize


def multiply_adds(layer_sizes):
    """Multiply-adds of an MLP with these `[(in, out), ...]` layers for a single row: one for each weight."""
    return sum(n_in * n_out for n_in, n_out in check_layer_sizes(layer_sizes))


def group_by_condition(conditioning):
    """The distinct conditions of a batch, and which of them each row has.

    Args:
        conditioning: `[batch, C]`.

    Returns:
        conditions `[K, C]`, the distinct rows in ascending order, and index `[batch]`, whole numbers, such that
        `conditions[index]` equals `conditioning`.  A gradient of `conditions` arrives at one row of each group: right
        where equal rows come from one place, such as an embedding.
    """
    if check_tensor(conditioning, "conditioning").dim() != 2:
        raise ValueError(f"conditioning has shape {list(conditioning.shape)}, but it must be [batch, C]")
    rows = conditioning.detach()
    strange = rows.isnan().any(-1)
    if strange.any():
        raise ValueError(f"conditioning[{int(strange.nonzero()[0])}] holds NaN, which equals nothing and has no group")
    distinct, index = torch.unique(rows, dim=0, return_inverse=True)
    # torch.unique has no derivative: take the first row of each group out of `conditioning` itself.
    places = torch.arange(len(rows), device=rows.device)
    first = places.new_empty(len(distinct)).scatter_reduce(0, index, places, "amin", include_self=False)
    return conditioning[first], index
