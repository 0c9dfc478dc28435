"""The exercises of lesson 04: the first hypernetwork, and how to see that it can learn."""

import itertools

import torch
import torch.nn.functional as F
from torch import nn

from ..checking.declare import case, counting, exercise, mistakes, stub
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
    """The shape of each tensor that comes back. Anything else is called by its type."""
    if weights is None:
        return None
    if not isinstance(weights, (list, tuple)):
        return [f"one {type(weights).__name__}"]
    return [list(w.shape) if isinstance(w, torch.Tensor) else f"a {type(w).__name__}" for w in weights]


COUNT = "A layer has in * out weights and out biases, and the target network has two layers."
FOUR = "Return four tensors in a row: (w1, b1, w2, b2)."
OWN_GENERATOR = (
    "Here `net.generator` was replaced by one whose output is known. Does your `forward` take the flat vector from"
    " `self.generator(z)` and cut it in the order w1, b1, w2, b2?"
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
            # What does the generator end in?
            ends_in(HyperNet(3, 2, 4, 1).generator)
            """,
            "Let it end in a layer, so that any weights can come out.",
            ends_in=ends_in,
        ),
        case(
            """
            # Two different z: do they get the same w1?
            w1, b1, w2, b2 = HyperNet(3, 2, 4, 1)(z)
            torch.equal(w1[0], w1[1])
            """,
            z=counting(2, 3, start=-7),
        ),
        case(
            """
            # The same z twice: does it get the same w1?
            net = HyperNet(3, 2, 4, 1)
            torch.equal(net(z)[0], net(z)[0])
            """,
            "One z is one network. Dropout or random numbers in the generator would give a different one each time.",
            z=counting(3),
        ),
        case(
            """
            # Does each of the four tensors carry a history?
            [w.requires_grad and w.grad_fn is not None for w in HyperNet(3, 2, 4, 1)(z)]
            """,
            "`.detach()`, `.data`, `torch.no_grad()` and `nn.Parameter` all cut the path back to the generator.",
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
        "Count first: `target_in * target_hidden + target_hidden` for the first layer, and the same for the second.",
        "Any small MLP will do: `nn.Sequential(nn.Linear(z_dim, 64), nn.ReLU(), nn.Linear(64, total))`.",
        "In `forward`, call `self.generator(z)` and cut the result in the order w1, b1, w2, b2 (lesson 02).",
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
        #    a vector of size total_target_params. Let it
        #    end in nn.Linear, so any weight can come out.
        self.generator = nn.Sequential(...)

    def forward(self, z):
        """z is [z_dim] or [batch, z_dim]."""
        # 1. Get the flat vector from the generator.
        # 2. Cut it into w1, b1, w2, b2. The weights are
        #    [out, in], or [batch, out, in] for a batch.
        # 3. Return these four tensors.
        ...


mistakes(
    HyperNet,
    {
        "The biases aren't counted. `total_target_params` needs room for b1 and b2 as well.": (
            "n_in * n_out + n_out for -> n_in * n_out for",
            [
                "n_in * n_out + n_out for -> n_in * n_out for",
                "middle + n_out -> middle",
                "            weights.append(flat[..., middle:stop])\n -> ",
            ],
        ),
        "The biases of the last layer aren't counted.": "in self.sizes) -> in self.sizes) - target_out",
        "The generator's first layer has to take z_dim numbers. It reads z, not the target's x.": (
            "nn.Linear(z_dim, 64) -> nn.Linear(target_in, 64)"
        ),
        "The generator ends in an activation, which restricts or bends the weights that it can produce. Let it end in"
        " a layer.": "self.total_target_params),\n -> self.total_target_params),\n            nn.ReLU(),\n",
        "The weights are [in, out] here. F.linear wants [out, in]: one row for each output.": (
            "(n_out, n_in) -> (n_in, n_out)"
        ),
        "The weights were read as [in, out] and then transposed. That gives the right shapes, but the numbers end up"
        " in the wrong places.": "(n_out, n_in)) -> (n_in, n_out)).mT",
        "The tensors come back as (w1, w2, b1, b2). The order is (w1, b1, w2, b2).": (
            "tuple(weights) -> tuple(weights[::2] + weights[1::2])"
        ),
        "This packs the tensors into a dict, or into (weight, bias) pairs as `unflatten` does. Return four tensors in"
        " a row.": (
            "tuple(weights) -> [tuple(weights[:2]), tuple(weights[2:])]",
            "tuple(weights) -> (tuple(weights[:2]), tuple(weights[2:]))",
            "tuple(weights) -> dict(zip(['w1', 'b1', 'w2', 'b2'], weights))",
        ),
        "The weights come back flat. Give them their two axes, [out, in]: `.unflatten(-1, (out, in))`, for example.": (
            ".unflatten(-1, (n_out, n_in)) -> "
        ),
        "The biases have an axis too many. A bias is [out], or [batch, out] for a batch.": (
            "middle:stop] -> middle:stop, None]"
        ),
        "For a single z of shape [z_dim] there should be no batch axis: w1 is [out, in] then, not [1, out, in].": (
            "self.generator(z) -> self.generator(torch.atleast_2d(z))",
            ".unflatten(-1, (n_out, n_in)) -> .reshape(-1, n_out, n_in)",
        ),
        "This is the flat vector. Cut it into w1, b1, w2 and b2, and give the weights their two axes.": (
            "tuple(weights) -> flat"
        ),
        "The bias is read before its weight. In the flat vector the order is w1, b1, w2, b2.": [
            "middle = start + n_in * n_out -> middle = start + n_out",
            "stop = middle + n_out -> stop = middle + n_in * n_out",
            "flat[..., start:middle].unflatten -> flat[..., middle:stop].unflatten",
            "(flat[..., middle:stop]) -> (flat[..., start:middle])",
        ],
        "The flat vector is cut as w1, w2, b1, b2. The order is layer after layer: w1, b1, w2, b2.": (
            "return tuple(weights) -> (a, b), (c, d) = self.sizes\n"
            "        w1, w2, b1, b2 = flat.split([a * b, c * d, b, d], -1)\n"
            "        return w1.unflatten(-1, (b, a)), b1, w2.unflatten(-1, (d, c)), b2"
        ),
        "w2 begins where b1 begins, so two pieces overlap. Each piece starts where the last one ended.": (
            "start = stop -> start = middle"
        ),
        "This works for one z. For a batch of z, `flat[start:stop]` cuts the batch axis. `flat[..., start:stop]` cuts"
        " the last one.": (
            ["..., start:middle].unflatten(-1, ( -> start:middle].reshape((", "..., middle:stop] -> middle:stop]"],
            ["..., start:middle] -> start:middle]", "..., middle:stop] -> middle:stop]"],
        ),
        "This works for a batch only. `flat[:, start:stop]` needs a batch axis, and a single z has none."
        " `flat[..., start:stop]` works for both.": [
            "..., start:middle] -> :, start:middle]",
            "..., middle:stop] -> :, middle:stop]",
        ],
        "The generated weights are cut off from the generator, by `.detach()`, `.data`, `no_grad` or `nn.Parameter`."
        " No gradient reaches its parameters, so it can never learn. (`.requires_grad_()` afterwards doesn't fix"
        " that.)": (
            "self.generator(z) -> self.generator(z).detach()",
            "tuple(weights) -> tuple(nn.Parameter(w) for w in weights)",
        ),
    },
)


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
            # The path is cut completely.
            net = nn.Linear(2, 1)
            gradient_reaches(net(x).detach().sum(), net)
            """,
            "A loss that was cut off doesn't require a gradient: autograd raises. Check `loss.requires_grad` first.",
            x=counting(3, 2),
        ),
        case(
            """
            # One parameter is frozen, and stays so.
            net = nn.Linear(2, 1)
            net.bias.requires_grad_(False)
            gradient_reaches(net(x).sum(), net), net.bias.requires_grad
            """,
            "No gradient reaches a frozen parameter, and autograd raises. Check `p.requires_grad` first.",
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
            # An earlier backward filled .grad. Leave it as it is, and don't mistake it for an answer.
            net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
            net(x).sum().backward()
            gradient_reaches(net[0](x).sum(), net), net[1].bias.grad is not None and net[1].bias.grad.tolist()
            """,
            x=counting(3, 2),
        ),
        case(
            """
            # An empty .grad stays empty.
            net, before = nn.Linear(2, 1), nn.Linear(2, 2)
            gradient_reaches(net(before(x)).sum(), net)
            net.weight.grad is None, before.weight.grad is None
            """,
            x=counting(3, 2),
        ),
        case(
            """
            # Can you still call backward on the same loss?
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
        "It raises if the loss or a tensor doesn't require a gradient. Check `.requires_grad` of both first.",
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


def by_backward(before, guard, retain, after):
    """Answers that call `loss.backward()`: clearing before, guarded, with the graph retained, clearing after."""

    def answer(loss, module):
        if before:
            module.zero_grad()
        if loss.requires_grad or not guard:
            loss.backward(retain_graph=retain)
        reached = {name: p.grad is not None for name, p in module.named_parameters()}
        if after:
            module.zero_grad()
        return reached

    return answer


def by_grad(allow_unused, ask_loss, ask_p, retain_graph, one_by_one):
    """Answers that call torch.autograd.grad, with its options and with the questions to ask first."""
    options = dict(allow_unused=allow_unused, retain_graph=retain_graph or None)

    def answer(loss, module):
        reached = {name: False for name, _ in module.named_parameters()}
        if ask_loss and not loss.requires_grad:
            return reached
        wanted = {name: p for name, p in module.named_parameters() if p.requires_grad or not ask_p}
        if one_by_one:
            grads = [torch.autograd.grad(loss, p, **options)[0] for p in wanted.values()]
        else:
            grads = torch.autograd.grad(loss, list(wanted.values()), **options)
        return reached | {name: grad is not None for name, grad in zip(wanted, grads, strict=True)}

    return answer


def asks_a_copy(backward):
    return lambda loss, module: backward(loss) or dict.fromkeys(dict(module.named_parameters()), False)


PAIRS, TRIPLES, FOURS = (list(itertools.product((True, False), repeat=n)) for n in (2, 3, 4))

mistakes(
    gradient_reaches,
    {
        "This asks `requires_grad`, which says whether a tensor *wants* a gradient, not whether one reaches it.": (
            lambda loss, module: {name: p.requires_grad for name, p in module.named_parameters()},
            lambda loss, module: {name: loss.requires_grad for name, _ in module.named_parameters()},
            "reached[name] = grad is not None -> reached[name] = True",
        ),
        "This looks at `.grad` without computing anything. It finds whatever an earlier backward may have left"
        " there.": lambda loss, module: {name: p.grad is not None for name, p in module.named_parameters()},
        "Parameters are leaves. They have no `grad_fn`, whether a gradient reaches them or not.": (
            lambda loss, module: {name: p.grad_fn is not None for name, p in module.named_parameters()}
        ),
        "`loss.backward()` leaves its gradients in `.grad`, where the next backward adds to them."
        " `torch.autograd.grad` with `retain_graph=True` leaves everything as it was.": tuple(
            by_backward(False, guard, retain, False) for guard, retain in PAIRS
        ),
        "Clearing `.grad` throws away what others have put there. `torch.autograd.grad` never touches `.grad`.": (
            *(by_backward(True, *choice) for choice in TRIPLES),
            *(by_backward(False, *choice, True) for choice in PAIRS),
        ),
        "The graph is used up, so whatever needs it next fails. Pass `retain_graph=True`.": (
            ", retain_graph=True -> ",
            by_grad(True, True, True, False, False),
            *(by_grad(*choice, False, True) for choice in TRIPLES),
        ),
        "Without `allow_unused=True`, torch.autograd.grad fails as soon as a parameter isn't part of the loss.": (
            ", allow_unused=True -> ",
            *(by_grad(False, *choice, False) for choice in TRIPLES),
        ),
        "torch.autograd.grad raises for a loss that was cut off (`loss.requires_grad` is False) and for a frozen"
        " parameter (`p.requires_grad` is False). Check both first. In both cases no gradient gets through.": tuple(
            by_grad(True, *choice) for choice in FOURS if not all(choice[:2]) and choice[2:] != (False, True)
        ),
        "A gradient that is zero counts as missing here. It has still reached the parameter: the data are zero in"
        " this case.": "grad is not None -> grad is not None and bool(grad.abs().sum() > 0)",
        "The answers are inverted. A gradient that is None hasn't reached the parameter.": (
            "grad is not None -> grad is None",
            ["= False -> = True", "is not None -> is None"],
        ),
        "Some parameters are missing from the dict. Every one of them gets an answer, False as well as True.": (
            "        reached[name] = False\n -> ",
            [
                "        reached[name] = False\n -> ",
                "reached[name] = grad is -> if grad is not None: reached[name] = grad is",
            ],
        ),
        "Every parameter gets True, without a check.": (
            lambda loss, module: {name: True for name, _ in module.named_parameters()}
        ),
        "A copy of the module took no part in the loss, so no gradient can reach its parameters. Ask about the module"
        " itself.": (
            asks_a_copy(lambda loss: loss.backward(retain_graph=True) if loss.requires_grad else None),
            asks_a_copy(lambda loss: loss.backward(retain_graph=True)),
            asks_a_copy(lambda loss: loss.backward()),
        ),
        "The result has to be a dict with an answer for each parameter's name.": (
            "return reached -> return all(reached.values())",
            "return reached -> return list(reached.values())",
            "return reached -> return [name for name in reached if reached[name]]",
        ),
    },
)


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
        "Every row of the batch uses the same H, so the contributions add up. `flat_gradient.T @ z` does both.",
    ],
)
def generator_gradient(z, flat_gradient):
    """dL/dH [P, Z] of a linear generator flat = H z.

    z is [batch, Z], flat_gradient = dL/dflat [batch, P].
    """
    return flat_gradient.T @ z


