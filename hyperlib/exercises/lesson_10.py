"""The exercises of lesson 10: what a condition can change in a layer, rung by rung."""

import torch
from torch import nn

from ..checking.declare import case, counting, exercise, mistakes, stub
from ..checking.watch import largest_tensor


@exercise(
    points=2,
    cases=[
        case(
            "concatenation_as_bias(weight, bias, conditioning)",
            weight=counting(1, 2),
            bias=counting(1, start=10),
            conditioning=counting(1, start=3),
        ),
        case(
            "concatenation_as_bias(weight, bias, conditioning)",
            weight=counting(3, 5),
            bias=counting(3, start=50),
            conditioning=counting(2, start=-1),
        ),
        case(
            "concatenation_as_bias(weight, bias, conditioning)",
            "Four conditions give four biases, [4, out].",
            weight=counting(3, 5),
            bias=counting(3, start=50),
            conditioning=counting(4, 2, start=-3),
        ),
        case(
            "concatenation_as_bias(weight, bias, conditioning)",
            "Here C and out are both 2, and there are 2 conditions, so that nearly everything fits.",
            weight=counting(2, 4),
            bias=counting(2, start=20),
            conditioning=counting(2, 2, start=-1),
        ),
    ],
    hints=[
        "The last C columns of the weight are the ones that meet the condition. What does their product give?",
        "`weight[:, :n]` are the columns for x, with n = weight.shape[1] - conditioning.shape[-1].",
        "The generated bias is `conditioning @ weight[:, n:].T + bias`.",
    ],
    gradients=True,
)
def concatenation_as_bias(weight, bias, conditioning):
    """What a layer that reads x and a condition, joined
    in this order, does to x alone.

    weight [out, in + C], bias [out],
    conditioning [..., C]. Returns the weight for x,
    [out, in], and what is generated: a bias for each
    condition, [..., out].
    """
    n_in = weight.shape[1] - conditioning.shape[-1]
    for_x, for_condition = weight[:, :n_in], weight[:, n_in:]
    made = conditioning @ for_condition.T + bias
    return for_x, made


MADE = "conditioning @ for_condition.T + bias -> "

mistakes(
    concatenation_as_bias,
    {
        "The layer's own bias is left out. The generated one is added to it.": (
            "conditioning @ for_condition.T + bias -> conditioning @ for_condition.T"
        ),
        "`shape[0]` of the condition is how many conditions there are. C is its *last* axis.": (
            "conditioning.shape[-1] -> conditioning.shape[0]"
        ),
        "Only a bias is returned. Two things are wanted: the weight for x and the generated bias.": (
            "return for_x, made -> return made"
        ),
        "This adds the condition itself. It has to go through its columns of the weight first.": (
            MADE + "conditioning.sum(-1, keepdim=True) + bias",
            MADE + "conditioning + bias",
        ),
        "The condition is multiplied number by number, which works for a single one only. Use a matrix product.": (
            MADE + "(conditioning * for_condition).sum(-1) + bias"
        ),
        "The condition's columns are taken from the front. It is joined *after* x, so they are the last ones.": (
            [
                "n_in = weight.shape[1] - conditioning.shape[-1] -> n = conditioning.shape[-1]",
                "weight[:, :n_in], weight[:, n_in:] -> weight[:, n:], weight[:, :n]",
            ],
            "weight.shape[1] - conditioning.shape[-1] -> conditioning.shape[-1]",
        ),
        "These are rows of the weight. Each *column* belongs to an input.": (
            "weight[:, :n_in], weight[:, n_in:] -> weight[:n_in], weight[n_in:]"
        ),
        "The weight for x still has the condition's columns.": "return for_x, made -> return weight, made",
        "The weight isn't transposed. A dense layer is `x @ weight.T + bias`.": (
            "for_condition.T -> for_condition",
            MADE + "for_condition @ conditioning + bias",
        ),
        "The two results are in the wrong order. The weight comes first.": "for_x, made\n -> made, for_x\n",
        "This is the bias of a single condition. Each condition gives its own.": (
            MADE + "conditioning.reshape(-1, conditioning.shape[-1])[0] @ for_condition.T + bias"
        ),
        "Each weight of the condition's columns is added up, whatever the condition is. Multiply by the condition.": (
            MADE + "for_condition.sum(1) + bias + 0 * conditioning.sum(-1, keepdim=True)"
        ),
        "The values are right, but the gradient doesn't reach the condition, or doesn't reach the weight. Use them as"
        " they came.": (
            "conditioning @ for_condition.T -> conditioning.detach() @ for_condition.T",
            MADE + "conditioning @ for_condition.detach().T + bias",
        ),
    },
)


