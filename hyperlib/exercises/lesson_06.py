"""The exercises of lesson 06: how a generator has to start out."""

import torch
from torch import nn

from ..checking.declare import case, counting, exercise, mistakes, stub
from .lesson_02 import BATCH


@exercise(
    points=2,
    cases=[
        case("generated_variance(features, 2.0, 0.0)", features=torch.tensor([3.0])),
        case("generated_variance(features, 2.0, 1.0)", features=counting(3)),
        case(
            "generated_variance(features, 0.5, 3.0)",
            "These features are all alike. Do they make a generated number vary less?",
            features=torch.tensor([2.0, 2.0, 2.0, 2.0]),
        ),
        case("generated_variance(features, 4.0, 3.0)", features=torch.zeros(2)),
        case("generated_variance(features, 3.0, 1.0)", BATCH, features=counting(2, 3, start=-2)),
        case("generated_variance(features, 0.25, 2.0)", BATCH, features=counting(2, 2)),
        case("generated_variance(features, 2.0, 1.0)", features=counting(2, 1, 3)),
    ],
    hints=[
        "`row @ features` is a sum. Feature k brings the term `row[k] * features[k]`. What is its variance?",
        "Variances of independent terms add up. Each feature brings `e[k] ** 2 * weight_variance`, the bias its own.",
        "`features ** 2` and then `.sum(-1)`. The last axis holds the features, those in front of it the conditions.",
    ],
)
def generated_variance(
    features, weight_variance, bias_variance
):  # fmt: skip
    """Variance of a number that is row @ features + bias.

    Row entries and bias: drawn independently, mean 0.
    features [..., n] gives [...], one per condition.
    """
    squares = (features**2).sum(-1)
    return weight_variance * squares + bias_variance


SQUARES, ALL = "(features**2).sum(-1) -> ", "weight_variance * squares + bias_variance"

mistakes(
    generated_variance,
    {
        "This takes the variance of the features. They are given here. It is the row that is drawn: a feature of 3"
        " makes `h * 3` vary, however alike the features are. After a ReLU, mean square and variance differ.": (
            SQUARES + "features.var(-1, correction=0) * features.shape[-1]",
            SQUARES + "features.var(-1)",
            SQUARES + "features.var(-1, correction=0)",
            SQUARES + "features.var(-1) * features.shape[-1]",
        ),
        "These are absolute values. A factor of 3 makes a variance 9 times as large, so square them.": (
            SQUARES + "features.abs().sum(-1)"
        ),
        "`norm` is the *root* of the sum of squares. The variance goes with the sum itself.": (
            SQUARES + "features.norm(dim=-1)"
        ),
        "The bias is counted once for every feature. It is added once for the whole sum.": (
            f"{ALL} -> (weight_variance * features**2 + bias_variance).sum(-1)"
        ),
        "This is the mean over the features. Their contributions add up, so take the sum.": (
            SQUARES + "(features**2).mean(-1)"
        ),
        "The features are summed first and then squared here, as if one random number multiplied all of them. Each has"
        " a random number of its own, so square first, then sum.": SQUARES + "features.sum(-1) ** 2",
        "The features aren't squared. A factor of 3 makes a variance 9 times as large.": SQUARES + "features.sum(-1)",
        "The bias is missing. It is drawn at random as well, and its variance is added.": (
            "squares + bias_variance -> squares"
        ),
        "This is a standard deviation, the root of the variance.": f"{ALL} -> ({ALL}) ** 0.5",
        "`weight_variance` is squared here. It is a variance already, not a standard deviation.": (
            f"{ALL} -> weight_variance**2 * squares + bias_variance**2",
            f"{ALL} -> weight_variance**2 * squares + bias_variance",
        ),
        "The sum goes over all axes, and merges all conditions into one number. `.sum(-1)` sums over the features"
        " only.": SQUARES + "(features**2).sum()",
    },
)


