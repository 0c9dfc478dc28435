"""One network for each row: any module through vmap, what generated weights weigh, rows that share (lesson 07)."""

import functools

import torch

from .counting import count_parameters
from .target import run_layers
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

    def one_row(row, tensors):
        return torch.func.functional_call(module, dict(zip(named, tensors, strict=True)), (row,))

    return torch.vmap(one_row)(x, tuple(weights))


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
    # Numbers are sorted much faster than rows, so make a number of each row first.  Different rows with one number, and
    # NaN, which equals nothing, are found out by comparing; equal rows with two numbers meet in the second `unique`.
    numbers, index = torch.unique(rows.to("cpu", torch.float64) @ row_factors(rows.shape[1]), return_inverse=True)
    index = index.to(rows.device)
    first = first_rows(index, len(numbers))
    if not torch.equal(rows[first].index_select(0, index), rows):
        first = index = torch.arange(len(rows), device=rows.device)
    conditions, order = torch.unique(rows[first], dim=0, return_inverse=True)
    # torch.unique has no derivative: take the same rows out of `conditioning` itself.
    return conditioning[first[first_rows(order, len(conditions))]], order[index]


@functools.cache
def row_factors(size):
    """`[size]`: what the numbers of a row are multiplied by to make one number of it."""
    return torch.arange(1.0, size + 1, dtype=torch.float64, device="cpu").sin()


def first_rows(index, groups):
    """The first place of each of the numbers 0 to `groups` - 1 in an index in which all of them occur, `[groups]`."""
    places = torch.arange(len(index), device=index.device)
    return places.new_full((groups,), len(index)).scatter_reduce(0, index, places, "amin")


def check_index(index, conditioning, data):
    """An error unless `index [N]` says which of the conditions `[K, C]` each row of the data `[N, in]` has."""
    check_tensor(index, "index")
    if index.dtype != torch.int64:
        raise TypeError(f"index is {index.dtype}, but the numbers of conditions must be torch.int64")
    if conditioning.dim() != 2 or data.dim() != 2 or index.shape != data.shape[:1]:
        raise ValueError(
            f"with an index, conditioning must be [K, C], data [N, in] and index [N]; got {list(conditioning.shape)},"
            f" {list(data.shape)} and {list(index.shape)}"
        )
    if torch.compiler.is_compiling() or not len(index):
        return
    low, high = (int(end) for end in index.aminmax())
    if low < 0 or high >= len(conditioning):
        raise ValueError(f"index goes from {low} to {high}, but there are {len(conditioning)} conditions, from 0 on")


def run_shared(x, pairs, activation, index, scales=None):
    """Row b of the data through network `index[b]`, for tensors that are known to fit.

    The rows of each network are cut into pieces of n, the last one filled up with copies of a row, so that one batched
    product serves all pieces: with n = N / K there are at most 2 K of them, however uneven the groups are.
    """
    if torch.compiler.is_compiling() or not len(index):  # how many pieces there will be is not known beforehand
        return run_layers(x, [(weight[index], bias[index]) for weight, bias in pairs], activation, scales)
    networks = len(pairs[0][0])
    n = -(-len(index) // networks)
    counts, (group, order) = index.bincount(minlength=networks), index.sort()
    pieces = (counts + n - 1) // n
    owner = torch.repeat_interleave(pieces)  # [M], each piece's network
    starts = counts.cumsum(0) - counts  # where each network's rows begin in `order`
    filling = n * pieces - counts  # how many copies will come behind them
    numbers = torch.arange(len(index), device=index.device)
    shift = (filling.cumsum(0) - filling).index_select(0, group)
    place = torch.empty_like(index).scatter_(0, order, numbers + shift)  # where each row goes
    rows = order.index_select(0, starts.index_select(0, owner)).repeat_interleave(n)
    rows.scatter_(0, place, numbers)  # [M * n]: a row of the right network everywhere, then the rows themselves
    weights = [(weight.index_select(0, owner), bias.index_select(0, owner)) for weight, bias in pairs]
    out = run_layers(x.index_select(0, rows).unflatten(0, (-1, n)), weights, activation, scales)  # -> [M, n, out]
    return out.flatten(0, 1).index_select(0, place)
