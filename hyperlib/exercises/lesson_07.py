"""The exercises of lesson 07: a network for each row, what it weighs, and rows that share one."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import TorchFunctionMode

from ..checking.declare import case, counting, exercise, mistake, stub


class WatchesOperations(TorchFunctionMode):
    """Counts the calls of torch while it is entered, and notes the size of the largest tensor that they make."""

    def __init__(self):
        super().__init__()
        self.calls = self.largest = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        self.calls += 1
        if isinstance(result, torch.Tensor):
            self.largest = max(self.largest, result.numel())
        return result


def watched(function, rows):
    """What `function` does for a batch of so many rows, as WatchesOperations."""
    with WatchesOperations() as watch:
        function(torch.ones(rows, 3), torch.ones(rows, 2, 3), torch.ones(rows, 2))
    return watch


def operations(function, rows):
    """How many operations `function` takes for a batch of so many rows."""
    return watched(function, rows).calls


def largest_tensor(function, rows):
    """How many numbers the largest tensor has that `function` makes for a batch of so many rows."""
    return watched(function, rows).largest


@exercise(
    points=3,
    cases=[
        case(
            "batched_linear(x, weight, bias)",
            x=counting(1, 3),
            weight=counting(1, 2, 3, start=-4),
            bias=counting(1, 2),
        ),
        case(
            "batched_linear(x, weight, bias)",
            x=counting(2, 3),
            weight=counting(2, 4, 3, start=-9),
            bias=counting(2, 4, start=50),
        ),
        case(
            "batched_linear(x, weight, bias)",
            "Here batch, in and out are all 3, so that nearly everything fits: which axes does your code pair?",
            x=counting(3, 3),
            weight=counting(3, 3, 3, start=-9),
            bias=counting(3, 3, start=50),
        ),
        case(
            "batched_linear(x, weight, bias)",
            "Here out is 1. `.squeeze()` without an axis takes away every axis of length 1.",
            x=counting(4, 2),
            weight=counting(4, 1, 2, start=-3),
            bias=counting(4, 1, start=20),
        ),
        case(
            """
            # Do six rows take more operations than two? (A loop does.)
            operations(batched_linear, 6) > operations(batched_linear, 2)
            """,
            "The number of torch operations shall not depend on the batch: no loop over its rows.",
            operations=operations,
        ),
        case(
            """
            # 40 rows, 40 layers of 2 * 3 weights: does a tensor on the way have more than twice as many numbers?
            largest_tensor(batched_linear, 40) > 2 * 40 * 2 * 3
            """,
            "Row b goes through layer b alone. What is made for all pairs of rows and layers is mostly thrown away.",
            largest_tensor=largest_tensor,
        ),
    ],
    hints=[
        "`@` treats leading axes as a batch: `[batch, 1, in] @ [batch, in, out]` is `[batch, 1, out]`.",
        "`x.unsqueeze(1)` makes each row a matrix of one row; `weight.mT` turns the last two axes, not the batch.",
        "The bias has to fit too: `[batch, out]` is added after `.squeeze(1)`, or as `[batch, 1, out]` before it.",
        "Or name the axes: `torch.einsum('bi,boi->bo', x, weight)`.",
    ],
    gradients=True,
    without=("vmap", "hyperlib"),
)
def batched_linear(x, weight, bias):
    """Row b of x through layer b, and through no other.

    Without a Python loop over the rows.
    x [batch, in], weight [batch, out, in],
    bias [batch, out]: the result is [batch, out].
    """
    rows = x.unsqueeze(1)  # [batch, 1, in]
    out = rows @ weight.mT  # [batch, 1, out]
    return out.squeeze(1) + bias


@mistake(
    batched_linear,
    "The rows go through one layer after the other in a Python loop. That is right, but each row costs operations of"
    " its own; one product over the batch axis does them all.",
)
def loops_over_the_rows(x, weight, bias):
    return torch.stack([F.linear(x[b], weight[b], bias[b]) for b in range(len(x))])


@mistake(
    batched_linear,
    "Every row went through every layer, which gives [batch, batch, out]: `x @ weight.mT` takes x as one matrix, and"
    " hands it whole to each layer. `x.unsqueeze(1)` makes it a batch of single rows.",
)
def every_row_through_every_layer(x, weight, bias):
    return x @ weight.mT + bias.unsqueeze(1)


@mistake(
    batched_linear,
    "Every row went through every layer, which gives [batch, batch, out], and then each got a bias that is not its"
    " layer's. `x.unsqueeze(1)` makes x a batch of single rows.",
)
def every_row_and_mixed_biases(x, weight, bias):
    return x @ weight.mT + bias


@mistake(
    batched_linear,
    "The axes of the bias don't line up with those of the product, so broadcasting pairs numbers that don't belong"
    " together. Add `bias` once the extra axis is gone, or give it the same extra axis first.",
    lambda x, weight, bias: x.unsqueeze(1) @ weight.mT + bias,
    lambda x, weight, bias: (x.unsqueeze(1) @ weight.mT + bias.unsqueeze(-1)).squeeze(1),
    lambda x, weight, bias: (weight @ x.unsqueeze(-1) + bias).squeeze(-1),
)
def bias_broadcast(x, weight, bias):
    return (x.unsqueeze(1) @ weight.mT + bias).squeeze(1)


@mistake(
    batched_linear,
    "`.squeeze()` takes away every axis of length 1: also the batch if there is one row, and the output if there is"
    " one unit. `.squeeze(1)` takes away only the axis you put in.",
    lambda x, weight, bias: (x.unsqueeze(1) @ weight.mT + bias.unsqueeze(1)).squeeze(),
)
def squeezes_everything(x, weight, bias):
    return (x.unsqueeze(1) @ weight.mT).squeeze() + bias


@mistake(
    batched_linear, "`F.linear` takes one weight matrix for all rows. Here each row has its own: use `@` or `einsum`."
)
def one_matrix_only(x, weight, bias):
    return F.linear(x, weight, bias)


@mistake(
    batched_linear,
    "This multiplies x as a single matrix, and `weight` isn't transposed. `x.unsqueeze(1)` makes each row a matrix of"
    " its own, and `weight.mT` swaps the last two axes.",
    lambda x, weight, bias: torch.bmm(x, weight) + bias,
)
def x_as_it_is(x, weight, bias):
    return x @ weight + bias


@mistake(batched_linear, "Each row went through its own weight, but all of them got the bias of layer 0.")
def bias_of_layer_0(x, weight, bias):
    return (x.unsqueeze(1) @ weight.mT).squeeze(1) + bias[0]


@mistake(
    batched_linear,
    "The numbers are right, but on the way there is a tensor that grows with the *square* of the batch: a place for"
    " every row with every layer, of which only the pairs (b, b) are wanted. `x.unsqueeze(1) @ weight.mT` makes those"
    " alone.",
)
def all_pairs_then_the_diagonal(x, weight, bias):
    n = torch.arange(len(x))
    return (x @ weight.mT)[n, n] + bias


@mistake(
    batched_linear,
    "`.T` reverses *all* axes of `weight`, so the batch comes last: [in, out, batch]. `.mT` swaps only the last two.",
    lambda x, weight, bias: x @ weight.permute(2, 1, 0) + bias,
)
def turns_the_batch_too(x, weight, bias):
    return (x.unsqueeze(1) @ weight.permute(2, 1, 0)).squeeze(1) + bias  # `.T` would warn


@mistake(
    batched_linear,
    "Every row went through the *sum* of all layers. In `einsum`, a letter that the result does not have is summed"
    " over: rows and layers must share the letter of the batch, as in 'bi,boi->bo'.",
)
def sums_over_the_layers(x, weight, bias):
    return torch.einsum("bi,coi->bo", x, weight) + bias


@mistake(
    batched_linear,
    "The extra axis is still there. Take it away at the end: `.squeeze(1)` for [batch, 1, out], `.squeeze(-1)` for"
    " [batch, out, 1].",
    lambda x, weight, bias: weight @ x.unsqueeze(-1) + bias.unsqueeze(-1),
)
def axis_left_over(x, weight, bias):
    return x.unsqueeze(1) @ weight.mT + bias.unsqueeze(1)


@mistake(batched_linear, "All rows went through layer 0. Row b wants layer b.")
def first_layer_for_all(x, weight, bias):
    return x @ weight[0].T + bias[0]


@mistake(batched_linear, "This is what comes out if the biases are left out.")
def batched_without_biases(x, weight, bias):
    return (x.unsqueeze(1) @ weight.mT).squeeze(1)


@mistake(
    batched_linear,
    "This is `x @ weight` for each row, without the transpose. It fits only where in equals out. `weight.mT` turns the"
    " last two axes.",
)
def batched_not_transposed(x, weight, bias):
    return (x.unsqueeze(1) @ weight).squeeze(1) + bias


@mistake(
    batched_linear,
    "The sum runs over the outputs here. Each output is a sum over the *inputs*, which are the last axis of `weight`.",
)
def sums_over_outputs(x, weight, bias):
    return (x.unsqueeze(1) * weight).sum(1) + bias


@mistake(
    batched_linear,
    "The values are right, but no gradient reaches the weights: they were copied or detached. Use them as they came.",
)
def batched_detached(x, weight, bias):
    return batched_linear(x, weight.detach(), bias.detach())


class CallCounter(nn.Module):
    """A dense layer that counts how often it is called."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.layer, self.calls = nn.Linear(n_in, n_out), 0

    def forward(self, x):
        self.calls += 1
        return self.layer(x)


