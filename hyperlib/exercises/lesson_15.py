"""The exercises of lesson 15: a hyperparameter as the condition."""

import torch
from torch import nn

from ..checking.declare import case, counting, exercise, mistakes, stub


@exercise(
    points=1,
    cases=[
        case("ridge(x, y, 1.0)", x=counting(1, 1), y=counting(1, 1, start=4)),
        case(
            "ridge(x, y, 0.5)",
            "Here there are three rows, and the error is their *mean*.",
            x=counting(3, 1),
            y=counting(3, 1, start=2),
        ),
        case(
            "ridge(x, y, 0.5)",
            "Two inputs: which numbers of x'x does the penalty belong to?",
            x=torch.tensor([[1.0, 0], [1, 1], [0, 2]]),
            y=counting(3, 1),
        ),
        case(
            "ridge(x, y, 2.0)",
            "Two inputs, three outputs: a PyTorch weight is [out, in].",
            x=torch.tensor([[1.0, 0], [1, 1], [0, 2], [2, 1]]),
            y=counting(4, 3, start=-5),
        ),
        case(
            "ridge(x, y, 0.5)",
            "Two inputs and two outputs, so that the result fits either way. Which axis is which?",
            x=torch.tensor([[1.0, 0], [1, 1], [0, 2]]),
            y=torch.tensor([[4.0, 0], [1, -1], [2, 6]]),
        ),
    ],
    hints=[
        "Where the loss is lowest its slope is 0. Which linear equation does that give for the weight?",
        "With n rows it is `(x'x + n lam I) w = x'y`, and w is [in, out].",
        "`torch.linalg.solve(a, b)` solves `a w = b`, and `torch.eye(n_in)` is I. Transpose what comes out.",
    ],
    without=("hyperlib",),
)
def ridge(x, y, lam):
    """The weight [out, in] with the lowest loss.

    The loss is the mean over the rows of their squared
    errors, each the sum over the outputs, plus lam
    times the sum of all squared weights. No bias.
    x [n, in], y [n, out], lam a number.
    """
    n, n_in = x.shape
    gram = x.T @ x + n * lam * torch.eye(n_in)
    return torch.linalg.solve(gram, x.T @ y).T


SOLVED = "return torch.linalg.solve(gram, x.T @ y).T -> "

mistakes(
    ridge,
    {
        "The result lies on its side, [in, out]. PyTorch's weight is [out, in], so transpose it.": (
            "x.T @ y).T -> x.T @ y)"
        ),
        "n is left out. The error is a mean over n rows, so the penalty counts n times as much beside `x'x`.": (
            "n * lam -> lam"
        ),
        "The penalty is left out. This is plain least squares.": " + n * lam * torch.eye(n_in) -> ",
        "The penalty is added to *every* number of `x'x`. It belongs on the diagonal: multiply by `torch.eye`.": (
            " * torch.eye(n_in) -> "
        ),
        "The penalty is divided by n. It's the error that is: multiply everything by n, and lam gets it.": (
            "n * lam -> lam / n"
        ),
        "n is how many rows there are, not how many inputs.": "n * lam -> n_in * lam",
        "`1 / matrix` divides number by number. That isn't the inverse of a matrix. Use `torch.linalg.solve`.": (
            SOLVED + "return ((1 / gram) @ x.T @ y).T"
        ),
        "This multiplies by the matrix. The equation has to be *solved* for the weight.": (
            SOLVED + "return (gram @ x.T @ y).T"
        ),
        "The penalty is halved. There is no 1/2 in the loss.": "n * lam -> n / 2 * lam",
        "The penalty is doubled. The slope of the error has the same 2, and both fall away.": "n * lam -> 2 * n * lam",
        "lam is squared. What is squared is the weights.": "n * lam -> n * lam**2",
        "`x'y` alone is how x and y go together. What the inputs have in common still has to be divided out.": (
            SOLVED + "return (x.T @ y).T"
        ),
        "The weights come out with the wrong sign.": SOLVED + "return -torch.linalg.solve(gram, x.T @ y).T",
    },
)

