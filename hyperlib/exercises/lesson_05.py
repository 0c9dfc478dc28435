"""The exercises of lesson 05: a family of functions, and whether a model listens to its condition."""

import math  # noqa: F401  an edit uses it

import torch
import torch.nn.functional as F
from torch import nn

from ..checking.compare import type_name
from ..checking.declare import case, counting, exercise, mistakes, stub


def shapes(parts):
    """The shape of each tensor that comes back. Anything else is called by its type."""
    if not isinstance(parts, (list, tuple)):
        return parts
    return [list(p.shape) if isinstance(p, torch.Tensor) else f"a {type_name(p)}" for p in parts]


def evenly(values, low, high):
    """Whether six equal parts of the range hold about as many values each.  For 999, 0.08 is more than six sigma."""
    shares = values.flatten().histc(6, low, high) / values.numel()
    return (shares - 1 / 6).abs().max().item() < 0.08


def same(y, wave):
    return y.shape == wave.shape and torch.allclose(y, wave, atol=1e-4)


SAME_DRAWS = "Do all random numbers come from `torch.rand(..., generator=generator)`, and from nowhere else?"
SINE = "y is amplitude * sin(x + phase), with the amplitude and the phase of its own task."


@exercise(
    points=3,
    cases=[
        case(
            """
            generator = torch.Generator().manual_seed(0)
            shapes(sample_tasks(3, 5, (1.0, 2.0), (0.0, 1.0), generator))
            """,
            "Return three tensors: conditioning [tasks, 2], x [tasks, n, 1] and y [tasks, n, 1].",
            shapes=shapes,
        ),
        case(
            """
            generator = torch.Generator().manual_seed(0)
            # Ranges of one number: only the x are random.
            conditioning, x, y = sample_tasks(3, 2, (2.0, 2.0), (1.0, 1.0), generator)
            conditioning
            """,
            "`low + (high - low) * u` is the number itself if low and high are the same.",
        ),
        case(
            """
            generator = torch.Generator().manual_seed(0)
            conditioning, x, y = sample_tasks(999, 2, (3.0, 4.0), (5.0, 8.0), generator)
            # The lowest and the highest of each column, rounded:
            torch.stack([conditioning.min(0).values, conditioning.max(0).values]).round()
            """,
            "`low + (high - low) * u` with u from 0 to 1 goes from low to high.",
        ),
        case(
            """
            generator = torch.Generator().manual_seed(0)
            conditioning, x, y = sample_tasks(99, 99, (1.0, 2.0), (0.0, 1.0), generator)
            # The lowest and the highest x, rounded to one decimal place:
            torch.stack([x.min(), x.max()]).mul(10).round().div(10)
            """,
            "x goes from -3 to 3.",
        ),
        case(
            """
            generator = torch.Generator().manual_seed(0)
            conditioning, x, y = sample_tasks(999, 3, (1.0, 4.0), (2.0, 8.0), generator)
            # Cut each range into six parts: do they hold about as many amplitudes, phases and x?
            evenly(conditioning[:, 0], 1, 4), evenly(conditioning[:, 1], 2, 8), evenly(x, -3, 3)
            """,
            "Uniform means that every part of a range is equally likely.",
            evenly=evenly,
        ),
        case(
            """
            generator = torch.Generator().manual_seed(0)
            conditioning, x, y = sample_tasks(999, 3, (0.0, 1.0), (0.0, 1.0), generator)
            # Amplitude, phase and the three x of a task: are they independent of each other?
            numbers = torch.cat([conditioning, x.reshape(999, 3)], dim=-1)
            (numbers.T.corrcoef() - torch.eye(5)).abs().max().item() < 0.25    # correlations
            """,
            "Knowing one of these numbers should say nothing about the others. Draw each of them by itself.",
        ),
        case(
            """
            generator = torch.Generator().manual_seed(0)
            conditioning, x, y = sample_tasks(3, 4, (2.0, 2.0), (0.0, 0.0), generator)
            # Amplitude 2, phase 0: is y twice the sine of x?
            y.shape == x.shape and torch.allclose(y, 2 * torch.sin(x), atol=1e-4)
            """,
            SINE,
        ),
        case(
            """
            generator = torch.Generator().manual_seed(0)
            conditioning, x, y = sample_tasks(3, 4, (1.0, 1.0), (2.0, 2.0), generator)
            # Amplitude 1, phase 2: which of these is y?
            [same(y, torch.sin(x + 2)), same(y, torch.sin(x - 2)), same(y, torch.sin(x) + 2), same(y, torch.sin(x * 2))]
            """,
            SINE,
            same=same,
        ),
        case(
            """
            generator = torch.Generator().manual_seed(0)
            conditioning, x, y = sample_tasks(6, 4, (0.5, 2.0), (0.0, 3.0), generator)
            # Does each task keep to its own amplitude and phase?
            amplitude, phase = conditioning[:, :1].unsqueeze(-1), conditioning[:, 1:].unsqueeze(-1)
            y.shape == x.shape and torch.allclose(y, amplitude * torch.sin(x + phase), atol=1e-4)
            """,
            SINE,
        ),
        case(
            """
            generator = torch.Generator().manual_seed(0)
            conditioning, x, y = sample_tasks(6, 4, (0.0, 1.0), (0.0, 1.0), generator)
            # How many different amplitudes, phases and x are there?
            [len(values.unique()) for values in (conditioning[:, 0], conditioning[:, 1], x)]
            """,
            "6 tasks have 6 amplitudes, 6 phases and, with 4 points each, 24 values of x.",
        ),
        case(
            """
            generator = torch.Generator().manual_seed(0)
            conditioning, x, y = sample_tasks(6, 4, (0.0, 1.0), (0.0, 1.0), generator)
            # Both ranges are the same. Are amplitude and phase?
            torch.equal(conditioning[:, 0], conditioning[:, 1])
            """,
        ),
        case(
            """
            # Generators of the same seed: are the tasks the same?
            first, second = torch.Generator().manual_seed(3), torch.Generator().manual_seed(3)
            a = sample_tasks(6, 4, (0.5, 2.0), (0.0, 3.0), first)
            b = sample_tasks(6, 4, (0.5, 2.0), (0.0, 3.0), second)
            [torch.equal(p, q) for p, q in zip(a, b)]
            """,
            SAME_DRAWS,
        ),
        case(
            """
            # The same generator, used twice: are amplitudes, phases, x and y the same?
            generator = torch.Generator().manual_seed(3)
            a, x, y = sample_tasks(6, 4, (0.5, 2.0), (0.0, 3.0), generator)
            b, u, v = sample_tasks(6, 4, (0.5, 2.0), (0.0, 3.0), generator)
            torch.equal(a[:, 0], b[:, 0]), torch.equal(a[:, 1], b[:, 1]), torch.equal(x, u), torch.equal(y, v)
            """,
            SAME_DRAWS,
        ),
        case(
            """
            # Is the generator left as it was, although numbers were drawn from it?
            generator = torch.Generator().manual_seed(3)
            before = generator.get_state()
            conditioning, x, y = sample_tasks(6, 4, (0.5, 2.0), (0.0, 3.0), generator)
            torch.equal(generator.get_state(), before)
            """,
            SAME_DRAWS,
        ),
    ],
    hints=[
        "`torch.rand(tasks, 1, generator=generator)` gives one number from 0 to 1 for each task.",
        "Stretch and shift it: `low + (high - low) * u`. Once for the amplitude, once for the phase, then"
        " `torch.cat([amplitudes, phases], dim=-1)`.",
        "For y, give the amplitudes [tasks, 1] one more axis, `[:, :, None]`, so that they meet x [tasks, n, 1].",
    ],
)
def sample_tasks(tasks, n, amplitude, phase, generator):
    """Draw sine waves amplitude * sin(x + phase).

    amplitude and phase are ranges (low, high). Every task
    gets one of each, and n places x of its own, from -3
    to 3. Each number is drawn independently, uniformly
    in its range: torch.rand(..., generator=generator).
    Returns conditioning [tasks, 2] (amplitude, phase),
    x [tasks, n, 1] and y [tasks, n, 1].
    """
    a = amplitude[0] + (amplitude[1] - amplitude[0]) * torch.rand(tasks, 1, generator=generator)
    p = phase[0] + (phase[1] - phase[0]) * torch.rand(tasks, 1, generator=generator)
    x = -3 + 6 * torch.rand(tasks, n, 1, generator=generator)
    y = a[:, :, None] * torch.sin(x + p[:, :, None])
    return torch.cat([a, p], dim=-1), x, y