class Scale(nn.Module):
    """Each number of a row times one of its own: a module without `nn.Linear`."""

    def __init__(self, n):
        super().__init__()
        self.factor = nn.Parameter(torch.ones(n))

    def forward(self, x):
        return x * self.factor

    def __repr__(self):
        return f"x * factor, factor [{self.factor.numel()}]"


class ScaleAndShift(Scale):
    """The same, plus numbers that are kept in a buffer: they belong to the module, and are no parameter."""

    def __init__(self, n):
        super().__init__(n)
        self.register_buffer("shift", 10 * torch.ones(n))

    def forward(self, x):
        return x * self.factor + self.shift

    def __repr__(self):
        return f"x * factor + shift, parameter factor [{self.factor.numel()}], buffer shift"


@exercise(
    points=3,
    cases=[
        case(
            "target_vmap(layer, x, (w, b))",
            layer=nn.Linear(2, 3),
            x=counting(1, 2),
            w=counting(1, 3, 2, start=-3),
            b=counting(1, 3),
        ),
        case(
            "target_vmap(layer, x, (w, b))",
            layer=nn.Linear(3, 2),
            x=counting(4, 3),
            w=counting(4, 2, 3, start=-9),
            b=counting(4, 2, start=50),
        ),
        case(
            "target_vmap(net, x, (w1, b1, w2, b2))",
            "The weights come in the order of `module.named_parameters()`; which names do you give them?",
            net=nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)),
            x=counting(2, 2, start=-1),
            w1=counting(2, 2, 2, start=-3),
            b1=counting(2, 2) + 0.5,
            w2=counting(2, 1, 2),
            b2=counting(2, 1, start=-10),
        ),
        case(
            "target_vmap(scale, x, [factor])",
            "This module has a single parameter, and it is called `factor`: ask the module for its names.",
            scale=Scale(3),
            x=counting(3, 3),
            factor=counting(3, 3, start=10),
        ),
        case(
            "target_vmap(net, x, (first, second))",
            "These modules keep a `shift` in a buffer. A buffer is no parameter: the weights have none for it.",
            net=nn.Sequential(ScaleAndShift(3), ScaleAndShift(3)),
            x=counting(2, 3),
            first=counting(2, 3, start=2),
            second=counting(2, 3, start=20),
        ),
        case(
            """
            # How often is the module called for four rows?
            target_vmap(counter, x, (w, b))
            counter.calls
            """,
            "`vmap` calls the function once, for all rows at the same time.",
            counter=CallCounter(3, 2),
            x=counting(4, 3),
            w=counting(4, 2, 3),
            b=counting(4, 2),
        ),
    ],
    hints=[
        "First write the function for one row: `def one_row(row, tensors): return functional_call(...)`.",
        "`functional_call` wants the weights by name: `dict(zip(names, tensors))`, with names from"
        " `module.named_parameters()`.",
        "`torch.vmap(one_row)` is a function of the same arguments, each with a batch axis in front; a tuple of tensors"
        " is fine too.",
    ],
    gradients=True,
)
def target_vmap(module, x, weights):
    """Row b of x through the module, with weights b.

    x [batch, ...]; weights: a tensor [batch, *shape] for
    each of module.named_parameters(), in their order.
    The module is called only once.
    """
    names = [name for name, _ in module.named_parameters()]

    def one_row(row, tensors):
        by_name = dict(zip(names, tensors))
        return torch.func.functional_call(module, by_name, (row,))

    return torch.vmap(one_row)(x, tuple(weights))


