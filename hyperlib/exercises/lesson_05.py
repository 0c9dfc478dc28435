"""The exercises of lesson 05: a family of functions, and whether a model listens to its condition."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from ..checking.compare import type_name
from ..checking.declare import case, counting, exercise, mistake, stub


def shapes(parts):
    """The shape of each tensor that comes back; what is no tensor is called by its type."""
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
            "Wanted are three tensors: conditioning [tasks, 2], x [tasks, n, 1] and y [tasks, n, 1].",
            shapes=shapes,
        ),
        case(
            """
            generator = torch.Generator().manual_seed(0)
            # Ranges of one number: only the x are random.
            conditioning, x, y = sample_tasks(3, 2, (2.0, 2.0), (1.0, 1.0), generator)
            conditioning
            """,
            "`low + (high - low) * u` is the number itself where low and high are the same.",
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
            "Knowing one of these numbers must say nothing about the others: draw each of them anew.",
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
            "6 tasks have 6 amplitudes, 6 phases and, with 4 points each, 24 places x.",
        ),
        case(
            """
            generator = torch.Generator().manual_seed(0)
            conditioning, x, y = sample_tasks(6, 4, (0.0, 1.0), (0.0, 1.0), generator)
            # Both ranges are the same; are amplitude and phase?
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

    amplitude and phase are ranges (low, high); every task
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


def with_draws(tasks, n, amplitude, phase, draw, wave=None):
    """The right answer, but for where its numbers between 0 and 1 come from, and for the wave."""
    a = amplitude[0] + (amplitude[1] - amplitude[0]) * draw(tasks, 1)
    p = phase[0] + (phase[1] - phase[0]) * draw(tasks, 1)
    x = -3 + 6 * draw(tasks, n, 1)
    wave = wave or (lambda a, p, x: a * torch.sin(x + p))
    return torch.cat([a, p], dim=-1), x, wave(a[:, :, None], p[:, :, None], x)


def finish(a, p, x):
    return torch.cat([a, p], dim=-1), x, a[:, :, None] * torch.sin(x + p[:, :, None])


def rand(generator):
    return lambda *size: torch.rand(*size, generator=generator)


@mistake(sample_tasks, "The columns are (phase, amplitude) here. Wanted is the amplitude first.")
def columns_swapped(tasks, n, amplitude, phase, generator):
    conditioning, x, y = sample_tasks(tasks, n, amplitude, phase, generator)
    return conditioning.flip(-1), x, y


@mistake(
    sample_tasks,
    "All tasks share the same places x here. Drawn like this, nobody sees what happens between them: every task gets"
    " its own, `torch.rand(tasks, n, 1, ...)`.",
)
def one_x_for_all(tasks, n, amplitude, phase, generator):
    conditioning, _, _ = sample_tasks(tasks, 1, amplitude, phase, generator)
    x = (-3 + 6 * torch.rand(n, 1, generator=generator)).expand(tasks, n, 1)
    return conditioning, x, conditioning[:, :1, None] * torch.sin(x + conditioning[:, 1:, None])


@mistake(
    sample_tasks,
    "Amplitude and phase come from one random number, so that each amplitude has but one phase. Draw twice.",
)
def one_number_for_both(tasks, n, amplitude, phase, generator):
    u = torch.rand(tasks, 1, generator=generator)
    return with_draws(tasks, n, amplitude, phase, lambda *size: u if len(size) == 2 else rand(generator)(*size))


@mistake(sample_tasks, "These numbers start at 0: the lower end of the range is not used. `low + (high - low) * u`.")
def starts_at_zero(tasks, n, amplitude, phase, generator):
    return sample_tasks(tasks, n, (0.0, amplitude[1]), (0.0, phase[1]), generator)


@mistake(
    sample_tasks,
    "The range is as wide as its upper end here: `low + high * u` goes up to low + high. Its width is high - low.",
)
def too_wide(tasks, n, amplitude, phase, generator):
    return sample_tasks(tasks, n, (amplitude[0], sum(amplitude)), (phase[0], sum(phase)), generator)


@mistake(
    sample_tasks,
    "The numbers do not come from the generator that was handed over, but from torch's global one: two calls with equal"
    " generators differ, and every draw disturbs everybody else's.",
)
def generator_ignored(tasks, n, amplitude, phase, generator):
    return with_draws(tasks, n, amplitude, phase, torch.rand)