@exercise(
    points=2,
    cases=[
        case('hyperfan_in_std(1, 1, "relu")'),
        case('hyperfan_in_std(4, 1, "relu")'),
        case('hyperfan_in_std(1, 4, "relu")'),
        case('hyperfan_in_std(4, 25, "relu")'),
        case('hyperfan_in_std(2, 4, "tanh")', "Only a ReLU makes up for the half that it takes away."),
        case('hyperfan_in_std(64, 16, "relu")'),
        case('hyperfan_in_std(2, 4, "sin")', 'Any name other than "relu" has the gain 1.'),
    ],
    hints=[
        'The gain is 2 for "relu" and 1 for anything else.',
        "`n_in * n_features * variance` has to be gain / 2 for weights, `n_features * variance` for biases.",
        "Solve both for the variance, and take the roots: `variance ** 0.5`.",
    ],
)
def hyperfan_in_std(n_in, n_features, activation="relu"):
    """Standard deviations of the last layer's rows, as
    two plain numbers: of those that make weights, of
    those that make biases.

    n_in: fan-in of the target layer. n_features: how
    many features a row is multiplied with. Their mean
    square is 1. Weights and biases get half of the
    variance each. The gain is 2 for "relu", and 1 for
    any other name ("tanh", ...).
    """
    gain = 2 if activation == "relu" else 1
    weight_variance = gain / (2 * n_in * n_features)
    bias_variance = gain / (2 * n_features)
    return weight_variance**0.5, bias_variance**0.5


GAIN, HALVES = '2 if activation == "relu" else 1 -> ', ("(2 * n_in * n_features) -> ", "gain / (2 * n_features) -> ")

mistakes(
    hyperfan_in_std,
    {
        "These are variances. `normal_(std=...)` needs standard deviations, their roots.": (
            "weight_variance**0.5, bias_variance**0.5 -> weight_variance, bias_variance"
        ),
        "The target's fan-in is missing for the weights. This is what a usual initialisation does, which knows only how"
        " many features reach the generator's last layer.": HALVES[0] + "(2 * n_features)",
        "The number of features is missing. These are the standard deviations of the *generated* numbers. Each is a sum"
        " over n_features terms, so the rows have to be smaller.": [HALVES[1] + "gain / 2", HALVES[0] + "(2 * n_in)"],
        "Weights and biases each take the whole variance here, and together twice as much as there is. Each gets one"
        " half.": [HALVES[1] + "gain / n_features", HALVES[0] + "(n_in * n_features)"],
        "The biases are divided by n_in as well. A bias comes alone, and only weights come n_in at a time.": (
            "bias_variance**0.5 -> weight_variance**0.5"
        ),
        'The factor of 2 for "relu" is missing.': GAIN + "1",
        'The factor of 2 is there for every activation. It makes up for what a ReLU takes away, and "tanh" gets 1.': (
            GAIN + "2"
        ),
        "The gain for a ReLU is sqrt(2) here, as in `nn.init.calculate_gain`. PyTorch multiplies a standard deviation"
        " by it. Under the root, where variances are, it is 2.": (
            GAIN + '2**0.5 if activation == "relu" else 1',
            GAIN + "nn.init.calculate_gain(activation)",
            GAIN + '{"relu": 2**0.5, "tanh": 5 / 3}.get(activation, 1)',
        ),
        "The biases come first here. It should be (of weights, of biases).": (
            "weight_variance**0.5, bias_variance**0.5 -> bias_variance**0.5, weight_variance**0.5"
        ),
        "The factor 2 of the two halves belongs to the variance. It is left out of the root here, and multiplies the"
        " standard deviation.": "ance**0.5, bias_variance**0.5 -> ance**0.5 / 2, bias_variance**0.5 / 2",
    },
)


def rows_of(weight, layer_sizes):
    """The rows that make w1, b1, w2, b2, ..."""
    sizes = [n for n_in, n_out in layer_sizes for n in (n_in * n_out, n_out)]
    return zip([f"{kind}{i // 2 + 1}" for i, kind in enumerate("wb" * len(layer_sizes))], weight.detach().split(sizes))