@mistake(
    target_vmap,
    "The module is called for each row in turn: a Python loop. `torch.vmap` calls it once, for all rows together.",
)
def a_loop_of_calls(module, x, weights):
    names = [name for name, _ in module.named_parameters()]
    rows = [
        torch.func.functional_call(module, dict(zip(names, [w[b] for w in weights])), (x[b],)) for b in range(len(x))
    ]
    return torch.stack(rows)


@mistake(
    target_vmap,
    "The module used the parameters it owns. `functional_call(module, by_name, ...)` puts others in their place.",
)
def own_parameters(module, x, weights):
    return torch.vmap(module)(x)


def vmapped(module, x, weights, **dims):
    """The right answer, but for the axes that vmap takes and gives."""
    names = [name for name, _ in module.named_parameters()]

    def one_row(row, tensors):
        return torch.func.functional_call(module, dict(zip(names, tensors)), (row,))

    return torch.vmap(one_row, **dims)(x, tuple(weights))


@mistake(
    target_vmap,
    "Every row went through every network: each call gets the whole of x. Hand x to vmap as an argument with a batch"
    " axis, which is what `in_dims=0` means and what vmap assumes by itself.",
)
def whole_x_to_each(module, x, weights):
    return vmapped(module, x, weights, in_dims=(None, 0))


