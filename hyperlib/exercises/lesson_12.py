"""The exercises of lesson 12: weights that change at every step."""

import torch
import torch.nn.functional as F
from torch import nn

from ..checking.declare import case, counting, exercise, mistakes, stub
from ..checking.watch import largest_tensor


def rows_of(batch):
    """weight, d and x for so many rows of 6 -> 5."""
    return counting(5, 6), counting(batch, 5), counting(batch, 6)


@exercise(
    points=1,
    cases=[
        case(
            "scaled_rows(weight, d, x)",
            weight=counting(1, 1, start=2),
            d=counting(1, 1, start=3),
            x=counting(1, 1, start=5),
        ),
        case(
            "scaled_rows(weight, d, x)",
            weight=counting(2, 3),
            d=counting(4, 2, start=-3),
            x=counting(4, 3, start=-5),
        ),
        case(
            "scaled_rows(weight, d, x)",
            "Here batch, in and out are all 2, so that everything fits. Which axis do the scales belong to?",
            weight=counting(2, 2),
            d=counting(2, 2, start=3),
            x=counting(2, 2, start=-1),
        ),
        case(
            """
            # Two rows of 6 -> 5: is there a tensor on the way with as many numbers as a weight?
            largest_tensor(scaled_rows, *rows_of(2)) >= 5 * 6
            """,
            "Scale what comes out of the product. Then no weight has to be made for any row.",
            largest_tensor=largest_tensor,
            rows_of=rows_of,
        ),
    ],
    hints=[
        "Row i of the weight makes output i. Where does its factor come out again?",
        "First the product `x @ weight.T`, [batch, out]. Then each output times its scale.",
    ],
    gradients=True,
    without=("hyperlib",),
)
def scaled_rows(weight, d, x):
    """x through a weight whose row i is multiplied by
    d[k, i] for row k of the batch.

    weight [out, in], d [batch, out], x [batch, in].
    Returns [batch, out], without making a weight.
    """
    return d * (x @ weight.T)


PRODUCT = "d * (x @ weight.T) -> "

mistakes(
    scaled_rows,
    {
        "The *columns* are scaled here, by multiplying x. A row's scale belongs to what comes out. It fits only where"
        " in equals out.": PRODUCT + "(d * x) @ weight.T",
        "The weight isn't transposed. It is `x @ weight.T`.": "weight.T -> weight",
        "The scales are left out.": PRODUCT + "x @ weight.T",
        "The scales of the whole batch are laid on one weight. Each row of the batch has its own, so scale what comes"
        " out.": (PRODUCT + "x @ (d * weight).T", PRODUCT + "x @ (d.T * weight).T"),
        "The product has the batch last, [out, batch], and the scales have it first. `x @ weight.T` is [batch, out].": (
            PRODUCT + "d * (weight @ x.T)"
        ),
        "The scales are multiplied as a matrix. Each output has its own: use `*`.": (
            PRODUCT + "x @ weight.T @ d.T",
            PRODUCT + "d @ weight @ x.T",
        ),
        "`torch.diag(d[0])` holds the scales of the first row of the batch, and the result lies on its side.": (
            PRODUCT + "torch.diag(d[0]) @ weight @ x.T"
        ),
        "The result has an axis of length 1 too many. `.squeeze(-1)` takes it away. Better make no weight at all.": (
            PRODUCT + "(d.unsqueeze(-1) * weight) @ x.unsqueeze(-1)"
        ),
        "The numbers are right, but a weight was made on the way for each row of the batch. (An `einsum` of three"
        " tensors may do that too.) Scale the result of the product instead.": PRODUCT
        + "((d.unsqueeze(2) * weight) @ x.unsqueeze(2)).squeeze(2)",
        "All rows got the scales of row 0. Each row of the batch has its own.": PRODUCT + "d[0] * (x @ weight.T)",
        "The scales are added. They multiply.": PRODUCT + "d + x @ weight.T",
        "`1 + d` is one more than the scale. Here d is the scale itself.": PRODUCT + "(1 + d) * (x @ weight.T)",
        "The values are right, but no gradient reaches d, so that the small network would never learn.": (
            PRODUCT + "d.detach() * (x @ weight.T)"
        ),
    },
)

STEP = dict(
    x=counting(2, 2, start=-1) / 8,
    h=counting(2, 3, start=-3) / 16,
    w_x=counting(3, 2, start=-2) / 8,
    w_h=counting(3, 3, start=-4) / 8,
    d_x=counting(2, 3, start=1) / 4,
    d_h=counting(2, 3, start=-2) / 4,
    b=counting(2, 3, start=-2) / 8,
)


