"""The exercises of lesson 03: a network that is given its weights."""

import torch
import torch.nn.functional as F
from torch import nn

from ..checking.declare import case, counting, exercise, mistakes, stub


@exercise(
    points=2,
    cases=[
        case("linear(x, weight, bias)", x=counting(1, start=2), weight=counting(1, 1, start=3), bias=counting(1)),
        case("linear(x, weight, bias)", x=counting(3), weight=counting(2, 3, start=-4), bias=counting(2)),
        case("linear(x, weight, bias)", x=counting(4, 3), weight=counting(2, 3, start=-4), bias=counting(2)),
        case("linear(x, weight, bias)", x=counting(2, 2), weight=counting(2, 2), bias=counting(2, start=5)),
        case("linear(x, weight, bias)", x=counting(2, 2, 3), weight=counting(1, 3), bias=counting(1, start=-9)),
    ],
    hints=[
        "`weight` is `[out, in]` and the rows of `x` are `[in]`. What has to be transposed for `@` to fit?",
        "`weight.T` is `[in, out]`, so `x @ weight.T` goes from `[..., in]` to `[..., out]`.",
    ],
    gradients=True,
    without=("F.linear", "functional.linear", "nn.Linear"),
)
def linear(x, weight, bias):
    """x [..., in], weight [out, in], bias [out].

    Returns [..., out].
    """
    return x @ weight.T + bias


mistakes(
    linear,
    {
        "This is `x @ weight`, without the transpose. It fits only where in equals out, and then it is silently"
        " wrong.": ".T + -> +",
        "The bias is left out.": " + bias\n -> \n",
        "`weight @ x` is the formula for one column vector. Rows of data go on the left: `x @ weight.T`.": (
            "x @ weight.T -> weight @ x",
            "return x @ weight.T + bias -> return weight @ x.T + bias",
            "x @ weight.T + bias -> (weight @ x.T).T + bias.unsqueeze(-1)",
        ),
        "The result is turned: there is one column for each row of x. Take `x @ weight.T` instead of `weight @ x.T`.": (
            "x @ weight.T + bias -> weight @ x.mT + bias.unsqueeze(-1)",
            "x @ weight.T + bias -> (x @ weight.T + bias).mT if x.dim() > 1 else x @ weight.T + bias",
        ),
        "`.T` reverses *all* axes of x. Here x has more than two, so `(weight @ x.T).T` mixes them up. `x @ weight.T`"
        " leaves x as it is.": (
            "x @ weight.T + bias -> (weight @ x.T).T + bias",
            "x @ weight.T + bias -> (weight @ x.T).mT + bias",
        ),
        "The bias is a column here. It is [out], and is added to every row: `+ bias`.": (
            "+ bias\n -> + bias.unsqueeze(-1)\n",
            "+ bias\n -> + bias.reshape(-1, 1)\n",
        ),
        "`.view` and `.reshape` to [in, out] read the same numbers in a different order. `.T` turns the matrix.": (
            "weight.T -> weight.reshape(weight.shape[1], weight.shape[0])"
        ),
        "There is an activation here. A dense layer has none of its own: negative results stay negative.": (
            "x @ weight.T + bias -> torch.relu(x @ weight.T + bias)"
        ),
        "The bias is subtracted here instead of added.": ".T + -> .T -",
        "The values are right, but `weight` and `bias` get no gradient. They were copied into something new"
        " (`nn.Parameter`, `nn.Linear`, `.data`, `.detach()`). Use them as they came.": (
            "weight.T + bias -> weight.detach().T + bias.detach()"
        ),
    },
)