@exercise(
    points=1,
    cases=[
        case(
            "film(y, scale, shift)",
            y=counting(1, 1, 1, start=3),
            scale=counting(1, 1, start=5),
            shift=counting(1, 1, start=7),
        ),
        case(
            "film(y, scale, shift)",
            y=counting(2, 3, 4),
            scale=counting(2, 4, start=-3),
            shift=counting(2, 4, start=100),
        ),
        case(
            "film(y, scale, shift)",
            "Here batch, n and out are all 2, so that everything fits. Which axis is which?",
            y=counting(2, 2, 2),
            scale=counting(2, 2, start=-1),
            shift=counting(2, 2, start=10),
        ),
        case(
            "film(y, scale, shift)",
            "One row each: n is 1.",
            y=counting(3, 1, 2),
            scale=counting(3, 2, start=-2),
            shift=counting(3, 2, start=10),
        ),
    ],
    hints=[
        "Broadcasting lines shapes up from the right: `[batch, n, out]` and `[batch, out]`. What stands over what?",
        "The scale needs an axis of length 1 where y has its n rows.",
        "`scale.unsqueeze(1) * y + shift.unsqueeze(1)`.",
    ],
    gradients=True,
)
def film(y, scale, shift):
    """Scale each unit, then shift it.

    y [batch, n, out], scale and shift [batch, out]: the
    n rows of batch b all get scale b and shift b.
    """
    scale, shift = scale.unsqueeze(1), shift.unsqueeze(1)
    return scale * y + shift


AXES = "scale, shift = scale.unsqueeze(1), shift.unsqueeze(1) -> "

mistakes(
    film,
    {
        "Broadcasting pairs the numbers of the wrong axes. `[batch, out]` lines up with the *last two* axes of y,"
        " which are n and out. `.unsqueeze(1)` makes it [batch, 1, out].": (AXES + "pass",),
        "The new axis is in the wrong place: [batch, out, 1] lines up out with n. It belongs in the middle.": (
            AXES + "scale, shift = scale.unsqueeze(-1), shift.unsqueeze(-1)"
        ),
        "Only one of the two has an axis for the n rows. Scale and shift both need it.": (
            AXES + "scale = scale.unsqueeze(1)",
            AXES + "shift = shift.unsqueeze(1)",
        ),
        "This is a product over the units, so each output mixes them all. Each unit has its own scale: use `*`.": (
            "scale * y + shift -> y @ scale.mT + shift"
        ),
        "The shift is scaled too. Scale first, and add the shift to the result.": (
            "scale * y + shift -> scale * (y + shift)"
        ),
        "The scale is 1 more than it should be. `1 + ...` makes a scale of something that starts at 0, but here the"
        " scale itself comes in.": "scale * y + shift -> (1 + scale) * y + shift",
        "Scale and shift have changed places.": "scale * y + shift -> shift * y + scale",
        "The shift is left out.": "scale * y + shift -> scale * y",
        "The scale is left out.": "scale * y + shift -> y + shift",
        "All rows get the scale and shift of condition 0. Batch b has its own.": (
            AXES + "scale, shift = scale[0], shift[0]"
        ),
        "The values are right, but no gradient reaches scale and shift. Whoever generated them would never learn.": (
            AXES + "scale, shift = scale.detach().unsqueeze(1), shift.detach().unsqueeze(1)"
        ),
    },
)


def generators(layer):
    """The nn.Linear (or several) that make the scales and then the shifts."""
    return [module for module in layer.modules() if isinstance(module, nn.Linear)]


def taught(layer, weight):
    """The layer with these numbers added to its generator's weight, as training might."""
    parts = [module.weight for module in generators(layer)]
    if sum(map(len, parts)) != len(weight):
        raise ValueError("FilmLayer needs an nn.Linear that makes 2 * size numbers: the scales, then the shifts")
    with torch.no_grad():
        torch._foreach_add_(parts, weight.split([len(part) for part in parts]))
    return layer