def small_step(batch, size):
    """The inputs of a step in which input and state have one size."""
    shapes = dict(x=(batch, size), h=(batch, size), w_x=(size, size), w_h=(size, size))
    shapes |= dict.fromkeys(("d_x", "d_h", "b"), (batch, size))
    return {name: counting(*shape, start=3 - 2 * i) / 8 for i, (name, shape) in enumerate(shapes.items())}


@exercise(
    points=2,
    cases=[
        case("hyper_rnn_step(x, h, w_x, w_h, d_x, d_h, b)", **small_step(1, 1)),
        case("hyper_rnn_step(x, h, w_x, w_h, d_x, d_h, b)", **small_step(1, 2)),
        case("hyper_rnn_step(x, h, w_x, w_h, d_x, d_h, b)", "Here the batch has two rows.", **STEP),
        case(
            "hyper_rnn_step(x, h, w_x, w_h, d_x, d_h, b)",
            "Here batch, in and hidden are all 2, so that everything fits. Which axis do the scales belong to?",
            **small_step(2, 2),
        ),
    ],
    hints=[
        "An ordinary RNN is `tanh(W_h h + W_x x + b)`. What is new here?",
        "`d_h * (h @ w_h.T)` is the first part. The second one is like it.",
        "The bias isn't scaled, and the tanh comes last.",
    ],
    gradients=True,
    without=("hyperlib", "RNNCell"),
)
def hyper_rnn_step(x, h, w_x, w_h, d_x, d_h, b):
    """The new state of an RNN whose weights are scaled.

    tanh(d_h * W_h h + d_x * W_x x + b), row by row.
    x [batch, in], h [batch, hidden], w_x [hidden, in],
    w_h [hidden, hidden], d_x, d_h and b [batch, hidden].
    """
    from_h = d_h * (h @ w_h.T)
    from_x = d_x * (x @ w_x.T)
    return torch.tanh(from_h + from_x + b)


mistakes(
    hyper_rnn_step,
    {
        "The tanh is missing.": "torch.tanh(from_h + from_x + b) -> from_h + from_x + b",
        "The bias is left out.": "from_h + from_x + b -> from_h + from_x",
        "Only the state goes in. x has a part of its own.": "from_h + from_x + b -> from_h + b",
        "The old state is left out, so nothing is remembered.": "from_h + from_x + b -> from_x + b",
        "The columns of `W_h` are scaled here: d_h multiplies h before the product. It belongs to what comes out.": (
            "d_h * (h @ w_h.T) -> (d_h * h) @ w_h.T"
        ),
        "`w_h` isn't transposed. It is [hidden, hidden], so it fits either way.": "h @ w_h.T -> h @ w_h",
        "One scale is used for both parts. `W_x` and `W_h` have their own.": (
            "d_x * (x @ w_x.T) -> d_h * (x @ w_x.T)",
            "d_h * (h @ w_h.T) -> d_x * (h @ w_h.T)",
        ),
        "The scales have changed places.": [
            "d_x * (x @ w_x.T) -> d_h * (x @ w_x.T)",
            "d_h * (h @ w_h.T) -> d_x * (h @ w_h.T)",
        ],
        "The bias is scaled too. Only the two products are.": (
            "torch.tanh(from_h + from_x + b) -> torch.tanh(from_h + from_x + d_h * b)",
            "torch.tanh(from_h + from_x + b) -> torch.tanh(from_h + from_x + d_x * b)",
            "torch.tanh(from_h + from_x + b) -> torch.tanh(from_h + from_x + (d_h + d_x) * b)",
        ),
        "The bias is added twice, once to each product.": "from_h + from_x + b -> from_h + b + from_x + b",
        "This is a sigmoid, which a gate has. The cell's function is tanh.": "torch.tanh( -> torch.sigmoid(",
        "Both scales multiply the sum of both products. Each product has its own scale.": (
            "torch.tanh(from_h + from_x + b) -> torch.tanh((d_h + d_x) * (h @ w_h.T + x @ w_x.T) + b)"
        ),
        "This is a ReLU. The cell's function is tanh.": "torch.tanh( -> torch.relu(",
        "The two parts are multiplied. They are added.": "from_h + from_x + b -> from_h * from_x + b",
        "The new state itself is scaled, after the tanh. The scales belong to the rows of the weights, inside it.": (
            "torch.tanh(from_h + from_x + b) -> d_h * torch.tanh(h @ w_h.T + x @ w_x.T + b)"
        ),
        "The scales aren't used.": [
            "d_x * (x @ w_x.T) -> x @ w_x.T",
            "d_h * (h @ w_h.T) -> h @ w_h.T",
        ],
        "There is a tanh for each part. It comes once, around the sum.": (
            "torch.tanh(from_h + from_x + b) -> from_h.tanh() + from_x.tanh() + b.tanh()"
        ),
        "The old state is added to the new one. The new state replaces it.": (
            "torch.tanh(from_h + from_x + b) -> h + torch.tanh(from_h + from_x + b)"
        ),
        "The old state is detached, so no gradient goes back in time, and nothing learns to remember.": (
            "h @ w_h.T -> h.detach() @ w_h.T"
        ),
    },
)