NETWORKS = dict(
    weight=counting(3, 2, 4, start=-11), x=counting(5, 4, start=-9), y=counting(5, 2), lam=counting(3, start=2)
)


@exercise(
    points=1,
    cases=[
        case(
            "penalised_loss(weight, x, y, lam)",
            "One network, one row, and no penalty.",
            weight=counting(1, 1, 1, start=2),
            x=counting(1, 1, start=3),
            y=counting(1, 1),
            lam=torch.zeros(1),
        ),
        case(
            "penalised_loss(weight, x, y, lam)",
            "Here x and y are 0, so that only the penalty is left.",
            weight=counting(2, 1, 3),
            x=torch.zeros(2, 3),
            y=torch.zeros(2, 1),
            lam=counting(2),
        ),
        case(
            "penalised_loss(weight, x, y, lam)",
            "Here lam is 0, so that only the error is left: a mean over the rows, a sum over the outputs.",
            **(NETWORKS | {"lam": torch.zeros(3)}),
        ),
        case(
            "penalised_loss(weight, x, y, lam)",
            "Here n, in and out are all 2, so that nearly everything fits.",
            weight=counting(3, 2, 2, start=-5),
            x=counting(2, 2),
            y=counting(2, 2, start=5),
            lam=counting(3),
        ),
        case("penalised_loss(weight, x, y, lam)", **NETWORKS),
    ],
    hints=[
        "What shape has `x @ weight.mT`? `.mT` transposes the last two axes only.",
        "It is [K, n, out]. Square the errors, sum over the last axis, and take the mean over the rows.",
        "The penalty of each network is `lam * weight.square().sum((1, 2))`.",
    ],
    gradients=True,
    without=("hyperlib",),
)
def penalised_loss(weight, x, y, lam):
    """What K networks have to minimise, [K].

    For each the mean over the rows of their squared
    errors, each the sum over the outputs, plus its lam
    times the sum of its squared weights.
    weight [K, out, in], x [n, in], y [n, out], lam [K].
    """
    errors = (x @ weight.mT - y).square()  # [K, n, out]
    size = weight.square().sum((1, 2))
    return errors.sum(-1).mean(-1) + lam * size


mistakes(
    penalised_loss,
    {
        "The error is a mean over the outputs as well. Sum over the outputs, and take the mean over the rows.": (
            "errors.sum(-1).mean(-1) -> errors.mean((-2, -1))"
        ),
        "The errors of the rows are summed up. Wanted is their mean.": (
            "errors.sum(-1).mean(-1) -> errors.sum((-2, -1))"
        ),
        "This is the mean over the outputs and the sum over the rows. It is the other way round.": (
            "errors.sum(-1).mean(-1) -> errors.mean(-1).sum(-1)"
        ),
        "The penalty is a mean over the weights. It is their sum.": (
            "size = weight.square().sum -> size = weight.square().mean"
        ),
        "All networks get the same penalty, the sum over all weights of all networks. Each has its own.": (
            "weight.square().sum((1, 2)) -> weight.square().sum()"
        ),
        "This is one number. Each network has its own loss: [K].": (
            "return errors.sum(-1).mean(-1) + lam * size -> return (errors.sum(-1).mean(-1) + lam * size).mean()",
            "return errors.sum(-1).mean(-1) + lam * size -> return (errors.sum(-1).mean(-1) + lam * size).sum()",
        ),
        "lam isn't used.": " + lam * size -> + size",
        "There is no penalty.": " + lam * size -> ",
        "lam multiplies the error too.": (
            "errors.sum(-1).mean(-1) + lam * size -> lam * (errors.sum(-1).mean(-1) + size)"
        ),
        "The penalty is the *length* of the weights, a square root too many.": "lam * size -> lam * size.sqrt()",
        "These are absolute weights. The penalty squares them.": "size = weight.square() -> size = weight.abs()",
        "The penalty is halved. There is no 1/2 in the docstring.": "lam * size -> lam / 2 * size",
        "lam is squared as well. Only the weights are.": "lam * size -> lam**2 * size",
        "The weight isn't transposed. A dense layer is `x @ weight.mT`.": "weight.mT -> weight",
        "The errors are absolute. They have to be squared.": (
            "(x @ weight.mT - y).square() -> (x @ weight.mT - y).abs()"
        ),
        "The penalty is subtracted. Then larger weights would be better.": "+ lam * size -> - lam * size",
        "The values are right, but no gradient reaches the weights from the penalty, so that it changes nothing.": (
            "size = weight.square() -> size = weight.detach().square()"
        ),
    },
)