def reached(layer):
    """Whether a gradient has come to the generator's weight, for each scale and each shift."""
    parts = [module.weight for module in generators(layer)]
    return torch.cat([torch.zeros(len(p)) if p.grad is None else p.grad.abs().sum(1) for p in parts]) > 0


def half(rows):
    """A generator's weight [6, 2] that makes one thing only, in these rows."""
    weight = torch.zeros(6, 2)
    weight[rows] = 1
    return weight


@exercise(
    points=2,
    cases=[
        case(
            "FilmLayer(1, 2)(conditioning, y)",
            "At the start nothing is scaled and nothing is shifted: y has to come out as it went in.",
            conditioning=counting(1, 1),
            y=counting(1, 3, 2),
        ),
        case(
            "FilmLayer(2, 3)(conditioning, y)",
            "At the start nothing is scaled and nothing is shifted: y has to come out as it went in.",
            conditioning=counting(4, 2, start=-3),
            y=counting(4, 2, 3, start=-9),
        ),
        case(
            "taught(FilmLayer(2, 3), weight)(conditioning, 0 * y)",
            "Here the generator has learned something, and y is 0. So the shifts come out, each condition's own. They"
            " are the second half of what the generator makes.",
            conditioning=counting(4, 2, start=-3),
            y=counting(4, 2, 3, start=1),
            weight=counting(6, 2, start=-5) / 8,
            taught=taught,
        ),
        case(
            """
            layer = taught(FilmLayer(2, 3), weight)
            # One row of y with its condition, alone and among the others: is there a difference?
            layer(conditioning[1:2], y[1:2, 1:]) - layer(conditioning, y)[1:2, 1:]
            """,
            "What comes out for a row depends on this row and on its own condition.",
            conditioning=counting(4, 2, start=-3),
            y=counting(4, 2, 3, start=1),
            weight=counting(6, 2, start=-5) / 8,
            taught=taught,
        ),
        case(
            """
            # Only the first scale isn't at its start any more. Which units change?
            (taught(FilmLayer(2, 3), weight)(conditioning, y) != y).flatten(0, 1).any(0)
            """,
            "Each unit has a scale of its own, and the scales are the first half of what the generator makes.",
            conditioning=counting(4, 2),
            y=counting(4, 2, 3, start=1),
            weight=half([0]),
            taught=taught,
        ),
        case(
            """
            # All scales have moved down by 3. Is there anything left of y?
            taught(FilmLayer(2, 3), -weight)(conditioning, y) != 0
            """,
            "A scale that stops at 0 gets no gradient there, so it never comes back.",
            conditioning=counting(1, 2),
            y=counting(1, 2, 3, start=1),
            weight=half([0, 1, 2]),
            taught=taught,
        ),
        case(
            """
            layer = FilmLayer(2, 3)
            layer(conditioning, y).sum().backward()
            # Does a gradient reach what makes the three scales? And the three shifts?
            reached(layer)
            """,
            "The generator starts at zero and still has to learn.",
            conditioning=counting(4, 2, start=1),
            y=counting(4, 2, 3, start=1),
            reached=reached,
        ),
    ],
    hints=[
        "The generator puts out zeros at the start. What does `scale * y` give for a scale of 0?",
        "To leave y alone, the shift has to be 0. And the scale?",
        "Let the generator make the *difference* to a scale of 1: `(1 + scale) * y + shift`.",
    ],
    gradients=True,
)
class FilmLayer(nn.Module):
    """Scale and shift, generated from a condition.

    At the start it changes nothing. The generator makes
    the scales first, then the shifts.
    """

    def __init__(self, conditioning_size, size):
        super().__init__()
        n = 2 * size
        self.generator = nn.Linear(conditioning_size, n)
        nn.init.zeros_(self.generator.weight)
        nn.init.zeros_(self.generator.bias)

    def forward(self, conditioning, y):
        """conditioning [batch, C], y [batch, n, size]."""
        made = self.generator(conditioning).unsqueeze(1)
        scale, shift = made.chunk(2, dim=-1)
        return (1 + scale) * y + shift


@stub(FilmLayer)
class BrokenFilmLayer(nn.Module):
    """Scale and shift, generated from a condition.

    At the start it changes nothing. The generator makes
    the scales first, then the shifts.
    """

    def __init__(self, conditioning_size, size):
        super().__init__()
        n = 2 * size
        self.generator = nn.Linear(conditioning_size, n)
        nn.init.zeros_(self.generator.weight)
        nn.init.zeros_(self.generator.bias)

    def forward(self, conditioning, y):
        """conditioning [batch, C], y [batch, n, size]."""
        made = self.generator(conditioning).unsqueeze(1)
        scale, shift = made.chunk(2, dim=-1)
        return scale * y + shift