def sure(symbols):
    """Logits that leave no doubt about these symbols out of four."""
    return 50 * F.one_hot(torch.tensor(symbols), 4).float()


@exercise(
    skip={"float64": "ln 2 may be a float32 tensor"},
    points=1,
    cases=[
        case(
            "bits_per_character(logits, targets)",
            "Two equally likely symbols are one bit.",
            logits=torch.zeros(1, 2),
            targets=torch.tensor([0]),
        ),
        case(
            "bits_per_character(logits, targets)",
            "Eight equally likely symbols are three bits.",
            logits=torch.zeros(5, 8),
            targets=torch.arange(5),
        ),
        case(
            "bits_per_character(logits, targets)",
            "A model that is sure, and right, needs no bits at all.",
            logits=sure([0, 3, 1]),
            targets=torch.tensor([0, 3, 1]),
        ),
        case(
            "bits_per_character(logits, targets)",
            logits=torch.tensor([[1.0, 0, 0], [0, 2, 0], [3, 0, 1], [0, 1, 0]]),
            targets=torch.tensor([0, 1, 2, 0]),
        ),
        case(
            "bits_per_character(logits, targets)",
            "Here there are two sequences of three symbols: logits [2, 3, 4].",
            logits=torch.zeros(2, 3, 4),
            targets=torch.tensor([[0, 1, 2], [3, 2, 1]]),
        ),
    ],
    hints=[
        "`F.cross_entropy` gives the mean in *nats*: it uses the natural logarithm.",
        "A bit is ln 2 nats. `math.log(2)` is 0.693.",
        "It wants [N, symbols] and [N]: `logits.flatten(0, -2)` and `targets.flatten()`.",
    ],
    gradients=True,
)
def bits_per_character(logits, targets):
    """How many bits a model needs for a symbol, in the
    mean: a tensor that one can train on.

    logits [..., n, symbols], targets [..., n].
    """
    import math

    rows = logits.flatten(0, -2)
    nats = F.cross_entropy(rows, targets.flatten())
    return nats / math.log(2)


mistakes(
    bits_per_character,
    {
        "These are nats. A bit is ln 2 of them, so divide by `math.log(2)`.": "nats / math.log(2) -> nats",
        "This multiplies by ln 2. There are *more* bits than nats, so divide.": "nats / math.log -> nats * math.log",
        "This is divided by 2 and not by its logarithm.": "math.log(2) -> 2",
        "This is the perplexity, e to the power of the nats. Bits are a logarithm.": "nats / math.log(2) -> nats.exp()",
        "This is the sum over all symbols. Wanted is the mean.": (
            "F.cross_entropy(rows, targets.flatten()) -> F.cross_entropy(rows, targets.flatten(), reduction='sum')"
        ),
        "The logits are turned into probabilities first. `F.cross_entropy` does that by itself, so it happens twice.": (
            "F.cross_entropy(rows, -> F.cross_entropy(rows.softmax(-1),"
        ),
        "The mean comes before the logarithm. First the logarithm of each probability, and then the mean.": (
            "nats / math.log(2) -> -torch.log2(logits.softmax(-1).gather(-1, targets.unsqueeze(-1)).mean())"
        ),
        "This is the logarithm of a number that is one already. Nats become bits by *dividing* by ln 2.": (
            "nats / math.log(2) -> torch.log2(nats)"
        ),
        "This is 2 to the power of the nats, a kind of perplexity. Bits are nats divided by ln 2.": (
            "nats / math.log(2) -> 2**nats"
        ),
        "This is how unsure the model is, whatever comes. What counts is the probability of the symbol that *came*.": (
            "nats / math.log(2) -> -(logits.softmax(-1) * logits.log_softmax(-1)).sum(-1).mean() / math.log(2)"
        ),
        "This is a plain number, and no gradient goes through it. Leave it a tensor: the model is trained on it.": (
            "nats / math.log(2) -> nats.item() / math.log(2)",
            "nats / math.log(2) -> nats.detach() / math.log(2)",
        ),
        "The logarithm is to the base 10.": "math.log(2) -> math.log(10)",
        "The result is negative. The logarithm of a probability is, and its negative is the cost.": (
            "nats / math.log(2) -> -nats / math.log(2)"
        ),
        "`F.cross_entropy` takes axis 1 for the symbols. With [2, 3, 4] that is the wrong one: flatten first.": (
            "F.cross_entropy(rows, targets.flatten()) -> F.cross_entropy(logits, targets)"
        ),
        "These are nats, and `F.cross_entropy` takes axis 1 for the symbols. Flatten first, and divide by ln 2.": [
            "F.cross_entropy(rows, targets.flatten()) -> F.cross_entropy(logits, targets)",
            "nats / math.log(2) -> nats",
        ],
    },
)


