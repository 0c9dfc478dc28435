"""The one small exercise of lesson 00."""

import torch

from ..checking.declare import case, exercise, mistakes


@exercise(
    points=1,
    cases=[
        case("line(x, w, b)", x=torch.tensor(2.0), w=torch.tensor(5.0), b=torch.tensor(1.0)),
        case("line(x, w, b)", x=torch.tensor([0.0, 1.0, 2.0]), w=torch.tensor(3.0), b=torch.tensor(-1.0)),
        case("line(x, w, b)", x=torch.tensor([[1.0, -2.0], [4.0, 0.0]]), w=torch.tensor(-2.0), b=torch.tensor(5.0)),
    ],
    hints=[
        "The function is given all it needs: `x`, `w` and `b`. Which of them belong together?",
        "`w` multiplies and `b` is added. One line that begins with `return` will do.",
    ],
    gradients=True,
)
def line(x, w, b):
    """The line of slope w through height b, at x."""
    return w * x + b


mistakes(
    line,
    {
        "`w` and `b` are swapped: the slope is added and the height multiplies.": "w * x + b -> b * x + w",
        "`b` is left out, so every line goes through zero.": " + b -> ",
        "`b` is added before the multiplication. In `w * (x + b)` it is multiplied by `w` as well.": (
            "w * x + b -> w * (x + b)"
        ),
        "`b` is subtracted here instead of added.": "x + b -> x - b",
        "`w` is left out, so every line has slope one.": "w * x -> x",
        "`@` multiplies matrices, and the slope is a single number. Use `*`.": (
            "w * x + b -> w @ x + b",
            "w * x + b -> x @ w + b",
            "w * x + b -> torch.matmul(w, x) + b",
        ),
    },
)