def with_names(names, module, x, weights):
    """The right answer, but with other names for the weights."""

    def one_row(row, tensors):
        return torch.func.functional_call(module, dict(zip(names, tensors)), (row,))

    return torch.vmap(one_row)(x, tuple(weights))


@mistake(
    target_vmap,
    "The names come from `state_dict()`, which lists buffers too, so that weights land in buffers."
    " `module.named_parameters()` lists parameters alone.",
)
def names_of_buffers_too(module, x, weights):
    return with_names(list(module.state_dict()), module, x, weights)


@mistake(
    target_vmap,
    "The names are sorted by the alphabet, so that each weight lands under another's name. Keep the order of"
    " `module.named_parameters()`.",
)
def sorted_names(module, x, weights):
    return with_names(sorted(name for name, _ in module.named_parameters()), module, x, weights)


@mistake(
    target_vmap,
    "The names are those of `shell`, whatever the module: written out, or taken from the notebook's variable `names`."
    " Ask the module that came: `module.named_parameters()`.",
)
def names_of_the_shell(module, x, weights):
    return with_names(["0.weight", "0.bias", "2.weight", "2.bias"], module, x, weights)


@mistake(
    target_vmap,
    "The names are `weight` and `bias`, whatever the module. Ask the module that came: `module.named_parameters()`.",
)
def names_of_one_layer(module, x, weights):
    return with_names(["weight", "bias"], module, x, weights)


@mistake(
    target_vmap,
    "The weights reach the module with their batch axis still on. `vmap` removes it only from arguments that it maps"
    " over: hand both x and the weights to the mapped function, each with in_dims 0.",
    lambda module, x, weights: vmapped(module, x, weights, in_dims=(0, None)),
)
def vmapless(module, x, weights):
    names = [name for name, _ in module.named_parameters()]
    return torch.func.functional_call(module, dict(zip(names, weights)), (x,))


@mistake(
    target_vmap,
    "`functional_call` wants the weights by name, as a dict. Pair the names of `module.named_parameters()` with them.",
)
def weights_without_names(module, x, weights):
    return torch.vmap(lambda row, tensors: torch.func.functional_call(module, tensors, (row,)))(x, tuple(weights))


@mistake(
    target_vmap,
    "`module.named_parameters()` gives (name, parameter) pairs. The dict needs the names alone:"
    " `[name for name, _ in module.named_parameters()]`.",
)
def pairs_for_names(module, x, weights):
    return with_names(list(module.named_parameters()), module, x, weights)


@mistake(
    target_vmap,
    "Each row got a batch axis of length 1, which is still there in the result. Inside vmap a row needs none.",
)
def rows_with_a_batch_axis(module, x, weights):
    return vmapped(module, x.unsqueeze(1), weights)


@mistake(target_vmap, "The batch axis comes out last here. vmap's `out_dims` is 0 by itself: the batch stands first.")
def batch_axis_last(module, x, weights):
    return vmapped(module, x, weights, out_dims=-1)


