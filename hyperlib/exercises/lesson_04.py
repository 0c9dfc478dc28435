"""The exercises of lesson 04: the first hypernetwork, and how to see that it can learn."""

import torch
import torch.nn.functional as F
from torch import nn

from ..checking.declare import case, counting, exercise, mistake, stub
from .lesson_02 import BATCH


class Counting(nn.Module):
    """Stands in for a generator: puts out z's sum times 1, 2, 3, ..., so that every number tells its place."""

    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, z):
        return z.sum(-1, keepdim=True) * torch.arange(1.0, self.n + 1)

    def __repr__(self):
        return f"puts out z.sum() times 1, 2, ..., {self.n}"


def ends_in(generator):
    """What the last part of a generator is."""
    while isinstance(generator, nn.Sequential):
        generator = generator[-1]
    kinds = {"activation": "an activation", "dropout": "dropout", "normalization": "a normalisation"}
    return kinds.get(type(generator).__module__.rpartition(".")[2], "a layer")


def shapes(weights):
    """The shape of each tensor that comes back; what is no tensor is called by its type."""
    if not isinstance(weights, (list, tuple)):
        return weights
    return [list(w.shape) if isinstance(w, torch.Tensor) else f"a {type(w).__name__}" for w in weights]


COUNT = "A layer has in * out weights and out biases; the target network has two layers. Are both biases counted?"
FOUR = "Wanted are four tensors in a row: (w1, b1, w2, b2)."
OWN_GENERATOR = (
    "Here `net.generator` was replaced by one whose output is known. Does your `forward` take the flat vector from"
    " `self.generator(z)`, and cut it in the order w1, b1, w2, b2?"
)


@exercise(
    points=4,
    cases=[
        case("HyperNet(1, 1, 1, 1).total_target_params", COUNT),
        case("HyperNet(3, 2, 4, 1).total_target_params", COUNT),
        case("shapes(HyperNet(3, 2, 4, 1)(z))", FOUR, z=counting(3), shapes=shapes),
        case(
            """
            net = HyperNet(3, 2, 4, 1)
            net.generator = stand_in
            net(z)
            """,
            OWN_GENERATOR,
            z=torch.tensor([1.0, 0.0, 0.0]),
            stand_in=Counting(17),
        ),
        case(
            """
            net = HyperNet(2, 3, 3, 3)
            net.generator = stand_in
            net(z)
            """,
            OWN_GENERATOR,
            z=torch.tensor([1.0, 0.0]),
            stand_in=Counting(24),
        ),
        case("shapes(HyperNet(3, 2, 4, 1)(z))", BATCH, z=counting(5, 3), shapes=shapes),
        case(
            """
            net = HyperNet(3, 1, 2, 1)
            net.generator = stand_in
            net(z)
            """,
            z=counting(2, 3),
            stand_in=Counting(7),
        ),
        case(
            """
            # Weights may be negative, and of any size: what does the generator end in?
            ends_in(HyperNet(3, 2, 4, 1).generator)
            """,
            "After an activation the weights could not be negative, or not be large. Let it end in a layer.",
            ends_in=ends_in,
        ),
        case(
            """
            # Another z, other weights: are w1[0] and w1[1] the same?
            w1, b1, w2, b2 = HyperNet(3, 2, 4, 1)(z)
            torch.equal(w1[0], w1[1])
            """,
            z=counting(2, 3),
        ),
        case(
            """
            # Has each of the four a history?
            [w.requires_grad and w.grad_fn is not None for w in HyperNet(3, 2, 4, 1)(z)]
            """,
            "`.detach()`, `.data`, `torch.no_grad()` and `nn.Parameter` all cut the way back to the generator.",
            z=counting(3),
        ),
        case(
            """
            # Does a gradient reach every parameter of the hypernetwork, and z?
            net = HyperNet(3, 2, 4, 1)
            z.requires_grad_()
            sum(w.sum() for w in net(z)).backward()
            len(list(net.parameters())) > 0 and all(p.grad is not None for p in [z, *net.parameters()])
            """,
            z=counting(3),
        ),
    ],
    hints=[
        "Count first: `target_in * target_hidden + target_hidden` for the first layer, and the second likewise.",
        "The generator is any small MLP: `nn.Sequential(nn.Linear(z_dim, 64), nn.ReLU(), nn.Linear(64, total))`.",
        "In forward: `flat = self.generator(z)`, then cut it in the order w1, b1, w2, b2 (lesson 02), w as [out, in].",
        "`flat[..., start:stop]` works for z of shape [z_dim] and of shape [batch, z_dim].",
    ],
)
class HyperNet(nn.Module):
    """Generates a target network's weights from z."""

    def __init__(
        self,
        z_dim,
        target_in,
        target_hidden,
        target_out,
    ):
        super().__init__()
        self.sizes = [(target_in, target_hidden), (target_hidden, target_out)]
        self.total_target_params = sum(n_in * n_out + n_out for n_in, n_out in self.sizes)
        self.generator = nn.Sequential(
            nn.Linear(z_dim, 64),
            nn.ReLU(),
            nn.Linear(64, self.total_target_params),
        )

    def forward(self, z):
        """z is [z_dim] or [batch, z_dim]."""
        flat = self.generator(z)  # [..., total_target_params]
        weights, start = [], 0
        for n_in, n_out in self.sizes:
            middle = start + n_in * n_out
            stop = middle + n_out
            weights.append(flat[..., start:middle].unflatten(-1, (n_out, n_in)))
            weights.append(flat[..., middle:stop])
            start = stop
        return tuple(weights)