@mistake(
    sample_tasks,
    "The generator that was handed over is seeded anew inside, so that every call gives the same tasks. Its seed is the"
    " business of whoever hands it over.",
)
def generator_set_back(tasks, n, amplitude, phase, generator):
    return sample_tasks(tasks, n, amplitude, phase, generator.manual_seed(0))


@mistake(
    sample_tasks,
    "This is a condition for every *row*, [tasks, n, 2]. A task is one function: one condition for all of its rows.",
)
def condition_for_each_row(tasks, n, amplitude, phase, generator):
    conditioning, x, y = sample_tasks(tasks, n, amplitude, phase, generator)
    return conditioning[:, None].expand(tasks, n, 2), x, y


@mistake(sample_tasks, "x and y are [tasks, n] here. Data has a last axis of inputs, also where there is only one.")
def without_last_axis(tasks, n, amplitude, phase, generator):
    conditioning, x, y = sample_tasks(tasks, n, amplitude, phase, generator)
    return conditioning, x[..., 0], y[..., 0]


@mistake(
    sample_tasks,
    "y has one axis too many: amplitudes [tasks, 1] become [tasks, 1, 1], which meets x, with *one* `None`. With two,"
    " every task's x goes through every task's wave.",
)
def one_axis_too_many(tasks, n, amplitude, phase, generator):
    conditioning, x, _ = sample_tasks(tasks, n, amplitude, phase, generator)
    a, p = conditioning.split(1, dim=-1)
    return conditioning, x, a[:, None, None] * torch.sin(x + p[:, None, None])


@mistake(
    sample_tasks, "The second number multiplies x here, which makes it a frequency. A phase is added: sin(x + phase)."
)
def frequency(tasks, n, amplitude, phase, generator):
    return with_draws(tasks, n, amplitude, phase, rand(generator), lambda a, p, x: a * torch.sin(x * p))


@mistake(
    sample_tasks,
    "All random numbers come from something that is seeded inside, and none from the generator that was handed over: so"
    " every call gives the same tasks.",
)
def seeded_inside(tasks, n, amplitude, phase, generator):
    return with_draws(tasks, n, amplitude, phase, rand(torch.Generator().manual_seed(0)))


@mistake(sample_tasks, "x goes from -pi to pi here. Wanted are places from -3 to 3.")
def x_to_pi(tasks, n, amplitude, phase, generator):
    conditioning, x, _ = sample_tasks(tasks, n, amplitude, phase, generator)
    return finish(*conditioning.split(1, dim=-1), x * math.pi / 3)


@mistake(
    sample_tasks,
    "The x are not uniform: some parts of the range from -3 to 3 get more of them than others. `torch.randn` does that,"
    " also where what lies outside is cut off.",
)
def x_normal(tasks, n, amplitude, phase, generator):
    conditioning, _, _ = sample_tasks(tasks, n, amplitude, phase, generator)
    return finish(*conditioning.split(1, dim=-1), torch.randn(tasks, n, 1, generator=generator).clamp(-3, 3))


@mistake(
    sample_tasks,
    "Amplitudes and phases are not uniform: some parts of their ranges get more of them than others. `torch.randn` does"
    " that; `torch.rand` makes every part equally likely.",
)
def conditions_normal(tasks, n, amplitude, phase, generator):
    def draw(low, high):  # cut off, so that what lies outside does not matter
        return (low + high) / 2 + (high - low) * (torch.randn(tasks, 1, generator=generator) / 6).clamp(-0.5, 0.5)

    return finish(draw(*amplitude), draw(*phase), -3 + 6 * torch.rand(tasks, n, 1, generator=generator))


@mistake(
    sample_tasks,
    "The amplitudes are the same at every call, as those of `torch.linspace` are. Draw them, like the phases.",
)
def amplitudes_in_steps(tasks, n, amplitude, phase, generator):
    _, p = sample_tasks(tasks, 1, amplitude, phase, generator)[0].split(1, dim=-1)
    a = torch.linspace(*amplitude, tasks).unsqueeze(-1)
    return finish(a, p, -3 + 6 * torch.rand(tasks, n, 1, generator=generator))