# Halves among the biases: no hidden unit is exactly 0 before the activation, where ReLU's slope is a convention.
TWO_LAYERS = dict(  # x [3, 2] -> 4 hidden units, some of them negative before the activation -> [3, 1]
    x=counting(3, 2, start=-3),
    w1=torch.tensor([[1.0, 2.0], [-1.0, 1.0], [2.0, 0.0], [0.0, -1.0]]),
    b1=counting(4, start=-1) + 0.5,
    w2=torch.tensor([[1.0, 2.0, -3.0, 4.0]]),
    b2=torch.tensor([-15.0]),
)
SQUARE = dict(
    x=counting(2, 2, start=-1),
    w1=counting(2, 2, start=-2),
    b1=counting(2) + 0.5,
    w2=counting(2, 2),
    b2=counting(2, start=-10),
)


@exercise(
    points=3,
    cases=[
        case(
            "TargetNet()(x, (w1, b1, w2, b2))",
            x=counting(1, 1),
            w1=counting(1, 1, start=2),
            b1=counting(1),
            w2=counting(1, 1, start=3),
            b2=counting(1),
        ),
        case("TargetNet()(x, (w1, b1, w2, b2))", **TWO_LAYERS),
        case("TargetNet()(x, [w1, b1, w2, b2])", **SQUARE),
        case(
            """
            # Does it own parameters?
            any(True for _ in TargetNet().parameters())
            """,
            "The target network should own no parameters. Are there layers or `nn.Parameter`s in its `__init__`?",
        ),
        case(
            """
            # And after it was given some?
            net = TargetNet()
            net(x, [nn.Parameter(w) for w in (w1, b1, w2, b2)])
            any(True for _ in net.parameters())
            """,
            "If `forward` stores an `nn.Parameter` in `self`, it becomes a parameter of the network.",
            **SQUARE,
        ),
        case("isinstance(TargetNet(), nn.Module)"),
    ],
    hints=[
        "`w1, b1, w2, b2 = weights` takes the tuple apart.",
        "`F.linear(x, w1, b1)` is the first layer: `[batch, in]` -> `[batch, hidden]`.",
        "Then `torch.relu`, then the second layer. Nothing after that.",
    ],
    gradients=True,
)
class TargetNet(nn.Module):
    """Linear, ReLU, linear; owns no parameters."""

    def __init__(self):
        super().__init__()

    def forward(self, x, weights):
        """x [batch, in], weights (w1, b1, w2, b2)."""
        w1, b1, w2, b2 = weights
        hidden = torch.relu(F.linear(x, w1, b1))
        return F.linear(hidden, w2, b2)


@stub(TargetNet)
class EmptyTargetNet(nn.Module):
    """Linear, ReLU, linear; owns no parameters."""

    def __init__(self):
        super().__init__()
        # This network is defined by its architecture, but
        # has no parameters itself. All weights will be
        # passed into the forward method.

    def forward(self, x, weights):
        """x [batch, in], weights (w1, b1, w2, b2)."""
        # Hint: use F.linear(input, weight, bias)
        ...