GATES = dict(
    log_lam=counting(4, start=-2), base=counting(3, start=10), directions=counting(2, 3), places=counting(2, start=-1)
)


@exercise(
    points=2,
    cases=[
        case(
            "response(log_lam, base, directions, places)",
            "At its place a gate is half closed, so half of the direction is added.",
            log_lam=counting(1, start=3),
            base=counting(2),
            directions=counting(1, 2, start=10),
            places=counting(1, start=3),
        ),
        case(
            "response(log_lam, base, directions, places)",
            "The penalty is far *above* the place, so that the gate is closed.",
            log_lam=counting(1, start=60),
            base=counting(2),
            directions=counting(1, 2, start=10),
            places=counting(1),
        ),
        case("response(log_lam, base, directions, places)", "Four penalties give [4, P].", **GATES),
        case(
            "response(log_lam, base, directions, places)",
            "Here K, r and P are all 2, so that nearly everything fits. Each penalty meets each place.",
            log_lam=counting(2),
            base=counting(2, start=5),
            directions=counting(2, 2, start=-3),
            places=counting(2, start=-1),
        ),
    ],
    hints=[
        "How far is each place from each penalty? That is a table, [K, r].",
        "`places - log_lam.unsqueeze(-1)` is that table, and its sigmoid says how far each gate is open.",
        "Each penalty's weights are base, plus its row of gates times the directions: a matrix product.",
    ],
    gradients=True,
    without=("hyperlib",),
)
def response(log_lam, base, directions, places):
    """Weights for K penalties, [K, P].

    To base [P] is added each of the r directions
    [r, P], as far as its gate is open, which is
    sigmoid(place - log_lam).
    log_lam [K], places [r].
    """
    apart = places - log_lam.unsqueeze(-1)  # [K, r]
    gates = torch.sigmoid(apart)
    return base + gates @ directions


OPEN = "gates = torch.sigmoid(apart) -> gates = "

mistakes(
    response,
    {
        "The gates *open* as the penalty grows. They have to close: `place - log_lam`.": (
            "places - log_lam.unsqueeze(-1) -> log_lam.unsqueeze(-1) - places"
        ),
        "The base is left out.": "base + gates -> gates",
        "The first penalty meets the first place, the second the second. Each penalty has to meet *each* place:"
        " `log_lam.unsqueeze(-1)` makes it [K, 1].": "log_lam.unsqueeze(-1) -> log_lam",
        "The sigmoid is missing, so the weights are a straight line in log_lam.": OPEN + "apart",
        "This is a tanh, from -1 to 1. A gate goes from 0 to 1.": OPEN + "torch.tanh(apart)",
        "A softmax makes the gates share a 1 among them. Each gate opens by itself.": OPEN + "torch.softmax(apart, -1)",
        "This takes the penalty itself, `log_lam.exp()`. The gates work on its logarithm.": (
            "log_lam.unsqueeze(-1) -> log_lam.exp().unsqueeze(-1)"
        ),
        "The place multiplies the penalty. It says *where* the gate closes: subtract.": (
            "places - log_lam.unsqueeze(-1) -> places * log_lam.unsqueeze(-1)"
        ),
        "The two are added. The gate is half closed where place and penalty are *equal*.": (
            "places - log_lam.unsqueeze(-1) -> places + log_lam.unsqueeze(-1)"
        ),
        "This is the mean of the directions. They are added up.": (
            "gates @ directions -> gates @ directions / len(places)"
        ),
        "The gates multiply the base too.": "base + gates @ directions -> gates @ (base + directions)",
        "The gates are cut to 0 or 1, so that nothing changes in between and no gradient reaches the dial.": (
            OPEN + "(apart > 0).float()"
        ),
        "These are all weights summed up over the penalties. Each penalty has its own.": (
            "base + gates @ directions -> base + (gates @ directions).sum(0)"
        ),
        "The values are right, but no gradient reaches log_lam, so that the dial could never turn.": (
            "log_lam.unsqueeze(-1) -> log_lam.detach().unsqueeze(-1)"
        ),
    },
)