@stub(HyperNet)
class EmptyHyperNet(nn.Module):
    """Generates a target network's weights from z."""

    def __init__(
        self,
        z_dim,
        target_in,
        target_hidden,
        target_out,
    ):
        super().__init__()
        # 1. Calculate the total number of parameters
        #    (weights and biases) that the target needs.
        self.total_target_params = ...
        # 2. Define a simple MLP that takes z and outputs
        #    a vector of size total_target_params.
        self.generator = nn.Sequential(...)

    def forward(self, z):
        """z is [z_dim] or [batch, z_dim]."""
        # 1. Get the flat vector from the generator.
        # 2. Cut it into w1, b1, w2, b2; the weights are
        #    [out, in], or [batch, out, in] for a batch.
        # 3. Return these tensors.
        ...


@mistake(HyperNet, "The biases are not counted: `total_target_params` has to hold room for b1 and b2 as well.")
class BiasesNotCounted(HyperNet):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.total_target_params -= sum(n_out for _, n_out in self.sizes)
        self.generator[-1] = nn.Linear(64, self.total_target_params)


@mistake(HyperNet, "The weights are [in, out] here. F.linear wants [out, in]: one row for each output.")
class WeightsInOut(HyperNet):
    def forward(self, z):
        w1, b1, w2, b2 = super().forward(z)
        return w1.reshape(*w1.shape[:-2], *w1.shape[:-3:-1]), b1, w2.reshape(*w2.shape[:-2], *w2.shape[:-3:-1]), b2


@mistake(
    HyperNet, "The weights were read as [in, out] and then transposed: the shapes are right, the numbers are elsewhere."
)
class WeightsTransposed(WeightsInOut):
    def forward(self, z):
        w1, b1, w2, b2 = super().forward(z)
        return w1.mT, b1, w2.mT, b2


@mistake(HyperNet, "The tensors come back as (w1, w2, b1, b2). Their order is (w1, b1, w2, b2).")
class ReturnsWeightsFirst(HyperNet):
    def forward(self, z):
        w1, b1, w2, b2 = super().forward(z)
        return w1, w2, b1, b2


@mistake(HyperNet, "The bias is read before its weight. In the flat vector the order is w1, b1, w2, b2.")
class ReadsBiasFirst(HyperNet):
    def forward(self, z):
        flat, weights, start = self.generator(z), [], 0
        for n_in, n_out in self.sizes:
            middle, stop = start + n_out, start + n_out + n_in * n_out
            weights += [flat[..., middle:stop].unflatten(-1, (n_out, n_in)), flat[..., start:middle]]
            start = stop
        return tuple(weights)


@mistake(
    HyperNet,
    "This works for one z. For a batch of z, `flat[start:stop]` cuts the batch axis: `flat[..., start:stop]` cuts the"
    " last one.",
)
class OneZOnly(HyperNet):
    def forward(self, z):
        flat, weights, start = self.generator(z), [], 0
        for n_in, n_out in self.sizes:
            middle, stop = start + n_in * n_out, start + n_in * n_out + n_out
            weights += [flat[start:middle].reshape(n_out, n_in), flat[middle:stop]]
            start = stop
        return tuple(weights)