mistakes(
    TargetNet,
    {
        "There is no activation between the layers. Without one, two linear layers in a row are one linear layer.": (
            "torch.relu(F.linear(x, w1, b1)) -> F.linear(x, w1, b1)"
        ),
        "There is an activation after the last layer too. The network can then never give a negative number.": (
            "return F.linear(hidden, w2, b2) -> return torch.relu(F.linear(hidden, w2, b2))"
        ),
        "The activation comes after the last layer, and there is none between the layers.": [
            "torch.relu(F.linear(x, w1, b1)) -> F.linear(x, w1, b1)",
            "return F.linear(hidden, w2, b2) -> return torch.relu(F.linear(hidden, w2, b2))",
        ],
        "It computes the right thing, but owns parameters that nobody uses. The layers in `__init__` have weights of"
        " their own, and this network should be given all of its weights.": (
            "super().__init__()\n -> super().__init__()\n        self.unused = nn.Linear(1, 1)\n"
        ),
        "`self.w1 = w1` keeps the weights. Once it has been given an `nn.Parameter`, the network owns it forever, and"
        " refuses plain tensors afterwards. Use local names: `w1, b1, w2, b2 = weights`.": (
            "w1, b1, w2, b2 = weights -> w1, b1, w2, b2 = self.w1, self.b1, self.w2, self.b2 = weights"
        ),
        "This is the first layer alone (with its activation).": "F.linear(hidden, w2, b2) -> hidden",
        "The tuple was taken apart as (w1, w2, b1, b2). Its order is (w1, b1, w2, b2).": (
            "w1, b1, w2, b2 = weights -> w1, w2, b1, b2 = weights"
        ),
        "The biases aren't used here.": ["(x, w1, b1) -> (x, w1)", "(hidden, w2, b2) -> (hidden, w2)"],
        "`x @ w1` lacks the transpose. The weights are [out, in], as for `F.linear`.": (
            ["F.linear(x, w1, b1) -> x @ w1 + b1", "F.linear(hidden, w2, b2) -> hidden @ w2 + b2"],
            "F.linear(x, w1, b1) -> F.linear(x, w1.T, b1)",
            ["F.linear(x, w1, b1) -> F.linear(x, w1.T, b1)", "F.linear(hidden, w2, b2) -> F.linear(hidden, w2.T, b2)"],
        ),
        "The activation isn't a ReLU. The docstring asks for linear, ReLU, linear.": (
            "torch.relu( -> torch.tanh(",
            "torch.relu( -> torch.sigmoid(",
            "torch.relu( -> F.gelu(",
            "torch.relu( -> F.leaky_relu(",
        ),
        "The values are right, but no gradient reaches the weights that came in. They were wrapped in `nn.Parameter`,"
        " detached, or copied into layers of the network's own, so whoever generated them would never learn.": (
            "= weights -> = [nn.Parameter(w) for w in weights]"
        ),
    },
)


def pairs(x, w1, b1, w2, b2):
    return [(w1, b1), (w2, b2)]


@exercise(
    points=3,
    cases=[
        case(
            "target_forward(x, weights, torch.relu)",
            x=counting(2, 1, start=-3),
            weights=[(counting(1, 1), counting(1))],
        ),
        case("target_forward(x, weights, torch.relu)", x=TWO_LAYERS["x"], weights=pairs(**TWO_LAYERS)),
        case("target_forward(x, weights, torch.abs)", x=TWO_LAYERS["x"], weights=pairs(**TWO_LAYERS)),
        case(
            "target_forward(x, weights, torch.abs)",
            x=SQUARE["x"],
            weights=[*pairs(**SQUARE), (counting(3, 2, start=-2), counting(3))],
        ),
        case(
            "target_forward(x, [(w, b)] * 3, torch.abs)",
            "Here one layer is used three times, so it isn't the layer that says which is the last.",
            x=SQUARE["x"],
            w=SQUARE["w1"],
            b=SQUARE["b1"],
        ),
    ],
    hints=[
        "`for i, (weight, bias) in enumerate(weights):` and one `F.linear` in the loop.",
        "The activation belongs *between* layers: which values of `i` have a layer after them?",
    ],
    gradients=True,
)
def target_forward(x, weights, activation):
    """An MLP of any depth; weights [(weight, bias), ...].

    The activation goes between the layers. There is
    none after the last.
    """
    for i, (weight, bias) in enumerate(weights):
        x = F.linear(x, weight, bias)
        if i < len(weights) - 1:
            x = activation(x)
    return x


LAST = "        if i < len(weights) - 1:\n            x = activation(x)\n    return x"

