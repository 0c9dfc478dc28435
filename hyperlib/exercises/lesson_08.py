"""The exercises of lesson 08: the original's three functions, and rows that keep their conditions."""

import math

import torch
from torch import nn

import hyperlib

from ..checking.declare import case, counting, exercise, mistake, stub

NAMES = "What is each linear layer called? A checkpoint finds its weights by these names."
START = "At the start, the last layer's weight is uniform in (-0.01, 0.01) and its bias is zero."


def fill(module, value):
    """Every number of a module set to one value, so that what it computes is known."""
    with torch.no_grad():
        for p in module.parameters():
            p.fill_(value)
    return module


@exercise(
    points=3,
    random=True,
    cases=[
        case("build_weight_generator(2, 3, 4, [5])(conditioning).shape", conditioning=counting(1, 2)),
        case("build_weight_generator(3, 5, 2, [7, 6])(conditioning).shape", conditioning=counting(4, 3)),
        case('list(build_weight_generator(2, 3, 4, [5, 6], "gen").state_dict())', NAMES),
        case("list(build_weight_generator(2, 3, 4).state_dict())", NAMES),
        case("[list(p.shape) for p in build_weight_generator(2, 3, 4).parameters()]"),
        case('[list(p.shape) for p in build_weight_generator(2, 3, 4, [], "linear").parameters()]'),
        case(
            """
            generator = fill(build_weight_generator(1, 1, 1, [2]), 1.0)
            generator(conditioning).tolist()
            """,
            "Here every weight and bias is 1. There is a ReLU after each hidden layer.",
            conditioning=torch.tensor([[2.0], [-3.0]]),
            fill=fill,
        ),
        case(
            """
            generator = fill(build_weight_generator(1, 1, 1, [2]), -1.0)
            generator(conditioning).tolist()
            """,
            "Here every weight and bias is -1. Generated weights may be negative, so there is no ReLU after the last"
            " layer.",
            conditioning=torch.tensor([[2.0], [-3.0]]),
            fill=fill,
        ),
        case(
            """
            generator = fill(build_weight_generator(1, 1, 1, [2, 2]), -1.0)
            generator(conditioning).tolist()
            """,
            "Here every weight and bias is -1. There is a ReLU after *each* hidden layer.",
            conditioning=torch.tensor([[2.0], [-3.0]]),
            fill=fill,
        ),
        case(
            """
            weight, bias = list(build_weight_generator(8, 4, 4, [64]).parameters())[-2:]
            # within 0.01?  nearly up to 0.01?  bias all zero?
            [bool(weight.abs().max() <= 0.01), bool(weight.abs().max() > 0.009), not bias.any()]
            """,
            START,
        ),
        case(
            """
            weight, bias = list(build_weight_generator(8, 4, 4, [64]).parameters())[-2:]
            # Is about half of it positive, and half of it larger than 0.005?
            shares = [(weight > 0).float().mean(), (weight.abs() > 0.005).float().mean()]
            [0.4 < share.item() < 0.6 for share in shares]
            """,
            START,
        ),
        case(
            """
            weight, bias = list(build_weight_generator(16, 4, 4, [64]).parameters())[:2]
            # nn.Linear(16, 64) starts uniform in (-1/4, 1/4), the bias too.  Is the hidden layer like that?
            [bool(0.24 < weight.abs().max() <= 0.25), bool(0.2 < bias.abs().max() <= 0.25)]
            """,
            "Change only the last layer. The hidden ones stay as nn.Linear makes them.",
        ),
    ],
    hints=[
        "The output holds the layer's weight and its bias: `target_in * target_out + target_out` numbers.",
        '`generator.add_module(f"{name}_hidden_{i}", nn.Linear(...))` adds a layer under that name.',
        "`nn.init.uniform_(layer.weight, -0.01, 0.01)` and `nn.init.zeros_(layer.bias)`.",
        "In the loop, keep track of the width so far. It starts as `conditioning_size` and becomes each hidden size"
        " in turn.",
    ],
)
def build_weight_generator(
    conditioning_size,
    target_in,
    target_out,
    hidden_sizes=(256, 256),
    name="weight_gen",
):
    """The MLP that makes one target layer of a condition:
    an nn.Sequential from [..., conditioning_size]
    to [..., target_in * target_out + target_out].

    Linear layers {name}_hidden_0, {name}_hidden_1, ...,
    each followed by a ReLU, then {name}_params with none
    after it. {name}_params starts with weight uniform in
    (-0.01, 0.01) and bias zero; the hidden layers start
    as nn.Linear does.
    """
    generator, width = nn.Sequential(), conditioning_size
    for i, hidden in enumerate(hidden_sizes):
        generator.add_module(f"{name}_hidden_{i}", nn.Linear(width, hidden))
        generator.add_module(f"{name}_relu_{i}", nn.ReLU())
        width = hidden
    params = nn.Linear(width, target_in * target_out + target_out)
    nn.init.uniform_(params.weight, -0.01, 0.01)
    nn.init.zeros_(params.bias)
    generator.add_module(f"{name}_params", params)
    return generator