@mistake(
    HyperNet, "The generator ends in an activation: weights could then not be negative (ReLU), or not be large (tanh)."
)
class ActivationAfterTheLast(HyperNet):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.generator.append(nn.ReLU())


@mistake(HyperNet, "The biases of the last layer are not counted.")
class LastBiasNotCounted(HyperNet):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.total_target_params -= self.sizes[-1][1]
        self.generator[-1] = nn.Linear(64, self.total_target_params)


@mistake(HyperNet, "The flat vector is cut as w1, w2, b1, b2. The order is layer after layer: w1, b1, w2, b2.")
class CutsWeightsFirst(HyperNet):
    def forward(self, z):
        flat, parts, start = self.generator(z), {}, 0
        for k, rows in (("w", 1), ("b", 0)):
            for i, (n_in, n_out) in enumerate(self.sizes):
                stop = start + (n_in * n_out if rows else n_out)
                part = flat[..., start:stop]
                parts[k, i] = part.unflatten(-1, (n_out, n_in)) if rows else part
                start = stop
        return parts["w", 0], parts["b", 0], parts["w", 1], parts["b", 1]


@mistake(HyperNet, "These are (weight, bias) pairs, as `unflatten` gives them. Wanted are four tensors in a row.")
class ReturnsPairs(HyperNet):
    def forward(self, z):
        w1, b1, w2, b2 = super().forward(z)
        return [(w1, b1), (w2, b2)]


HISTORY = (
    "The weights do not carry the generator's history: no gradient reaches its parameters, and it can never learn."
    " Do not `.detach()`, use `.data` or `no_grad`, or wrap what was generated in `nn.Parameter`."
)


@mistake(HyperNet, HISTORY)
class GeneratedAndWrapped(HyperNet):
    def forward(self, z):
        return tuple(nn.Parameter(w) for w in super().forward(z))


@mistake(HyperNet, HISTORY + " (`.requires_grad_()` afterwards does not mend it.)")
class GeneratedAndDetached(HyperNet):
    def forward(self, z):
        return tuple(w.detach() for w in super().forward(z))


@exercise(
    points=2,
    cases=[
        case(
            """
            net = nn.Linear(2, 1)
            gradient_reaches(net(x).sum(), net)
            """,
            x=counting(3, 2),
        ),
        case(
            """
            net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
            gradient_reaches(net[0](x).sum(), net)
            """,
            x=counting(3, 2),
        ),
        case(
            """
            # The whole way is cut.
            net = nn.Linear(2, 1)
            gradient_reaches(net(x).detach().sum(), net)
            """,
            "A loss that was cut off does not require a gradient: `loss.requires_grad` tells, and autograd raises.",
            x=counting(3, 2),
        ),
        case(
            """
            # One parameter is frozen, and stays so.
            net = nn.Linear(2, 1)
            net.bias.requires_grad_(False)
            gradient_reaches(net(x).sum(), net), net.bias.requires_grad
            """,
            "No gradient reaches a frozen parameter; autograd raises when asked for it. `p.requires_grad` tells.",
            x=counting(3, 2),
        ),
        case(
            """
            net = nn.Linear(2, 1)
            gradient_reaches(net(x).sum(), net)
            """,
            x=torch.zeros(3, 2),
        ),
        case(
            """
            # An earlier backward has filled .grad: it is to stay as it is, and not to be mistaken for an answer.
            net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
            net(x).sum().backward()
            gradient_reaches(net[0](x).sum(), net), net[1].bias.grad.tolist()
            """,
            x=counting(3, 2),
        ),
        case(
            """
            # And an empty .grad is to stay empty.
            net, before = nn.Linear(2, 1), nn.Linear(2, 2)
            gradient_reaches(net(before(x)).sum(), net)
            net.weight.grad is None, before.weight.grad is None
            """,
            x=counting(3, 2),
        ),
        case(
            """
            # Can the same loss still be used for backward?
            net = nn.Linear(2, 1)
            loss = (net(x) ** 2).sum()
            gradient_reaches(loss, net)
            loss.backward()
            list(net.weight.grad.shape)
            """,
            x=counting(3, 2),
        ),
    ],
    hints=[
        "`torch.autograd.grad(loss, tensors)` computes gradients and stores nothing in `.grad`.",
        "With `allow_unused=True` it gives `None` for a tensor that the loss does not depend on.",
        "With `retain_graph=True` the graph is still there afterwards.",
        "It raises if the loss or a tensor does not require a gradient: ask `.requires_grad` of both first.",
    ],
)
def gradient_reaches(loss, module):
    """Which parameters a gradient of loss reaches:
    {name: True or False} for module.named_parameters().

    Leaves the graph and each .grad as they were.
    """
    reached = {}
    for name, p in module.named_parameters():
        reached[name] = False
        if loss.requires_grad and p.requires_grad:
            (grad,) = torch.autograd.grad(loss, [p], allow_unused=True, retain_graph=True)
            reached[name] = grad is not None
    return reached