def spread(layer, layer_sizes):
    """Standard deviation of each tensor's rows times the root of the features: one decimal, or one digit if small.

    For 10,000 entries or more; of fewer, the decimal place might differ by chance.
    """
    scaled = {name: float(rows.std()) * layer.in_features**0.5 for name, rows in rows_of(layer.weight, layer_sizes)}
    return {name: round(s, 1) if s > 0.1 else float(f"{round(s, 6):.1g}") for name, s in scaled.items()}


SPREAD = (
    "`spread` is the standard deviation of the rows that make w1, b1, ..., times the root of the number of features,"
    " rounded: 1 / sqrt(n_in) for weights and 1 for biases."
)
HIDDEN = (
    "The layers before the last start as in He et al.: `nn.init.kaiming_normal_`, standard deviation sqrt(2 / fan-in),"
    " and biases 0."
)


@exercise(
    points=3,
    random=True,
    cases=[
        case(
            """
            generator = nn.Sequential(nn.Linear(2500, 20))
            initialise_generator(generator, [(4, 4)])
            spread(generator[0], [(4, 4)])
            """,
            SPREAD,
            spread=spread,
        ),
        case(
            """
            generator = nn.Sequential(nn.Linear(2500, 85))
            initialise_generator(generator, [(4, 9), (9, 4)])
            spread(generator[0], [(4, 9), (9, 4)])
            """,
            SPREAD,
            spread=spread,
        ),
        case(
            """
            generator = nn.Sequential(nn.Linear(2500, 20))
            initialise_generator(generator, [(4, 4)])
            # The rows that make w1, and those that make b1: is their mean 0, up to chance?
            [(rows.mean().abs() / rows.std()).item() < 0.1 for rows in generator[0].weight.split([16, 4])]
            """,
            "The row entries are drawn around 0. The prediction of their effect depends on it.",
        ),
        case(
            """
            generator = nn.Sequential(nn.Linear(2500, 20))
            initialise_generator(generator, [(4, 4)])
            # Is every row drawn for itself?  Then no two of them are correlated.
            (generator[0].weight.corrcoef() - torch.eye(20)).abs().max().item() < 0.15
            """,
            "Rows that are alike make generated numbers that are alike.",
        ),
        case(
            """
            generator = nn.Sequential(nn.Linear(2500, 10))
            initialise_generator(generator, [(4, 2)])
            generator[0].bias.tolist()
            """,
            "The last layer's bias starts at 0.",
        ),
        case(
            """
            # The hidden layer: its weights' standard deviation times sqrt(100), and the largest of its biases
            generator = nn.Sequential(nn.Linear(100, 400), nn.ReLU(), nn.Linear(400, 10))
            initialise_generator(generator, [(4, 2)])
            round(generator[0].weight.std().item() * 10, 1), generator[0].bias.abs().max().item()
            """,
            HIDDEN,
        ),
        case(
            """
            # Two hidden layers
            generator = nn.Sequential(
                nn.Linear(100, 400), nn.ReLU(), nn.Linear(400, 300), nn.ReLU(), nn.Linear(300, 10)
            )
            initialise_generator(generator, [(4, 2)])
            stds = [layer.weight.std().item() * layer.in_features**0.5 for layer in generator[::2]]
            round(stds[0], 1), round(stds[1], 1), 0.5 < stds[2] < 0.8
            """,
            HIDDEN,
        ),
        case(
            """
            # Does the same generator come back?
            generator = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 10))
            initialise_generator(generator, [(4, 2)]) is generator
            """,
            "Is a `return generator` missing?",
        ),
        case(
            """
            # Can all of it still be trained?
            generator = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 10))
            initialise_generator(generator, [(4, 2)])
            [name for name, p in generator.named_parameters() if not (p.requires_grad and p.is_leaf)]
            """,
            "These parameters would not learn. Leave `requires_grad` on.",
        ),
    ],
    hints=[
        "`layers = [m for m in generator if isinstance(m, nn.Linear)]`. All but the last are hidden ones.",
        "`nn.init.kaiming_normal_(layer.weight)` and `nn.init.zeros_(layer.bias)` change a parameter in place.",
        "`parameter_offsets(target_layer_sizes)` says which rows make w1, b1, w2, b2, ... (lesson 02).",
        "Inside `with torch.no_grad():` you can write `last.weight[start:stop].normal_(std=std)`.",
    ],
)
def initialise_generator(generator, target_layer_sizes):
    """Hyperfan-in for a ReLU target, in place.

    generator: nn.Sequential of nn.Linear and nn.ReLU;
    the last nn.Linear puts out w1, b1, w2, b2, ...
    Its entries: each drawn for itself, with mean 0 and
    hyperfan_in_std's std for "relu", in every layer.
    Hidden layers (or none): nn.init.kaiming_normal_.
    All biases: 0. Returns generator.
    """
    from hyperlib import hyperfan_in_std, parameter_offsets

    layers = [m for m in generator if isinstance(m, nn.Linear)]
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight)
        nn.init.zeros_(layer.bias)
    last = layers[-1]
    stds = []
    for n_in, _ in target_layer_sizes:
        stds.extend(hyperfan_in_std(n_in, last.in_features))
    offsets = parameter_offsets(target_layer_sizes)
    with torch.no_grad():
        for (start, stop), std in zip(offsets, stds):
            last.weight[start:stop].normal_(std=std)
    return generator