@mistake(
    sample_tasks,
    "Some of a task's numbers go together: the same random number is used for more than one of them, such as for the"
    " amplitude and for the first x. Draw for each of the three.",
)
def x_from_the_condition(tasks, n, amplitude, phase, generator):
    u = torch.rand(tasks, max(n, 2), generator=generator)
    a = amplitude[0] + (amplitude[1] - amplitude[0]) * u[:, :1]
    p = phase[0] + (phase[1] - phase[0]) * u[:, 1:2]
    return finish(a, p, -3 + 6 * u[:, :n, None])


@mistake(sample_tasks, "This is sin(x - phase), which moves the wave to the other side. The phase is added.")
def phase_taken_away(tasks, n, amplitude, phase, generator):
    return with_draws(tasks, n, amplitude, phase, rand(generator), lambda a, p, x: a * torch.sin(x - p))


@mistake(sample_tasks, "The phase is added to the sine here, which lifts the wave. It belongs inside: sin(x + phase).")
def phase_outside(tasks, n, amplitude, phase, generator):
    return with_draws(tasks, n, amplitude, phase, rand(generator), lambda a, p, x: a * torch.sin(x) + p)


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
            "No step may count the gradients of the one before, and the loss is the mean over all rows of all tasks.",
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
        "Then, as ever: `F.mse_loss`, `optimizer.zero_grad()`, `loss.backward()`, `optimizer.step()`.",
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