@mistake(
    gradient_reaches, "This asks `requires_grad`: whether a parameter *wants* a gradient, not whether one arrives."
)
def asks_requires_grad(loss, module):
    return {name: p.requires_grad for name, p in module.named_parameters()}


@mistake(
    gradient_reaches,
    "This looks at `.grad` without computing anything: it finds what an earlier backward may have left there.",
)
def stale_grad(loss, module):
    return {name: p.grad is not None for name, p in module.named_parameters()}


def with_options(loss, module, **options):
    """The right answer, but for the options of torch.autograd.grad."""
    reached = {}
    for name, p in module.named_parameters():
        wanted = loss.requires_grad and p.requires_grad
        reached[name] = wanted and torch.autograd.grad(loss, [p], **options)[0] is not None
    return reached


@mistake(
    gradient_reaches,
    "`loss.backward()` leaves its gradients in `.grad`, where the next backward adds to them, and uses the graph up."
    " `torch.autograd.grad` with `retain_graph=True` leaves everything as it was.",
)
def calls_backward(loss, module):
    loss.backward()
    return stale_grad(loss, module)


@mistake(
    gradient_reaches, "`loss.backward(...)` leaves its gradients in `.grad`, where the next backward adds to them."
)
def calls_backward_and_retains(loss, module):
    loss.backward(retain_graph=True)
    return stale_grad(loss, module)


@mistake(gradient_reaches, "`zero_grad()` throws away what others have put into `.grad`.")
def clears_the_gradients(loss, module):
    module.zero_grad()
    if loss.requires_grad:
        loss.backward(retain_graph=True)
    reached = stale_grad(loss, module)
    module.zero_grad()
    return reached


@mistake(
    gradient_reaches,
    "Without `allow_unused=True`, torch.autograd.grad fails where a parameter is not part of the loss.",
)
def unused_not_allowed(loss, module):
    return with_options(loss, module, retain_graph=True)


@mistake(gradient_reaches, "The graph is used up: what comes after the first gradient fails. Pass `retain_graph=True`.")
def graph_used_up(loss, module):
    return with_options(loss, module, allow_unused=True)


@mistake(
    gradient_reaches,
    "It fails for a loss that was cut off, or for a frozen parameter: torch.autograd.grad raises where `requires_grad`"
    " is False. Both mean that no gradient arrives.",
)
def requires_grad_forgotten(loss, module):
    names, parameters = zip(*module.named_parameters())
    grads = torch.autograd.grad(loss, parameters, allow_unused=True, retain_graph=True)
    return {name: grad is not None for name, grad in zip(names, grads)}


@mistake(
    gradient_reaches,
    "A gradient that arrives and is zero counts as missing here. It has reached the parameter all the same:"
    " here the data are zero.",
)
def zero_is_missing(loss, module):
    reached = gradient_reaches(loss, module)
    for name, p in module.named_parameters():
        if reached[name]:
            reached[name] = bool(torch.autograd.grad(loss, [p], retain_graph=True)[0].abs().sum() > 0)
    return reached


@mistake(gradient_reaches, "Every parameter gets True, without asking.")
def always_true(loss, module):
    return {name: True for name, _ in module.named_parameters()}


@mistake(
    gradient_reaches, "This is one answer for the whole module. Wanted is a dict with an answer for each parameter."
)
def one_answer(loss, module):
    return all(gradient_reaches(loss, module).values())