STDS, ZEROS, DRAW = "hyperfan_in_std(n_in, last.in_features)", "nn.init.zeros_(layer.bias)", ".normal_(std=std) -> "
LAST_KEPT = "nn.init.kaiming_normal_(layer.weight) -> if layer is not layers[-1]: nn.init.kaiming_normal_(layer.weight)"

mistakes(
    initialise_generator,
    {
        "All rows go only by the number of features, as in a usual initialisation. What they make goes into target"
        " layers, so it is those layers' fan-in that counts.": DRAW + ".normal_(std=(2 / last.in_features) ** 0.5)",
        "The rows that make biases start like those that make weights. They get no factor 1 / n_in.": (
            f"{STDS} -> [{STDS}[0]] * 2"
        ),
        "The rows of the first layer are right, and those of further layers still start as PyTorch made them. Each"
        " layer's rows come after those of the layer before. Where does the count start again?": (
            [LAST_KEPT, "zip(offsets, stds) -> zip(offsets[:2], stds)"],
            "zip(offsets, stds) -> zip(offsets[:2], stds)",
        ),
        "The rows that make biases still start as PyTorch made them.": [
            LAST_KEPT,
            "zip(offsets, stds) -> zip(offsets[::2], stds[::2])",
        ],
        "The rows get their variance as standard deviation. Take the root.": DRAW + ".normal_(std=std**2)",
        "This goes by the target's fan-*out*. A target layer sums over its inputs, so it is `n_in` that counts.": (
            "for n_in, _ in -> for _, n_in in"
        ),
        "All layers get the fan-in of the first one. Each has its own.": (
            "hyperfan_in_std(n_in, -> hyperfan_in_std(target_layer_sizes[0][0],"
        ),
        "The two standard deviations are swapped. `hyperfan_in_std` gives (of weights, of biases), in this order.": (
            f"{STDS} -> reversed({STDS})"
        ),
        'The rows go by `hyperfan_in_std` for a different activation. The target has ReLUs: "relu".': (
            'last.in_features) -> last.in_features, "tanh")'
        ),
        "The last layer's bias is still as PyTorch made it. It starts at 0 here.": (
            "for layer in layers: -> for layer in layers[:-1]:"
        ),
        "The biases are still as PyTorch made them, in the hidden layers and in the last. They start at 0.": (
            f"        {ZEROS}\n -> "
        ),
        "The hidden layers' biases are still as PyTorch made them. They start at 0.": (
            f"{ZEROS} -> nn.init.zeros_(layers[-1].bias)"
        ),
        "The hidden layers are still as PyTorch made them. Then the mean square of the features isn't 1.": (
            "for layer in layers: -> for layer in layers[-1:]:"
        ),
        "Only the first hidden layer was initialised. There may be any number of them.": (
            "for layer in layers: -> for layer in (layers[0], layers[-1]):"
        ),
        "The rows are *filled* with the standard deviation, so nothing is random. It says how widely to draw the"
        " entries: `normal_(std=...)`.": DRAW + ".fill_(std)",
        "The rows still hold what PyTorch drew, multiplied by the standard deviation. They had one of their own"
        " already, so draw again.": ([LAST_KEPT, DRAW + ".mul_(std)"], DRAW + ".mul_(std)"),
        "The mean of the rows isn't 0, because `uniform_(0, c)` draws only positive numbers. Between -c and c, the"
        " standard deviation is c / sqrt(3).": DRAW + ".uniform_(0, std * 12**0.5)",
        "Rows are copies of one draw here, so a whole tensor of generated numbers comes out alike."
        " `torch.randn(in_features)` is one row, and every row needs its own.": (
            "last.weight[start:stop].normal_(std=std) -> last.weight[start:stop] = torch.randn(last.in_features) * std"
        ),
        "The last layer's rows are drawn without the gain of a ReLU. That isn't a bad idea, as there is none after it."
        ' But the exercise asks for "relu" in every layer, as in the library.': (
            "    offsets = -> \n    stds[-2:] = [std / 2**0.5 for std in stds[-2:]]\n    offsets ="
        ),
        "The new weights don't require a gradient any more, and would never learn. Leave `requires_grad` on (inside"
        " `with torch.no_grad():`, a parameter can be changed as it is).": (
            "    return generator ->     last.weight.requires_grad_(False)\n    return generator"
        ),
        "No parameter requires a gradient any more, and the generator would never learn. Leave `requires_grad` on"
        " (inside `with torch.no_grad():`, a parameter can be changed as it is).": (
            "return generator -> return generator.requires_grad_(False)"
        ),
        "Nothing comes back. The generator is changed in place, and returned as well.": "    return generator\n -> ",
    },
)