@exercise(
    points=2,
    cases=[
        case("hyperlstm_parameters(1, 1, 1, 1)"),
        case("hyperlstm_parameters(2, 3, 1, 1)"),
        case("hyperlstm_parameters(1, 1, 3, 1)"),
        case("hyperlstm_parameters(1, 1, 1, 4)"),
        case("hyperlstm_parameters(2, 3, 5, 4)"),
        case("hyperlstm_parameters(50, 1000, 128, 4)", "This is the paper's: 4.91 million."),
    ],
    hints=[
        "The cell alone: an LSTM has four gates, each reading input and state. That makes"
        " `4 * hidden * (symbols + hidden)` weights and `4 * hidden` biases.",
        "The small LSTM reads the symbol *and* the large state: its input has `symbols + hidden` numbers.",
        "For each gate: two embeddings with a bias, `hyper * z + z` each, and one without, `hyper * z`.",
        "For each gate three layers lead from z to hidden numbers, without a bias: `3 * z * hidden`.",
        "The output layer: `hidden * symbols + symbols`.",
    ],
)
def hyperlstm_parameters(
    symbols, hidden_size, hyper_size, z_dim
):  # fmt: skip
    """All numbers of a character model with a HyperLSTM.

    The large LSTM reads a one-hot symbol, and the small
    one reads the symbol and the large one's state. One
    bias for each gate of both. For each gate of the
    large one: z_h and z_x are made with a bias, z_b
    without, and d_h, d_x and b are made of them without
    a bias. The output layer counts as well.
    """
    inputs = symbols + hidden_size
    lstm = 4 * hidden_size * (inputs + 1)
    small = 4 * hyper_size * (inputs + hyper_size + 1)
    embeddings = 4 * (3 * hyper_size * z_dim + 2 * z_dim)
    scales = 4 * 3 * z_dim * hidden_size
    output = hidden_size * symbols + symbols
    return lstm + small + embeddings + scales + output


mistakes(
    hyperlstm_parameters,
    {
        "The output layer's biases are left out: one for each symbol.": "symbols + symbols -> symbols",
        "d_h, d_x and b have biases of their own here. They are made without one.": (
            "3 * z_dim * hidden_size -> 3 * (z_dim + 1) * hidden_size"
        ),
        "The output layer is left out.": " + scales + output -> + scales",
        "The small LSTM's own state is left out. It reads the symbol, the large state and its own.": (
            "inputs + hyper_size + 1 -> inputs + 1"
        ),
        "The small LSTM reads only the symbol here. It sees the large cell's state as well.": (
            "inputs + hyper_size + 1 -> symbols + hyper_size + 1"
        ),
        "An LSTM has *four* gates, and each has its own weights.": (
            "lstm = 4 * hidden_size -> lstm = hidden_size",
            "small = 4 * hyper_size -> small = hyper_size",
        ),
        "Each gate has embeddings of its own.": "embeddings = 4 * -> embeddings = 1 *",
        "Each gate has scales of its own.": "scales = 4 * 3 -> scales = 3",
        "All three embeddings have a bias here. z_b has none.": "2 * z_dim) -> 3 * z_dim)",
        "The embeddings' biases are left out. z_h and z_x have one.": " + 2 * z_dim) -> )",
        "Three things are made of the embeddings: d_h, d_x and b.": "4 * 3 * z_dim -> 4 * 2 * z_dim",
        "The biases of the large LSTM are left out.": "hidden_size * (inputs + 1) -> hidden_size * inputs",
        "The biases of the small LSTM are left out.": "(inputs + hyper_size + 1) -> (inputs + hyper_size)",
        "PyTorch's LSTM has two biases for each gate. The paper's has one.": (
            "hidden_size * (inputs + 1) -> hidden_size * (inputs + 2)",
            "inputs + hyper_size + 1 -> inputs + hyper_size + 2",
            [
                "hidden_size * (inputs + 1) -> hidden_size * (inputs + 2)",
                "inputs + hyper_size + 1 -> inputs + hyper_size + 2",
            ],
        ),
    },
)


