"""The fast road for rows that share generated networks, `model(conditions, data, index)`: each network is made once."""

import torch


def run_shared(run, data, weights, index):
    """`run(data, weights)`, in which row b of the data goes through network `index[b]` of `weights`, `[[K, ...], ...]`.

    The rows of each network are cut into pieces of n, the last one filled up with copies of a row, so that one batched
    product serves all pieces: with n = N / K there are at most 2 K of them, however uneven the groups are.
    """
    if torch.compiler.is_compiling() or not len(index):  # how many pieces there will be is not known beforehand
        return run(data, [tensor[index] for tensor in weights])
    networks = len(weights[0])
    n = -(-len(index) // networks)
    counts, (group, order) = index.bincount(minlength=networks), index.sort()
    pieces = (counts + n - 1) // n
    owner = torch.repeat_interleave(pieces)  # [M], each piece's network
    starts = counts.cumsum(0) - counts  # where each network's rows begin in `order`
    filling = n * pieces - counts  # how many copies will come after them
    numbers = torch.arange(len(index), device=index.device)
    shift = (filling.cumsum(0) - filling).index_select(0, group)
    place = torch.empty_like(index).scatter_(0, order, numbers + shift)  # where each row goes
    rows = order.index_select(0, starts.index_select(0, owner)).repeat_interleave(n)
    rows.scatter_(0, place, numbers)  # [M * n]: a row of the right network everywhere, then the rows themselves
    data = data.index_select(0, rows).unflatten(0, (-1, n))
    out = run(data, [tensor.index_select(0, owner) for tensor in weights])  # [M, n, in] -> [M, n, out]
    return out.flatten(0, 1).index_select(0, place)