ZERO = "        nn.init.zeros_(self.generator.weight)\n        nn.init.zeros_(self.generator.bias)"

mistakes(
    FilmLayer,
    {
        "The scale starts at 0, so whatever y is, zeros come out, and no gradient gets through to the layers below."
        " A scale that changes nothing is 1.": "(1 + scale) * y -> scale * y",
        "Now the scale does nothing: y is only shifted. Keep it, but let it start at 1.": (
            "(1 + scale) * y + shift -> y + shift"
        ),
        "The generator starts small, but not at zero, so y comes out a little changed. Keep the zeros.": (
            "nn.init.zeros_(self.generator.weight) -> nn.init.normal_(self.generator.weight, std=0.01)",
            "nn.init.zeros_(self.generator.bias) -> nn.init.normal_(self.generator.bias, std=0.01)",
        ),
        "This returns y and ignores the condition, so nothing can ever be learned. Only the *start* should change"
        " nothing.": "(1 + scale) * y + shift -> y",
        "The generator is frozen. It starts at zero, but it has to learn.": (
            f"{ZERO} -> {ZERO}\n        self.generator.requires_grad_(False)"
        ),
        "The generator starts at random, so that y comes out changed. Keep the zeros, and change what is done with the"
        " scale.": ([f"{ZERO} ->         pass", "(1 + scale) * y -> scale * y"],),
        "The scale starts at 1 now, but so does the shift, which should start at 0.": [
            "nn.init.zeros_(self.generator.bias) -> nn.init.ones_(self.generator.bias)",
            "(1 + scale) * y -> scale * y",
        ],
        "The *weight* of the generator starts at 1, so the scale is the sum of the condition's numbers. It should be 1"
        " for every condition.": [
            "nn.init.zeros_(self.generator.weight) -> nn.init.ones_(self.generator.weight)",
            "(1 + scale) * y -> scale * y",
        ],
        "1 is added to the shift. The scale needs it.": "(1 + scale) * y + shift -> scale * y + 1 + shift",
        "`sigmoid(0)` is 0.5, so y comes out halved at the start. Adding 1 leaves it alone.": (
            "(1 + scale) * y -> scale.sigmoid() * y"
        ),
        "The shift is scaled too. Scale y first, and add the shift to the result.": (
            "(1 + scale) * y + shift -> (1 + scale) * (y + shift)"
        ),
        "Scale and shift have changed places. The generator makes the scales first.": (
            "scale, shift = -> shift, scale ="
        ),
        "All conditions get the mean of their scales and shifts. Each has its own.": (
            "return (1 + scale) -> scale, shift = scale.mean(0), shift.mean(0)\n        return (1 + scale)"
        ),
        "All conditions get the scale and shift of condition 0. Each has its own.": (
            "return (1 + scale) -> scale, shift = scale[0], shift[0]\n        return (1 + scale)"
        ),
        "The scales multiply the mean over the rows. Each row of y is scaled itself.": (
            "(1 + scale) * y + shift -> y + scale * y.mean(1, keepdim=True) + shift"
        ),
        "The scale can't go below 0: the ReLU stops it there, and no gradient brings it back.": (
            "(1 + scale) * y -> (1 + scale).relu() * y"
        ),
    },
)


def rows_of(batch):
    """x, weight, bias, r and s for so many networks of 6 -> 5, with one row each."""
    return counting(batch, 1, 6), counting(5, 6), counting(5), counting(batch, 5), counting(batch, 6)