A = "amplitude[0] + (amplitude[1] - amplitude[0]) * torch.rand(tasks, 1, generator=generator) -> "
P = "phase[0] + (phase[1] - phase[0]) * torch.rand(tasks, 1, generator=generator) -> "
X = "-3 + 6 * torch.rand(tasks, n, 1, generator=generator) -> "
FIRST = "a = -> "


def conditions_normal(tasks, n, amplitude, phase, generator):
    def draw(low, high):  # cut off, so that what lies outside doesn't matter
        return (low + high) / 2 + (high - low) * (torch.randn(tasks, 1, generator=generator) / 6).clamp(-0.5, 0.5)

    a, p, x = draw(*amplitude), draw(*phase), -3 + 6 * torch.rand(tasks, n, 1, generator=generator)
    return torch.cat([a, p], dim=-1), x, a[:, :, None] * torch.sin(x + p[:, :, None])


mistakes(
    sample_tasks,
    {
        "The columns are (phase, amplitude) here. The amplitude comes first.": "[a, p] -> [p, a]",
        "All tasks share the same places x here, so nobody sees what happens between them. Every task gets its own:"
        " `torch.rand(tasks, n, 1, ...)`.": (
            X + "(-3 + 6 * torch.rand(n, 1, generator=generator)).expand(tasks, n, 1)",
            X + "-3 + 6 * torch.rand(1, n, 1, generator=generator)",
        ),
        "Amplitude and phase come from one random number, so each amplitude has only one phase. Draw twice.": [
            FIRST + "u = torch.rand(tasks, 1, generator=generator)\n    a =",
            A + "amplitude[0] + (amplitude[1] - amplitude[0]) * u",
            P + "phase[0] + (phase[1] - phase[0]) * u",
        ],
        "These numbers start at 0, so the lower end of the range isn't used. `low + (high - low) * u`.": [
            "amplitude[0] + (amplitude[1] - amplitude[0]) -> amplitude[1]",
            "phase[0] + (phase[1] - phase[0]) -> phase[1]",
        ],
        "The range is as wide as its upper end here: `low + high * u` reaches low + high. Its width is high - low.": [
            "(amplitude[1] - amplitude[0]) -> amplitude[1]",
            "(phase[1] - phase[0]) -> phase[1]",
        ],
        "The numbers don't come from the generator that you were given, but from torch's global one. So two calls with"
        " equal generators differ, and every draw disturbs everybody else's.": FIRST + "generator = None\n    a =",
        "The generator that you were given is seeded again inside, so every call gives the same tasks. Its seed is the"
        " caller's business.": FIRST + "generator.manual_seed(0)\n    a =",
        "This is a condition for every *row*, [tasks, n, 2]. A task is one function, with one condition for all of its"
        " rows.": "[a, p], dim=-1) -> [a, p], dim=-1)[:, None].expand(tasks, n, 2)",
        "x and y are [tasks, n] here. Data has a last axis of inputs, even if there is only one.": (
            "dim=-1), x, y -> dim=-1), x[..., 0], y[..., 0]"
        ),
        "y has one axis too many. Amplitudes [tasks, 1] become [tasks, 1, 1], which meets x, with *one* `None`. With"
        " two, every task's x goes through every task's wave.": [
            "a[:, :, None] -> a[:, None, None]",
            "p[:, :, None] -> p[:, None, None]",
        ],
        "Amplitudes [tasks, 1] don't line up with x [tasks, n, 1]. They need one more axis: `a[:, :, None]`, and the"
        " phases too.": (
            ["a[:, :, None] -> a", "p[:, :, None] -> p"],
            ["a[:, :, None] -> a[:, 0]", "p[:, :, None] -> p[:, 0]"],
        ),
        "The second number multiplies x here, which makes it a frequency. A phase is added: sin(x + phase).": (
            "x + p[ -> x * p["
        ),
        "The generator that you were given comes out as it went in, so every call gives the same tasks. Either its"
        " state is set back, or the numbers come from something that is seeded inside.": (
            FIRST + "generator = torch.Generator().manual_seed(0)\n    a =",
            [
                FIRST + "state = generator.get_state()\n    a =",
                "    return ->     generator.set_state(state)\n    return",
            ],
        ),
        "x goes from -pi to pi here. It should go from -3 to 3.": "-3 + 6 * -> -math.pi + 2 * math.pi *",
        "The x aren't uniform: some parts of the range from -3 to 3 get more of them than others. `torch.randn` does"
        " that, even if what lies outside is cut off.": (
            X + "torch.randn(tasks, n, 1, generator=generator).clamp(-3, 3)",
            X + "torch.randn(tasks, n, 1, generator=generator)",
            X + "3 * torch.randn(tasks, n, 1, generator=generator)",
            X + "-3 + 6 * torch.randn(tasks, n, 1, generator=generator)",
        ),
        "Amplitudes and phases aren't uniform: some parts of their ranges get more of them than others. `torch.randn`"
        " does that. `torch.rand` makes every part equally likely.": (
            conditions_normal,
            [
                "amplitude[0]) * torch.rand( -> amplitude[0]) * torch.randn(",
                "phase[0]) * torch.rand( -> phase[0]) * torch.randn(",
            ],
            [
                "amplitude[0]) * torch.rand( -> amplitude[0]) * torch.randn(",
                "phase[0]) * torch.rand( -> phase[0]) * torch.randn(",
                "6 * torch.rand( -> 6 * torch.randn(",
            ],
        ),
        "The amplitudes are the same at every call, as those of `torch.linspace` are. Draw them, like the phases.": (
            A + "torch.linspace(*amplitude, tasks).unsqueeze(-1)",
            [
                A + "torch.linspace(*amplitude, tasks).unsqueeze(-1)",
                P + "torch.linspace(*phase, tasks).unsqueeze(-1)",
            ],
        ),
        "The x are the same at every call, as those of `torch.linspace` are. Draw them too.": (
            X + "torch.linspace(-3, 3, n)[:, None].expand(tasks, n, 1)"
        ),
        "Some of a task's numbers go together: they are sorted, or the same random number is used for more than one of"
        " them, such as for the amplitude and for the first x. Draw each of the three by itself.": (
            [
                FIRST + "u = torch.rand(tasks, max(n, 2), generator=generator)\n    a =",
                A + "amplitude[0] + (amplitude[1] - amplitude[0]) * u[:, :1]",
                P + "phase[0] + (phase[1] - phase[0]) * u[:, 1:2]",
                X + "-3 + 6 * u[:, :n, None]",
            ],
            X + "(-3 + 6 * torch.rand(tasks, n, 1, generator=generator)).sort(1).values",
        ),
        "This is sin(x - phase), which moves the wave to the other side. The phase is added.": "x + p[ -> x - p[",
        "The phase is added to the sine here, which lifts the wave. It belongs inside: sin(x + phase).": (
            "torch.sin(x + p[:, :, None]) -> torch.sin(x) + p[:, :, None]"
        ),
    },
)


