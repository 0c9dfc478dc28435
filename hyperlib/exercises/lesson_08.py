"""The exercises of lesson 08: the original's three functions, and rows that keep their conditions."""

import torch
from torch import nn

from ..checking.declare import case, counting, exercise, mistakes, stub

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
        case("[list(p.shape) for p in build_weight_generator(2, 3, 4, [5, 7, 6]).parameters()]"),
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


UNIFORM = "uniform_(params.weight, -0.01, 0.01)"
RELU = 'generator.add_module(f"{name}_relu_{i}"'

mistakes(
    build_weight_generator,
    {
        "The target layer's bias is missing. The output has only `target_in * target_out` numbers.": (
            " + target_out) -> )"
        ),
        "This makes a bias for every input. A layer has one for every *output*: `+ target_out`.": (
            "+ target_out) -> + target_in)"
        ),
        "It ends in a ReLU, so it can't make negative weights.": (
            "return generator -> generator.append(nn.ReLU())\n    return generator"
        ),
        "There is no ReLU between the linear layers. Without one, they amount to a single linear layer.": (
            RELU + ", nn.ReLU()) -> pass"
        ),
        "There is no ReLU after the last hidden layer. Every hidden layer has one, only {name}_params has none.": (
            f"{RELU} -> if i < len(hidden_sizes) - 1: {RELU}"
        ),
        "Every hidden layer takes `conditioning_size` inputs. From the second on, a layer takes what the one before"
        " gives.": ("(width, hidden) -> (conditioning_size, hidden)", "        width = hidden\n -> "),
        "Not every hidden layer has its ReLU. (A module that you add to an nn.Sequential under a name it already has"
        " replaces the earlier one.)": "{name}_relu_{i} -> {name}_relu",
        "The hidden layers don't start as nn.Linear makes them. Change only the last layer.": (
            "width = hidden -> width = hidden\n        nn.init.zeros_(generator[-2].bias)"
        ),
        "The last layer doesn't start as asked. Its weight should be uniform in (-0.01, 0.01), and its bias zero.": (
            f"    nn.init.{UNIFORM}\n    nn.init.zeros_(params.bias)\n -> "
        ),
        "The last layer's bias doesn't start at zero. nn.Linear draws it at random, so set it yourself.": (
            "    nn.init.zeros_(params.bias)\n -> "
        ),
        "The last layer starts at zero. Then every generated weight is zero, and no gradient gets past that layer.": (
            UNIFORM + " -> zeros_(params.weight)"
        ),
        "This is uniform in (0, 0.01). Half of the numbers should be negative.": "weight, -0.01, -> weight, 0,",
        "Some of the last layer's weights start beyond 0.01 or -0.01. Draw them uniformly from (-0.01, 0.01). A normal"
        " distribution would have no bounds.": UNIFORM + " -> normal_(params.weight, std=0.01)",
        "All layers start small here. Only {name}_params should.": (
            "return generator -> for p in generator.parameters():\n"
            "        nn.init.uniform_(p, -0.01, 0.01)\n    return generator",
            "width = hidden -> width = hidden\n        nn.init.zeros_(generator[-2].bias)\n"
            "        nn.init.uniform_(generator[-2].weight, -0.01, 0.01)",
        ),
        "`hidden_sizes` isn't used. The hidden layers are the same whatever it says.": (
            "enumerate(hidden_sizes) -> enumerate((256, 256))"
        ),
        "The modules have numbers for names. `add_module` gives them the names asked for.": (
            "return generator -> return nn.Sequential(*generator)"
        ),
        'The names begin with "weight_gen" whatever `name` says.': (
            "generator, width -> name = 'weight_gen'\n    generator, width"
        ),
        "The hidden layers are counted from 1. The first one should be {name}_hidden_0.": (
            "_hidden_{i} -> _hidden_{i + 1}"
        ),
    },
)


PER_ROW = "Each row of `data` goes through its own network: row 0 through the weights of row 0, and so on."
MANY_ROWS = "Here each network gets n rows: `data` is [batch, n, in]."


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


def by_hand(layer):
    """Instead of `target_forward`, a loop that applies each layer by this expression."""
    return (
        "return target_forward(data, pairs, activation) -> for i, (w, b) in enumerate(pairs):\n"
        f"        data = {layer}\n"
        "        data = activation(data) if i < len(pairs) - 1 else data\n"
        "    return data"
    )