class Straight(nn.Module):
    """A response for the cases: weights that are a straight line in the dials, in numbers that come out exactly."""

    def __init__(self, base, directions):
        super().__init__()
        self.register_buffer("base", base), self.register_buffer("directions", directions)

    def forward(self, log_lam):
        """`[dials]` to `[*P]`, or a single dial `[]`, which has one direction."""
        if log_lam.dim() == 0:
            return self.base + log_lam * self.directions
        return self.base + torch.tensordot(log_lam, self.directions, 1)


DIAL = dict(
    generate=Straight(counting(2, 2) / 4, counting(2, 2, start=-1) / 2),
    log_lam=torch.tensor(-1.0),
    data=(counting(3, 2, start=-2) / 2, counting(3, 2) / 2),
    held_out=(counting(2, 2, start=-1) / 4, counting(2, 2, start=-2) / 4),
)


@exercise(
    points=2,
    cases=[
        case(
            "dial_step(generate, log_lam, data, held_out, 0.5)",
            "One weight, one image each. Which of the two says how good the penalty is?",
            generate=Straight(torch.zeros(1, 1), torch.ones(1, 1)),
            log_lam=torch.tensor(1.0),
            data=(torch.ones(1, 1), 4 * torch.ones(1, 1)),
            held_out=(torch.ones(1, 1), 2 * torch.ones(1, 1)),
        ),
        case(
            "dial_step(generate, log_lam, data, held_out, 0.5)",
            "Here the weight is already right for the held-out image, so the dial has to stay.",
            generate=Straight(torch.zeros(1, 1), torch.ones(1, 1)),
            log_lam=torch.tensor(2.0),
            data=(torch.ones(1, 1), 4 * torch.ones(1, 1)),
            held_out=(torch.ones(1, 1), 2 * torch.ones(1, 1)),
        ),
        case("dial_step(generate, log_lam, data, held_out, 0.25)", **DIAL),
    ],
    hints=[
        "Imagine the best weights for each penalty. For which penalty is the *training* loss lowest?",
        "For none at all. A penalty is there for images that haven't been seen: measure on those.",
        "And what would `lam * size` say, on whatever images? It is smallest for lam = 0 as well. It is needed for"
        " training the weights, and not for choosing lam: leave it out here.",
    ],
    without=("hyperlib",),
)
def dial_step(generate, log_lam, data, held_out, lr):
    """Turn the dial a step towards the best penalty.

    generate: log_lam, a scalar, to a weight [out, in].
    data and held_out: pairs (x, y), [n, in] and [n, out].
    Returns the new log_lam, after one step of gradient
    descent with rate lr.
    """
    dial = log_lam.detach().requires_grad_()
    weight = generate(dial)
    x, y = held_out
    errors = (x @ weight.T - y).square()
    loss = errors.sum(-1).mean()
    (slope,) = torch.autograd.grad(loss, dial)
    return log_lam - lr * slope


@stub(dial_step)
def broken_dial_step(generate, log_lam, data, held_out, lr):
    """Turn the dial a step towards the best penalty.

    generate: log_lam, a scalar, to a weight [out, in].
    data and held_out: pairs (x, y), [n, in] and [n, out].
    Returns the new log_lam, after one step of gradient
    descent with rate lr.
    """
    dial = log_lam.detach().requires_grad_()
    weight = generate(dial)
    x, y = data
    errors = (x @ weight.T - y).square()
    size = weight.square().sum()
    loss = errors.sum(-1).mean() + dial.exp() * size
    (slope,) = torch.autograd.grad(loss, dial)
    return log_lam - lr * slope


