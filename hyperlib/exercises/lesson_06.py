"""The exercises of lesson 06: how a generator must start out."""

import torch
from torch import nn

from ..checking.declare import case, counting, exercise, mistake, stub
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
        "`row @ features` is a sum. Feature k brings the term `row[k] * features[k]`: what is its variance?",
        "Variances of independent terms add up: each feature brings `e[k] ** 2 * weight_variance`, the bias its own.",
        "`features ** 2` and then `.sum(-1)`: the last axis holds the features, those in front the conditions.",
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


def corrected(features):
    """`features.var(-1)`, without torch's warning that the variance of one number is NaN."""
    return features.var(-1) if features.shape[-1] > 1 else features[..., 0] * float("nan")


VARIES = (
    "This takes the variance of the features. They are given here, it is the row that is drawn: a feature of 3 makes"
    " `h * 3` vary, however alike the features are. Behind a ReLU, mean square and variance differ."
)


@mistake(generated_variance, VARIES)
def variance_of_the_features(features, weight_variance, bias_variance):
    return weight_variance * features.var(-1, correction=0) * features.shape[-1] + bias_variance


@mistake(generated_variance, VARIES)
def variance_without_n(features, weight_variance, bias_variance):
    return weight_variance * corrected(features) + bias_variance


@mistake(generated_variance, VARIES)
def uncorrected_variance_without_n(features, weight_variance, bias_variance):
    return weight_variance * features.var(-1, correction=0) + bias_variance


@mistake(generated_variance, VARIES)
def variance_times_n(features, weight_variance, bias_variance):
    return weight_variance * corrected(features) * features.shape[-1] + bias_variance


@mistake(generated_variance, "These are absolute values. A factor of 3 makes a variance 9 times as large: square them.")
def absolute_values(features, weight_variance, bias_variance):
    return weight_variance * features.abs().sum(-1) + bias_variance


@mistake(generated_variance, "`norm` is the *root* of the sum of squares. The variance goes with the sum itself.")
def norm_of_the_features(features, weight_variance, bias_variance):
    return weight_variance * features.norm(dim=-1) + bias_variance


@mistake(generated_variance, "The bias is counted once for every feature. It is added once for the whole sum.")
def bias_for_every_feature(features, weight_variance, bias_variance):
    return (weight_variance * features**2 + bias_variance).sum(-1)


@mistake(generated_variance, "This is the mean over the features. Their contributions add up: it is a sum.")
def mean_of_squares(features, weight_variance, bias_variance):
    return weight_variance * (features**2).mean(-1) + bias_variance


@mistake(
    generated_variance,
    "Here the features are summed first and squared then, as if one random number stood before all of them. Each has"
    " a random number of its own: square, then sum.",
)
def square_of_the_sum(features, weight_variance, bias_variance):
    return weight_variance * features.sum(-1) ** 2 + bias_variance


@mistake(generated_variance, "The features are not squared. A factor of 3 makes a variance 9 times as large.")
def not_squared(features, weight_variance, bias_variance):
    return weight_variance * features.sum(-1) + bias_variance


@mistake(generated_variance, "The bias is missing: it is drawn at random as well, and its variance is added.")
def bias_left_out(features, weight_variance, bias_variance):
    return weight_variance * (features**2).sum(-1)


@mistake(generated_variance, "This is a standard deviation, the root of what is wanted.")
def root_of_the_variance(features, weight_variance, bias_variance):
    return (weight_variance * (features**2).sum(-1) + bias_variance) ** 0.5


@mistake(generated_variance, "`weight_variance` is squared here. It is a variance already, not a standard deviation.")
def variances_squared(features, weight_variance, bias_variance):
    return weight_variance**2 * (features**2).sum(-1) + bias_variance**2