@mistake(target_vmap, "All rows went through network 0. Row b wants network b.")
def first_network_for_all(module, x, weights):
    return vmapped(module, x, [w[0] for w in weights], in_dims=(0, None))


@mistake(
    target_vmap,
    "The values are right, but no gradient reaches the weights: they were detached, or copied into the module. Whoever"
    " generated them would never learn.",
)
def vmap_detached(module, x, weights):
    return vmapped(module, x, [w.detach() for w in weights])


@exercise(
    points=1,
    cases=[
        case("bytes_of_generated_weights(1, [(1, 1)], torch.float32)"),
        case("bytes_of_generated_weights(1, [(3, 2)], torch.float32)"),
        case("bytes_of_generated_weights(5, [(3, 2), (2, 4)], torch.float32)"),
        case("bytes_of_generated_weights(5, [(3, 2), (2, 4)], torch.float64)"),
        case("bytes_of_generated_weights(7, [(2, 3)], torch.bfloat16)"),
    ],
    hints=[
        "How many numbers has one network? `count_parameters` of lesson 01 tells. Every row has them all.",
        "`torch.float32.itemsize` is 4: bytes for each number. Other dtypes have other sizes.",
    ],
)
def bytes_of_generated_weights(
    batch, target_layer_sizes, dtype
):  # fmt: skip
    """Bytes of batch networks' weights and biases."""
    from hyperlib import count_parameters

    numbers = batch * count_parameters(target_layer_sizes)
    return numbers * dtype.itemsize


@mistake(bytes_of_generated_weights, "This is how many *numbers* there are. Each takes `dtype.itemsize` bytes.")
def numbers_not_bytes(batch, target_layer_sizes, dtype):
    return bytes_of_generated_weights(batch, target_layer_sizes, dtype) // dtype.itemsize


@mistake(bytes_of_generated_weights, "These are bits. A byte has eight.")
def bits_not_bytes(batch, target_layer_sizes, dtype):
    return 8 * bytes_of_generated_weights(batch, target_layer_sizes, dtype)


@mistake(bytes_of_generated_weights, "Four bytes for each number, whatever the dtype: `dtype.itemsize` tells.")
def always_four_bytes(batch, target_layer_sizes, dtype):
    return bytes_of_generated_weights(batch, target_layer_sizes, torch.float32)


@mistake(bytes_of_generated_weights, "This is one network. Every row of the batch has its own.")
def one_network_only(batch, target_layer_sizes, dtype):
    return bytes_of_generated_weights(1, target_layer_sizes, dtype)


@mistake(bytes_of_generated_weights, "This is what comes out if the biases are left out.")
def bytes_without_biases(batch, target_layer_sizes, dtype):
    return batch * sum(n_in * n_out for n_in, n_out in target_layer_sizes) * dtype.itemsize


@mistake(bytes_of_generated_weights, "One bias is counted for each layer. A layer has one for every *output*.")
def bytes_one_bias_per_layer(batch, target_layer_sizes, dtype):
    return batch * sum(n_in * n_out + 1 for n_in, n_out in target_layer_sizes) * dtype.itemsize


@mistake(bytes_of_generated_weights, "This is twice too much. Only the weights are asked for, not their gradients.")
def bytes_with_gradients(batch, target_layer_sizes, dtype):
    return 2 * bytes_of_generated_weights(batch, target_layer_sizes, dtype)


@mistake(bytes_of_generated_weights, "Each layer has a bias for every *input* here. It has one for every output.")
def bytes_bias_per_input(batch, target_layer_sizes, dtype):
    return batch * sum(n_in * n_out + n_in for n_in, n_out in target_layer_sizes) * dtype.itemsize