class Scale(nn.Module):
    """Stands in for a conditional model: two parameters w, and `(w0 * c0 + w1 * c1) * x`."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(2))

    def forward(self, conditioning, data):
        return (conditioning @ self.w).unsqueeze(-1).unsqueeze(-1) * data


STEP = dict(Scale=Scale, conditioning=torch.tensor([[2.0, 1.0]]), x=counting(1, 2, 1), y=torch.tensor([[[6.0], [2.0]]]))


@exercise(
    points=2,
    cases=[
        case(
            """
            model = Scale()    # puts out (w0 * c0 + w1 * c1) * x
            optimizer = torch.optim.SGD(model.parameters(), lr=0.125)
            train_step(model, optimizer, conditioning, x, y)
            """,
            **STEP,
        ),
        case(
            """
            model = Scale()
            optimizer = torch.optim.SGD(model.parameters(), lr=0.125)
            # w after one step, from [1, 1]:
            train_step(model, optimizer, conditioning, x, y)
            model.w.tolist()
            """,
            **STEP,
        ),
        case(
            """
            model = Scale()
            optimizer = torch.optim.SGD(model.parameters(), lr=0.03125)
            [train_step(model, optimizer, conditioning, x, y) for step in range(3)]
            """,
            "A step must not count the gradients of the one before. The loss is the mean over all rows of all tasks.",
            Scale=Scale,
            conditioning=torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]]),
            x=counting(3, 2, 1, start=-2),
            y=counting(3, 2, 1, start=-1),
        ),
        case(
            """
            model = Scale()
            optimizer = torch.optim.SGD(model.parameters(), lr=0.0625)
            train_step(model, optimizer, conditioning, x, y)
            model.w.tolist()
            """,
            Scale=Scale,
            conditioning=torch.tensor([[1.0, 2.0], [-1.0, 1.0]]),
            x=counting(2, 3, 1, start=-3),
            y=counting(2, 3, 1),
        ),
    ],
    hints=[
        "The model takes the condition first: `model(conditioning, x)` gives a prediction of y's shape.",
        "Then, as usual: `F.mse_loss`, `optimizer.zero_grad()`, `loss.backward()`, `optimizer.step()`.",
    ],
)
def train_step(model, optimizer, conditioning, x, y):
    """One step on the mean squared error of all rows.

    model(conditioning, x) predicts y. Returns the loss,
    from before the step, as a plain number.
    """
    loss = F.mse_loss(model(conditioning, x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


LOSS = "F.mse_loss(model(conditioning, x), y) -> "
ZERO_GRAD = "    optimizer.zero_grad()\n -> "

mistakes(
    train_step,
    {
        "The gradients of earlier steps are still there: `optimizer.zero_grad()` is missing.": ZERO_GRAD,
        "The model doesn't move. Is `loss.backward()` or `optimizer.step()` missing, or is the order wrong? It is"
        " `zero_grad()`, `backward()`, `step()`.": (
            "    optimizer.step()\n -> ",
            "    loss.backward()\n -> ",
            ["    loss.backward()\n -> ", "    optimizer.step()\n ->     optimizer.step()\n    loss.backward()\n"],
            [ZERO_GRAD, "    loss.backward()\n ->     loss.backward()\n    optimizer.zero_grad()\n"],
        ),
        "`optimizer.step()` comes before `loss.backward()`, so each step uses the gradients of the one before. The"
        " order is `zero_grad()`, `backward()`, `step()`.": [
            ZERO_GRAD,
            "    loss.backward()\n -> ",
            "    optimizer.step()\n ->     optimizer.step()\n    optimizer.zero_grad()\n    loss.backward()\n",
        ],
        "This is the loss after the step, which costs a second forward pass. Return the one from before it.": (
            "return loss.item() -> return F.mse_loss(model(conditioning, x), y).item()"
        ),
        "This is a tensor. `loss.item()` gives the plain number, and doesn't keep the graph alive.": (
            "loss.item() -> loss",
            "loss.item() -> loss.detach()",
        ),
        "The squared errors are summed here. Then a larger batch makes larger steps, so take the mean.": (
            LOSS + "((model(conditioning, x) - y) ** 2).sum()"
        ),
        "This is the mean *absolute* error (`l1_loss`). It should be the mean of the squares.": (
            LOSS + "F.l1_loss(model(conditioning, x), y)"
        ),
        "This is the root of the mean squared error. It should be the mean squared error itself.": (
            LOSS + "F.mse_loss(model(conditioning, x), y).sqrt()"
        ),
        "This is half of the mean squared error, and the step is half as long as well.": (
            LOSS + "F.mse_loss(model(conditioning, x), y) / 2"
        ),
        "Only the first task is used here. The batch holds all of them, and the model takes them at once.": (
            LOSS + "F.mse_loss(model(conditioning[:1], x[:1]), y[:1])"
        ),
        "This is a step for each task, one after the other. It should be one step for all of them together.": (
            "    loss = F.mse_loss(model(conditioning, x), y)\n    optimizer.zero_grad()\n    loss.backward()\n"
            "    optimizer.step()\n    return loss.item() -> "
            "    losses = []\n"
            "    for c, one_x, one_y in zip(conditioning.split(1), x.split(1), y.split(1)):\n"
            "        loss = F.mse_loss(model(c, one_x), one_y)\n"
            "        optimizer.zero_grad()\n        loss.backward()\n        optimizer.step()\n"
            "        losses.append(loss.item())\n"
            "    return sum(losses) / len(losses)"
        ),
        "The arguments of the model are the wrong way round. It takes the condition first: `model(conditioning, x)`.": (
            LOSS + "F.mse_loss(model(x, conditioning), y)"
        ),
    },
)


class Line(nn.Module):
    """Stands in for a model that uses its condition: `c0 * x + c1`."""

    def forward(self, conditioning, data):
        slope, height = conditioning.unsqueeze(-2).split(1, dim=-1)
        return slope * data + height

    def __repr__(self):
        return "puts out c0 * x + c1"


class Deaf(nn.Module):
    """Stands in for a model that ignores its condition."""

    def forward(self, conditioning, data):
        return 2 * data + 1 + 0 * conditioning.sum()

    def __repr__(self):
        return "puts out 2 * x + 1, whatever the condition"


GAP = "conditioning_gap(model, conditioning, data, target)"


@exercise(
    points=2,
    cases=[
        case(
            GAP,
            model=Line(),
            conditioning=torch.tensor([[1.0, 0.0], [3.0, 1.0]]),
            data=torch.tensor([[[1.0]], [[2.0]]]),
            target=torch.tensor([[[1.0]], [[7.0]]]),
        ),
        case(
            GAP,
            "This model ignores its condition, so other conditions change nothing.",
            model=Deaf(),
            conditioning=counting(3, 2),
            data=counting(3, 2, 1),
            target=counting(3, 2, 1, start=-4),
        ),
        case(
            GAP,
            "Task i gets the condition of task i - 1, and task 0 that of the last. Data and targets stay as they are.",
            model=Line(),
            conditioning=torch.tensor([[1.0, 0.0], [3.0, 1.0], [-1.0, 4.0]]),
            data=torch.tensor([[[1.0], [2.0]], [[3.0], [-1.0]], [[2.0], [5.0]]]),
            target=torch.tensor([[[1.0], [2.0]], [[10.0], [-2.0]], [[2.0], [0.0]]]),
        ),
        case(
            GAP,
            "With these targets the other conditions are the better ones, so the gap is below zero.",
            model=Line(),
            conditioning=torch.tensor([[1.0, 0.0], [3.0, 1.0], [-1.0, 4.0], [0.0, 2.0]]),
            data=torch.tensor([[[1.0]], [[2.0]], [[4.0]], [[-3.0]]]),
            target=torch.tensor([[[2.0]], [[2.0]], [[13.0]], [[7.0]]]),
        ),
    ],
    hints=[
        "Two losses: one with `conditioning`, one with other tasks' conditions. `data` and `target` are the same in"
        " both.",
        "`conditioning.roll(1, 0)` moves every row one place on along axis 0. The last becomes the first.",
        "Other minus right, as a plain number: `.item()`.",
    ],
)
def conditioning_gap(model, conditioning, data, target):
    """How much worse a model gets with wrong conditions.

    The mean squared error when task i gets the condition
    of task i - 1 (and task 0 that of the last), minus the
    error with the right conditions: a plain number. The
    prediction is model(conditioning, data).
    """
    with torch.no_grad():
        right = F.mse_loss(model(conditioning, data), target)
        other = F.mse_loss(model(conditioning.roll(1, 0), data), target)
    return (other - right).item()


ROLLED, OTHER = "conditioning.roll(1, 0)", "model(conditioning.roll(1, 0), data), target)"

mistakes(
    conditioning_gap,
    {
        "`roll(1)` without an axis moves every single *number* on, so amplitudes become phases. Move whole rows:"
        " `roll(1, 0)`.": "roll(1, 0) -> roll(1)",
        "This swaps the numbers within each condition (axis 1). Other tasks' conditions are other *rows*:"
        " `roll(1, 0)`.": ("roll(1, 0) -> roll(1, 1)", "roll(1, 0) -> flip(-1)"),
        "Here task i gets the condition of task i + 1. Nothing is wrong with that, but then two people's numbers"
        " differ. The exercise asks for i - 1, which is `roll(1, 0)`.": "roll(1, 0) -> roll(-1, 0)",
        "The conditions are in reverse order here, so with an odd number of tasks the one in the middle keeps its own."
        " Task i should get the condition of task i - 1: `roll(1, 0)`.": "roll(1, 0) -> flip(0)",
        "The sign is turned. It is other minus right, so that a model that uses its condition is above 0.": (
            "(other - right) -> (right - other)"
        ),
        "This is only the error with other conditions. It is large for a bad model too, so subtract the error with the"
        " right ones.": "(other - right) -> other",
        "The data moved along with the conditions here. Then you don't know whether the model missed its condition or"
        " its data.": f"{OTHER} -> model(conditioning.roll(1, 0), data.roll(1, 0)), target)",
        "Only the data moved on here, and each task kept its condition. A model that ignores its condition gets worse,"
        " too.": f"{OTHER} -> model(conditioning, data.roll(1, 0)), target)",
        "The conditions are frozen to zero here, which is a different question (and zero may be a place where the model"
        " has never been). Use the conditions of other tasks.": f"{ROLLED} -> torch.zeros_like(conditioning)",
        "The gap is 0 for every model. That is what comes out if data and targets move on along with the conditions,"
        " because then each task keeps its own condition.": (
            f"{OTHER} -> model(conditioning.roll(1, 0), data.roll(1, 0)), target.roll(1, 0))"
        ),
        "The targets moved on here, and not the conditions. A model that ignores its condition gets worse, too.": (
            f"{OTHER} -> model(conditioning, data), target.roll(1, 0))"
        ),
        "All tasks get the mean condition here, which is a different question. Use the conditions of other tasks.": (
            f"{ROLLED} -> conditioning.mean(0).expand_as(conditioning)"
        ),
        "The conditions are drawn in a random order here (`randperm`). So the number is different each time, and a task"
        " may keep its own condition. Moving all of them on by one, `roll(1, 0)`, has neither fault.": (
            f"{ROLLED} -> conditioning[torch.randperm(len(conditioning))]"
        ),
        "The squared errors are summed here, so the gap grows with the data. Take the mean.": (
            "(other - right).item() -> (other - right).item() * target.numel()"
        ),
        "These are roots of mean squared errors. Return the difference of the mean squared errors themselves.": (
            "(other - right) -> (other**0.5 - right**0.5)"
        ),
        "This is a tensor. `.item()` gives the plain number.": "(other - right).item() -> other - right",
        "The absolute value hides that the other conditions may be the better ones.": (
            "(other - right) -> (other - right).abs()"
        ),
    },
)


@exercise(
    points=2,
    cases=[
        case("with_condition(conditioning, x)", conditioning=counting(1, 2), x=counting(1, 3, 1, start=5)),
        case(
            "with_condition(conditioning, x)",
            conditioning=counting(2, 1),
            x=counting(2, 2, 1, start=5),
        ),
        case(
            "with_condition(conditioning, x)",
            conditioning=counting(2, 2),
            x=counting(2, 3, 1, start=5),
        ),
        case(
            "with_condition(conditioning, x)",
            conditioning=counting(3, 2),
            x=counting(3, 4, 2, start=-9),
        ),
    ],
    hints=[
        "Look at a result: `with_condition(torch.tensor([[1.0], [2.0]]), torch.zeros(2, 3, 1))`. Task 0 should hold the"
        " condition 1 in all of its rows.",
        "`conditioning.repeat(n, 1)` is c0, c1, c0, c1, ... To be cut into tasks, it would have to be c0, c0, ..., c1,"
        " c1, ...",
        "You don't need copies. `conditioning[:, None]` is [batch, 1, C], and `.expand(batch, n, -1)` repeats it along"
        " the new axis.",
    ],
    gradients=True,
)
def with_condition(conditioning, x):
    """Each task's condition in front of each of its rows.

    [batch, C] and [batch, n, in] give [batch, n, C + in].
    A gradient reaches both.
    """
    batch, n, _ = x.shape
    copies = conditioning[:, None].expand(batch, n, -1)
    return torch.cat([copies, x], dim=-1)


@stub(with_condition)
def with_mixed_conditions(conditioning, x):
    """Each task's condition in front of each of its rows.

    [batch, C] and [batch, n, in] give [batch, n, C + in].
    A gradient reaches both.
    """
    batch, n, _ = x.shape
    copies = conditioning.repeat(n, 1)  # n of each
    copies = copies.reshape(batch, n, -1)
    return torch.cat([copies, x], dim=-1)


COPIES = "conditioning[:, None].expand(batch, n, -1) -> "

mistakes(
    with_condition,
    {
        "The conditions are still mixed. `repeat(n, 1)` writes c0, c1, c0, c1, ..., and cut into tasks that gives the"
        " rows of one task the conditions of many.": COPIES + "conditioning.repeat(n, 1).reshape(batch, n, -1)",
        "The conditions are right now, but they come after x. They should be in front.": "[copies, x] -> [x, copies]",
        "`repeat_interleave(n, 1)` repeats each *number* n times, so a row holds the same number twice. Repeat whole"
        " conditions, along axis 0 or with `expand`.": (
            COPIES + "conditioning.repeat_interleave(n, 1).reshape(batch, n, -1)"
        ),
        "The new axis is in front of the tasks here. `[None]` makes [1, batch, C], so row i of *every* task would get"
        " condition i. With as many rows as tasks it even runs. It should be [batch, 1, C].": (
            COPIES + "conditioning[None].expand(batch, n, -1)"
        ),
        "All tasks get the condition of the first one here.": COPIES + "conditioning[0].expand(batch, n, -1)",
        "The values are right, but no gradient reaches the condition. That doesn't matter while conditions are given,"
        " but it does once they are learned.": COPIES + "conditioning.detach()[:, None].expand(batch, n, -1)",
    },
)
