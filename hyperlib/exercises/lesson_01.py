"""The exercises of lesson 01: how many numbers a network is made of."""

from torch import nn

from ..checking.declare import case, exercise, mistakes, stub


@exercise(
    points=1,
    cases=[
        case("layer_parameters(2, 1)"),
        case("layer_parameters(3, 2)"),
        case("layer_parameters(2, 3)"),
        case("layer_parameters(128, 64)"),
    ],
    hints=[
        "There is a weight for every pair of an input and an output.",
        "There is a bias for every output. It is added after the inputs have been summed up.",
    ],
)
def layer_parameters(n_in, n_out):
    """Number of weights and biases of one dense layer."""
    return n_in * n_out + n_out


mistakes(
    layer_parameters,
    {
        "The biases are left out.": "n_in * n_out + n_out -> n_in * n_out",
        "This is a bias for every input. A bias belongs to an output, because it is added to the sum.": (
            "+ n_out -> + n_in"
        ),
        "This is one bias for the whole layer. Every output has a bias of its own.": "+ n_out -> + 1",
        "This counts the units. The weights are on the connections: inputs times outputs.": (
            "n_in * n_out + n_out -> n_in + n_out"
        ),
        "This is a bias for the inputs and for the outputs. Inputs are data, and nothing is added to them.": (
            "+ n_out -> + n_in + n_out"
        ),
        "The sum is taken before the product here. Mind the brackets: `n_in * n_out` weights, plus `n_out` biases.": (
            "n_in * n_out + n_out -> n_in * (n_out + n_out)"
        ),
    },
)


@exercise(
    points=2,
    cases=[
        case("count_parameters([(1, 1)])"),
        case("count_parameters([(3, 2)])"),
        case("count_parameters([(3, 2), (2, 1)])"),
        case("count_parameters([(2, 4), (4, 4), (4, 4), (4, 1)])"),
        case("count_parameters([(784, 256), (256, 10)])"),
    ],
    hints=[
        "A network's parameters are those of its layers, added up.",
        "You have just written `layer_parameters`. A sum over `for n_in, n_out in layer_sizes` does the rest.",
    ],
)
def count_parameters(layer_sizes):
    """Number of weights and biases of a network.

    layer_sizes: its layers, a list of (in, out) pairs.
    """
    return sum(n_in * n_out + n_out for n_in, n_out in layer_sizes)


EACH = "sum(n_in * n_out + n_out for n_in, n_out in layer_sizes)"

mistakes(
    count_parameters,
    {
        "The biases are left out.": "n_in * n_out + n_out -> n_in * n_out",
        "This is the first layer alone. Is the `return` inside the loop?": "in layer_sizes) -> in layer_sizes[:1])",
        "This is the last layer alone. Is the total set again for every layer, instead of added to?": (
            "in layer_sizes) -> in layer_sizes[-1:])"
        ),
        "The last layer is left out. A list of pairs needs no `len(...) - 1`.": (
            "in layer_sizes) -> in layer_sizes[:-1])"
        ),
        "Only the last layer has biases here. Every layer has them, the hidden ones too.": (
            "n_in * n_out + n_out for n_in, n_out in layer_sizes) -> "
            "n_in * n_out for n_in, n_out in layer_sizes) + layer_sizes[-1][1]"
        ),
        "The inputs have biases here as well. Inputs are data, and nothing is added to them.": (
            "in layer_sizes) -> in layer_sizes) + layer_sizes[0][0]"
        ),
        "Each layer has a bias for every input here. A bias belongs to an output.": "+ n_out -> + n_in",
        "This is one number for each layer. The result should be their sum.": (
            f"{EACH} -> [n_in * n_out + n_out for n_in, n_out in layer_sizes]"
        ),
        "`layer_parameters` takes two numbers, and each item of `layer_sizes` is a pair of them. Take it apart:"
        " `for n_in, n_out in layer_sizes`, or `layer_parameters(*size)`.": (
            f"{EACH} -> sum(layer_parameters(size) for size in layer_sizes)",
            f"{EACH} -> sum(size[0] * size[1] + size[1] for size in [layer_sizes])",
        ),
    },
)


