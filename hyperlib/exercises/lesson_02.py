"""The exercises of lesson 02: from the flat vector to weights and biases, and back."""

import torch

from ..checking.declare import case, counting, exercise, mistake, stub

BATCH = (
    "This is the first case with a batch axis in front. Which axis does your code cut, merge or turn? `flat[..., a:b]`,"
    " `.unflatten(-1, ...)`, `.flatten(-2)` and `.mT` work on the last ones and leave those in front alone."
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
        "Walk through the layers with a `start` that moves on: each tensor begins where the one before it ends.",
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


@mistake(parameter_offsets, "These are (start, length). A slice `flat[start:stop]` needs the place where it ends.")
def start_and_length(layer_sizes):
    return [(start, stop - start) for start, stop in parameter_offsets(layer_sizes)]


@mistake(parameter_offsets, "Every layer starts at zero again here. The second layer lies behind the first.")
def starts_again(layer_sizes):
    return [offset for size in layer_sizes for offset in parameter_offsets([size])]


@mistake(parameter_offsets, "The biases have no place of their own here. The order is w1, b1, w2, b2, ...")
def offsets_without_biases(layer_sizes):
    offsets, start = [], 0
    for n_in, n_out in layer_sizes:
        offsets.append((start, start + n_in * n_out))
        start = offsets[-1][1]
    return offsets


@mistake(parameter_offsets, "Here all weights come first and then all biases. The order is layer after layer.")
def offsets_weights_first(layer_sizes):
    offsets, start = [], 0
    for size in [n_in * n_out for n_in, n_out in layer_sizes] + [n_out for _, n_out in layer_sizes]:
        offsets.append((start, start + size))
        start = start + size
    return offsets


@mistake(parameter_offsets, "The bias stands before its weight here. The order is w1, b1, w2, b2, ...")
def offsets_bias_first(layer_sizes):
    offsets, start = [], 0
    for n_in, n_out in layer_sizes:
        for size in (n_out, n_in * n_out):
            offsets.append((start, start + size))
            start = start + size
    return offsets


@mistake(parameter_offsets, "These stops are the last index that belongs to the tensor. Python's slices end one later.")
def stop_is_included(layer_sizes):
    return [(start, stop - 1) for start, stop in parameter_offsets(layer_sizes)]


@mistake(parameter_offsets, "Each bias has one number for every *input* here. It has one for every output.")
def offsets_bias_per_input(layer_sizes):
    offsets, start = [], 0
    for n_in, n_out in layer_sizes:
        for size in (n_in * n_out, n_in):
            offsets.append((start, start + size))
            start = start + size
    return offsets


@mistake(parameter_offsets, "This is a nested list, one item a layer. Wanted is one flat list: w1, b1, w2, b2, ...")
def nested_by_layer(layer_sizes):
    flat = parameter_offsets(layer_sizes)
    return [(flat[i], flat[i + 1]) for i in range(0, len(flat), 2)]


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
        "For leading axes write `flat[..., start:stop]`: the three dots mean all axes that stand before.",
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


@mistake(unflatten, "These weights are [in, out]. PyTorch's dense layer wants [out, in]: one row for each output.")
def weights_in_out(flat, layer_sizes):
    return [(w.reshape(*w.shape[:-2], *w.shape[:-3:-1]), b) for w, b in unflatten(flat, layer_sizes)]


@mistake(
    unflatten,
    "The shape is right, but the numbers were read as [in, out] and then transposed. The flat vector holds the weight"
    " row by row as it is: cut it to [out, in] at once.",
)
def transposed_weights(flat, layer_sizes):
    return [(w.reshape(*w.shape[:-2], *w.shape[:-3:-1]).mT, b) for w, b in unflatten(flat, layer_sizes)]


@mistake(unflatten, "The bias is read before the weight here. The order in the flat vector is w1, b1, w2, b2, ...")
def bias_before_weight(flat, layer_sizes):
    layers, start = [], 0
    for n_in, n_out in layer_sizes:
        bias = flat[..., start : start + n_out]
        start = start + n_out
        weight = flat[..., start : start + n_in * n_out].unflatten(-1, (n_out, n_in))
        start = start + n_in * n_out
        layers.append((weight, bias))
    return layers


@mistake(
    unflatten, "All weights are read first and then all biases. The order is layer after layer: w1, b1, w2, b2, ..."
)
def unflatten_weights_first(flat, layer_sizes):
    weights, start = [], 0
    for n_in, n_out in layer_sizes:
        weights.append(flat[..., start : start + n_in * n_out].unflatten(-1, (n_out, n_in)))
        start = start + n_in * n_out
    layers = []
    for weight, (_, n_out) in zip(weights, layer_sizes, strict=True):
        layers.append((weight, flat[..., start : start + n_out]))
        start = start + n_out
    return layers


@mistake(
    unflatten,
    "This works for one flat vector, but `flat[start:stop]` cuts the *first* axis, which is the batch when there is"
    " one. `flat[..., start:stop]` cuts the last.",
)
def cuts_the_first_axis(flat, layer_sizes):
    layers, start = [], 0
    for n_in, n_out in layer_sizes:
        middle, stop = start + n_in * n_out, start + n_in * n_out + n_out
        layers.append((flat[start:middle].reshape(n_out, n_in), flat[middle:stop]))
        start = stop
    return layers


@mistake(
    unflatten,
    "The values are right, but the tensors have lost their history: no gradient reaches `flat`. In a hypernetwork,"
    " `flat` comes from the generator, which then never learns. Use slices and views, no `.detach()`, `.data`,"
    " `torch.tensor(...)` or `nn.Parameter(...)`.",
)
def gradient_cut(flat, layer_sizes):
    return unflatten(flat.detach(), layer_sizes)


@mistake(
    unflatten, "Every layer is cut from the beginning of the vector again. The second layer lies behind the first."
)
def unflatten_starts_again(flat, layer_sizes):
    return [unflatten(flat, [size])[0] for size in layer_sizes]


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
        "A weight `[..., out, in]` becomes `[..., out * in]` with `.flatten(-2)`: only its last two axes are merged.",
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


@mistake(
    flatten, "All weights come first here and then all biases. The order is layer after layer: w1, b1, w2, b2, ..."
)
def flatten_weights_first(weights):
    return torch.cat([w.flatten(-2) for w, _ in weights] + [b for _, b in weights], dim=-1)


@mistake(flatten, "The biases stand before their weights here. The order is w1, b1, w2, b2, ...")
def flatten_bias_before_weight(weights):
    return torch.cat([part for w, b in weights for part in (b, w.flatten(-2))], dim=-1)


@mistake(flatten, "The weights are written column by column here. Row-major means row after row: no transpose.")
def column_by_column(weights):
    return torch.cat([part for w, b in weights for part in (w.mT.flatten(-2), b)], dim=-1)


@mistake(
    flatten,
    "This works without batch axes, but `.flatten()` melts the batch axes too, so that all networks of the batch end in"
    " one vector. `.flatten(-2)` merges only the last two axes.",
)
def batch_melted(weights):
    return torch.cat([part.flatten() for pair in weights for part in pair])


@mistake(flatten, "The biases are missing here.")
def flatten_without_biases(weights):
    return torch.cat([w.flatten(-2) for w, _ in weights], dim=-1)


@mistake(
    flatten,
    "The values are right, but no gradient can flow from the flat vector back to the weights. Join the tensors with"
    " `torch.cat`; do not go through `.detach()`, `.data`, `.tolist()` or numpy.",
)
def flatten_gradient_cut(weights):
    return flatten(weights).detach()


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


@mistake(
    unflatten_square,
    "The weight is still transposed: each number sits at [column, row]. With in = out no shape can tell.",
)
def still_transposed(flat, n):
    return unflatten_square_transposed(flat, n)


@mistake(unflatten_square, "The weight is right now, but the bias is read from the beginning of the vector.")
def bias_from_the_start(flat, n):
    return unflatten_square(flat, n)[0], flat[..., :n]


@mistake(unflatten_square, "The bias is read before the weight here. The order is w, then b.")
def square_bias_first(flat, n):
    return flat[..., n:].unflatten(-1, (n, n)), flat[..., :n]


@mistake(
    unflatten_square,
    "Right for one vector, but `flat[: n * n]` cuts the first axis, which is the batch when there is one.",
)
def square_cuts_the_first_axis(flat, n):
    return flat[: n * n].reshape(n, n), flat[n * n :]


@mistake(unflatten_square, "The values are right, but the tensors have lost their history: no gradient reaches `flat`.")
def square_gradient_cut(flat, n):
    return unflatten_square(flat.detach(), n)