def numbered(*layer_sizes):
    """A network whose parameters count 1, 2, 3, ... in the order w1, b1, w2, b2, ..."""
    net, start = nn.Sequential(), 1
    for n_in, n_out in layer_sizes:
        layer = nn.Linear(n_in, n_out)
        layer.weight.data = counting(n_out, n_in, start=start)
        layer.bias.data = counting(n_out, start=start + n_in * n_out)
        net.extend([layer, nn.ReLU()])
        start += n_in * n_out + n_out
    return net[:-1]


BOTH = torch.tensor([[1.0, 2.0], [-2.0, 1.0]])  # two conditions, of which the ReLUs leave some features each


@exercise(
    points=2,
    cases=[
        case(
            """
            generator = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
            start_at(generator, net) is generator    # does it come back?
            """,
            net=numbered((1, 1)),
        ),
        case(
            """
            generator = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
            start_at(generator, net)(z).tolist()
            """,
            net=numbered((1, 1)),
            z=BOTH,
        ),
        case(
            """
            generator = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 9))
            start_at(generator, net)(z).tolist()
            """,
            net=numbered((2, 3)),
            z=BOTH,
        ),
        case(
            """
            generator = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 7))
            start_at(generator, net)(z).tolist()
            """,
            net=numbered((1, 2), (2, 1)),
            z=BOTH,
        ),
        case(
            """
            # Do the last layer's weight and bias learn?  (The weight does if the features aren't 0.)
            generator = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
            (start_at(generator, net)(z) + dummy).sum().backward()
            grads = generator[-1].weight.grad, generator[-1].bias.grad
            ["no gradient" if g is None else "learns" if g.any() else "gradient 0" for g in grads]
            """,
            dummy=torch.zeros(1, requires_grad=True),
            net=numbered((1, 1)),
            z=BOTH,
        ),
        case(
            """
            generator = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2), nn.ReLU(), nn.Linear(2, 2))
            start_at(generator, net)(z).tolist()
            """,
            "This generator has two hidden layers.",
            net=numbered((1, 1)),
            z=BOTH,
        ),
        case(
            """
            generator = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 19))
            start_at(generator, net)(z).tolist()
            """,
            net=numbered((2, 2), (2, 3), (3, 1)),
            z=BOTH,
        ),
    ],
    hints=[
        "All sizes are right. What comes out for a `net` of one layer, and what for one of two?",
        "In which order does `unflatten` read the flat vector (lesson 02)?",
        "`net.parameters()` comes as w1, b1, w2, b2, ... Leave it in that order.",
    ],
)
def start_at(generator, net):
    """Generate net's parameters, for every z, in place:
    last weight 0, last bias = net. Both can still learn.
    Returns generator.
    """
    last = generator[-1]
    parts = list(net.parameters())
    flat = torch.cat([p.flatten() for p in parts])
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(flat)
    return generator