mistakes(
    target_forward,
    {
        "The activation also follows the last layer.": f"{LAST} ->         x = activation(x)\n    return x",
        "The activation comes only at the end. It belongs between the layers, and not after the last.": (
            f"{LAST} ->     return activation(x)"
        ),
        "The activation is always ReLU, whatever came in as `activation`.": "activation(x)\n -> torch.relu(x)\n",
        "There is no activation at all, so the layers collapse into a single linear one.": f"{LAST} ->     return x",
        "Only the first two layers are used. The list may be of any length.": "(weights): -> (weights[:2]):",
        "The `return` is inside the loop, so only the first layer is applied. It belongs after the loop.": (
            "    return x ->         return x",
            f"{LAST} ->         return x",
            f"{LAST} ->         return activation(x)",
        ),
        "`x` is never updated, so every layer gets the data again. Each layer takes what the one before it gave.": [
            "x = F.linear(x, -> y = F.linear(x,",
            "    return x ->     return y",
            "            x = activation(x) ->             y = activation(y)",
        ],
        "The activation comes before each layer, so it also changes the data itself.": [
            "F.linear(x, -> F.linear(activation(x),",
            f"{LAST} ->     return x",
        ],
        "The biases aren't used here.": ", weight, bias)\n -> , weight)\n",
        "This uses the list up. `weights.pop()` takes layers out of the caller's own list.": (
            "for i, (weight, bias) in enumerate(weights):\n        x = F.linear(x, weight, bias)\n"
            f"{LAST} -> while len(weights) > 1:\n        x = activation(F.linear(x, *weights.pop(0)))\n"
            "    return F.linear(x, *weights[0])"
        ),
        "The last layer is missing.": (["(weights): -> (weights[:-1]):", "if i < len(weights) - 1 -> if True"]),
        "The values are right, but no gradient reaches the weights. They were wrapped, copied or detached.": (
            "x, weight, bias)\n -> x, weight.detach(), bias.detach())\n"
        ),
    },
)


@exercise(
    points=2,
    cases=[
        case(
            "wrapped_forward(x, (w1, b1, w2, b2))",
            x=counting(1, 1),
            w1=counting(1, 1, start=2),
            b1=counting(1),
            w2=counting(1, 1, start=3),
            b2=counting(1),
        ),
        case("wrapped_forward(x, (w1, b1, w2, b2))", **TWO_LAYERS),
        case("wrapped_forward(x, (w1, b1, w2, b2))", **SQUARE),
    ],
    hints=[
        "The output is right, so look at what it doesn't show. Where does `out.grad_fn` lead back to?",
        "`nn.Parameter(w)` makes a new leaf with w's values. It forgets what w was computed from.",
        "The weights that come in are tensors already. Use them as they are.",
    ],
    gradients=True,
)
def wrapped_forward(x, weights):
    """Linear, ReLU, linear; weights (w1, b1, w2, b2)."""
    w1, b1, w2, b2 = weights
    hidden = torch.relu(F.linear(x, w1, b1))
    return F.linear(hidden, w2, b2)


@stub(wrapped_forward)
def wrapped_forward_broken(x, weights):
    """Linear, ReLU, linear; weights (w1, b1, w2, b2)."""
    w1, b1, w2, b2 = [nn.Parameter(w) for w in weights]
    hidden = torch.relu(F.linear(x, w1, b1))
    return F.linear(hidden, w2, b2)


mistakes(
    wrapped_forward,
    {
        "No gradient reaches any of the weights that came in. `nn.Parameter(w)`, `w.detach()`, `w.data` and"
        " `torch.tensor(w)` all do the same: they keep the values and forget where they came from.": (
            "= weights -> = [nn.Parameter(w) for w in weights]"
        ),
        "The first layer is fixed. The second still gets weights that have forgotten their origin.": (
            "hidden, w2, b2 -> hidden, w2.detach(), b2.detach()"
        ),
        "The second layer is fixed. The first still gets weights that have forgotten their origin.": (
            "x, w1, b1 -> x, w1.detach(), b1.detach()"
        ),
        "The weights are fixed, but the biases have still forgotten their origin.": [
            "x, w1, b1 -> x, w1, b1.detach()",
            "hidden, w2, b2 -> hidden, w2, b2.detach()",
        ],
        "Nothing at all gets a gradient now, not even `x`. Is there a `no_grad`, or a `.detach()` at the end?": (
            "hidden, w2, b2) -> hidden, w2, b2).detach()"
        ),
        "The ReLU got lost in the repair.": "torch.relu(F.linear(x, w1, b1)) -> F.linear(x, w1, b1)",
    },
)