@exercise(
    points=2,
    cases=[
        case(
            "rank_one_linear(x, weight, bias, r, s)",
            x=counting(1, 1, 1, start=7),
            weight=counting(1, 1, start=2),
            bias=counting(1, start=10),
            r=counting(1, 1, start=3),
            s=counting(1, 1, start=5),
        ),
        case(
            "rank_one_linear(x, weight, bias, r, s)",
            x=counting(2, 4, 3),
            weight=counting(2, 3, start=-2),
            bias=counting(2, start=1000),
            r=counting(2, 2, start=-1),
            s=counting(2, 3, start=2),
        ),
        case(
            "rank_one_linear(x, weight, bias, r, s)",
            "Here batch, n, in and out are all 2, so that everything fits. Which scale belongs to which axis?",
            x=counting(2, 2, 2),
            weight=counting(2, 2, start=-1),
            bias=counting(2, start=100),
            r=counting(2, 2, start=2),
            s=counting(2, 2, start=-3),
        ),
        case(
            """
            # Two networks of 6 -> 5, one row each: is there a tensor on the way with as many numbers as a weight?
            largest_tensor(rank_one_linear, *rows_of(2)) >= 5 * 6
            """,
            "Scale what goes in and what comes out. No weight has to be made for any network.",
            largest_tensor=largest_tensor,
            rows_of=rows_of,
        ),
    ],
    hints=[
        "Row i of the weight makes output i. So where does a factor for row i come out again?",
        "Column j of the weight meets input j. So s can scale the inputs instead.",
        "`r.unsqueeze(1) * ((s.unsqueeze(1) * x) @ weight.T) + bias`. The bias isn't scaled.",
    ],
    gradients=True,
    without=("hyperlib",),
)
def rank_one_linear(x, weight, bias, r, s):
    """A dense layer whose weight[i, j] is multiplied by
    r[k, i] * s[k, j] in network k of the batch, without
    making such a weight for any of them.

    x [batch, n, in], weight [out, in], bias [out],
    r [batch, out], s [batch, in].
    Returns [batch, n, out].
    """
    r, s = r.unsqueeze(1), s.unsqueeze(1)
    return r * ((s * x) @ weight.T) + bias


PRODUCT = "return r * ((s * x) @ weight.T) + bias -> return "
SCALES = "r, s = r.unsqueeze(1), s.unsqueeze(1) -> "

mistakes(
    rank_one_linear,
    {
        "The bias is scaled too. Only the weight is, so add the bias at the end.": (
            PRODUCT + "r * ((s * x) @ weight.T + bias)"
        ),
        "r and s have changed places. r has a number for each *output*, s for each input. It fits only where in equals"
        " out.": PRODUCT + "s * ((r * x) @ weight.T) + bias",
        "The inputs aren't scaled: s is missing.": "(s * x) -> x",
        "The outputs aren't scaled: r is missing.": "return r * ((s -> return ((s",
        "The numbers are right, but the networks' weights were made on the way. (An `einsum` of more than two tensors"
        " may do that too.) Scale x before the product and the result after it.": (
            "r, s = r.unsqueeze(1), s.unsqueeze(1)\n    return r * ((s * x) @ weight.T) + bias -> "
            "made = r.unsqueeze(2) * s.unsqueeze(1) * weight\n    return x @ made.mT + bias"
        ),
        "The weight isn't transposed. A dense layer is `x @ weight.T + bias`.": "weight.T -> weight",
        "Broadcasting pairs the numbers of the wrong axes. `[batch, in]` lines up with the last two axes of x, which"
        " are n and in. `.unsqueeze(1)` makes room for n.": SCALES + "pass",
        "The bias is left out.": " + bias -> ",
        "The bias is added twice. `F.linear(x, weight, bias)` has added it already.": (
            PRODUCT + "r * ((s * x) @ weight.T + bias) + bias"
        ),
        "r and s are added to the weight's scale and not multiplied: each output got `r[i] + s[j]`.": (
            PRODUCT + "r * (x @ weight.T) + (s * x) @ weight.T + bias"
        ),
        "The new axis is in the wrong place: [batch, in, 1] lines up in with n. It belongs in the middle.": (
            SCALES + "r, s = r.unsqueeze(-1), s.unsqueeze(-1)"
        ),
        "All rows got the scales of condition 0. Batch b has its own.": SCALES + "r, s = r[0], s[0]",
        "1 is added to the scales. Here r and s are the scales themselves.": (
            PRODUCT + "(1 + r) * (((1 + s) * x) @ weight.T) + bias"
        ),
        "The values are right, but no gradient reaches r and s. Whoever generated them would never learn.": (
            SCALES + "r, s = r.detach().unsqueeze(1), s.detach().unsqueeze(1)"
        ),
    },
)


def factors_of(batch):
    """x, weight, bias, a and b for so many networks of 9 -> 8 with rank 2, with one row each."""
    shapes = (batch, 1, 9), (8, 9), (8,), (batch, 2, 9), (batch, 8, 2)
    return [counting(*shape) for shape in shapes]