@stub(start_at)
def start_at_weights_first(generator, net):
    """Generate net's parameters, for every z, in place:
    last weight 0, last bias = net. Both can still learn.
    Returns generator.
    """
    last = generator[-1]
    parts = list(net.parameters())
    parts.sort(key=lambda p: -p.dim())
    flat = torch.cat([p.flatten() for p in parts])
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(flat)
    return generator


ZERO, FLAT = "        last.weight.zero_()\n -> ", "[p.flatten() for p in parts] -> "
RETURN = "    return generator -> "

mistakes(
    start_at,
    {
        "All weights still come first and then all biases. That is what sorting by the number of axes does. The order"
        " is layer after layer.": "list(net.parameters()) -> sorted(net.parameters(), key=lambda p: -p.dim())",
        "Each bias comes before its weight now. The order is w1, b1, w2, b2, ...": (
            FLAT + "[p.flatten() for w, b in zip(parts[::2], parts[1::2]) for p in (b, w)]"
        ),
        "The last layer comes first now. The order is w1, b1, w2, b2, ...": (
            "list(net.parameters()) -> [p for layer in list(net)[::-1] for p in layer.parameters()]"
        ),
        "The weights are transposed. The flat vector holds them row after row as they are, `[out, in]`.": (
            FLAT + "[p.T.flatten() if p.dim() == 2 else p for p in parts]"
        ),
        "The right network comes out, but the layers before the last are zero as well. Then no features reach the last"
        " weight, and it gets no gradient. Only the bias would ever learn.": (
            ZERO + "        for p in generator.parameters():\n            p.zero_()\n"
        ),
        "The bias is right, but the last weight isn't 0, so something that depends on z is added to `net`.": (
            ZERO,
            ZERO + "        last.weight.uniform_(-0.01, 0.01)\n",
            ZERO + "        last.weight.normal_(std=0.01)\n",
            ZERO + "        last.weight.mul_(0.01)\n",
        ),
        "The right network comes out, but the last bias gets no gradient, so it could never learn: `requires_grad` is"
        " off. Inside `with torch.no_grad():` you can change it as it is.": (
            RETURN + "    last.bias.requires_grad_(False)\n    return generator"
        ),
        "The right network comes out, but the last weight gets no gradient, so it could never learn: `requires_grad` is"
        " off. Inside `with torch.no_grad():` you can change it as it is.": (
            RETURN + "    last.weight.requires_grad_(False)\n    return generator"
        ),
        "Nothing comes back. The generator is changed in place, and returned as well.": "    return generator\n -> ",
    },
)