@exercise(
    skip={"float64": "by way of lists it comes out as float32"},
    points=2,
    cases=[
        case("group_by_condition(conditioning)", conditioning=torch.tensor([[2.0, 1.0], [2.0, 1.0]])),
        case("group_by_condition(conditioning)", conditioning=torch.tensor([[3.0, 1.0], [2.0, 5.0], [3.0, 1.0]])),
        case(
            "group_by_condition(conditioning)",
            "The same first number, or the same sum, is not the same condition: all numbers of a row count.",
            conditioning=torch.tensor([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [1.0, 0.0, 2.0], [2.0, 1.0, 0.0]]),
        ),
        case("group_by_condition(conditioning)", conditioning=counting(3, 1)),
        case(
            "group_by_condition(conditioning)",
            conditioning=torch.tensor([[4.0], [1.0], [4.0], [4.0], [-2.0], [1.0], [4.0]]),
        ),
        case(
            "group_by_condition(conditioning)",
            "Conditions that differ a little are different ones, and have networks of their own.",
            conditioning=torch.tensor([[0.5, -0.2502], [0.5, -0.75], [0.5, -0.2502], [0.5, -0.2501], [-1.5, 10.0]]),
        ),
        case(
            "group_by_condition(conditioning)",
            "Ascending as numbers: -10, -9, 9, 10.",
            conditioning=torch.tensor([[9.0], [10.0], [-9.0], [9.0], [-10.0]]),
        ),
        case(
            "group_by_condition(conditioning)",
            "Rows 0 and 1 are 1 and 1.000001: nearly the same, and two conditions.",
            conditioning=torch.tensor([[1.0, 0.0], [1.000001, 0.0], [1.0, 0.0]]),
        ),
    ],
    hints=[
        "`torch.unique` finds distinct numbers; with `dim=0` it finds distinct rows.",
        "With `return_inverse=True` it also says, for each row, which of the distinct ones it is.",
    ],
)
def group_by_condition(conditioning):
    """Which rows of conditioning are exactly equal?

    From [batch, C] to (conditions, index): the K distinct
    rows [K, C] in ascending order, and for each row of
    the batch which of them it is: index [batch] (int64),
    so that conditions[index] equals conditioning.
    """
    return torch.unique(conditioning, dim=0, return_inverse=True)


@mistake(
    group_by_condition,
    "These are the distinct *numbers*. A condition is a whole row: `dim=0` compares rows.",
)
def distinct_numbers(conditioning):
    return torch.unique(conditioning, return_inverse=True)


@mistake(group_by_condition, "This compares the columns (`dim=1`). The rows are axis 0.")
def distinct_columns(conditioning):
    return torch.unique(conditioning, dim=1, return_inverse=True)


@mistake(
    group_by_condition,
    "Only neighbours were compared: `unique_consecutive` begins a new group whenever the condition changes. Equal rows"
    " may stand anywhere in the batch.",
)
def neighbours_only(conditioning):
    return torch.unique_consecutive(conditioning, dim=0, return_inverse=True)


@mistake(
    group_by_condition,
    "Only the conditions came back. With `return_inverse=True`, `torch.unique` gives the index as well.",
)
def conditions_only(conditioning):
    return torch.unique(conditioning, dim=0)


@mistake(group_by_condition, "The two came back in the other order: first the conditions, then the index.")
def index_first(conditioning):
    return group_by_condition(conditioning)[::-1]


@mistake(
    group_by_condition,
    "These are the sizes of the groups. The index has a number for each *row*: `return_inverse=True`, not"
    " `return_counts=True`.",
)
def sizes_of_the_groups(conditioning):
    return torch.unique(conditioning, dim=0, return_counts=True)


@mistake(
    group_by_condition,
    "Only the first number of each row was compared, so that conditions which begin alike fell together.",
)
def first_number_only(conditioning):
    _, index = torch.unique(conditioning[:, 0], return_inverse=True)
    first = [index.tolist().index(k) for k in range(int(index.max()) + 1)]
    return conditioning[first], index


@mistake(
    group_by_condition,
    "Only the sums of the rows were compared, so that conditions with the same sum fell together.",
)
def sums_only(conditioning):
    _, index = torch.unique(conditioning.sum(-1), return_inverse=True)
    first = [index.tolist().index(k) for k in range(int(index.max()) + 1)]
    return conditioning[first], index


@mistake(
    group_by_condition,
    "Rows that are only nearly equal fell together (`allclose`, or a rounding). Wanted is: exactly equal.",
)
def nearly_equal(conditioning):
    conditions = []
    for row in torch.unique(conditioning, dim=0):
        if not any(torch.allclose(row, other) for other in conditions):
            conditions.append(row)
    conditions = torch.stack(conditions)
    same = torch.isclose(conditioning.unsqueeze(1), conditions).all(-1)
    return conditions, same.int().argmax(1)