@exercise(
    points=3,
    cases=[
        case(
            "low_rank_linear(x, weight, bias, a, b)",
            x=counting(1, 1, 1, start=7),
            weight=counting(1, 1, start=2),
            bias=counting(1, start=10),
            a=counting(1, 1, 1, start=3),
            b=counting(1, 1, 1, start=5),
        ),
        case(
            "low_rank_linear(x, weight, bias, a, b)",
            x=counting(2, 2, 4),
            weight=counting(3, 4, start=-5),
            bias=counting(3, start=1000),
            a=counting(2, 1, 4, start=-3),
            b=counting(2, 3, 1),
        ),
        case(
            "low_rank_linear(x, weight, bias, a, b)",
            "Here everything is 2, so that everything fits. Which axes does each product pair?",
            x=counting(2, 2, 2),
            weight=counting(2, 2, start=-1),
            bias=counting(2, start=100),
            a=counting(2, 2, 2, start=-2),
            b=counting(2, 2, 2),
        ),
        case(
            """
            # Two networks of 9 -> 8, one row each: is there a tensor on the way with as many numbers as a weight?
            largest_tensor(low_rank_linear, *factors_of(2)) >= 8 * 9
            """,
            "From 9 inputs to 2 numbers, and from these to 8 outputs. The 8 x 9 product `b @ a` isn't needed.",
            largest_tensor=largest_tensor,
            factors_of=factors_of,
        ),
    ],
    hints=[
        "`(x @ a.mT) @ b.mT` and `x @ (b @ a).mT` are the same. Which of them makes something large?",
        "`a` is a layer from in to rank, `b` a layer from rank to out, and neither has a bias.",
        "`x @ weight.T + bias + x @ a.mT @ b.mT`.",
    ],
    gradients=True,
    without=("hyperlib",),
)
def low_rank_linear(x, weight, bias, a, b):
    """A dense layer with the weight + b[k] @ a[k] in
    network k of the batch, without making such a weight
    for any of them.

    x [batch, n, in], weight [out, in], bias [out],
    a [batch, rank, in], b [batch, out, rank].
    Returns [batch, n, out].
    """
    shared = x @ weight.T + bias
    small = x @ a.mT  # [batch, n, rank]
    return shared + small @ b.mT


SMALL = "small = x @ a.mT  # [batch, n, rank]\n    return shared + small @ b.mT -> return "

mistakes(
    low_rank_linear,
    {
        "The numbers are right, but `b @ a` was made on the way. (An `einsum` of three tensors may do that too.) Send x"
        " through a, and the result through b.": (
            SMALL + "shared + x @ (b @ a).mT",
            "shared = x @ weight.T + bias\n    small = x @ a.mT  # [batch, n, rank]\n    return shared + small @ b.mT"
            " -> return x @ (weight + b @ a).mT + bias.unsqueeze(0)",
        ),
        "The layer's own weight is left out. The product of a and b is added to it.": (
            "return shared + small -> return small",
            "return shared + small @ b.mT -> return small @ b.mT + bias",
        ),
        "The bias is added twice. `F.linear(x, weight, bias)` has added it already.": (
            "return shared + small @ b.mT -> return shared + small @ b.mT + bias"
        ),
        "`F.linear` takes one weight matrix for all rows. Here each batch has its own, so use `@`.": (
            SMALL + "shared + nn.functional.linear(nn.functional.linear(x, a), b)"
        ),
        "The bias is left out.": "weight.T + bias -> weight.T",
        "a and b have changed places: b goes from rank to out, so it comes second. It fits only where everything is of"
        " one size.": (SMALL + "shared + x @ b.mT @ a.mT", SMALL + "shared + x @ b @ a"),
        "a and b aren't transposed. A layer is `x @ weight.T`, and theirs are `a` and `b`.": SMALL
        + "shared + x @ a @ b",
        "`a` isn't transposed. `x @ a.mT` goes from in to rank.": "a.mT -> a",
        "`b` isn't transposed. `@ b.mT` goes from rank to out.": "b.mT -> b",
        "The weight isn't transposed. A dense layer is `x @ weight.T + bias`.": "x @ weight.T -> x @ weight",
        "`.T` reverses all three axes, the batch too. `.mT` swaps only the last two.": (
            SMALL + "shared + x @ a.permute(2, 1, 0) @ b.permute(2, 1, 0)"
        ),
        "The product is taken from the output of the layer and not from x. Both paths start at x.": (
            "small = x @ a.mT -> small = shared @ a.mT"
        ),
        "All rows got the factors of condition 0. Batch b has its own.": SMALL + "shared + x @ a[0].mT @ b[0].mT",
        "The change is divided by the rank. LoRA scales it by alpha / rank, but this exercise doesn't ask for that.": (
            "small @ b.mT -> small @ b.mT / a.shape[1]"
        ),
        "There is a ReLU between the two factors, so that together they aren't a weight any more.": (
            "small @ b.mT -> small.relu() @ b.mT"
        ),
        "The values are right, but no gradient reaches a or b. Whoever generated them would never learn.": (
            SMALL + "shared + x @ a.detach().mT @ b.detach().mT"
        ),
    },
)