@mistake(
    generated_variance,
    "The sum goes over all axes, and melts all conditions into one number. `.sum(-1)` sums over the features alone.",
)
def sum_over_everything(features, weight_variance, bias_variance):
    return weight_variance * (features**2).sum() + bias_variance


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
    many features a row is multiplied with; their mean
    square is 1. Weights and biases get half of the
    variance each. The gain is 2 for "relu", and 1 for
    any other name ("tanh", ...).
    """
    gain = 2 if activation == "relu" else 1
    weight_variance = gain / (2 * n_in * n_features)
    bias_variance = gain / (2 * n_features)
    return weight_variance**0.5, bias_variance**0.5


def squared(pair):
    return tuple(std**2 for std in pair)


@mistake(hyperfan_in_std, "These are variances. `normal_(std=...)` wants standard deviations, their roots.")
def variances(n_in, n_features, activation="relu"):
    return squared(hyperfan_in_std(n_in, n_features, activation))


@mistake(
    hyperfan_in_std,
    "The target's fan-in is missing for the weights: this is what a usual initialisation does, which knows only how"
    " many features reach the generator's last layer.",
)
def own_fan_in_only(n_in, n_features, activation="relu"):
    return hyperfan_in_std(1, n_features, activation)


@mistake(
    hyperfan_in_std,
    "The number of features is missing: these are the standard deviations of the *generated* numbers. Each is a sum"
    " over n_features terms, so that the rows must be smaller.",
)
def target_fan_in_only(n_in, n_features, activation="relu"):
    return hyperfan_in_std(n_in, 1, activation)


@mistake(
    hyperfan_in_std,
    "Weights and biases each take the whole variance here, and together twice as much as there is: each gets one half.",
)
def not_halved(n_in, n_features, activation="relu"):
    return tuple((2 * v) ** 0.5 for v in squared(hyperfan_in_std(n_in, n_features, activation)))


@mistake(
    hyperfan_in_std, "The biases are divided by n_in as well. A bias stands alone; only weights come n_in at a time."
)
def biases_like_weights(n_in, n_features, activation="relu"):
    return (hyperfan_in_std(n_in, n_features, activation)[0],) * 2


@mistake(hyperfan_in_std, 'The factor of 2 for "relu" is missing.')
def no_gain(n_in, n_features, activation="relu"):
    return hyperfan_in_std(n_in, n_features, "none")


@mistake(
    hyperfan_in_std,
    'The factor of 2 is there for every activation. It makes up for what a ReLU takes away: "tanh" gets 1.',
)
def gain_for_all(n_in, n_features, activation="relu"):
    return hyperfan_in_std(n_in, n_features)


ROOT_OF_GAIN = (
    "The gain for a ReLU is sqrt(2) here, as in `nn.init.calculate_gain`. PyTorch multiplies a standard deviation by"
    " it; under the root, where variances stand, it is 2."
)


@mistake(hyperfan_in_std, ROOT_OF_GAIN)
def root_of_the_gain(n_in, n_features, activation="relu"):
    root = 2**0.25 if activation == "relu" else 1
    return tuple(std / root for std in hyperfan_in_std(n_in, n_features, activation))


@mistake(hyperfan_in_std, ROOT_OF_GAIN + ' (And its "tanh" is not 1 but 5/3, which serves another rule.)')
def pytorchs_gains(n_in, n_features, activation="relu"):
    root = {"relu": 2**0.25, "tanh": (5 / 3) ** 0.5}.get(activation, 1)
    return tuple(root * std for std in hyperfan_in_std(n_in, n_features, "none"))


@mistake(hyperfan_in_std, "The biases come first here. Wanted is (of weights, of biases).")
def biases_first(n_in, n_features, activation="relu"):
    return hyperfan_in_std(n_in, n_features, activation)[::-1]


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
            # The rows that make w1, and those that make b1: is their mean 0, but for chance?
            [(rows.mean().abs() / rows.std()).item() < 0.1 for rows in generator[0].weight.split([16, 4])]
            """,
            "The row entries are drawn around 0; the prediction of their effect counts on it.",
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
            [round(layer.weight.std().item() * layer.in_features**0.5, 1) for layer in generator[:4:2]]
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
            "These parameters would not learn: leave `requires_grad` on.",
        ),
    ],
    hints=[
        "`layers = [m for m in generator if isinstance(m, nn.Linear)]`: all but the last are hidden ones.",
        "`nn.init.kaiming_normal_(layer.weight)` and `nn.init.zeros_(layer.bias)` change a parameter in place.",
        "`parameter_offsets(target_layer_sizes)` says which rows make w1, b1, w2, b2, ... (lesson 02).",
        "Inside `with torch.no_grad():` you may write `last.weight[start:stop].normal_(std=std)`.",
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


def linears(generator):
    return [m for m in generator if isinstance(m, nn.Linear)]


def start_rows(generator, target_layer_sizes, std_of):
    """The right answer, but for the rows of the last layer: `std_of(kind, n_in, n_features)`, where it gives one."""
    before = linears(generator)[-1].weight.detach().clone()
    initialise_generator(generator, target_layer_sizes)
    last = linears(generator)[-1]
    fans = [n_in for n_in, _ in target_layer_sizes for _ in "wb"]
    with torch.no_grad():
        for (name, rows), (_, old), n_in in zip(
            rows_of(last.weight, target_layer_sizes), rows_of(before, target_layer_sizes), fans
        ):
            std = std_of(name, n_in, last.in_features)
            rows.copy_(old if std is None else torch.randn_like(rows) * std)
    return generator


@mistake(
    initialise_generator,
    "All rows go by the number of features alone, as in a usual initialisation. What they make goes into target layers:"
    " it is those layers' fan-in that counts.",
)
def kaiming_for_all_layers(generator, target_layer_sizes):
    return start_rows(generator, target_layer_sizes, lambda name, n_in, n_features: (2 / n_features) ** 0.5)


@mistake(
    initialise_generator, "The rows that make biases start like those that make weights. They get no factor 1 / n_in."
)
def bias_rows_like_weight_rows(generator, target_layer_sizes):
    return start_rows(generator, target_layer_sizes, lambda name, n_in, n_features: (1 / n_in / n_features) ** 0.5)


@mistake(
    initialise_generator,
    "The rows of the first layer are right, and those of further layers still start as PyTorch made them. Each layer's"
    " rows stand below those of the layer before: where does the count start anew?",
)
def only_the_first_layers_rows(generator, target_layer_sizes):
    return start_rows(
        generator,
        target_layer_sizes,
        lambda name, n_in, n_features: (1 / (n_in if name == "w1" else 1) / n_features) ** 0.5 if "1" in name else None,
    )


@mistake(initialise_generator, "The rows that make biases still start as PyTorch made them.")
def bias_rows_left_out(generator, target_layer_sizes):
    return start_rows(
        generator,
        target_layer_sizes,
        lambda name, n_in, n_features: (1 / n_in / n_features) ** 0.5 if "w" in name else None,
    )


@mistake(initialise_generator, "The rows get their variance as standard deviation: take the root.")
def variance_as_std(generator, target_layer_sizes):
    return start_rows(
        generator, target_layer_sizes, lambda name, n_in, n_features: 1 / (n_in if "w" in name else 1) / n_features
    )


def with_rows(generator, target_layer_sizes, change):
    """The right answer, but for the last layer's rows, which are what `change(name, new, old, std)` makes of them."""
    before = linears(generator)[-1].weight.detach().clone()
    initialise_generator(generator, target_layer_sizes)
    last = linears(generator)[-1]
    stds = [std for n_in, _ in target_layer_sizes for std in hyperfan_in_std(n_in, last.in_features)]
    blocks = zip(rows_of(last.weight, target_layer_sizes), rows_of(before, target_layer_sizes), stds)
    with torch.no_grad():
        for (name, new), (_, old), std in blocks:
            new[:] = change(name, new, old, std)
    return generator


def with_old(generator, target_layer_sizes, keep):
    """The right answer, but for the parameters that `keep(layers)` lists, which stay as they were."""
    kept = [(p, p.detach().clone()) for p in keep(linears(generator))]
    initialise_generator(generator, target_layer_sizes)
    with torch.no_grad():
        for p, old in kept:
            p.copy_(old)
    return generator


@mistake(initialise_generator, "The last layer's bias is still as PyTorch made it. It starts at 0 here.")
def last_bias_kept(generator, target_layer_sizes):
    return with_old(generator, target_layer_sizes, lambda layers: [layers[-1].bias])


@mistake(
    initialise_generator,
    "The biases are still as PyTorch made them, in the hidden layers and in the last. They start at 0.",
)
def all_biases_kept(generator, target_layer_sizes):
    return with_old(generator, target_layer_sizes, lambda layers: [layer.bias for layer in layers])


@mistake(initialise_generator, "The hidden layers' biases are still as PyTorch made them. They start at 0.")
def hidden_biases_kept(generator, target_layer_sizes):
    return with_old(generator, target_layer_sizes, lambda layers: [layer.bias for layer in layers[:-1]])


@mistake(
    initialise_generator,
    "The hidden layers are still as PyTorch made them. Then the features are too small: their mean square is not 1.",
)
def hidden_layers_kept(generator, target_layer_sizes):
    return with_old(generator, target_layer_sizes, lambda layers: [p for la in layers[:-1] for p in la.parameters()])


@mistake(initialise_generator, "Only the first hidden layer was started anew. There may be any number of them.")
def one_hidden_layer_only(generator, target_layer_sizes):
    return with_old(generator, target_layer_sizes, lambda layers: [p for la in layers[1:-1] for p in la.parameters()])


@mistake(
    initialise_generator,
    "The rows are *filled* with the standard deviation, so that nothing is random. It says how widely the entries are"
    " to be drawn: `normal_(std=...)`.",
)
def rows_filled(generator, target_layer_sizes):
    return with_rows(generator, target_layer_sizes, lambda name, new, old, std: std)


@mistake(
    initialise_generator,
    "The rows still hold what PyTorch drew, multiplied by the standard deviation. They had one of their own already:"
    " draw anew.",
)
def rows_scaled(generator, target_layer_sizes):
    return with_rows(generator, target_layer_sizes, lambda name, new, old, std: old * std)


@mistake(
    initialise_generator,
    "The mean of the rows is not 0: `uniform_(0, c)` draws positive numbers only. Between -c and c, the standard"
    " deviation is c / sqrt(3).",
)
def rows_above_zero(generator, target_layer_sizes):
    return with_rows(generator, target_layer_sizes, lambda name, new, old, std: torch.rand_like(new) * std * 12**0.5)


@mistake(
    initialise_generator,
    "Rows are copies of one draw here, so that a whole tensor of generated numbers comes out alike."
    " `torch.randn(in_features)` is one row; every row needs its own.",
)
def one_draw_for_all_rows(generator, target_layer_sizes):
    return with_rows(
        generator, target_layer_sizes, lambda name, new, old, std: (torch.randn_like(new[0]) * std).expand_as(new)
    )


@mistake(
    initialise_generator,
    "The last layer's rows are drawn without the gain of a ReLU. That is no bad idea, as none stands behind it; the"
    ' exercise wants "relu" in every layer, as the library does it.',
)
def last_layer_without_gain(generator, target_layer_sizes):
    last = len(target_layer_sizes)
    return with_rows(
        generator,
        target_layer_sizes,
        lambda name, new, old, std: new / 2**0.5 if int(name[1:]) == last else new,
    )


@mistake(
    initialise_generator,
    "What was put in does not want a gradient any more, and would never learn: leave `requires_grad` on (inside"
    " `with torch.no_grad():`, a parameter can be changed as it is).",
)
def last_layer_frozen(generator, target_layer_sizes):
    initialise_generator(generator, target_layer_sizes)
    linears(generator)[-1].weight.requires_grad_(False)
    return generator


@mistake(
    initialise_generator,
    "No parameter wants a gradient any more, and the generator would never learn: leave `requires_grad` on (inside"
    " `with torch.no_grad():`, a parameter can be changed as it is).",
)
def all_frozen(generator, target_layer_sizes):
    return initialise_generator(generator, target_layer_sizes).requires_grad_(False)


@mistake(initialise_generator, "Nothing comes back. The generator is changed in place, and returned as well.")
def nothing_returned(generator, target_layer_sizes):
    initialise_generator(generator, target_layer_sizes)


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


BOTH = torch.tensor([[1.0, 2.0], [-2.0, 1.0]])  # two conditions; behind the ReLUs some features are left of each


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
            # Do the last layer's weight and bias learn?  (The weight does if the features are not 0.)
            generator = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
            (start_at(generator, net)(z) + dummy).sum().backward()
            [p.grad is not None and p.grad.any().item() for p in (generator[-1].weight, generator[-1].bias)]
            """,
            dummy=torch.zeros(1, requires_grad=True),
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
        "`net.parameters()` comes as w1, b1, w2, b2, ...: leave it in that order.",
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


def put(generator, flat):
    """Start at these numbers."""
    with torch.no_grad():
        generator[-1].weight.zero_()
        generator[-1].bias.copy_(flat)
    return generator


@mistake(
    start_at,
    "All weights still come first and then all biases. Sorting by the number of axes does that; the order is layer"
    " after layer.",
)
def still_weights_first(generator, net):
    return start_at_weights_first(generator, net)


@mistake(start_at, "Each bias stands before its weight now. The order is w1, b1, w2, b2, ...")
def start_bias_first(generator, net):
    pairs = zip(*[iter(net.parameters())] * 2)
    return put(generator, torch.cat([p.flatten() for w, b in pairs for p in (b, w)]))


@mistake(start_at, "The last layer comes first now. The order is w1, b1, w2, b2, ...")
def start_backwards(generator, net):
    return put(generator, torch.cat([p.flatten() for layer in list(net)[::-1] for p in layer.parameters()]))


@mistake(start_at, "The weights are transposed: the flat vector holds them row after row as they are, `[out, in]`.")
def start_transposed(generator, net):
    return put(generator, torch.cat([p.T.flatten() if p.dim() == 2 else p for p in net.parameters()]))


@mistake(
    start_at,
    "The right network comes out, but the layers before the last are zero as well. Then no features reach the last"
    " weight, and it gets no gradient: only the bias would ever learn.",
)
def zero_everywhere(generator, net):
    with torch.no_grad():
        for p in generator.parameters():
            p.zero_()
    return start_at(generator, net)


@mistake(
    start_at,
    "The bias is right, but the last weight is not 0: something is added to `net` that depends on z.",
)
def last_weight_kept(generator, net):
    old = generator[-1].weight.detach().clone()
    start_at(generator, net)
    with torch.no_grad():
        generator[-1].weight.copy_(old)
    return generator


@mistake(
    start_at,
    "The right network comes out, but the last bias gets no gradient, so that it could never learn: `requires_grad` is"
    " off. Inside `with torch.no_grad():` it can be changed as it is.",
)
def last_bias_frozen(generator, net):
    start_at(generator, net)[-1].bias.requires_grad_(False)
    return generator


@mistake(start_at, "Nothing comes back. The generator is changed in place, and returned as well.")
def start_without_return(generator, net):
    start_at(generator, net)