def generator_like(widths, name, small=lambda params: None, relu_at_end=False, relu=True, names=None):
    """What the mistakes have in common."""
    generator = nn.Sequential()
    for i, (n_in, n_out) in enumerate(zip(widths[:-2], widths[1:-1])):
        generator.add_module(names(i) if names else f"{name}_hidden_{i}", nn.Linear(n_in, n_out))
        if relu:
            generator.add_module(f"{name}_relu_{i}", nn.ReLU())
    params = nn.Linear(*widths[-2:])
    small(params)
    generator.add_module(names(None) if names else f"{name}_params", params)
    if relu_at_end:
        generator.add_module(f"{name}_relu", nn.ReLU())
    return generator


def small_start(params):
    nn.init.uniform_(params.weight, -0.01, 0.01)
    nn.init.zeros_(params.bias)


@mistake(
    build_weight_generator, "The target layer's bias is missing. The output has only `target_in * target_out` numbers."
)
def no_room_for_the_bias(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    return generator_like([conditioning_size, *hidden_sizes, target_in * target_out], name, small_start)


@mistake(
    build_weight_generator,
    "This makes a bias for every input. A layer has one for every *output*: `+ target_out`.",
)
def biases_for_inputs(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    return generator_like([conditioning_size, *hidden_sizes, target_in * target_out + target_in], name, small_start)


@mistake(build_weight_generator, "It ends in a ReLU, so it can't make negative weights.")
def relu_at_the_end(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    widths = [conditioning_size, *hidden_sizes, target_in * target_out + target_out]
    return generator_like(widths, name, small_start, relu_at_end=True)


@mistake(
    build_weight_generator,
    "There is no ReLU between the linear layers. Without one, they amount to a single linear layer.",
)
def no_relu(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    widths = [conditioning_size, *hidden_sizes, target_in * target_out + target_out]
    return generator_like(widths, name, small_start, relu=False)


@mistake(
    build_weight_generator,
    "There is no ReLU after the last hidden layer. Every hidden layer has one, only {name}_params has none.",
)
def no_relu_after_the_last(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    generator = build_weight_generator(conditioning_size, target_in, target_out, hidden_sizes, name)
    if hidden_sizes:
        del generator[-2]
    return generator


@mistake(
    build_weight_generator,
    "Every hidden layer takes `conditioning_size` inputs. From the second on, a layer takes what the one before gives.",
)
def width_never_updated(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    generator = build_weight_generator(conditioning_size, target_in, target_out, hidden_sizes, name)
    for i, hidden in enumerate(hidden_sizes):
        setattr(generator, f"{name}_hidden_{i}", nn.Linear(conditioning_size, hidden))
    return generator


@mistake(
    build_weight_generator,
    "Not every hidden layer has its ReLU. (A module that you add to an nn.Sequential under a name it already has"
    " replaces the earlier one.)",
)
def one_relu_only(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    generator = build_weight_generator(conditioning_size, target_in, target_out, hidden_sizes, name)
    only_first = nn.Sequential()
    for child, module in generator.named_children():
        if not isinstance(module, nn.ReLU) or child.endswith("_0"):
            only_first.add_module(child, module)
    return only_first


@mistake(build_weight_generator, "The hidden layers don't start as nn.Linear makes them. Change only the last layer.")
def hidden_biases_zero(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    generator = build_weight_generator(conditioning_size, target_in, target_out, hidden_sizes, name)
    for module in generator:
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
    return generator


@mistake(
    build_weight_generator,
    "The last layer doesn't start as asked. Its weight should be uniform in (-0.01, 0.01), and its bias zero.",
)
def starts_as_usual(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    return generator_like([conditioning_size, *hidden_sizes, target_in * target_out + target_out], name)


@mistake(
    build_weight_generator,
    "The last layer's bias doesn't start at zero. nn.Linear draws it at random, so set it yourself.",
)
def bias_not_zero(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    def small(params):
        nn.init.uniform_(params.weight, -0.01, 0.01)

    return generator_like([conditioning_size, *hidden_sizes, target_in * target_out + target_out], name, small)


@mistake(
    build_weight_generator,
    "The last layer starts at zero. Then every generated weight is zero, and no gradient gets past that layer.",
)
def starts_at_zero(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    def zero(params):
        nn.init.zeros_(params.weight)
        nn.init.zeros_(params.bias)

    return generator_like([conditioning_size, *hidden_sizes, target_in * target_out + target_out], name, zero)


@mistake(build_weight_generator, "This is uniform in (0, 0.01). Half of the numbers should be negative.")
def only_positive(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    def positive(params):
        nn.init.uniform_(params.weight, 0, 0.01)
        nn.init.zeros_(params.bias)

    return generator_like([conditioning_size, *hidden_sizes, target_in * target_out + target_out], name, positive)


@mistake(
    build_weight_generator,
    "Some of the last layer's weights start beyond 0.01 or -0.01. Draw them uniformly from (-0.01, 0.01). A normal"
    " distribution would have no bounds.",
)
def normal_start(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    def normal(params):
        nn.init.normal_(params.weight, std=0.01)
        nn.init.zeros_(params.bias)

    return generator_like([conditioning_size, *hidden_sizes, target_in * target_out + target_out], name, normal)


def every_parameter_small(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    generator = generator_like([conditioning_size, *hidden_sizes, target_in * target_out + target_out], name)
    for p in generator.parameters():
        nn.init.uniform_(p, -0.01, 0.01)
    return generator


@mistake(build_weight_generator, "All layers start small here. Only {name}_params should.", every_parameter_small)
def all_small(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    generator = generator_like([conditioning_size, *hidden_sizes, target_in * target_out + target_out], name)
    for module in generator:
        if isinstance(module, nn.Linear):
            small_start(module)
    return generator


@mistake(build_weight_generator, "`hidden_sizes` isn't used. The hidden layers are the same whatever it says.")
def always_256(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    return generator_like([conditioning_size, 256, 256, target_in * target_out + target_out], name, small_start)


@mistake(
    build_weight_generator,
    "The modules have numbers for names. `add_module` gives them the names asked for.",
)
def numbered(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    return nn.Sequential(*build_weight_generator(conditioning_size, target_in, target_out, hidden_sizes, name))


@mistake(build_weight_generator, 'The names begin with "weight_gen" whatever `name` says.')
def name_ignored(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    return build_weight_generator(conditioning_size, target_in, target_out, hidden_sizes)


@mistake(build_weight_generator, "The hidden layers are counted from 1. The first one should be {name}_hidden_0.")
def counted_from_one(conditioning_size, target_in, target_out, hidden_sizes=(256, 256), name="weight_gen"):
    def names(i):
        return f"{name}_params" if i is None else f"{name}_hidden_{i + 1}"

    widths = [conditioning_size, *hidden_sizes, target_in * target_out + target_out]
    return generator_like(widths, name, small_start, names=names)


PER_ROW = "Each row of `data` goes through its own network: row 0 through the weights of row 0, and so on."
MANY_ROWS = "Here each network gets n rows: `data` is [batch, n, in]."
ONE_LAYER = [(3, 2)]
TWO_LAYERS = [(3, 2), (2, 4)]


@exercise(
    points=3,
    gradients=True,
    cases=[
        case(
            "apply_generated_weights(data, [flat], [(2, 1)])",
            data=counting(1, 2),
            flat=counting(1, 3),
        ),
        case(
            "apply_generated_weights(data, [flat], [(3, 2)])",
            "The flat tensor holds the weight [out, in], row by row, and then the bias.",
            data=counting(1, 3),
            flat=counting(1, 8),
        ),
        case(
            "apply_generated_weights(data, [flat], [(3, 2)])",
            PER_ROW,
            data=counting(2, 3),
            flat=counting(2, 8, start=-3),
        ),
        case(
            "apply_generated_weights(data, [flat_0, flat_1], [(2, 3), (3, 2)])",
            "The activation goes between the layers. It's a ReLU unless you are given a different one.",
            data=counting(2, 2),
            flat_0=counting(2, 9, start=-6),
            flat_1=counting(2, 8, start=-9),
        ),
        case(
            "apply_generated_weights(data, [flat_0, flat_1], [(2, 2), (2, 1)], torch.square)",
            "Here the activation isn't a ReLU.",
            data=counting(2, 2),
            flat_0=counting(2, 6, start=-3),
            flat_1=counting(2, 3, start=-2),
        ),
        case(
            "apply_generated_weights(data, [flat_0, flat_1], [(2, 2), (2, 3)])",
            MANY_ROWS,
            data=counting(2, 4, 2),
            flat_0=counting(2, 6, start=-7),
            flat_1=counting(2, 9, start=-9),
        ),
        case(
            "apply_generated_weights(data, [flat_0, flat_1, flat_2], [(1, 2), (2, 3), (3, 1)])",
            data=counting(3, 1),
            flat_0=counting(3, 4, start=-4),
            flat_1=counting(3, 9, start=-7),
            flat_2=counting(3, 4, start=-5),
        ),
    ],
    hints=[
        "`unflatten(flat, [(n_in, n_out)])` cuts one layer's tensor into its (weight, bias) pair (lesson 02).",
        "`target_forward(data, pairs, activation)` sends data through all of them (lesson 03). Does it keep the batch?",
        "By hand, one layer for data [batch, n, in] is `data @ weight.mT + bias.unsqueeze(-2)`. For a single row"
        " each, n is 1: `.unsqueeze(-2)` before, `.squeeze(-2)` after.",
    ],
)
def apply_generated_weights(
    data,
    flat_weights,
    target_layer_sizes,
    activation=torch.relu,
):
    """Data through the target networks that were made.

    data: [batch, in], one row for each network,
        or [batch, n, in], n rows for each.
    flat_weights: per layer one [batch, in * out + out].
    activation: a function, between the layers only.
    Returns [batch, out] or [batch, n, out].
    """
    from hyperlib import target_forward, unflatten

    pairs = []
    for flat, size in zip(flat_weights, target_layer_sizes):
        pairs += unflatten(flat, [size])
    return target_forward(data, pairs, activation)


def cut(flat_weights, sizes):
    return [pair for flat, size in zip(flat_weights, sizes) for pair in hyperlib.unflatten(flat, [size])]


@mistake(apply_generated_weights, "The activation also follows the last layer. It belongs between the layers only.")
def activation_everywhere(data, flat_weights, target_layer_sizes, activation=torch.relu):
    return activation(hyperlib.target_forward(data, cut(flat_weights, target_layer_sizes), activation))


@mistake(apply_generated_weights, "There is no activation between the layers.")
def no_activation(data, flat_weights, target_layer_sizes, activation=torch.relu):
    return hyperlib.target_forward(data, cut(flat_weights, target_layer_sizes), lambda x: x)


@mistake(apply_generated_weights, "It's always a ReLU. The argument `activation` isn't used.")
def always_relu(data, flat_weights, target_layer_sizes, activation=torch.relu):
    return hyperlib.target_forward(data, cut(flat_weights, target_layer_sizes), torch.relu)


@mistake(apply_generated_weights, "The weight is read as [in, out]. The flat vector holds it as [out, in].")
def read_as_in_out(data, flat_weights, target_layer_sizes, activation=torch.relu):
    pairs = [
        (flat[..., : n_in * n_out].unflatten(-1, (n_in, n_out)).mT, flat[..., n_in * n_out :])
        for flat, (n_in, n_out) in zip(flat_weights, target_layer_sizes)
    ]
    return hyperlib.target_forward(data, pairs, activation)


@mistake(apply_generated_weights, "The bias is taken from the front of the flat tensor. The weight comes first.")
def bias_first(data, flat_weights, target_layer_sizes, activation=torch.relu):
    pairs = [
        (flat[..., n_out:].unflatten(-1, (n_out, n_in)), flat[..., :n_out])
        for flat, (n_in, n_out) in zip(flat_weights, target_layer_sizes)
    ]
    return hyperlib.target_forward(data, pairs, activation)


@mistake(apply_generated_weights, "The biases aren't added.")
def biases_not_added(data, flat_weights, target_layer_sizes, activation=torch.relu):
    pairs = [(weight, 0 * bias) for weight, bias in cut(flat_weights, target_layer_sizes)]
    return hyperlib.target_forward(data, pairs, activation)


def pairs_through(data, flat_weights, target_layer_sizes, activation, layer):
    """What mistakes by hand have in common: a loop over the layers, each applied by `layer`."""
    for i, (weight, bias) in enumerate(cut(flat_weights, target_layer_sizes)):
        data = layer(data, weight, bias)
        if i < len(target_layer_sizes) - 1:
            data = activation(data)
    return data


def bias_without_axis_single(data, flat_weights, target_layer_sizes, activation=torch.relu):
    return pairs_through(data, flat_weights, target_layer_sizes, activation, lambda x, w, b: x @ w.mT + b)


def bias_without_axis_inside(data, flat_weights, target_layer_sizes, activation=torch.relu):
    def layer(x, w, b):
        return (x.unsqueeze(-2) @ w.mT + b).squeeze(-2) if x.dim() == 2 else x @ w.mT + b

    return pairs_through(data, flat_weights, target_layer_sizes, activation, layer)


@mistake(
    apply_generated_weights,
    "The bias [batch, out] doesn't line up with the product [batch, n, out]. It needs an axis for the rows:"
    " `bias.unsqueeze(-2)`. A single row for each network needs that axis too, `data.unsqueeze(-2)`.",
    bias_without_axis_single,
    bias_without_axis_inside,
)
def bias_without_its_axis(data, flat_weights, target_layer_sizes, activation=torch.relu):
    def layer(x, w, b):
        return torch.einsum("bi,boi->bo", x, w) + b if x.dim() == 2 else x @ w.mT + b

    return pairs_through(data, flat_weights, target_layer_sizes, activation, layer)


@mistake(
    apply_generated_weights,
    "The `return` is inside the loop, so only the first layer is applied. It belongs after the loop.",
)
def returns_in_the_loop(data, flat_weights, target_layer_sizes, activation=torch.relu):
    return hyperlib.target_forward(data, cut(flat_weights[:1], target_layer_sizes), activation)


@mistake(
    apply_generated_weights,
    "This is a list of lists: `unflatten` gives a list, with one pair in it here. Collect the pairs by `+=`.",
)
def list_of_lists(data, flat_weights, target_layer_sizes, activation=torch.relu):
    pairs = [hyperlib.unflatten(flat, [size]) for flat, size in zip(flat_weights, target_layer_sizes)]
    return hyperlib.target_forward(data, pairs, activation)


@mistake(
    apply_generated_weights,
    "`unflatten` takes one flat tensor, and `flat_weights` is a list with one for each layer. Call it once per layer.",
)
def all_layers_at_once(data, flat_weights, target_layer_sizes, activation=torch.relu):
    return hyperlib.target_forward(data, hyperlib.unflatten(flat_weights, target_layer_sizes), activation)


@mistake(
    apply_generated_weights,
    "The values are right, but no gradient reaches `flat_weights`, so the generators that made them wouldn't learn.",
)
def weights_detached(data, flat_weights, target_layer_sizes, activation=torch.relu):
    return apply_generated_weights(data, [flat.detach() for flat in flat_weights], target_layer_sizes, activation)


@mistake(apply_generated_weights, "All rows go through the first network. " + PER_ROW)
def first_network_for_all(data, flat_weights, target_layer_sizes, activation=torch.relu):
    pairs = cut([flat[0] for flat in flat_weights], target_layer_sizes)
    return hyperlib.target_forward(data, pairs, activation)


@mistake(
    apply_generated_weights,
    "Every row went through every network, because `data @ weight.mT` shares all rows of `data` between the"
    " networks. To give each network one row, use `data.unsqueeze(-2)`, [batch, 1, in].",
)
def every_row_through_every_network(data, flat_weights, target_layer_sizes, activation=torch.relu):
    def layer(x, w, b):
        return x @ w.mT + b.unsqueeze(-2)

    return pairs_through(data, flat_weights, target_layer_sizes, activation, layer)


def one_row_by_hand(data, flat_weights, target_layer_sizes, activation=torch.relu):
    def layer(x, w, b):
        return (x.unsqueeze(1) @ w.mT).squeeze(1) + b

    return pairs_through(data, flat_weights, target_layer_sizes, activation, layer)


@mistake(
    apply_generated_weights,
    "This handles only data of shape [batch, in]. Data of shape [batch, n, in] is asked for as well.",
    one_row_by_hand,
)
def only_one_row(data, flat_weights, target_layer_sizes, activation=torch.relu):
    def layer(x, w, b):
        return torch.einsum("bi,boi->bo", x, w) + b

    return pairs_through(data, flat_weights, target_layer_sizes, activation, layer)


@mistake(apply_generated_weights, "The last layer is left out.")
def last_layer_left_out(data, flat_weights, target_layer_sizes, activation=torch.relu):
    pairs = cut(flat_weights, target_layer_sizes)
    return hyperlib.target_forward(data, pairs[:-1] or pairs, activation)


def known(model):
    """Sets every generator so that what it puts out is known: a multiple of i + 1 for generator i.

    Finds the layers by their names, so that it works for models that register them in any order.
    """
    with torch.no_grad():
        for name, module in model.named_modules():
            if isinstance(module, nn.Linear):
                module.bias.zero_()
                i = int(name.rpartition(".")[2].split("_")[2])
                module.weight.fill_(i + 1 if name.endswith("_params") else 1.0)
    return model


SIZES_NAMED = (
    "One generator per layer: `weight_gen_0` for the first, `weight_gen_1` for the second, in `self.generators`."
)
KNOWN = "Here the generators' weights are known numbers."


@exercise(
    points=4,
    cases=[
        case(
            "Hypernetwork(2, [(3, 4)], [5])(conditioning, data).shape",
            "`forward(conditioning, data)` gives one output row for each row of data.",
            conditioning=counting(2, 2),
            data=counting(2, 3),
        ),
        case(
            "Hypernetwork(2, [(3, 4), (4, 2)], [5])(conditioning, data).shape",
            conditioning=counting(4, 2),
            data=counting(4, 3),
        ),
        case(
            """
            # How many parameters does it own?
            sum(p.numel() for p in Hypernetwork(2, [(3, 4), (4, 2)], [5]).parameters())
            """,
            "Modules in a plain Python list, or made in `forward`, aren't registered, so they would never be trained.",
        ),
        case("list(Hypernetwork(2, [(3, 4), (4, 2)], [5]).state_dict())", SIZES_NAMED),
        case("[list(p.shape) for p in Hypernetwork(2, [(3, 1)]).parameters()]"),
        case(
            """
            model = known(Hypernetwork(1, [(1, 2), (2, 1)], [1]))
            model(conditioning, data)
            """,
            KNOWN,
            conditioning=torch.tensor([[1.0], [2.0]]),
            data=torch.tensor([[1.0], [3.0]]),
            known=known,
        ),
        case(
            """
            model = known(Hypernetwork(2, [(2, 3), (3, 2)], [2]))
            model(conditioning, data)
            """,
            KNOWN + " Each condition's network gets n rows.",
            conditioning=counting(2, 2),
            data=counting(2, 3, 2),
            known=known,
        ),
        case(
            """
            model = known(Hypernetwork(2, [(1, 2), (2, 2), (2, 1)], [2], torch.square))
            model(conditioning, data)
            """,
            KNOWN,
            conditioning=counting(2, 2),
            data=counting(2, 1, start=-3),
            known=known,
        ),
        case(
            """
            model = Hypernetwork(2, [(2, 3), (3, 2)], [4])
            # Does each generator start small, as build_weight_generator makes it?
            [bool(p.abs().max() <= 0.01) for name, p in model.named_parameters() if "params" in name]
            """,
            "Leave the generators as `build_weight_generator` starts them.",
        ),
        case(
            """
            model = Hypernetwork(2, [(2, 3), (3, 2)], [4])
            model(conditioning, data).sum().backward()
            # Does a gradient reach every parameter?
            all(p.grad is not None for p in model.parameters())
            """,
            "`.detach()`, `.data` and `torch.no_grad()` keep gradients from the generators.",
            conditioning=counting(2, 2),
            data=counting(2, 2),
        ),
    ],
    hints=[
        "In `__init__`: one `build_weight_generator` per target layer, in an `nn.ModuleList`, and keep the sizes.",
        'Name them by `name=f"weight_gen_{i}"`, and pass `hidden_sizes` on.',
        "In `forward`: `flat_weights = [generator(conditioning) for generator in self.generators]`.",
        "Then `apply_generated_weights(data, flat_weights, self.target_layer_sizes, self.activation)`.",
    ],
)
class Hypernetwork(nn.Module):
    """A target whose weights follow the condition."""

    def __init__(
        self,
        conditioning_size,
        target_layer_sizes,
        hidden_sizes=(256, 256),
        activation=torch.relu,
    ):
        from hyperlib import build_weight_generator

        super().__init__()
        self.target_layer_sizes = target_layer_sizes
        self.activation = activation
        self.generators = nn.ModuleList()
        for i, (n_in, n_out) in enumerate(target_layer_sizes):
            name = f"weight_gen_{i}"
            generator = build_weight_generator(conditioning_size, n_in, n_out, hidden_sizes, name)
            self.generators.append(generator)

    def forward(self, conditioning, data):
        """From conditioning [batch, C] and data
        [batch, in] or [batch, n, in] to
        [batch, out] or [batch, n, out]."""
        from hyperlib import apply_generated_weights

        flat_weights = [generator(conditioning) for generator in self.generators]
        return apply_generated_weights(data, flat_weights, self.target_layer_sizes, self.activation)


@stub(Hypernetwork)
class BlankHypernetwork(nn.Module):
    """A target whose weights follow the condition."""

    def __init__(
        self,
        conditioning_size,
        target_layer_sizes,
        hidden_sizes=(256, 256),
        activation=torch.relu,
    ):
        """One weight generator per target layer, named
        weight_gen_0, weight_gen_1, ...: self.generators,
        an nn.ModuleList."""
        super().__init__()
        ...

    def forward(self, conditioning, data):
        """From conditioning [batch, C] and data
        [batch, in] or [batch, n, in] to
        [batch, out] or [batch, n, out]."""
        ...


class Variation(Hypernetwork):
    """What the mistakes have in common: they differ in one step each."""

    def __init__(self, conditioning_size, target_layer_sizes, hidden_sizes=(256, 256), activation=torch.relu):
        super().__init__(conditioning_size, target_layer_sizes, hidden_sizes, activation)


@mistake(
    Hypernetwork,
    "PyTorch finds no parameters, so nothing could be trained. The generators are in a plain Python list, or made"
    " again in every `forward`. Make them in `__init__`, and put them into an `nn.ModuleList`.",
)
class PlainList(Variation):
    def __init__(self, *args):
        super().__init__(*args)
        generators = list(self.generators)
        del self.generators
        self.generators = generators


class CountedFromOne(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, hidden_sizes=(256, 256), activation=torch.relu):
        super().__init__(conditioning_size, target_layer_sizes, hidden_sizes, activation)
        self.generators = nn.ModuleList(
            hyperlib.build_weight_generator(conditioning_size, *size, hidden_sizes, f"weight_gen_{i}")
            for i, size in enumerate(target_layer_sizes, 1)
        )


@mistake(
    Hypernetwork,
    "The generators don't have the names asked for. Layer i's is `weight_gen_{i}`, counted from 0.",
    CountedFromOne,
)
class OneNameForAll(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, hidden_sizes=(256, 256), activation=torch.relu):
        super().__init__(conditioning_size, target_layer_sizes, hidden_sizes, activation)
        self.generators = nn.ModuleList(
            hyperlib.build_weight_generator(conditioning_size, *size, hidden_sizes) for size in target_layer_sizes
        )


class InADict(Variation):
    def __init__(self, *args):
        super().__init__(*args)
        self.generators = nn.ModuleDict({f"weight_gen_{i}": g for i, g in enumerate(self.generators)})

    def forward(self, conditioning, data):
        flat_weights = [generator(conditioning) for generator in self.generators.values()]
        return hyperlib.apply_generated_weights(data, flat_weights, self.target_layer_sizes, self.activation)


@mistake(
    Hypernetwork,
    "The generators aren't kept as asked. They belong in `self.generators`, which is an `nn.ModuleList`.",
    InADict,
)
class OtherAttribute(Variation):
    def __init__(self, *args):
        super().__init__(*args)
        self.gens = self.generators
        del self.generators

    def forward(self, conditioning, data):
        flat_weights = [generator(conditioning) for generator in self.gens]
        return hyperlib.apply_generated_weights(data, flat_weights, self.target_layer_sizes, self.activation)


@mistake(Hypernetwork, "A layer's two sizes are swapped. `target_layer_sizes` holds (in, out) pairs, in this order.")
class SizesSwapped(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, hidden_sizes=(256, 256), activation=torch.relu):
        swapped = [(n_out, n_in) for n_in, n_out in target_layer_sizes]
        super().__init__(conditioning_size, swapped, hidden_sizes, activation)
        self.target_layer_sizes = target_layer_sizes


class FirstHiddenSize(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, hidden_sizes=(256, 256), activation=torch.relu):
        super().__init__(conditioning_size, target_layer_sizes, hidden_sizes[0], activation)


@mistake(
    Hypernetwork, "Only the first of `hidden_sizes` reaches the generators. Pass on the whole list.", FirstHiddenSize
)
class FirstHiddenSizeOnly(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, hidden_sizes=(256, 256), activation=torch.relu):
        super().__init__(conditioning_size, target_layer_sizes, hidden_sizes[:1], activation)


@mistake(Hypernetwork, "`hidden_sizes` doesn't reach the generators. They always have two hidden layers of 256.")
class HiddenSizesIgnored(Variation):
    def __init__(self, conditioning_size, target_layer_sizes, hidden_sizes=(256, 256), activation=torch.relu):
        super().__init__(conditioning_size, target_layer_sizes, (256, 256), activation)


@mistake(Hypernetwork, "The argument `activation` isn't used. It's always a ReLU.")
class ActivationIgnored(Variation):
    def forward(self, conditioning, data):
        flat_weights = [generator(conditioning) for generator in self.generators]
        return hyperlib.apply_generated_weights(data, flat_weights, self.target_layer_sizes)


@mistake(Hypernetwork, "There is no activation between the target's layers.")
class NoActivation(Variation):
    def forward(self, conditioning, data):
        flat_weights = [generator(conditioning) for generator in self.generators]
        return hyperlib.apply_generated_weights(data, flat_weights, self.target_layer_sizes, lambda x: x)


@mistake(Hypernetwork, "The data go into the generators. The condition should.")
class DataMakeTheWeights(Variation):
    def forward(self, conditioning, data):
        return super().forward(data, data)


@mistake(
    Hypernetwork, "The two arguments of `forward` are the wrong way round. The condition comes first, then the data."
)
class ArgumentsSwapped(Variation):
    def forward(self, data, conditioning):
        return super().forward(conditioning, data)


@mistake(
    Hypernetwork, "All rows get the first condition's weights. Each row has its own condition, and so its own weights."
)
class FirstConditionForAll(Variation):
    def forward(self, conditioning, data):
        return super().forward(conditioning[:1].expand_as(conditioning), data)


@mistake(Hypernetwork, "One set of weights is made from the mean of the conditions. Each row has its own condition.")
class MeanCondition(Variation):
    def forward(self, conditioning, data):
        return super().forward(conditioning.mean(0).expand_as(conditioning), data)


class DetachedDataTrained(Variation):
    def forward(self, conditioning, data):
        return super().forward(conditioning, data).detach() + 0 * data.requires_grad_().sum()


@mistake(
    Hypernetwork,
    "No gradient reaches the generators' parameters. Generated weights that are detached, or made under"
    " `torch.no_grad()`, cut it off, and frozen parameters get none.",
    DetachedDataTrained,
)
class Detached(Variation):
    def forward(self, conditioning, data):
        return super().forward(conditioning, data).detach()


@mistake(Hypernetwork, "The generated weights come back. Return what the target network makes of the data with them.")
class ReturnsTheWeights(Variation):
    def forward(self, conditioning, data):
        return [generator(conditioning) for generator in self.generators]


@exercise(
    points=2,
    cases=[
        case("encode(degrees)", degrees=torch.tensor([0.0, 90.0])),
        case("encode(degrees)", "A whole turn leads back: 360 degrees is 0.", degrees=torch.tensor([0.0, 360.0])),
        case("encode(degrees)", degrees=torch.tensor([30.0, 45.0, 60.0, 135.0])),
        case("encode(degrees)", degrees=torch.tensor([[180.0, -90.0], [360.0, 270.0]])),
        case(
            "encode(degrees)",
            "A slider asks for a single angle, a tensor without any axis.",
            degrees=torch.tensor(120.0),
        ),
    ],
    hints=[
        "What does `encode(torch.tensor([0.0, 360.0]))` give? Both are the same angle.",
        "In which unit do `torch.cos` and `torch.sin` want their angle?",
        "`degrees.deg2rad()`, or `degrees * math.pi / 180`.",
    ],
)
def encode(degrees):
    """From angles in degrees [...] to conditions
    [..., 2]: the point on the unit circle, (cos, sin)."""
    angle = degrees.deg2rad()
    return torch.stack([angle.cos(), angle.sin()], dim=-1)


@stub(encode)
def encode_degrees_as_radians(degrees):
    """From angles in degrees [...] to conditions
    [..., 2]: the point on the unit circle, (cos, sin)."""
    return torch.stack([degrees.cos(), degrees.sin()], -1)


@mistake(
    encode,
    "`cos` and `sin` take radians, but get degrees here. So 30 degrees count as 30 radians, which is nearly five"
    " turns, and neighbouring angles end up far apart.",
    lambda degrees: torch.stack([(degrees % 360).cos(), (degrees % 360).sin()], dim=-1),
)
def degrees_as_radians(degrees):
    return torch.stack([degrees.cos(), degrees.sin()], dim=-1)


@mistake(encode, "A whole turn counts as half of one here. 180 degrees are pi, and 360 are 2 pi.")
def half_a_turn(degrees):
    angle = degrees * torch.pi / 360
    return torch.stack([angle.cos(), angle.sin()], dim=-1)


@mistake(encode, "Degrees are multiplied by 180 / pi. It is the other way round: `degrees * math.pi / 180`.")
def turned_round(degrees):
    angle = degrees.rad2deg()
    return torch.stack([angle.cos(), angle.sin()], dim=-1)


@mistake(encode, "Dividing by 360 counts turns. `cos` and `sin` go round once in 2 pi, not in 1.")
def turns_as_radians(degrees):
    angle = degrees / 360
    return torch.stack([angle.cos(), angle.sin()], dim=-1)


@mistake(
    encode,
    "Nearly: pi has more digits. Take `torch.pi` or `math.pi`, so that 360 degrees lead back to 0.",
    lambda degrees: encode(degrees * (3.1416 / torch.pi)),
)
def pi_cut_short(degrees):
    return encode(degrees * (3.14 / torch.pi))


@mistake(
    encode,
    "Each angle gives one number here. It should give two, (cos, sin), along a new last axis.",
    lambda degrees: degrees.deg2rad().cos(),
    lambda degrees: degrees.deg2rad().sin(),
)
def one_number_each(degrees):
    return degrees.deg2rad()


@mistake(
    encode,
    "One sign is wrong. Angles run counterclockwise: 90 degrees is the point (0, 1), and 180 degrees is (-1, 0).",
    lambda degrees: encode(degrees) * torch.tensor([-1.0, 1.0]),
)
def wrong_sign(degrees):
    return encode(degrees) * torch.tensor([1.0, -1.0])


@mistake(encode, "Two tensors came back, as a tuple. Make one of them: `torch.stack([cos, sin], dim=-1)`.")
def a_tuple(degrees):
    return tuple(encode(degrees).unbind(-1))


@mistake(
    encode,
    "The new axis has a fixed place, which fits only angles with one axis. `dim=-1` always puts it last.",
)
def along_axis_1(degrees):
    angle = degrees.deg2rad()
    return torch.stack([angle.cos(), angle.sin()], dim=1)


@mistake(
    encode,
    "`math.cos`, `math.sin` and `torch.tensor([...])` take single numbers. Use `torch.cos` and `torch.sin`, which take"
    " any tensor, and `torch.stack` to join the two.",
    lambda degrees: torch.tensor([degrees.deg2rad().cos(), degrees.deg2rad().sin()]),
)
def one_number_only(degrees):
    angle = degrees * math.pi / 180
    return torch.stack([math.cos(angle), math.sin(angle)], dim=-1)


@mistake(
    encode,
    "Both numbers are the same. The point on the circle is (cos, sin).",
    lambda degrees: encode(degrees)[..., [1, 1]],
)
def cosine_twice(degrees):
    angle = degrees.deg2rad()
    return torch.stack([angle.cos(), angle.cos()], dim=-1)


@mistake(encode, "The sine comes first. The exercise asks for (cos, sin).")
def sine_first(degrees):
    return encode(degrees).flip(-1)


@mistake(encode, "The two numbers are along the first axis. They belong along a new last one: `dim=-1`.")
def along_the_first_axis(degrees):
    angle = degrees.deg2rad()
    return torch.stack([angle.cos(), angle.sin()])


@mistake(
    encode,
    "The cosines and the sines are joined along an axis that was there. `torch.stack` makes a new one for the two.",
    lambda degrees: torch.cat([degrees.deg2rad().cos(), degrees.deg2rad().sin()], -1),
    lambda degrees: torch.cat([degrees.deg2rad().cos(), degrees.deg2rad().sin()]),
)
def joined_instead(degrees):
    angle = degrees.deg2rad()
    return torch.cat([angle.cos().reshape(-1), angle.sin().reshape(-1)])