@exercise(
    points=3,
    cases=[
        case("generator_parameters(2, [3], [(2, 1)])"),
        case("generator_parameters(3, [4, 5], [(2, 3), (3, 1)])"),
        case("generator_parameters(3, [4, 4, 4], [(2, 3), (3, 1)])"),
        case("generator_parameters(1, [], [(1, 1)])", "`hidden_sizes` may be empty. Then there is a single layer."),
        case("generator_parameters(64, [256, 256], [(128, 64), (64, 32)])"),
    ],
    hints=[
        "How many numbers have to come out of the generator? Every weight and every bias of the target.",
        "So the generator's widths are: conditioning_size, then the hidden sizes, then"
        " `count_parameters(target_layer_sizes)`.",
        "`zip(widths[:-1], widths[1:])` turns a list of widths into (in, out) pairs, which `count_parameters` takes.",
    ],
)
def generator_parameters(
    conditioning_size,
    hidden_sizes,
    target_layer_sizes,
):
    """Size of an MLP that generates a whole target.

    The MLP: conditioning_size -> hidden_sizes -> output;
    hidden_sizes is a list that may be empty.
    """

    def count(layer_sizes):
        return sum(n_in * n_out + n_out for n_in, n_out in layer_sizes)

    widths = [conditioning_size, *hidden_sizes, count(target_layer_sizes)]
    return count(zip(widths[:-1], widths[1:]))


ALL = "count(zip(widths[:-1], widths[1:]))"

mistakes(
    generator_parameters,
    {
        "This is the target's size: what the generator puts out, not what it is made of.": (
            f"{ALL} -> count(target_layer_sizes)"
        ),
        "This generator makes the target's weights but not its biases, which have to come from it too.": (
            "count(target_layer_sizes)] -> sum(a * b for a, b in target_layer_sizes)]"
        ),
        "The target's own parameters are added on top here. It has none of its own: they are the generator's output.": (
            f"{ALL} -> {ALL} + widths[-1]"
        ),
        "This generator puts out as many numbers as the target does. It has to put out the target's *parameters*.": (
            "count(target_layer_sizes)] -> target_layer_sizes[-1][1]]"
        ),
        "This is one generator for each layer of the target (as in Edifice's Hypernetwork module, lesson 08). The"
        " exercise asks for one MLP for all layers together.": (
            f"return {ALL} -> pairs = ([*widths[:-1], count([size])] for size in target_layer_sizes)\n"
            "    return sum(count(zip(w[:-1], w[1:])) for w in pairs)"
        ),
        "The output layer is left out, and with it nearly everything: from the last hidden layer to P.": (
            "*hidden_sizes, count(target_layer_sizes)] -> *hidden_sizes]"
        ),
        "No biases are counted, neither the target's nor the generator's.": "n_in * n_out + n_out -> n_in * n_out",
        "The generator's own biases are left out.": (f"{ALL} -> sum(a * b for a, b in zip(widths[:-1], widths[1:]))"),
    },
)


@exercise(
    points=2,
    cases=[
        case("largest_hidden(4, 1, 1)"),
        case("largest_hidden(6, 1, 1)"),
        case("largest_hidden(99, 2, 3)"),
        case("largest_hidden(98, 2, 3)"),
        case("largest_hidden(300_000, 784, 10)"),
    ],
    hints=[
        "Write down the parameters of n_in -> h -> n_out. What is multiplied by h, and what isn't?",
        "It is `h * (n_in + 1 + n_out) + n_out`. Take away what doesn't depend on h, then divide.",
        "`a // b` divides and rounds down.",
    ],
)
def largest_hidden(budget, n_in, n_out):
    """The largest h so that the network
    n_in -> h -> n_out has at most budget parameters.
    """
    return (budget - n_out) // (n_in + 1 + n_out)


mistakes(
    largest_hidden,
    {
        "All biases are left out, so the network is too large.": [
            "(budget - n_out) // -> budget //",
            "(n_in + 1 + n_out) -> (n_in + n_out)",
        ],
        "The n_out biases of the last layer are forgotten. They cost the same for every h.": (
            "(budget - n_out) // -> budget //"
        ),
        "The biases of the hidden units are forgotten. Each hidden unit costs one more.": (
            "(n_in + 1 + n_out) -> (n_in + n_out)"
        ),
        "This goes over the budget. The answer is the last h that fits, not the first that reaches it: round down, not"
        " up.": "(budget - n_out) // (n_in + 1 + n_out) -> -((n_out - budget) // (n_in + 1 + n_out))",
        "This stays below the budget even where it could be met exactly. At most means `<=`, not `<`.": (
            "(budget - n_out) -> (budget - n_out - 1)"
        ),
        "This is one too many. The loop or the formula has gone on to the first h that no longer fits.": (
            "(n_in + 1 + n_out) -> (n_in + 1 + n_out) + 1"
        ),
        "This isn't rounded, and there is no half of a hidden unit. `//` rounds down.": "// -> /",
    },
)