@mistake(
    group_by_condition,
    "The conditions are sorted as *text*, in which 10 stands before 9, and -10 before -9 before 1. Sort the numbers.",
)
def sorted_as_text(conditioning):
    rows = [tuple(row) for row in conditioning.tolist()]
    distinct = sorted(set(rows), key=str)
    return torch.tensor(distinct), torch.tensor([distinct.index(row) for row in rows])


@mistake(group_by_condition, "Nothing is shared: every row is a group of its own, even where conditions are equal.")
def nothing_shared(conditioning):
    return conditioning, torch.arange(len(conditioning))


@mistake(
    group_by_condition,
    "The conditions stand in the order in which they first appear. Wanted is ascending order.",
)
def in_order_of_appearance(conditioning):
    rows = [tuple(row) for row in conditioning.tolist()]
    distinct = list(dict.fromkeys(rows))
    return torch.tensor(distinct), torch.tensor([distinct.index(row) for row in rows])


@mistake(
    group_by_condition,
    "This index doesn't say which condition each row has. It should have an entry for each *row*, which is the number"
    " of its condition: what `return_inverse=True` gives, unchanged.",
    lambda conditioning: (torch.unique(conditioning, dim=0), group_by_condition(conditioning)[1].argsort()),
)
def index_the_other_way(conditioning):
    conditions, index = group_by_condition(conditioning)
    return conditions, torch.tensor([index.tolist().index(k) for k in range(len(conditions))])


def groups_of(K, n, n_in, n_out):
    """Data for K networks of one layer, n rows each."""
    return dict(
        x=counting(K, n, n_in, start=-3),
        weight=counting(K, n_out, n_in, start=-K),
        bias=100 * counting(K, n_out),
    )


@exercise(
    points=2,
    cases=[
        case("grouped_linear(x, weight, bias)", **groups_of(1, 2, 1, 1)),
        case("grouped_linear(x, weight, bias)", **groups_of(2, 2, 1, 1)),
        case("grouped_linear(x, weight, bias)", **groups_of(2, 1, 2, 3)),
        case("grouped_linear(x, weight, bias)", **groups_of(3, 3, 2, 3)),
        case("grouped_linear(x, weight, bias)", **groups_of(2, 4, 3, 2)),
    ],
    hints=[
        "Try it with `weight` all zeros, `bias = torch.tensor([[100.0], [200.0]])` and two rows each: then only the"
        " biases are left. Which rows get 200?",
        "Broadcasting lines axes up from the right: `[K, n, out] + [K, out]` puts K beside n.",
        "As `[K, 1, out]` the bias of network k meets all the rows of network k.",
    ],
    gradients=True,
)
def grouped_linear(x, weight, bias):
    """n rows through each of K layers.

    x [K, n, in], weight [K, out, in], bias [K, out]:
    the result is [K, n, out].
    """
    return x @ weight.mT + bias.unsqueeze(1)


@stub(grouped_linear)
def grouped_linear_mixed(x, weight, bias):
    """n rows through each of K layers.

    x [K, n, in], weight [K, out, in], bias [K, out]:
    the result is [K, n, out].
    """
    return x @ weight.mT + bias


@mistake(
    grouped_linear,
    "The biases are still mixed up: `[K, n, out] + [K, out]` lines K up with n, so that row j of *every* network gets"
    " the bias of network j. It fits only where n equals K (or one of them is 1).",
)
def still_mixed(x, weight, bias):
    return grouped_linear_mixed(x, weight, bias)


@mistake(
    grouped_linear,
    "The bias has a new axis, but at the end: `[K, out, 1]` puts out beside n. It belongs in the middle: [K, 1, out].",
)
def axis_at_the_end(x, weight, bias):
    return x @ weight.mT + bias.unsqueeze(-1)


@mistake(grouped_linear, "All groups get the bias of network 0.")
def first_bias_for_all(x, weight, bias):
    return x @ weight.mT + bias[0]


@mistake(grouped_linear, "The biases got lost in the repair.")
def biases_lost(x, weight, bias):
    return x @ weight.mT


@mistake(
    grouped_linear,
    "The biases of all networks are added up or averaged. Each network keeps its own.",
    lambda x, weight, bias: x @ weight.mT + bias.mean(0),
)
def biases_added_up(x, weight, bias):
    return x @ weight.mT + bias.sum(0)


@mistake(grouped_linear, "The biases fit now, but all rows go through the weight of network 0.")
def first_weight_for_all(x, weight, bias):
    return x @ weight[0].T + bias.unsqueeze(1)