STATE = counting(5, 3, start=-4) / 8


def trained(model, state):
    """The model after 8 steps of training, towards scales that are others for each state and each row."""
    scales = state.sum(1, keepdim=True) * counting(2)
    for _ in range(8):
        loss = F.mse_loss(model(state), scales.to(state.dtype))
        learned = [p for p in model.parameters() if p.requires_grad and loss.requires_grad]
        made = torch.autograd.grad(loss, learned, allow_unused=True) if learned else ()
        moves = [(p, gradient) for p, gradient in zip(learned, made) if gradient is not None]
        length = sum(gradient.norm() ** 2 for _, gradient in moves) ** 0.5 or 1.0
        with torch.no_grad():  # steps of one length, so that none is too large
            for p, gradient in moves:
                p -= 0.1 / length * gradient
    return model


def reaches(model, state):
    """Whether a gradient gets through to the state."""
    state = state.clone().requires_grad_()
    made = model(state).sum()
    (gradient,) = torch.autograd.grad(made, state, allow_unused=True) if made.requires_grad else [None]
    return gradient is not None and bool(gradient.any())


@exercise(
    skip=dict.fromkeys(("zeros", "expanded"), "with the same state in all rows nothing can be told apart"),
    points=2,
    cases=[
        case(
            "[[round(d, 4) for d in row] for row in RowScale(1, 1, 2)(state).tolist()]",
            "At the start every scale is 0.1, whatever the state is.",
            state=counting(1, 1),
        ),
        case(
            "[[round(d, 4) for d in row] for row in RowScale(3, 4, 2)(state).tolist()]",
            "At the start every scale is 0.1, whatever the state is.",
            state=counting(5, 3, start=-7),
        ),
        case(
            """
            scales = trained(RowScale(3, 4, 2), state)(state)
            # Are the scales something that learns? Has one of them moved?
            [scales.requires_grad, (scales - 0.1).abs().max().item() > 0.01]
            """,
            "Training moves a weight by its gradient. What is the gradient of each layer's weight multiplied by?",
            state=STATE,
            trained=trained,
        ),
        case(
            """
            scales = trained(RowScale(3, 4, 2), state)(state)
            # Does the first state get other scales than the last?
            (scales[0] - scales[-1]).abs().max().item() > 0.01
            """,
            "The scales have to depend on the state, once something was learned.",
            state=STATE,
            trained=trained,
        ),
        case(
            """
            model = trained(RowScale(3, 4, 2), state)
            # Does a state get the same scales alone as among the others?
            torch.allclose(model(state[1:2]), model(state)[1:2], atol=1e-5)
            """,
            "Each state of the batch has its own scales.",
            state=STATE,
            trained=trained,
        ),
        case(
            """
            scales = trained(RowScale(3, 4, 2), state)(state)
            # Does the first row get other scales than the second?
            (scales[:, 0] - scales[:, 1]).abs().max().item() > 0.01
            """,
            "Each row has its own scale.",
            state=STATE,
            trained=trained,
        ),
        case(
            """
            # Does a gradient get through to the state, and so to the small cell?
            reaches(trained(RowScale(3, 4, 2), state), state)
            """,
            "The small cell has to learn which state to be in.",
            state=STATE,
            trained=trained,
            reaches=reaches,
        ),
    ],
    hints=[
        "The gradient of `d.weight` is made of z, and that of `z.weight` is made of `d.weight`. What are they here?",
        "Both factors are 0, so each gets a gradient of 0, forever. One of them has to be something else at the start.",
        "The paper's way: z is 1 if its weight is 0 and its bias 1. Then d is the sum of z_dim weights, so make each of"
        " them 0.1 / z_dim, and leave out the `0.1 +`.",
    ],
)
class RowScale(nn.Module):
    """Scales for some rows, from the small cell's state.

    At the start every scale is 0.1.
    """

    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.z.weight)
        nn.init.ones_(self.z.bias)
        nn.init.constant_(self.d.weight, 0.1 / z_dim)

    def forward(self, state):
        """state [batch, hyper_size] to [batch, rows]."""
        return self.d(self.z(state))