@mistake(train_step, "The gradients of earlier steps are still there: `optimizer.zero_grad()` is missing.")
def gradients_pile_up(model, optimizer, conditioning, x, y):
    loss = F.mse_loss(model(conditioning, x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@mistake(
    train_step,
    "The model does not move. Is `loss.backward()` or `optimizer.step()` missing, or does `zero_grad()` stand between"
    " the two?",
)
def does_not_move(model, optimizer, conditioning, x, y):
    loss = F.mse_loss(model(conditioning, x), y)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@mistake(train_step, "This is the loss after the step, which costs a second forward pass. Wanted is that before it.")
def loss_after_the_step(model, optimizer, conditioning, x, y):
    train_step(model, optimizer, conditioning, x, y)
    return F.mse_loss(model(conditioning, x), y).item()


@mistake(train_step, "This is a tensor, which keeps its whole graph alive. `loss.item()` gives the plain number.")
def returns_a_tensor(model, optimizer, conditioning, x, y):
    loss = F.mse_loss(model(conditioning, x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@mistake(
    train_step,
    "The squared errors are summed here. Then a larger batch makes larger steps: take the mean.",
)
def summed_errors(model, optimizer, conditioning, x, y):
    loss = ((model(conditioning, x) - y) ** 2).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def step_on(loss, optimizer):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@mistake(train_step, "This is the mean *absolute* error (`l1_loss`). Wanted is the mean of the squares.")
def absolute_errors(model, optimizer, conditioning, x, y):
    return step_on(F.l1_loss(model(conditioning, x), y), optimizer)


@mistake(train_step, "This is the root of the mean squared error. Wanted is the mean squared error itself.")
def root_of_the_mean(model, optimizer, conditioning, x, y):
    return step_on(F.mse_loss(model(conditioning, x), y).sqrt(), optimizer)


@mistake(train_step, "This is half of the mean squared error, and the step is half as long as well.")
def half_the_mean(model, optimizer, conditioning, x, y):
    return step_on(F.mse_loss(model(conditioning, x), y) / 2, optimizer)


@mistake(train_step, "Only the first task is used here. The batch holds all of them, and the model takes them at once.")
def first_task_only(model, optimizer, conditioning, x, y):
    return train_step(model, optimizer, conditioning[:1], x[:1], y[:1])


@mistake(
    train_step,
    "A step for each task, one after the other. Wanted is one step for all of them together.",
)
def a_step_for_each_task(model, optimizer, conditioning, x, y):
    losses = [train_step(model, optimizer, *one) for one in zip(conditioning.split(1), x.split(1), y.split(1))]
    return sum(losses) / len(losses)


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
            "This model ignores its condition: other conditions change nothing.",
            model=Deaf(),
            conditioning=counting(3, 2),
            data=counting(3, 2, 1),
            target=counting(3, 2, 1, start=-4),
        ),
        case(
            GAP,
            "Task i gets the condition of task i - 1, and task 0 that of the last; data and targets stay as they are.",
            model=Line(),
            conditioning=torch.tensor([[1.0, 0.0], [3.0, 1.0], [-1.0, 4.0]]),
            data=torch.tensor([[[1.0], [2.0]], [[3.0], [-1.0]], [[2.0], [5.0]]]),
            target=torch.tensor([[[1.0], [2.0]], [[10.0], [-2.0]], [[2.0], [0.0]]]),
        ),
        case(
            GAP,
            "With these targets the other conditions are the better ones: the gap is below zero.",
            model=Line(),
            conditioning=torch.tensor([[1.0, 0.0], [3.0, 1.0], [-1.0, 4.0], [0.0, 2.0]]),
            data=torch.tensor([[[1.0]], [[2.0]], [[4.0]], [[-3.0]]]),
            target=torch.tensor([[[2.0]], [[2.0]], [[13.0]], [[7.0]]]),
        ),
    ],
    hints=[
        "Two losses: one with `conditioning`, one with other tasks' conditions. `data` and `target` are the same in"
        " both.",
        "`conditioning.roll(1, 0)` moves every row one place on along axis 0; the last becomes the first.",
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


def errors(model, conditioning, data, target, other):
    """The mean squared errors with the right and with other conditions."""
    with torch.no_grad():
        both = [F.mse_loss(model(c, data), target) for c in (conditioning, other)]
    return both[0].item(), both[1].item()


@mistake(
    conditioning_gap,
    "`roll(1)` without an axis moves every single *number* on, so that amplitudes become phases. Move whole rows:"
    " `roll(1, 0)`.",
)
def numbers_rolled(model, conditioning, data, target):
    right, other = errors(model, conditioning, data, target, conditioning.roll(1))
    return other - right


@mistake(
    conditioning_gap,
    "This swaps the numbers within each condition (axis 1). Other tasks' conditions are other *rows*: `roll(1, 0)`.",
)
def components_rolled(model, conditioning, data, target):
    right, other = errors(model, conditioning, data, target, conditioning.roll(1, -1))
    return other - right


@mistake(
    conditioning_gap,
    "Here task i gets the condition of task i + 1. Nothing is wrong with that, but then two people's numbers differ:"
    " wanted is i - 1, which is `roll(1, 0)`.",
)
def other_way_round(model, conditioning, data, target):
    right, other = errors(model, conditioning, data, target, conditioning.roll(-1, 0))
    return other - right


@mistake(conditioning_gap, "The sign is turned: other minus right, so that a model that uses its condition is above 0.")
def sign_turned(model, conditioning, data, target):
    return -conditioning_gap(model, conditioning, data, target)


@mistake(
    conditioning_gap,
    "This is the error with other conditions alone. It is large for a bad model too: take away the error with the"
    " right ones.",
)
def other_error_alone(model, conditioning, data, target):
    return errors(model, conditioning, data, target, conditioning.roll(1, 0))[1]


@mistake(
    conditioning_gap,
    "The data moved along with the conditions here. Then it is not known whether the model missed its condition or its"
    " data.",
)
def data_rolled_too(model, conditioning, data, target):
    with torch.no_grad():
        right = F.mse_loss(model(conditioning, data), target)
        other = F.mse_loss(model(conditioning.roll(1, 0), data.roll(1, 0)), target)
    return (other - right).item()


@mistake(
    conditioning_gap,
    "The conditions are frozen to zero here, which is another question (and zero may be a place where the model never"
    " was). Wanted are the conditions of other tasks.",
)
def frozen_to_zero(model, conditioning, data, target):
    right, other = errors(model, conditioning, data, target, torch.zeros_like(conditioning))
    return other - right


@mistake(
    conditioning_gap,
    "The gap is 0 for every model. That is what comes out if data and targets move on along with the conditions: then"
    " each task keeps its own condition.",
)
def all_rolled(model, conditioning, data, target):
    conditions, x, y = (t.roll(1, 0) for t in (conditioning, data, target))
    with torch.no_grad():
        right = F.mse_loss(model(conditioning, data), target)
        return (F.mse_loss(model(conditions, x), y) - right).item()


@mistake(
    conditioning_gap,
    "The targets moved on here, in place of the conditions. A model that ignores its condition gets worse, too.",
)
def targets_rolled(model, conditioning, data, target):
    with torch.no_grad():
        right = F.mse_loss(model(conditioning, data), target)
        return (F.mse_loss(model(conditioning, data), target.roll(1, 0)) - right).item()


@mistake(
    conditioning_gap,
    "All tasks get the mean condition here, which is another question. Wanted are the conditions of other tasks.",
)
def frozen_to_the_mean(model, conditioning, data, target):
    right, other = errors(model, conditioning, data, target, conditioning.mean(0).expand_as(conditioning))
    return other - right


@mistake(
    conditioning_gap,
    "The conditions are drawn in a random order here (`randperm`): the number is another one each time, and a task may"
    " keep its own condition. Moving all of them on by one, `roll(1, 0)`, has neither fault.",
)
def random_order(model, conditioning, data, target):
    right, other = errors(model, conditioning, data, target, conditioning[torch.randperm(len(conditioning))])
    return other - right


@mistake(conditioning_gap, "The squared errors are summed here, so that the gap grows with the data. Take the mean.")
def summed_gap(model, conditioning, data, target):
    return conditioning_gap(model, conditioning, data, target) * target.numel()


@mistake(
    conditioning_gap,
    "These are roots of mean squared errors. Wanted is the difference of the mean squared errors themselves.",
)
def gap_of_roots(model, conditioning, data, target):
    right, other = errors(model, conditioning, data, target, conditioning.roll(1, 0))
    return other**0.5 - right**0.5


@mistake(conditioning_gap, "This is a tensor. `.item()` gives the plain number.")
def gap_as_a_tensor(model, conditioning, data, target):
    return torch.tensor(conditioning_gap(model, conditioning, data, target))


@mistake(conditioning_gap, "The absolute value hides that the other conditions may be the better ones.")
def absolute_gap(model, conditioning, data, target):
    return abs(conditioning_gap(model, conditioning, data, target))


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
        "`conditioning.repeat(n, 1)` is c0, c1, c0, c1, ...; to be cut into tasks, it would have to be c0, c0, ..., c1,"
        " c1, ...",
        "No copies are needed: `conditioning[:, None]` is [batch, 1, C], and `.expand(batch, n, -1)` repeats it along"
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


@mistake(
    with_condition,
    "The conditions are still mixed: `repeat(n, 1)` writes c0, c1, c0, c1, ..., and cut into tasks that gives the rows"
    " of one task the conditions of many.",
)
def still_mixed(conditioning, x):
    return with_mixed_conditions(conditioning, x)


@mistake(with_condition, "The conditions are right now, but they stand behind x. Wanted is the condition in front.")
def condition_behind(conditioning, x):
    copies = conditioning[:, None].expand(-1, x.shape[1], -1)
    return torch.cat([x, copies], dim=-1)


@mistake(
    with_condition,
    "`repeat_interleave(n, 1)` repeats each *number* n times, so that a row holds the same number twice. Repeat whole"
    " conditions: along axis 0, or with `expand`.",
)
def numbers_repeated(conditioning, x):
    copies = conditioning.repeat_interleave(x.shape[1], 1).reshape(*x.shape[:2], -1)
    return torch.cat([copies, x], dim=-1)


@mistake(
    with_condition,
    "The new axis stands in front of the tasks here: `[None]` makes [1, batch, C], and row i of *every* task would get"
    " condition i. With as many rows as tasks it even runs. Wanted is [batch, 1, C].",
)
def axis_in_front(conditioning, x):
    batch, n, _ = x.shape
    return torch.cat([conditioning[None].expand(batch, n, -1), x], dim=-1)


@mistake(with_condition, "All tasks get the condition of the first one here.")
def first_condition_for_all(conditioning, x):
    return torch.cat([conditioning[0].expand(*x.shape[:2], -1), x], dim=-1)


@mistake(
    with_condition,
    "The values are right, but no gradient reaches the condition. That is no matter while conditions are given; it is"
    " once they are learned.",
)
def condition_detached(conditioning, x):
    return with_condition(conditioning.detach(), x)