@exercise(
    points=2,
    cases=[
        case("generator_gradient(z, flat_gradient)", z=counting(1, 1, start=2), flat_gradient=counting(1, 1, start=3)),
        case("generator_gradient(z, flat_gradient)", z=counting(1, 3), flat_gradient=counting(1, 2)),
        case("generator_gradient(z, flat_gradient)", z=counting(1, 2), flat_gradient=counting(1, 2, start=3)),
        case("generator_gradient(z, flat_gradient)", z=counting(3, 2), flat_gradient=counting(3, 4, start=-5)),
        case("generator_gradient(z, flat_gradient)", z=counting(2, 2), flat_gradient=counting(2, 2, start=-1)),
    ],
    hints=[
        "Start with one row: `flat[i] = sum over j of H[i, j] * z[j]`. So how does the loss change with `H[i, j]`?",
        "dL/dH[i, j] = dL/dflat[i] * z[j]: an outer product, of H's own shape [P, Z].",
        "Every row of the batch uses the same H, so their contributions add up: `flat_gradient.T @ z` does both.",
    ],
)
def generator_gradient(z, flat_gradient):
    """dL/dH [P, Z] of a linear generator flat = H z.

    z is [batch, Z], flat_gradient = dL/dflat [batch, P].
    """
    return flat_gradient.T @ z


@mistake(
    generator_gradient, "This is [Z, P], the transpose. A gradient has the shape of what it belongs to: H is [P, Z]."
)
def gradient_transposed(z, flat_gradient):
    return z.T @ flat_gradient


@mistake(
    generator_gradient,
    "This is the mean over the batch. If the loss takes a mean, dL/dflat already holds the 1/batch: the rows' gradients"
    " add up.",
)
def averaged(z, flat_gradient):
    return flat_gradient.T @ z / len(z)


@mistake(generator_gradient, "This is one outer product for each row. All rows use the same H: sum over the batch.")
def not_summed(z, flat_gradient):
    return flat_gradient.unsqueeze(-1) * z.unsqueeze(-2)


@mistake(
    generator_gradient,
    "`torch.outer` takes two vectors, one row of the batch. For all rows at once there is `flat_gradient.T @ z`.",
)
def outer_of_matrices(z, flat_gradient):
    return torch.outer(flat_gradient, z)


@mistake(generator_gradient, "This is the first row of the batch alone.")
def first_row_alone(z, flat_gradient):
    return torch.outer(flat_gradient[0], z[0])


@mistake(
    generator_gradient,
    "Here z and the gradient are summed over the batch first and multiplied then. Each row's own z"
    " belongs to its own gradient: multiply first.",
)
def summed_too_early(z, flat_gradient):
    return torch.outer(flat_gradient.sum(0), z.sum(0))


