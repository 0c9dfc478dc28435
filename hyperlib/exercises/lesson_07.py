"""The exercises of lesson 07: a network for each row, what it weighs, and rows that share one."""

import torch
from torch import nn

from ..checking.declare import case, counting, exercise, mistakes, stub
from ..checking.watch import WatchesOperations


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
            "Here batch, in and out are all 3, so that nearly everything fits. Which axes does your code pair?",
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
            "The number of torch operations should not depend on the batch, so no loop over its rows.",
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
        "`x.unsqueeze(1)` makes each row a matrix of one row. `weight.mT` swaps the last two axes, not the batch.",
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


BODY = (
    "rows = x.unsqueeze(1)  # [batch, 1, in]\n    out = rows @ weight.mT  # [batch, 1, out]\n"
    "    return out.squeeze(1) + bias -> return "
)

mistakes(
    batched_linear,
    {
        "The rows go through one layer after the other in a Python loop. That is right, but each row costs operations"
        " of its own. One product over the batch axis does them all.": (
            BODY + "torch.stack([x[b] @ weight[b].T + bias[b] for b in range(len(x))])"
        ),
        "Every row went through every layer, which gives [batch, batch, out]. `x @ weight.mT` takes x as one matrix,"
        " and gives all of it to each layer. `x.unsqueeze(1)` makes it a batch of single rows.": (
            BODY + "x @ weight.mT + bias.unsqueeze(1)"
        ),
        "Every row went through every layer, which gives [batch, batch, out], and then each got a bias that isn't its"
        " layer's. `x.unsqueeze(1)` makes x a batch of single rows.": BODY + "x @ weight.mT + bias",
        "The axes of the bias don't line up with those of the product, so broadcasting pairs numbers that don't belong"
        " together. Add `bias` once the extra axis is gone, or give it the same extra axis first.": (
            BODY + "(x.unsqueeze(1) @ weight.mT + bias).squeeze(1)",
            BODY + "x.unsqueeze(1) @ weight.mT + bias",
            BODY + "(x.unsqueeze(1) @ weight.mT + bias.unsqueeze(-1)).squeeze(1)",
            BODY + "(weight @ x.unsqueeze(-1) + bias).squeeze(-1)",
        ),
        "`.squeeze()` takes away every axis of length 1: the batch too if there is one row, and the output if there is"
        " one unit. `.squeeze(1)` takes away only the axis you put in.": (
            "squeeze(1) + bias -> squeeze() + bias",
            BODY + "(x.unsqueeze(1) @ weight.mT + bias.unsqueeze(1)).squeeze()",
        ),
        "`F.linear` takes one weight matrix for all rows. Here each row has its own, so use `@` or `einsum`.": (
            BODY + "nn.functional.linear(x, weight, bias)"
        ),
        "This multiplies x as a single matrix, and `weight` isn't transposed. `x.unsqueeze(1)` makes each row a matrix"
        " of its own, and `weight.mT` swaps the last two axes.": (
            BODY + "x @ weight + bias",
            BODY + "torch.bmm(x, weight) + bias",
        ),
        "Each row went through its own weight, but all of them got the bias of layer 0.": "+ bias -> + bias[0]",
        "The numbers are right, but on the way there is a tensor that grows with the *square* of the batch. It holds"
        " every row with every layer, and only the pairs (b, b) are needed. `x.unsqueeze(1) @ weight.mT` makes just"
        " those.": (
            BODY + "(x @ weight.mT)[torch.arange(len(x)), torch.arange(len(x))] + bias",
            BODY + "(x @ weight.mT).diagonal(dim1=0, dim2=1).T + bias",
        ),
        "`.T` reverses *all* axes of `weight`, so the batch comes last: [in, out, batch]. `.mT` swaps only the last"
        " two.": (
            "weight.mT -> weight.permute(2, 1, 0)",
            BODY + "x @ weight.permute(2, 1, 0) + bias",
        ),
        "Every row went through the *sum* of all layers. In `einsum`, a letter that the result doesn't have is summed"
        " over. Rows and layers have to share the letter of the batch, as in 'bi,boi->bo'.": (
            BODY + "torch.einsum('bi,coi->bo', x, weight) + bias"
        ),
        "The extra axis is still there. Take it away at the end: `.squeeze(1)` for [batch, 1, out], `.squeeze(-1)` for"
        " [batch, out, 1].": (
            BODY + "x.unsqueeze(1) @ weight.mT + bias.unsqueeze(1)",
            BODY + "weight @ x.unsqueeze(-1) + bias.unsqueeze(-1)",
        ),
        "All rows went through layer 0. Row b needs layer b.": BODY + "x @ weight[0].T + bias[0]",
        "The biases are left out.": " + bias -> ",
        "This is `x @ weight` for each row, without the transpose. It fits only where in equals out. `weight.mT` swaps"
        " the last two axes.": "weight.mT -> weight",
        "The sum runs over the outputs here. Each output is a sum over the *inputs*, which are the last axis of"
        " `weight`.": BODY + "(x.unsqueeze(1) * weight).sum(1) + bias",
        "The values are right, but no gradient reaches the weights. They were copied or detached. Use them as they"
        " came.": BODY + "(x.unsqueeze(1) @ weight.detach().mT).squeeze(1) + bias.detach()",
    },
)


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
            "The weights come in the order of `module.named_parameters()`. Which names do you give them?",
            net=nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)),
            x=counting(2, 2, start=-1),
            w1=counting(2, 2, 2, start=-3),
            b1=counting(2, 2) + 0.5,
            w2=counting(2, 1, 2),
            b2=counting(2, 1, start=-10),
        ),
        case(
            "target_vmap(scale, x, [factor])",
            "This module has a single parameter, and it is called `factor`. Ask the module for its names.",
            scale=Scale(3),
            x=counting(3, 3),
            factor=counting(3, 3, start=10),
        ),
        case(
            "target_vmap(scale, x, [factor])",
            "Here a row has two axes: x is [batch, 2, 3].",
            scale=Scale(3),
            x=counting(2, 2, 3),
            factor=counting(2, 3, start=10),
        ),
        case(
            "target_vmap(net, x, (first, second))",
            "These modules keep a `shift` in a buffer. A buffer isn't a parameter, so there is no weight for it.",
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
        "`functional_call` needs the weights by name: `dict(zip(names, tensors))`, with names from"
        " `module.named_parameters()`.",
        "`torch.vmap(one_row)` is a function of the same arguments, each with a batch axis in front. A tuple of"
        " tensors is fine too.",
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


NAMES = "[name for name, _ in module.named_parameters()] -> "
CALL = "torch.vmap(one_row)(x, tuple(weights)) -> "

mistakes(
    target_vmap,
    {
        "The module is called for each row in turn, in a Python loop. `torch.vmap` calls it once, for all rows"
        " together.": CALL + "torch.stack([one_row(x[b], [w[b] for w in weights]) for b in range(len(x))])",
        "The module used the parameters it owns. `functional_call(module, by_name, ...)` replaces them by others.": (
            CALL + "torch.vmap(module)(x)"
        ),
        "Every row went through every network, because each call gets the whole of x. Give x to vmap as an argument"
        " with a batch axis, which is what `in_dims=0` means and what vmap assumes by itself.": (
            CALL + "torch.vmap(one_row, in_dims=(None, 0))(x, tuple(weights))"
        ),
        "The names come from `state_dict()`, which lists buffers too, so that weights land in buffers."
        " `module.named_parameters()` lists only parameters.": NAMES + "list(module.state_dict())",
        "The names are in alphabetical order, so each weight lands under a different name. Keep the order of"
        " `module.named_parameters()`.": NAMES + "sorted(name for name, _ in module.named_parameters())",
        "The names are those of `shell`, whatever the module. They were written out, or taken from the notebook's"
        " variable `names`. Ask the module that you were given: `module.named_parameters()`.": (
            NAMES + "['0.weight', '0.bias', '2.weight', '2.bias']"
        ),
        "The names are `weight` and `bias`, whatever the module. Ask the module that you were given:"
        " `module.named_parameters()`.": NAMES + "['weight', 'bias']",
        "The weights reach the module with their batch axis still on. `vmap` removes it only from arguments that it"
        " maps over. Give both x and the weights to the mapped function, each with in_dims 0.": (
            CALL + "one_row(x, weights)",
            CALL + "torch.vmap(one_row, in_dims=(0, None))(x, tuple(weights))",
        ),
        "`functional_call` needs the weights by name, as a dict. Pair the names of `module.named_parameters()` with"
        " them.": "dict(zip(names, tensors)) -> tensors",
        "`module.named_parameters()` gives (name, parameter) pairs. The dict needs only the names:"
        " `[name for name, _ in module.named_parameters()]`.": NAMES + "list(module.named_parameters())",
        "Each row got a batch axis of length 1, which is still there in the result. Inside vmap a row needs none.": (
            "(x, tuple -> (x.unsqueeze(1), tuple"
        ),
        "The batch axis comes out last here. By itself vmap's `out_dims` is 0, which puts the batch first.": (
            "vmap(one_row) -> vmap(one_row, out_dims=-1)"
        ),
        "All rows went through network 0. Row b needs network b.": (
            CALL + "torch.vmap(one_row, in_dims=(0, None))(x, [w[0] for w in weights])"
        ),
        "The values are right, but no gradient reaches the weights. They were detached, or copied into the module."
        " Whoever generated them would never learn.": "tuple(weights) -> tuple(w.detach() for w in weights)",
    },
)


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
        "How many numbers does one network have? Use `count_parameters` from lesson 01. Every row has them all.",
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


COUNT = "count_parameters(target_layer_sizes) -> "

mistakes(
    bytes_of_generated_weights,
    {
        "This is how many *numbers* there are. Each takes `dtype.itemsize` bytes.": " * dtype.itemsize -> ",
        "These are bits. A byte has eight.": "dtype.itemsize -> dtype.itemsize * 8",
        "This is four bytes for each number, whatever the dtype. `dtype.itemsize` has the right number.": (
            "dtype.itemsize -> 4"
        ),
        "This is one network. Every row of the batch has its own.": "batch * count -> count",
        "The biases are left out.": COUNT + "sum(a * b for a, b in target_layer_sizes)",
        "One bias is counted for each layer. A layer has one for every *output*.": (
            COUNT + "sum(a * b + 1 for a, b in target_layer_sizes)"
        ),
        "This is twice too much. The exercise asks only for the weights, not for their gradients.": (
            "dtype.itemsize -> dtype.itemsize * 2"
        ),
        "Each layer has a bias for every *input* here. It has one for every output.": (
            COUNT + "sum(a * b + a for a, b in target_layer_sizes)"
        ),
    },
)


@exercise(
    skip={"float64": "by way of lists it comes out as float32"},
    points=2,
    cases=[
        case("group_by_condition(conditioning)", conditioning=torch.tensor([[2.0, 1.0], [2.0, 1.0]])),
        case("group_by_condition(conditioning)", conditioning=torch.tensor([[3.0, 1.0], [2.0, 5.0], [3.0, 1.0]])),
        case(
            "group_by_condition(conditioning)",
            "The same first number, or the same sum, is not the same condition: all numbers of a row count.",
            conditioning=torch.tensor([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [1.0, 2.0, -9.0], [2.0, 1.0, 0.0]]),
        ),
        case("group_by_condition(conditioning)", conditioning=counting(3, 1)),
        case(
            "group_by_condition(conditioning)",
            conditioning=torch.tensor([[4.0], [1.0], [4.0], [4.0], [-2.0], [1.0], [4.0]]),
        ),
        case(
            "group_by_condition(conditioning)",
            "Conditions that differ a little are different, and have networks of their own.",
            conditioning=torch.tensor([[0.5, -0.2502], [0.5, -0.75], [0.5, -0.2502], [0.5, -0.2501], [-1.5, 10.0]]),
        ),
        case(
            "group_by_condition(conditioning)",
            "Ascending as numbers: -10, -9, 9, 10.",
            conditioning=torch.tensor([[9.0], [10.0], [-9.0], [9.0], [-10.0]]),
        ),
        case(
            "group_by_condition(conditioning)",
            "Rows 0 and 1 are 1 and 1.000001: nearly the same, but two conditions.",
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


UNIQUE = "torch.unique(conditioning, dim=0, return_inverse=True) -> "


def grouped_by(key):
    """Compares something else than the rows."""
    return (
        f"return {UNIQUE}_, index = torch.unique({key}, return_inverse=True)\n"
        "    first = [index.tolist().index(k) for k in range(int(index.max()) + 1)]\n"
        "    return conditioning[first], index"
    )


def in_order_of(distinct):
    """Finds the distinct rows in an order of its own."""
    return (
        f"return {UNIQUE}rows = [tuple(row) for row in conditioning.tolist()]\n"
        f"    distinct = {distinct}\n"
        "    return torch.tensor(distinct), torch.tensor([distinct.index(row) for row in rows])"
    )


def nearly_equal(conditioning):
    conditions = []
    for row in torch.unique(conditioning, dim=0):
        if not any(torch.allclose(row, other) for other in conditions):
            conditions.append(row)
    conditions = torch.stack(conditions)
    same = torch.isclose(conditioning.unsqueeze(1), conditions).all(-1)
    return conditions, same.int().argmax(1)


mistakes(
    group_by_condition,
    {
        "These are the distinct *numbers*. A condition is a whole row, and `dim=0` compares rows.": "dim=0, -> ",
        "This compares the columns (`dim=1`). The rows are axis 0.": "dim=0 -> dim=1",
        "Only neighbours were compared. `unique_consecutive` begins a new group whenever the condition changes. Equal"
        " rows may be anywhere in the batch.": "unique(conditioning -> unique_consecutive(conditioning",
        "Only the conditions came back. With `return_inverse=True`, `torch.unique` gives the index as well.": (
            ", return_inverse=True -> "
        ),
        "The two are the wrong way round. The conditions come first, then the index.": "=True) -> =True)[::-1]",
        "These are the sizes of the groups. The index has a number for each *row*: `return_inverse=True`, not"
        " `return_counts=True`.": "return_inverse -> return_counts",
        "Only the first number of each row was compared, so conditions that begin alike fell together.": (
            grouped_by("conditioning[:, 0]")
        ),
        "Only the sums of the rows were compared, so conditions with the same sum fell together.": (
            grouped_by("conditioning.sum(-1)")
        ),
        "Rows that are only nearly equal fell together (`allclose`, or a rounding). They should be exactly equal.": (
            nearly_equal
        ),
        "The conditions are sorted as *text*, where 10 comes before 9, and -10 before -9 before 1. Sort the numbers.": (
            in_order_of("sorted(set(rows), key=str)")
        ),
        "Nothing is shared. Every row is a group of its own, even where conditions are equal.": (
            UNIQUE + "(conditioning, torch.arange(len(conditioning)))"
        ),
        "The conditions are in the order in which they first appear. They should be in ascending order.": (
            in_order_of("list(dict.fromkeys(rows))")
        ),
        "This index doesn't say which condition each row has. It should have an entry for each *row*: the number of its"
        " condition, which is what `return_inverse=True` gives, unchanged.": (
            f"return {UNIQUE}conditions, index = torch.unique(conditioning, dim=0, return_inverse=True)\n"
            "    return conditions, torch.tensor([index.tolist().index(k) for k in range(len(conditions))])",
            f"return {UNIQUE}conditions, index = torch.unique(conditioning, dim=0, return_inverse=True)\n"
            "    return conditions, index.argsort()",
        ),
    },
)


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
        "Try it with `weight` all zeros, `bias = torch.tensor([[100.0], [200.0]])` and two rows each. Then only the"
        " biases are left. Which rows get 200?",
        "Broadcasting lines axes up from the right: `[K, n, out] + [K, out]` puts K next to n.",
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


mistakes(
    grouped_linear,
    {
        "The biases are still mixed up. `[K, n, out] + [K, out]` lines K up with n, so row j of *every* network gets"
        " the bias of network j. It fits only where n equals K (or one of them is 1).": ".unsqueeze(1) -> ",
        "The bias has a new axis, but at the end. `[K, out, 1]` puts out next to n. It belongs in the middle:"
        " [K, 1, out].": "unsqueeze(1) -> unsqueeze(-1)",
        "All groups get the bias of network 0.": "bias.unsqueeze(1) -> bias[0]",
        "The biases got lost in the repair.": " + bias.unsqueeze(1) -> ",
        "The biases of all networks are added up or averaged. Each network keeps its own.": (
            "bias.unsqueeze(1) -> bias.sum(0)",
            "bias.unsqueeze(1) -> bias.mean(0)",
        ),
        "The biases fit now, but all rows go through the weight of network 0.": "weight.mT -> weight[0].T",
    },
)