mistakes(
    generator_gradient,
    {
        "This is [Z, P], the transpose. A gradient has the shape of the tensor it belongs to, and H is [P, Z].": (
            "flat_gradient.T @ z -> z.T @ flat_gradient",
            "flat_gradient.T @ z -> z.T @ flat_gradient / len(z)",
        ),
        "This is the mean over the batch. If the loss takes a mean, dL/dflat already contains the 1/batch, so add the"
        " rows' gradients.": ".T @ z -> .T @ z / len(z)",
        "This is one outer product for each row. All rows use the same H, so sum over the batch.": (
            "flat_gradient.T @ z -> flat_gradient.unsqueeze(-1) * z.unsqueeze(-2)",
            "flat_gradient.T @ z -> z.unsqueeze(-1) * flat_gradient.unsqueeze(-2)",
        ),
        "The batch axis is the one to sum over, and it isn't here. `flat_gradient.T @ z` is [P, batch] times"
        " [batch, Z], which gives [P, Z].": (
            "flat_gradient.T @ z -> flat_gradient @ z",
            "flat_gradient.T @ z -> z @ flat_gradient",
            "flat_gradient.T @ z -> flat_gradient * z",
            "flat_gradient.T @ z -> flat_gradient @ z.T",
            "flat_gradient.T @ z -> z @ flat_gradient.T",
            "flat_gradient.T @ z -> (flat_gradient.unsqueeze(-1) * z.unsqueeze(-2)).sum(1)",
            "flat_gradient.T @ z -> (flat_gradient.unsqueeze(-1) * z.unsqueeze(-2)).sum(-1)",
        ),
        "`torch.outer` takes two vectors, which is one row of the batch. `flat_gradient.T @ z` handles all rows at"
        " once.": "flat_gradient.T @ z -> torch.outer(flat_gradient, z)",
        "This is a single row of the batch. Every row contributes, so add them all.": (
            "flat_gradient.T @ z -> torch.outer(flat_gradient[0], z[0])",
            "flat_gradient.T @ z -> torch.outer(flat_gradient[-1], z[-1])",
        ),
        "Here z and the gradient are combined over the batch before they are multiplied. Each row's z belongs to its"
        " own gradient, so multiply first.": (
            "flat_gradient.T @ z -> torch.outer(flat_gradient.sum(0), z.sum(0))",
            "flat_gradient.T @ z -> torch.outer(flat_gradient.mean(0), z.mean(0))",
            "flat_gradient.T @ z -> torch.outer(flat_gradient.sum(0), z.mean(0))",
        ),
        "This is twice the gradient. The factor 2 of a squared error is already in dL/dflat.": "return -> return 2 *",
        "The sign is reversed. The minus belongs to the update, not to the gradient.": "return  -> return -",
    },
)


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
            # Does the loss fall from step to step?
            losses = train_hypernet(hypernet, target, z, x, y, 3, 0.01)
            [after < before for before, after in zip(losses, losses[1:])]
            """,
            z=torch.tensor([1.0, 0.0]),
            x=counting(4, 1, start=-1),
            y=counting(4, 1, start=-2),
        ),
        case(
            """
            hypernet, target = hyperlib.HyperNet(2, 1, 4, 1), hyperlib.TargetNet()
            # Is the hypernetwork still the same afterwards?
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
            # How often does a gradient reach the hypernetwork?
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
        "Which tensors does `optimizer` change? Which ones get a gradient from `loss.backward()`?",
        "Use `gradient_reaches(loss, hypernet)` inside the loop. What does it say?",
        "`.detach()` ends the path from the loss at the generated weights. Remove it.",
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