LOSS = "loss = errors.sum(-1).mean() -> loss = errors.sum(-1).mean()"
PENALTY = " + dial.exp() * weight.square().sum()"

mistakes(
    dial_step,
    {
        "This is the loss that the weights are trained on. It is lowest without any penalty, so the dial turns down"
        " and down.": ["x, y = held_out -> x, y = data", LOSS + PENALTY],
        "The penalty is gone, but the errors are those of the *training* images. They are smallest without any penalty"
        " too. Take the held-out ones.": "x, y = held_out -> x, y = data",
        "The images are held out now, but the penalty is still in the loss, and it pulls the dial down. It is for"
        " training the weights. Leave it out where the dial is chosen.": LOSS + PENALTY,
        "The penalty is still in the loss, with lam held fixed. It pulls towards small weights. Leave it out.": (
            LOSS + PENALTY.replace("dial.exp()", "dial.detach().exp()")
        ),
        "The step goes uphill. Subtract the slope.": "log_lam - lr * slope -> log_lam + lr * slope",
        "Training and held-out errors are mixed. The training images say nothing about the penalty.": (
            LOSS + " + (data[0] @ weight.T - data[1]).square().sum(-1).mean()"
        ),
        "This is the penalty itself. Wanted is its logarithm, which is what went in.": (
            "return log_lam - lr * slope -> return (log_lam - lr * slope).exp()"
        ),
        "The step was taken in lam and not in its logarithm.": (
            "return log_lam - lr * slope -> return (log_lam.exp() - lr * slope).log()"
        ),
        "The rate is left out.": "lr * slope -> slope",
        "The errors are averaged over the outputs too. Keep their sum.": "errors.sum(-1).mean() -> errors.mean()",
        "The errors of the rows are summed up. Keep their mean.": "errors.sum(-1).mean() -> errors.sum()",
        "This is the slope. Take the step, too.": "return log_lam - lr * slope -> return slope",
        "The sign of the penalty was changed. It doesn't belong here at all: what counts is the held-out error.": (
            LOSS + PENALTY.replace("+", "-"),
            ["x, y = held_out -> x, y = data", LOSS + PENALTY.replace("+", "-")],
        ),
    },
)


def squares(weights):
    """A validation loss for the cases: the sum of the squared weights."""
    return weights.square().sum()


TWO = Straight(counting(3, start=-2) / 2, torch.tensor([[1.0, 0, 1], [0, 2, 1]]) / 2)


