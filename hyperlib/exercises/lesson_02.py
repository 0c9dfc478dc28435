"""The exercises of lesson 02: from the flat vector to weights and biases, and back."""

import torch

from ..checking.declare import case, counting, exercise, mistakes, stub

BATCH = (
    "This is the first case with a batch axis in front. Which axis does your code cut, merge or transpose?"
    " `flat[..., a:b]`, `.unflatten(-1, ...)`, `.flatten(-2)` and `.mT` work on the last ones and leave those in front"
    " alone."
)


@exercise(
    points=2,
    cases=[
        case("parameter_offsets([(1, 1)])"),
        case("parameter_offsets([(3, 2)])"),
        case("parameter_offsets([(3, 2), (2, 1)])"),
        case("parameter_offsets([(2, 4), (4, 4), (4, 1)])"),
    ],
    hints=[
        "Walk through the layers with a `start` that moves on. Each tensor begins where the one before it ends.",
        "Each layer adds two items: `n_in * n_out` numbers for its weight, then `n_out` for its bias.",
    ],
)
def parameter_offsets(layer_sizes):
    """Where w1, b1, ... lie: a list of (start, stop)."""
    offsets, start = [], 0
    for n_in, n_out in layer_sizes:
        for size in (n_in * n_out, n_out):
            offsets.append((start, start + size))
            start = start + size
    return offsets


mistakes(
    parameter_offsets,
    {
        "These are (start, length). A slice `flat[start:stop]` needs the position where it ends.": (
            "(start, start + size) -> (start, size)"
        ),
        "Every layer starts at zero again here. The second layer comes after the first.": (
            "        for size in -> \n        start = 0\n        for size in"
        ),
        "`start` doesn't move on. Each tensor begins where the one before it ends.": (
            "            start = start + size\n -> ",
            "            start = start + size\n ->         start = start + size\n",
        ),
        "The biases have no place of their own here. The order is w1, b1, w2, b2, ...": (
            "n_in * n_out, n_out) -> n_in * n_out,)",
            "(n_in * n_out, n_out) -> (n_in * n_out + n_out,)",
        ),
        "All weights come first here and then all biases. The order is layer after layer.": (
            "for n_in, n_out in layer_sizes:\n        for size in (n_in * n_out, n_out): -> "
            "for sizes in ([a * b for a, b in layer_sizes], [b for _, b in layer_sizes]):\n        for size in sizes:"
        ),
        "The bias comes before its weight here. The order is w1, b1, w2, b2, ...": (
            "(n_in * n_out, n_out) -> (n_out, n_in * n_out)"
        ),
        "These stops are the last index that belongs to the tensor. Python's slices end one later.": (
            "(start, start + size) -> (start, start + size - 1)"
        ),
        "Each bias has one number for every *input* here. It has one for every output.": (
            "n_in * n_out, n_out) -> n_in * n_out, n_in)"
        ),
        "This is a nested list, with one item for each layer. It should be one flat list: w1, b1, w2, b2, ...": (
            "return offsets -> return list(zip(offsets[::2], offsets[1::2]))",
            "return offsets -> return [list(pair) for pair in zip(offsets[::2], offsets[1::2])]",
        ),
    },
)


@exercise(
    points=3,
    cases=[
        case("unflatten(flat, [(1, 1)])", flat=counting(2)),
        case("unflatten(flat, [(3, 2)])", flat=counting(8)),
        case("unflatten(flat, [(2, 2)])", flat=counting(6)),
        case("unflatten(flat, [(3, 2), (2, 1)])", flat=counting(11)),
        case("unflatten(flat, [(3, 2)])", BATCH, flat=counting(2, 8)),
        case("unflatten(flat, [(1, 2), (2, 1)])", flat=counting(2, 3, 7)),
    ],
    hints=[
        "`parameter_offsets` says where each tensor begins and ends.",
        "A weight is `[out, in]`: `.unflatten(-1, (n_out, n_in))` splits the last axis in two.",
        "For leading axes write `flat[..., start:stop]`. The three dots stand for all the axes before.",
    ],
    gradients=True,
)
def unflatten(flat, layer_sizes):
    """Cut flat [..., P] into a list of (weight, bias):
    weight [..., out, in] and bias [..., out].
    """
    layers, start = [], 0
    for n_in, n_out in layer_sizes:
        middle = start + n_in * n_out
        stop = middle + n_out
        weight = flat[..., start:middle].unflatten(-1, (n_out, n_in))
        bias = flat[..., middle:stop]
        layers.append((weight, bias))
        start = stop
    return layers


PIECE = "flat[..., start:middle].unflatten(-1, (n_out, n_in)) -> "