mistakes(
    apply_generated_weights,
    {
        "The activation also follows the last layer. It belongs between the layers only.": [
            "return target_forward -> return activation(target_forward",
            "pairs, activation) -> pairs, activation))",
        ],
        "There is no activation between the layers.": "pairs, activation) -> pairs, lambda x: x)",
        "It's always a ReLU. The argument `activation` isn't used.": "pairs, activation) -> pairs, torch.relu)",
        "The weight is read as [in, out]. The flat vector holds it as [out, in].": (
            "unflatten(flat, [size]) -> [(flat[..., : size[0] * size[1]].unflatten(-1, size).mT,"
            " flat[..., size[0] * size[1] :])]"
        ),
        "The bias is taken from the front of the flat tensor. The weight comes first.": (
            "unflatten(flat, [size]) -> [(flat[..., size[1] :].unflatten(-1, size[::-1]), flat[..., : size[1]])]"
        ),
        "The biases aren't added.": by_hand(
            "(data.unsqueeze(-2) @ w.mT).squeeze(-2) if data.dim() == 2 else data @ w.mT"
        ),
        "The bias [batch, out] doesn't line up with the product [batch, n, out]. It needs an axis for the rows:"
        " `bias.unsqueeze(-2)`. A single row for each network needs that axis too, `data.unsqueeze(-2)`.": (
            by_hand("torch.einsum('bi,boi->bo', data, w) + b if data.dim() == 2 else data @ w.mT + b"),
            by_hand("data @ w.mT + b"),
            by_hand("(data.unsqueeze(-2) @ w.mT + b).squeeze(-2) if data.dim() == 2 else data @ w.mT + b"),
        ),
        "The `return` is inside the loop, so only the first layer is applied. It belongs after the loop.": (
            "    return ->         return"
        ),
        "This is a list of lists: `unflatten` gives a list, with one pair in it here. Collect the pairs by `+=`.": (
            "pairs += unflatten(flat, [size]) -> pairs.append(unflatten(flat, [size]))"
        ),
        "`unflatten` takes one flat tensor, and `flat_weights` is a list with one for each layer. Call it once per"
        " layer.": "(data, pairs, -> (data, unflatten(flat_weights, target_layer_sizes),",
        "The values are right, but no gradient reaches `flat_weights`, so the generators that made them wouldn't"
        " learn.": "unflatten(flat, -> unflatten(flat.detach(),",
        "All rows go through the first network. " + PER_ROW: "unflatten(flat, -> unflatten(flat[0],",
        "Every row went through every network, because `data @ weight.mT` shares all rows of `data` between the"
        " networks. To give each network one row, use `data.unsqueeze(-2)`, [batch, 1, in].": by_hand(
            "data @ w.mT + b.unsqueeze(-2)"
        ),
        "This handles only data of shape [batch, in]. Data of shape [batch, n, in] is asked for as well.": (
            by_hand("torch.einsum('bi,boi->bo', data, w) + b"),
            by_hand("(data.unsqueeze(1) @ w.mT).squeeze(1) + b"),
        ),
        "The last layer is left out.": "data, pairs, -> data, pairs[:-1] or pairs,",
    },
)


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
        case("[list(p.shape) for p in Hypernetwork(2, [(3, 1)], []).parameters()]", "`hidden_sizes` may be empty."),
        case(
            "Hypernetwork(2, [(3, 4)], [5])(conditioning, data).shape", conditioning=counting(1, 2), data=counting(1, 3)
        ),
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


