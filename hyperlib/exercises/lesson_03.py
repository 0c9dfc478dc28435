"""The exercises of lesson 03: a network that is handed its weights."""

import torch
import torch.nn.functional as F
from torch import nn

from ..checking.declare import case, counting, exercise, mistake, stub


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
        "`weight` is `[out, in]` and the rows of `x` are `[in]`: what must be turned for `@` to fit?",
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


@mistake(
    linear,
    "This is `x @ weight`, without the transpose. It fits only where in equals out, and then it is silently wrong.",
)
def not_transposed(x, weight, bias):
    return x @ weight + bias


@mistake(linear, "This is what comes out if the bias is left out.")
def linear_no_bias(x, weight, bias):
    return x @ weight.T


@mistake(linear, "`weight @ x` is the formula for one column vector. Rows of data stand on the left: `x @ weight.T`.")
def column_vector(x, weight, bias):
    return weight @ x + bias


@mistake(
    linear,
    "`.view` and `.reshape` to [in, out] read the same numbers in another order. `.T` turns the matrix.",
)
def reshaped_instead_of_turned(x, weight, bias):
    return x @ weight.reshape(weight.shape[1], weight.shape[0]) + bias


@mistake(linear, "An activation is applied here. A dense layer alone has none: negative results stay negative.")
def linear_with_relu(x, weight, bias):
    return torch.relu(x @ weight.T + bias)


@mistake(linear, "The bias is subtracted here instead of added.")
def linear_bias_subtracted(x, weight, bias):
    return x @ weight.T - bias


@mistake(
    linear,
    "The values are right, but `weight` and `bias` get no gradient: they were copied into something new"
    " (`nn.Parameter`, `nn.Linear`, `.data`, `.detach()`). Use them as they came.",
)
def linear_weights_copied(x, weight, bias):
    return F.linear(x, nn.Parameter(weight), nn.Parameter(bias))


# Halves among the biases: no hidden unit is exactly 0 before the activation, where ReLU's slope is a matter of taste.
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
            "The target network is to own no parameters: are there layers or `nn.Parameter`s in its `__init__`?",
        ),
        case(
            """
            # And after it was handed some?
            net = TargetNet()
            net(x, [nn.Parameter(w) for w in (w1, b1, w2, b2)])
            any(True for _ in net.parameters())
            """,
            "What `forward` stores in `self` becomes a parameter of the network where it is an `nn.Parameter`.",
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


class Variant(TargetNet):
    """A TargetNet whose forward is a function of x, w1, b1, w2, b2."""

    def forward(self, x, weights):
        return self.variant(x, *weights)


@mistake(TargetNet, "The activation between the layers is missing: two linear layers in a row are one linear layer.")
class NoActivation(Variant):
    def variant(self, x, w1, b1, w2, b2):
        return F.linear(F.linear(x, w1, b1), w2, b2)


@mistake(
    TargetNet, "There is an activation after the last layer too: the network can then never give a negative number."
)
class ActivationAtTheEnd(Variant):
    def variant(self, x, w1, b1, w2, b2):
        return torch.relu(TargetNet()(x, (w1, b1, w2, b2)))


@mistake(TargetNet, "The activation comes after the last layer, and none between the layers.")
class ActivationOnlyAtTheEnd(Variant):
    def variant(self, x, w1, b1, w2, b2):
        return torch.relu(F.linear(F.linear(x, w1, b1), w2, b2))


@mistake(
    TargetNet,
    "It computes the right thing, but owns parameters that nobody uses: the layers in `__init__` have weights of their"
    " own. This network is to be handed all of its weights.",
)
class OwnsParameters(TargetNet):
    def __init__(self):
        super().__init__()
        self.unused = nn.Linear(1, 1)


@mistake(
    TargetNet,
    "`self.w1 = w1` keeps the weights: handed an `nn.Parameter` once, the network owns it for ever, and refuses plain"
    " tensors afterwards. Use local names: `w1, b1, w2, b2 = weights`.",
)
class KeepsTheWeights(TargetNet):
    def forward(self, x, weights):
        self.w1, self.b1, self.w2, self.b2 = weights
        return super().forward(x, weights)


@mistake(TargetNet, "This is the first layer alone (with its activation).")
class FirstLayerAlone(Variant):
    def variant(self, x, w1, b1, w2, b2):
        return torch.relu(F.linear(x, w1, b1))


@mistake(TargetNet, "The tuple was taken apart as (w1, w2, b1, b2). Its order is (w1, b1, w2, b2).")
class WrongOrder(Variant):
    def variant(self, x, w1, w2, b1, b2):
        return F.linear(torch.relu(F.linear(x, w1, b1)), w2, b2)


@mistake(TargetNet, "The biases are not used here.")
class NoBiases(Variant):
    def variant(self, x, w1, b1, w2, b2):
        return F.linear(torch.relu(F.linear(x, w1)), w2)


@mistake(
    TargetNet,
    "The values are right, but no gradient reaches the weights that were handed in: they were wrapped in"
    " `nn.Parameter` or copied into layers of the network's own. Whoever generated them would never learn.",
)
class WrappedWeights(Variant):
    def variant(self, x, w1, b1, w2, b2):
        return TargetNet()(x, [nn.Parameter(w) for w in (w1, b1, w2, b2)])


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
    ],
    hints=[
        "`for i, (weight, bias) in enumerate(weights):` and one `F.linear` in the loop.",
        "The activation belongs *between* layers: which values of `i` have a layer behind them?",
    ],
    gradients=True,
)
def target_forward(x, weights, activation):
    """An MLP of any depth; weights [(weight, bias), ...].

    The activation stands between the layers, and none
    after the last.
    """
    for i, (weight, bias) in enumerate(weights):
        x = F.linear(x, weight, bias)
        if i < len(weights) - 1:
            x = activation(x)
    return x