@exercise(
    points=2,
    cases=[
        case('generated_numbers("bias", 3, 2)'),
        case('generated_numbers("film", 3, 2)'),
        case('generated_numbers("rank_one", 3, 2)', "A number for each row, one for each column, and a new bias."),
        case('generated_numbers("low_rank", 3, 2)', "Both factors, and a new bias."),
        case('generated_numbers("full", 3, 2)'),
        case('generated_numbers("low_rank", 64, 16, 4)'),
        case('[generated_numbers(kind, 64, 16, 2) for kind in ("bias", "film", "rank_one", "low_rank", "full")]'),
    ],
    hints=[
        "Write down the shapes first: what does each rung need for a layer of `n_in` inputs and `n_out` outputs?",
        "Every rung also generates a change of the bias: `n_out` numbers.",
        "The low-rank factors are [rank, n_in] and [n_out, rank].",
    ],
)
def generated_numbers(kind, n_in, n_out, rank=1):
    """How many numbers a condition brings for a layer.

    kind is "bias", "film" (scale and shift), "rank_one"
    (r and s), "low_rank" (a and b) or "full". Each of
    them also brings the change of the bias; for "film"
    that is the shift.
    """
    change = {
        "bias": 0,
        "film": n_out,
        "rank_one": n_out + n_in,
        "low_rank": rank * (n_in + n_out),
        "full": n_in * n_out,
    }
    return change[kind] + n_out


mistakes(
    generated_numbers,
    {
        "The change of the bias is missing. Every rung brings it: `n_out` numbers more.": (
            "change[kind] + n_out -> change[kind]",
            '"rank_one": n_out + n_in -> "rank_one": n_in',
            "rank * (n_in + n_out) -> rank * (n_in + n_out) - n_out",
            '"full": n_in * n_out -> "full": n_in * n_out - n_out',
            "return change[kind] + n_out -> return change[kind] + (n_out if kind in ('bias', 'film', 'full') else 0)",
        ),
        "FiLM scales the *outputs*: it needs `n_out` scales and `n_out` shifts.": (
            '"film": n_out -> "film": n_in',
            '"film": n_out -> "film": 0',
            '"film": n_out -> "film": 2 * n_out',
        ),
        "This is the size of a matrix for each rank. The two factors are [rank, n_in] and [n_out, rank].": (
            "rank * (n_in + n_out) -> rank * n_in * n_out"
        ),
        "Only one of the two factors is counted.": (
            "rank * (n_in + n_out) -> rank * n_in",
            "rank * (n_in + n_out) -> rank * n_out",
        ),
        "The rank isn't used.": "rank * (n_in + n_out) -> n_in + n_out",
        "r and s are counted as a matrix. They are two vectors, with `n_out` and `n_in` numbers.": (
            '"rank_one": n_out + n_in -> "rank_one": n_out * n_in'
        ),
        "A bias has a number for each *output*.": (
            "change[kind] + n_out -> change[kind] + n_in",
            "return change[kind] -> return (n_in - n_out if kind == 'bias' else 0) + change[kind]",
            "return change[kind] -> return {'bias': n_in - n_out, 'film': 2 * (n_in - n_out)}.get(kind, 0)"
            " + change[kind]",
        ),
        "The layer's own weights are counted as well. They are shared, and a condition doesn't bring them.": (
            "change[kind] + n_out -> change[kind] + n_out + n_in * n_out"
        ),
    },
)