mistakes(
    Hypernetwork,
    {
        "PyTorch finds no parameters, so nothing could be trained. The generators are in a plain Python list, or made"
        " again in every `forward`. Make them in `__init__`, and put them into an `nn.ModuleList`.": (
            "nn.ModuleList() -> []"
        ),
        "The generators don't have the names asked for. Layer i's is `weight_gen_{i}`, counted from 0.": (
            "hidden_sizes, name) -> hidden_sizes)",
            "enumerate(target_layer_sizes) -> enumerate(target_layer_sizes, 1)",
        ),
        "The generators aren't kept as asked. They belong in `self.generators`, which is an `nn.ModuleList`.": (
            [
                "self.generators = -> self.gens =",
                "self.generators.append -> self.gens.append",
                "in self.generators] -> in self.gens]",
            ],
            [
                "nn.ModuleList() -> nn.ModuleDict()",
                "self.generators.append(generator) -> self.generators[name] = generator",
                "in self.generators] -> in self.generators.values()]",
            ],
        ),
        "A layer's two sizes are swapped. `target_layer_sizes` holds (in, out) pairs, in this order.": (
            "(n_in, n_out) in -> (n_out, n_in) in"
        ),
        "Only the first of `hidden_sizes` reaches the generators. Pass on the whole list.": (
            "hidden_sizes, name) -> hidden_sizes[:1], name)",
            "hidden_sizes, name) -> hidden_sizes[0], name)",
        ),
        "`hidden_sizes` doesn't reach the generators. They always have two hidden layers of 256.": (
            "hidden_sizes, name) -> name=name)"
        ),
        "The argument `activation` isn't used. It's always a ReLU.": ", self.activation) -> )",
        "There is no activation between the target's layers.": ", self.activation) -> , lambda x: x)",
        "The data go into the generators. The condition should.": "generator(conditioning) -> generator(data)",
        "The two arguments of `forward` are the wrong way round. The condition comes first, then the data.": (
            "(self, conditioning, data) -> (self, data, conditioning)"
        ),
        "All rows get the first condition's weights. Each row has its own condition, and so its own weights.": (
            "generator(conditioning) -> generator(conditioning[:1].expand_as(conditioning))"
        ),
        "One set of weights is made from the mean of the conditions. Each row has its own condition.": (
            "generator(conditioning) -> generator(conditioning.mean(0).expand_as(conditioning))"
        ),
        "No gradient reaches the generators' parameters. Generated weights that are detached, or made under"
        " `torch.no_grad()`, cut it off, and frozen parameters get none.": (
            "generator(conditioning) -> generator(conditioning).detach()",
            "self.activation) -> self.activation).detach() + 0 * data.requires_grad_().sum()",
        ),
        "The generated weights come back. Return what the target network makes of the data with them.": (
            "apply_generated_weights(data, flat_weights, self.target_layer_sizes, self.activation) -> flat_weights"
        ),
    },
)


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


STACK = "torch.stack([angle.cos(), angle.sin()], dim=-1) -> "

mistakes(
    encode,
    {
        "`cos` and `sin` take radians, but get degrees here. So 30 degrees count as 30 radians, which is nearly five"
        " turns, and neighbouring angles end up far apart.": (".deg2rad() -> ", ".deg2rad() ->  % 360"),
        "A whole turn counts as half of one here. 180 degrees are pi, and 360 are 2 pi.": (
            "degrees.deg2rad() -> degrees * torch.pi / 360"
        ),
        "Degrees are multiplied by 180 / pi. It is the other way round: `degrees * math.pi / 180`.": (
            "deg2rad -> rad2deg"
        ),
        "Dividing by 360 counts turns. `cos` and `sin` go round once in 2 pi, not in 1.": ".deg2rad() -> / 360",
        "Nearly: pi has more digits. Take `torch.pi` or `math.pi`, so that 360 degrees lead back to 0.": (
            "degrees.deg2rad() -> degrees * 3.14 / 180",
            "degrees.deg2rad() -> degrees * 3.1416 / 180",
        ),
        "Each angle gives one number here. It should give two, (cos, sin), along a new last axis.": (
            STACK + "angle",
            STACK + "angle.cos()",
            STACK + "angle.sin()",
        ),
        "One sign is wrong. Angles run counterclockwise: 90 degrees is the point (0, 1), and 180 degrees is (-1, 0).": (
            "angle.sin() -> -angle.sin()",
            "angle.cos() -> -angle.cos()",
        ),
        "Two tensors came back, as a tuple. Make one of them: `torch.stack([cos, sin], dim=-1)`.": (
            STACK + "(angle.cos(), angle.sin())"
        ),
        "The new axis has a fixed place, which fits only angles with one axis. `dim=-1` always puts it last.": (
            "dim=-1 -> dim=1"
        ),
        "`math.cos`, `math.sin` and `torch.tensor([...])` take single numbers. Use `torch.cos` and `torch.sin`, which"
        " take any tensor, and `torch.stack` to join the two.": (
            [
                "angle = -> import math\n\n    angle =",
                STACK + "torch.stack([math.cos(angle), math.sin(angle)], dim=-1)",
            ],
            STACK + "torch.tensor([angle.cos(), angle.sin()])",
        ),
        "Both numbers are the same. The point on the circle is (cos, sin).": (
            "angle.sin() -> angle.cos()",
            "angle.cos() -> angle.sin()",
        ),
        "The sine comes first. The exercise asks for (cos, sin).": (
            STACK + "torch.stack([angle.sin(), angle.cos()], dim=-1)"
        ),
        "The two numbers are along the first axis. They belong along a new last one: `dim=-1`.": ", dim=-1 -> ",
        "The cosines and the sines are joined along an axis that was there. `torch.stack` makes a new one for the"
        " two.": (
            "stack -> cat",
            ["stack -> cat", ", dim=-1 -> "],
            STACK + "torch.cat([angle.cos().reshape(-1), angle.sin().reshape(-1)])",
        ),
    },
)
