"""The one small exercise of lesson 00."""

import torch

from ..checking.declare import case, exercise, mistake


@exercise(
    points=1,
    cases=[
        case("line(x, w, b)", x=torch.tensor(2.0), w=torch.tensor(5.0), b=torch.tensor(1.0)),
        case("line(x, w, b)", x=torch.tensor([0.0, 1.0, 2.0]), w=torch.tensor(3.0), b=torch.tensor(-1.0)),
        case("line(x, w, b)", x=torch.tensor([[1.0, -2.0], [4.0, 0.0]]), w=torch.tensor(-2.0), b=torch.tensor(5.0)),
    ],
    hints=[
        "The function is handed all that it needs: `x`, `w` and `b`. It makes nothing of its own.",
        "`w` multiplies, `b` is added: one line that begins with `return`.",
    ],
    gradients=True,
)
def line(x, w, b):
    """The line of slope w through height b, at x."""
    return w * x + b


@mistake(line, "This is what comes out if `w` and `b` change places: the slope is added and the height multiplies.")
def swapped(x, w, b):
    return b * x + w


@mistake(line, "This is what comes out if `b` is left out: every line then goes through zero.")
def no_bias(x, w, b):
    return w * x


@mistake(line, "`b` is added before the multiplication here: in `w * (x + b)` it is multiplied by `w` as well.")
def bias_first(x, w, b):
    return w * (x + b)


@mistake(line, "This is what comes out if `b` is subtracted instead of added.")
def bias_subtracted(x, w, b):
    return w * x - b


@mistake(line, "This is what comes out if `w` is left out: every line then has slope one.")
def no_weight(x, w, b):
    return x + b