@exercise(
    points=2,
    cases=[
        case("count_module(net)", net=nn.Linear(2, 1)),
        case("count_module(nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3)))"),
        case(
            """
            first, second = nn.Linear(3, 3), nn.Linear(3, 3)
            second.weight = first.weight
            count_module(nn.Sequential(first, second))
            """
        ),
        case(
            """
            first, second = nn.Linear(3, 3), nn.Linear(3, 3)
            second.load_state_dict(first.state_dict())
            count_module(nn.Sequential(first, second))
            """
        ),
        case("count_module(nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 3, bias=False))))"),
        case("count_module(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.PReLU()))"),
        case("count_module(nn.MultiheadAttention(2, 1))"),
        case(
            """
            # Here the biases are shared.
            first, second, third = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2)
            third.bias = first.bias
            count_module(nn.Sequential(first, second, third))
            """
        ),
        case("count_module(nn.Sequential(nn.Linear(2, 2).requires_grad_(False), nn.Linear(2, 1)))"),
    ],
    hints=[
        "Run it on two layers of which the second uses the first one's weight. How often does the loop find it?",
        "A tensor that is used twice is still one tensor. Keep a set of the `id(parameter)` already counted.",
        "Or ask PyTorch: `module.parameters()` walks through everything inside and gives each tensor once.",
    ],
)
def count_module(module):
    """Number of parameters of a module: each tensor
    counts once, frozen ones too.
    """
    return sum(parameter.numel() for parameter in module.parameters())


@stub(count_module)
def count_module_twice(module):
    """Number of parameters of a module: each tensor
    counts once, frozen ones too.
    """
    total = 0
    for part in module.modules():
        for parameter in part.parameters(recurse=False):
            total = total + parameter.numel()
    return total


OWN = "sum(parameter.numel() for parameter in module.parameters())"


def same_values_count_once(module):
    seen = []
    for parameter in module.parameters():
        if not any(parameter.shape == other.shape and bool((parameter == other).all()) for other in seen):
            seen.append(parameter)
    return sum(parameter.numel() for parameter in seen)


mistakes(
    count_module,
    {
        "Shared tensors still count once for every layer that uses them.": count_module_twice,
        "Two different tensors that happen to hold the same numbers count as one here. Shared means the same tensor,"
        " so compare with `is` or `id`, not by value.": same_values_count_once,
        "`parameter in a_list` compares by value: `==` between tensors gives a tensor, and Python can't make one True"
        " or False of it. Keep a set of tensors, or of `id(parameter)`.": (
            f"return {OWN} -> total, seen = 0, []\n"
            "    for part in module.modules():\n"
            "        for parameter in part.parameters(recurse=False):\n"
            "            if parameter not in seen:\n"
            "                seen.append(parameter)\n"
            "                total = total + parameter.numel()\n"
            "    return total"
        ),
        "Tensors of the same shape count as one here. Two layers of one size are still two layers.": (
            f"{OWN} -> sum({{p.shape: p.numel() for p in module.parameters()}}.values())"
        ),
        "Tensors of the same size count as one here. Collect the tensors in a set, not their sizes.": (
            f"{OWN} -> sum({{p.numel() for p in module.parameters()}})"
        ),
        "This counts tensors. The result should be how many numbers are in them: `.numel()`.": (
            f"{OWN} -> len(list(module.parameters()))"
        ),
        "`state_dict()` lists a shared tensor under each of its names, and buffers too, such as BatchNorm's running"
        " mean, which nobody trains.": f"{OWN} -> sum(tensor.numel() for tensor in module.state_dict().values())",
        "Frozen parameters are left out here. They are still parameters, and have to be stored.": (
            "module.parameters()) -> module.parameters() if parameter.requires_grad)"
        ),
        "`module.modules()` already walks through everything inside. With `parameters()` of each of them, the layers"
        " are counted again for every module around them.": (
            f"{OWN} -> sum(p.numel() for part in module.modules() for p in part.parameters())"
        ),
        "Whole layers are lost here. `parameters(recurse=False)` sees only what the module itself holds.": (
            "module.parameters() -> module.parameters(recurse=False)"
        ),
        "Only nn.Linear layers are counted here. A module may hold parameters in any kind of layer.": (
            f"return {OWN} -> parts = [m for m in module.modules() if isinstance(m, nn.Linear)]\n"
            "    return sum({id(p): p.numel() for m in parts for p in m.parameters()}.values())"
        ),
    },
)