@mistake(target_forward, "The activation also follows the last layer.")
def activation_after_the_last(x, weights, activation):
    return activation(target_forward(x, weights, activation))


@mistake(target_forward, "The activation is always ReLU, whatever was handed in as `activation`.")
def always_relu(x, weights, activation):
    return target_forward(x, weights, torch.relu)


@mistake(target_forward, "No activation is applied at all: the layers then melt into a single linear one.")
def never_activated(x, weights, activation):
    return target_forward(x, weights, lambda h: h)


@mistake(target_forward, "Only the first two layers are used. The list may be of any length.")
def two_layers_at_most(x, weights, activation):
    return target_forward(x, weights[:2], activation)


@mistake(target_forward, "The activation comes before each layer, and so also changes the data itself.")
def activation_before_each(x, weights, activation):
    for weight, bias in weights:
        x = F.linear(activation(x), weight, bias)
    return x


@mistake(target_forward, "The biases are not used here.")
def forward_without_biases(x, weights, activation):
    return target_forward(x, [(w, torch.zeros_like(b)) for w, b in weights], activation)


@mistake(target_forward, "This uses the list up: `weights.pop()` takes layers out of the caller's own list.")
def pops_the_layers(x, weights, activation):
    while len(weights) > 1:
        x = activation(F.linear(x, *weights.pop(0)))
    return F.linear(x, *weights[0])


@mistake(target_forward, "The last layer is missing.")
def last_layer_missing(x, weights, activation):
    for weight, bias in weights[:-1]:
        x = activation(F.linear(x, weight, bias))
    return x


@mistake(
    target_forward, "The values are right, but no gradient reaches the weights: they were wrapped, copied or detached."
)
def forward_detached(x, weights, activation):
    return target_forward(x, [(w.detach(), b.detach()) for w, b in weights], activation)


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
        "The output is right, so look at what does not show: `out.grad_fn` leads back to what?",
        "`nn.Parameter(w)` makes a new leaf with w's values. What w was computed from is forgotten.",
        "The weights that come in are tensors already: use them as they are.",
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


@mistake(
    wrapped_forward,
    "No gradient reaches any of the weights that were handed in. `nn.Parameter(w)`, `w.detach()`, `w.data` and"
    " `torch.tensor(w)` all do the same: they keep the values and forget where they came from.",
)
def still_wrapped(x, weights):
    return wrapped_forward_broken(x, weights)


@mistake(wrapped_forward, "The first layer is mended, the second still gets weights that have forgotten their origin.")
def second_layer_wrapped(x, weights):
    w1, b1, w2, b2 = weights
    return wrapped_forward(x, (w1, b1, w2.detach(), b2.detach()))


@mistake(wrapped_forward, "The second layer is mended, the first still gets weights that have forgotten their origin.")
def first_layer_wrapped(x, weights):
    w1, b1, w2, b2 = weights
    return wrapped_forward(x, (w1.detach(), b1.detach(), w2, b2))


@mistake(wrapped_forward, "The weights are mended, but the biases still have forgotten their origin.")
def biases_wrapped(x, weights):
    w1, b1, w2, b2 = weights
    return wrapped_forward(x, (w1, b1.detach(), w2, b2.detach()))


@mistake(
    wrapped_forward,
    "Nothing at all gets a gradient now, not even `x`: is there a `no_grad`, or a `.detach()` at the end?",
)
def everything_cut(x, weights):
    return wrapped_forward(x, weights).detach()


@mistake(wrapped_forward, "The ReLU was lost in the mending.")
def relu_lost(x, weights):
    w1, b1, w2, b2 = weights
    return F.linear(F.linear(x, w1, b1), w2, b2)