mistakes(
    unflatten,
    {
        "These weights are [in, out]. PyTorch's dense layer needs [out, in]: one row for each output.": (
            "(n_out, n_in) -> (n_in, n_out)"
        ),
        "The shape is right, but the numbers were read as [in, out] and then transposed. The flat vector holds the"
        " weight row by row as it is, so cut it to [out, in] at once.": (
            "(n_out, n_in)) -> (n_in, n_out)).mT",
            "(n_out, n_in)) -> (n_in, n_out)).transpose(-1, -2)",
        ),
        "The bias is read before the weight here. The order in the flat vector is w1, b1, w2, b2, ...": [
            "middle = start + n_in * n_out -> middle = start + n_out",
            "stop = middle + n_out -> stop = middle + n_in * n_out",
            "weight = flat[..., start:middle] -> weight = flat[..., middle:stop]",
            "bias = flat[..., middle:stop] -> bias = flat[..., start:middle]",
        ],
        "All weights are read first and then all biases. The order is layer after layer: w1, b1, w2, b2, ...": [
            "start = [], 0 -> start = [], 0\n    first = sum(n_in * n_out for n_in, n_out in layer_sizes)",
            "bias = flat[..., middle:stop] -> bias = flat[..., first : first + n_out]",
            "start = stop -> start, first = middle, first + n_out",
        ],
        "This works for one flat vector, but `flat[start:stop]` cuts the *first* axis, which is the batch when there"
        " is one. `flat[..., start:stop]` cuts the last.": (
            [PIECE + "flat[start:middle].reshape(n_out, n_in)", "flat[..., middle:stop] -> flat[middle:stop]"],
            [PIECE + "flat[start:middle].view(n_out, n_in)", "flat[..., middle:stop] -> flat[middle:stop]"],
            [PIECE + "flat[start:middle].unflatten(-1, (n_out, n_in))", "flat[..., middle:stop] -> flat[middle:stop]"],
        ),
        "`.view(out, in)` leaves no room for axes in front. `.unflatten(-1, (out, in))` splits the last axis and keeps"
        " the others.": (PIECE + "flat[..., start:middle].view(n_out, n_in)", ".unflatten(-1, (n -> .reshape((n"),
        "This is one flat list w1, b1, w2, b2, ... The result should be a list of pairs: [(w1, b1), (w2, b2), ...].": (
            "layers.append((weight, bias)) -> layers += [weight, bias]",
            "return layers -> return tuple(part for pair in layers for part in pair)",
        ),
        "The weights are still flat. Give them their two axes: `.unflatten(-1, (n_out, n_in))`.": (
            ".unflatten(-1, (n_out, n_in)) -> "
        ),
        "The values are right, but the tensors have lost their history, so no gradient reaches `flat`. In a"
        " hypernetwork, `flat` comes from the generator, which then never learns. Use slices and views, no"
        " `.detach()`, `.data`, `torch.tensor(...)` or `nn.Parameter(...)`.": (
            "layers, start -> flat = flat.detach()\n    layers, start"
        ),
        "Every layer is cut from the beginning of the vector again. The second layer comes after the first.": (
            "        start = stop\n -> "
        ),
    },
)


def one_layer(n_out, n_in, *batch, start=1):
    """A (weight, bias) pair of counting numbers."""
    n = torch.Size(batch).numel() * n_out * n_in
    return counting(*batch, n_out, n_in, start=start), counting(*batch, n_out, start=start + n)


@exercise(
    points=2,
    cases=[
        case("flatten(weights)", weights=[one_layer(1, 1)]),
        case("flatten(weights)", weights=[one_layer(2, 3)]),
        case("flatten(weights)", weights=[one_layer(2, 2), one_layer(1, 2, start=7)]),
        case("flatten(weights)", BATCH, weights=[one_layer(2, 3, 2)]),
        case("flatten(weights)", weights=[one_layer(2, 1, 2, 3), one_layer(1, 2, 2, 3, start=30)]),
    ],
    hints=[
        "`torch.cat([...], dim=-1)` joins tensors along their last axis.",
        "A weight `[..., out, in]` becomes `[..., out * in]` with `.flatten(-2)`, which merges only its last two axes.",
    ],
    gradients=True,
)
def flatten(weights):
    """Join a list of (weight, bias) to flat [..., P]:
    weight [..., out, in] and bias [..., out].
    """
    parts = []
    for weight, bias in weights:
        parts.append(weight.flatten(-2))
        parts.append(bias)
    return torch.cat(parts, dim=-1)