@exercise(
    points=2,
    cases=[
        case(
            """
            hypernet, target = hyperlib.HyperNet(2, 1, 4, 1), hyperlib.TargetNet()
            train_hypernet(hypernet, target, z, x, y, 1, 0.01)
            """,
            z=counting(2),
            x=counting(4, 1),
            y=counting(4, 1, start=-2),
        ),
        case(
            """
            hypernet, target = hyperlib.HyperNet(2, 1, 4, 1), hyperlib.TargetNet()
            # Does the loss fall?
            losses = train_hypernet(hypernet, target, z, x, y, 3, 0.01)
            losses[2] < losses[1] < losses[0]
            """,
            z=torch.tensor([1.0, 0.0]),
            x=counting(4, 1, start=-1),
            y=counting(4, 1, start=-2),
        ),
        case(
            """
            hypernet, target = hyperlib.HyperNet(2, 1, 4, 1), hyperlib.TargetNet()
            # Is the hypernetwork the same as before?
            before = hypernet.generator[0].weight.clone()
            train_hypernet(hypernet, target, z, x, y, 2, 0.01)
            torch.equal(hypernet.generator[0].weight, before)
            """,
            z=torch.tensor([1.0, 0.0]),
            x=counting(4, 1, start=-1),
            y=counting(4, 1, start=-2),
        ),
        case(
            """
            hypernet, target = hyperlib.HyperNet(2, 1, 4, 1), hyperlib.TargetNet()
            train_hypernet(hypernet, target, z, x, y, 4, 0.02)
            """,
            z=torch.tensor([1.0, 0.0]),
            x=counting(4, 1, start=-1),
            y=counting(4, 1, start=-2),
        ),
        case(
            """
            hypernet, target = hyperlib.HyperNet(2, 1, 4, 1), hyperlib.TargetNet()
            # How often does a gradient arrive at the hypernetwork?
            arrived = []
            hypernet.generator[0].weight.register_hook(lambda grad: arrived.append(1))
            train_hypernet(hypernet, target, z, x, y, 3, 0.01)
            len(arrived)
            """,
            z=torch.tensor([1.0, 0.0]),
            x=counting(4, 1, start=-1),
            y=counting(4, 1, start=-2),
        ),
    ],
    hints=[
        "Which tensors does `optimizer` change, and which tensors does `loss.backward()` give a gradient to?",
        "Use `gradient_reaches(loss, hypernet)` inside the loop. What does it say?",
        "`.detach()` ends the path from the loss at the generated weights. Take it away.",
    ],
)
def train_hypernet(hypernet, target, z, x, y, steps, lr):
    """Fit target(x, hypernet(z)) to y; return losses."""
    parameters = hypernet.parameters()
    optimizer = torch.optim.SGD(parameters, lr=lr)
    losses = []
    for _ in range(steps):
        weights = hypernet(z)
        loss = F.mse_loss(target(x, weights), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@stub(train_hypernet)
def train_nothing(hypernet, target, z, x, y, steps, lr):
    """Fit target(x, hypernet(z)) to y; return losses."""
    parameters = hypernet.parameters()
    optimizer = torch.optim.SGD(parameters, lr=lr)
    losses = []
    for _ in range(steps):
        made = hypernet(z)
        weights = [w.detach() for w in made]
        weights = [w.requires_grad_() for w in weights]
        loss = F.mse_loss(target(x, weights), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    train_hypernet,
    "The loss is the same at every step, and the hypernetwork does not move: no gradient reaches its parameters."
    " Either the path is cut between generated weights and generator, or the gradients are cleared before the step.",
)
def nothing_moves(hypernet, target, z, x, y, steps, lr):
    return train_nothing(hypernet, target, z, x, y, steps, lr)


@mistake(train_hypernet, "The gradients of all steps pile up: `optimizer.zero_grad()` is missing.")
def gradients_pile_up(hypernet, target, z, x, y, steps, lr):
    optimizer = torch.optim.SGD(hypernet.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        loss = F.mse_loss(target(x, hypernet(z)), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    train_hypernet,
    "The gradients arrive now, but the hypernetwork does not move: `optimizer.step()` is missing, or `zero_grad()`"
    " stands between `backward()` and it.",
)
def no_step(hypernet, target, z, x, y, steps, lr):
    losses = []
    for _ in range(steps):
        hypernet.zero_grad()
        loss = F.mse_loss(target(x, hypernet(z)), y)
        loss.backward()
        losses.append(loss.item())
    return losses


@mistake(
    train_hypernet,
    "The weights are generated once, before the loop. After a step the hypernetwork is another one, and has to"
    " generate anew.",
)
def generated_once(hypernet, target, z, x, y, steps, lr):
    optimizer = torch.optim.SGD(hypernet.parameters(), lr=lr)
    weights, losses = hypernet(z), []
    for _ in range(steps):
        loss = F.mse_loss(target(x, weights), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    train_hypernet,
    "The loss falls, but what is trained is a set of weights that was generated once. The hypernetwork stays as it was:"
    " give the optimizer `hypernet.parameters()`, and generate at every step.",
)
def trains_the_weights(hypernet, target, z, x, y, steps, lr):
    weights = [w.detach().requires_grad_() for w in hypernet(z)]
    optimizer = torch.optim.SGD(weights, lr=lr)
    losses = []
    for _ in range(steps):
        loss = F.mse_loss(target(x, weights), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(
    train_hypernet,
    "These are tensors, and each may keep its whole graph alive. `loss.item()` gives the plain number.",
)
def losses_are_tensors(hypernet, target, z, x, y, steps, lr):
    return [torch.tensor(loss) for loss in train_hypernet(hypernet, target, z, x, y, steps, lr)]