@exercise(
    points=2,
    cases=[
        case(
            "tune(generate, val_loss, log_lam, 1, 0.5, -9.0, 9.0)",
            "One dial, one step.",
            generate=Straight(torch.zeros(1), torch.ones(1, 1)),
            val_loss=squares,
            log_lam=torch.tensor([4.0]),
        ),
        case(
            "tune(generate, val_loss, log_lam, 3, 0.25, -9.0, 9.0)",
            "Three steps: the slope is a different one at each.",
            generate=Straight(torch.zeros(1), torch.ones(1, 1)),
            val_loss=squares,
            log_lam=torch.tensor([4.0]),
        ),
        case(
            "tune(generate, val_loss, log_lam, 2, 0.25, -9.0, 9.0)",
            "Two dials.",
            generate=TWO,
            val_loss=squares,
            log_lam=torch.tensor([2.0, -1.0]),
        ),
        case(
            "tune(generate, val_loss, log_lam, 4, 0.25, 1.0, 3.0)",
            "Here the best place is 0, and the dial may only go down to 1.",
            generate=Straight(torch.zeros(1), torch.ones(1, 1)),
            val_loss=squares,
            log_lam=torch.tensor([2.0]),
        ),
        case(
            "tune(generate, val_loss, log_lam, 2, 1.5, -9.0, 3.0)",
            "The steps are too long, and the second one would lead above 3.",
            generate=Straight(torch.zeros(1), torch.ones(1, 1)),
            val_loss=squares,
            log_lam=torch.tensor([2.0]),
        ),
        case(
            "tune(generate, val_loss, log_lam, 2, 0.75, -1.0, 3.0)",
            "The first step leads too far, and the next one starts from the end of the range.",
            generate=Straight(torch.zeros(1), torch.ones(1, 1)),
            val_loss=squares,
            log_lam=torch.tensor([3.0]),
        ),
    ],
    hints=[
        "At each step: dials that require a gradient, their weights, the loss, and its slope. Which is the leaf?",
        "`dial = log_lam.detach().clone().requires_grad_()` begins a step with a new leaf, without any gradient.",
        "`torch.autograd.grad(loss, dial)` gives a tuple with the slope. Then `(dial.detach() - lr * slope).clamp(low,"
        " high)` is where the next step starts.",
    ],
    without=("hyperlib",),
)
def tune(
    generate, val_loss, log_lam, steps, lr, low, high
):  # fmt: skip
    """Turn the dials by gradient descent on val_loss.

    generate: from dials like log_lam [dials] to weights.
    val_loss: from weights to a scalar tensor.
    After each of the steps, a dial that has left the
    range from low to high is put back to its end.
    Returns the dials, [dials]. log_lam stays as it is.
    """
    for _ in range(steps):
        dial = log_lam.detach().clone().requires_grad_()
        loss = val_loss(generate(dial))
        (slope,) = torch.autograd.grad(loss, dial)
        moved = dial.detach() - lr * slope
        log_lam = moved.clamp(low, high)
    return log_lam


def accumulated(generate, val_loss, log_lam, steps, lr, low, high):
    dial = log_lam.detach().clone().requires_grad_()
    for _ in range(steps):
        val_loss(generate(dial)).backward()
        with torch.no_grad():
            dial -= lr * dial.grad
            dial.clamp_(low, high)
    return dial.detach()


def first_slope(generate, val_loss, log_lam, steps, lr, low, high):
    dial = log_lam.detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(val_loss(generate(dial)), dial)
    for _ in range(steps):
        log_lam = (log_lam - lr * slope).clamp(low, high)
    return log_lam


MOVED = "moved.clamp(low, high)"

mistakes(
    tune,
    {
        "Nothing keeps the dials in their range. Beyond it no weights were trained. Use `.clamp(low, high)`.": (
            f"{MOVED} -> moved"
        ),
        "The range is applied once, at the very end. It holds after each step.": [
            f"{MOVED} -> moved",
            "return log_lam -> return log_lam.clamp(low, high)",
        ],
        "The result is that of a single step. Go on from where the last one ended.": (
            "range(steps) -> range(1)",
            [
                "dial = log_lam.detach() -> dial = first.detach()",
                "for _ in range(steps):\n -> first = log_lam\n    for _ in range(steps):\n",
            ],
        ),
        "The steps go uphill. Subtract the slope.": "- lr * slope -> + lr * slope",
        "The gradients of the steps add up in `dial.grad`. Begin each step with a new leaf, or set it to zero.": (
            accumulated
        ),
        "All steps use the first slope. It has to be computed again after each step.": first_slope,
        "There is no upper end here. Both ends count.": f"{MOVED} -> moved.clamp(min=low)",
        "There is no lower end here. Both ends count.": f"{MOVED} -> moved.clamp(max=high)",
        "The rate is left out.": "lr * slope -> slope",
        "There is one step too many.": "range(steps) -> range(steps + 1)",
        "This returns the weights. Wanted are the dials.": "return log_lam -> return generate(log_lam)",
        "This returns the penalties. Wanted are the dials, their logarithms.": "return log_lam -> return log_lam.exp()",
        "Only the slope's sign is used, so that each step is equally long.": "lr * slope -> lr * slope.sign()",
    },
)