@stub(RowScale)
class BrokenRowScale(nn.Module):
    """Scales for some rows, from the small cell's state.

    At the start every scale is 0.1.
    """

    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z = nn.Linear(hyper_size, z_dim)
        self.d = nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.z.weight)
        nn.init.zeros_(self.z.bias)
        nn.init.zeros_(self.d.weight)

    def forward(self, state):
        """state [batch, hyper_size] to [batch, rows]."""
        return 0.1 + self.d(self.z(state))


mistakes(
    RowScale,
    {
        "The scales are 0.1, but they'll stay there. z is 0 and so is d's weight, and the gradient of each is"
        " multiplied by the other.": [
            "nn.init.ones_(self.z.bias) -> nn.init.zeros_(self.z.bias)",
            "nn.init.constant_(self.d.weight, 0.1 / z_dim) -> nn.init.zeros_(self.d.weight)",
            "return self.d -> return 0.1 + self.d",
        ],
        "0.1 is added to something that is 0.1 already.": "return self.d -> return 0.1 + self.d",
        "The scales are z_dim times too large: z_dim numbers are added up. Each weight has to be 0.1 / z_dim.": (
            "0.1 / z_dim -> 0.1"
        ),
        "A part of the start is random, so that the scales aren't 0.1 for every state.": (
            "nn.init.zeros_(self.z.weight) -> pass",
            "nn.init.zeros_(self.z.weight) -> nn.init.normal_(self.z.weight, std=0.01)",
            [
                "nn.init.zeros_(self.z.weight)\n        nn.init.ones_(self.z.bias)\n        "
                "nn.init.constant_(self.d.weight, 0.1 / z_dim) -> pass",
                "return self.d -> return 0.1 + self.d",
            ],
            "nn.init.zeros_(self.z.weight)\n        nn.init.ones_(self.z.bias)\n        "
            "nn.init.constant_(self.d.weight, 0.1 / z_dim) -> pass",
            "nn.init.constant_(self.d.weight, 0.1 / z_dim) -> pass",
        ),
        "The scales start at 1. The paper starts at 0.1, so that the tanh isn't saturated.": (
            "0.1 / z_dim -> 1 / z_dim"
        ),
        "z's weight starts at 1 here, so that the scales depend on the state. With 0 they don't.": (
            "nn.init.zeros_(self.z.weight) -> nn.init.ones_(self.z.weight)"
        ),
        "The `0.1 +` is gone, and both layers still start at 0. So the scales are 0, and they stay there.": [
            "nn.init.ones_(self.z.bias) -> nn.init.zeros_(self.z.bias)",
            "nn.init.constant_(self.d.weight, 0.1 / z_dim) -> nn.init.zeros_(self.d.weight)",
        ],
        "z is frozen. It has to learn what to make of the state.": (
            "self.z = nn.Linear(hyper_size, z_dim) -> self.z = nn.Linear(hyper_size, z_dim).requires_grad_(False)"
        ),
        "All states of the batch get the same scales. Each state has its own.": (
            "return self.d(self.z(state)) -> return self.d(self.z(state[:1])).expand(len(state), -1)",
            "return self.d(self.z(state)) -> return self.d(self.z(state.mean(0))).expand(len(state), -1)",
        ),
        "All rows get one scale. Each row has its own.": (
            "return self.d(self.z(state)) -> return self.d(self.z(state)).mean(1, keepdim=True)"
            ".expand(-1, self.d.out_features)",
            "return self.d(self.z(state)) -> return self.d(self.z(state))[:, :1].expand(-1, self.d.out_features)",
        ),
        "The state is detached, so the small cell gets no gradient and never learns which state to be in.": (
            "self.z(state) -> self.z(state.detach())"
        ),
        "The scales are fixed numbers, and neither layer is used.": (
            "return self.d(self.z(state)) -> return torch.full((len(state), self.d.out_features), 0.1)"
        ),
    },
)