mistakes(
    flatten,
    {
        "All weights come first here and then all biases. The order is layer after layer: w1, b1, w2, b2, ...": (
            "cat(parts, -> cat(parts[::2] + parts[1::2],"
        ),
        "The biases come before their weights here. The order is w1, b1, w2, b2, ...": [
            "append(weight.flatten(-2)) -> append(bias)",
            "        parts.append(bias)\n    return ->         parts.append(weight.flatten(-2))\n    return",
        ],
        "The weights are written column by column here. Row-major means row after row, so don't transpose.": (
            "weight.flatten -> weight.mT.flatten"
        ),
        "This works without batch axes, but `.flatten()` merges the batch axes too, so that all networks of the batch"
        " end up in one vector. `.flatten(-2)` merges only the last two axes.": (
            ["flatten(-2) -> flatten()", "append(bias) -> append(bias.flatten())"],
            ["flatten(-2) -> flatten()", ", dim=-1 -> "],
            "flatten(-2) -> flatten()",
            "flatten(-2) -> reshape(-1)",
        ),
        "`.flatten(1)` merges everything from axis 1 on, which fits only where there is exactly one batch axis."
        " `.flatten(-2)` merges the last two axes, however many come before them.": (
            "flatten(-2) -> flatten(1)",
            "flatten(-2) -> flatten(start_dim=1)",
        ),
        "`torch.cat` joins along the *first* axis unless you say otherwise, and here that is the batch. Say"
        " `dim=-1`.": ", dim=-1 -> ",
        "`torch.stack` needs tensors of equal shape and makes a new axis. `torch.cat(..., dim=-1)` joins along the last"
        " one.": ("cat( -> stack(", "cat(parts, dim=-1) -> stack(parts)"),
        "The weights keep their two axes, so they don't fit beside the biases. `.flatten(-2)` merges the two.": (
            ".flatten(-2) -> "
        ),
        "The biases are missing here.": "        parts.append(bias)\n -> ",
        "The values are right, but no gradient can flow from the flat vector back to the weights. Join the tensors"
        " with `torch.cat`, without `.detach()`, `.data`, `.tolist()` or numpy.": "dim=-1) -> dim=-1).detach()",
    },
)


@exercise(
    points=2,
    cases=[
        case("unflatten_square(flat, 1)", flat=counting(2)),
        case("unflatten_square(flat, 2)", flat=counting(6)),
        case("unflatten_square(flat, 3)", flat=counting(12)),
        case("unflatten_square(flat, 2)", BATCH, flat=counting(3, 6)),
        case("unflatten_square(flat, 2)", flat=counting(6, 6)),
    ],
    hints=[
        "All shapes are right. Try it on `torch.arange(6.)` with n = 2 and compare the numbers with `unflatten`.",
        "The flat vector holds the weight row by row, as `[out, in]`. Which operation moves numbers to other places?",
    ],
    gradients=True,
)
def unflatten_square(flat, n):
    """Cut flat [..., n * n + n] for one square layer:
    weight [..., n, n] and bias [..., n].
    """
    weight = flat[..., : n * n].unflatten(-1, (n, n))
    bias = flat[..., n * n :]
    return weight, bias


@stub(unflatten_square)
def unflatten_square_transposed(flat, n):
    """Cut flat [..., n * n + n] for one square layer:
    weight [..., n, n] and bias [..., n].
    """
    weight = flat[..., : n * n].unflatten(-1, (n, n))
    weight = weight.mT  # [in, out] -> [out, in]
    bias = flat[..., n * n :]
    return weight, bias


mistakes(
    unflatten_square,
    {
        "The weight is still transposed: each number sits at [column, row]. With in = out no shape can tell.": (
            "(n, n)) -> (n, n)).mT"
        ),
        "`.T` reverses all axes, the batch axes too, and the weight is still transposed. It should not be transposed at"
        " all.": "(n, n)) -> (n, n)).permute(*range(flat.dim(), -1, -1))",
        "The weight is right now, but the bias is read from the beginning of the vector.": (
            "flat[..., n * n :] -> flat[..., :n]"
        ),
        "The bias is read before the weight here. The order is w, then b.": [
            "flat[..., : n * n] -> flat[..., n:]",
            "flat[..., n * n :] -> flat[..., :n]",
        ],
        "This works for one vector, but `flat[: n * n]` cuts the first axis, which is the batch when there is one.": (
            ["..., : n * n].unflatten(-1, (n, n)) -> : n * n].reshape(n, n)", "..., n * n :] -> n * n :]"],
            ["..., : n * n] -> : n * n]", "..., n * n :] -> n * n :]"],
        ),
        "The values are right, but the tensors have lost their history, so no gradient reaches `flat`.": (
            "weight = flat -> flat = flat.detach()\n    weight = flat"
        ),
    },
)