ONCE = (
    "    for _ in range(steps):\n        weights = hypernet(z) ->     weights = hypernet(z)\n    for _ in range(steps):"
)

mistakes(
    train_hypernet,
    {
        "The loss is the same at every step. The path is still cut between the generated weights and the generator,"
        " so no gradient reaches the hypernetwork.": (
            "= hypernet(z) -> = [w.detach().requires_grad_() for w in hypernet(z)]"
        ),
        "The generated weights are still cut off from the generator. Without `.requires_grad_()`, backward has nothing"
        " left to differentiate. Remove the cut itself.": "= hypernet(z) -> = [w.detach() for w in hypernet(z)]",
        "The gradients of all steps pile up: `optimizer.zero_grad()` is missing.": (
            "        optimizer.zero_grad()\n -> "
        ),
        "Gradients get through now, but the hypernetwork doesn't move. Either `optimizer.step()` is missing, or"
        " `zero_grad()` comes between `backward()` and it.": "        optimizer.step()\n -> ",
        "The weights are generated once, before the loop. After each step the hypernetwork has changed and has to"
        " generate them again.": (ONCE, [ONCE, "backward() -> backward(retain_graph=True)"]),
        "The loss falls, but you are training a set of weights that was generated once. The hypernetwork itself never"
        " changes. Give the optimizer `hypernet.parameters()`, and generate at every step.": [
            "        weights = hypernet(z)\n -> ",
            "parameters = hypernet.parameters() -> weights = [w.detach().requires_grad_() for w in hypernet(z)]",
            "SGD(parameters -> SGD(weights",
        ],
        "The optimizer has to get `hypernet.parameters()`. The generated weights aren't leaves, and the target owns no"
        " parameters.": ("hypernet.parameters() -> hypernet(z)", "hypernet.parameters() -> target.parameters()"),
        "This trains with Adam. Fix only the bug, and keep `torch.optim.SGD`.": "SGD -> Adam",
        "Only one loss comes back. Append inside the loop, and return after it.": (
            "    return losses ->         return losses",
            "    return losses ->     return losses[-1:]",
        ),
        "The losses are tensors. `loss.item()` gives the plain number, and doesn't keep the graph of every step"
        " alive.": ("loss.item() -> loss", "loss.item() -> loss.detach()"),
    },
)
