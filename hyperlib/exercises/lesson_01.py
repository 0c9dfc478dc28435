"""The exercises of lesson 01: how many numbers a network is made of."""

from torch import nn

from ..checking.declare import case, exercise, mistake, stub


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
        "There is a bias for every output: it is added after the inputs were summed up.",
    ],
)
def layer_parameters(n_in, n_out):
    """Number of weights and biases of one dense layer."""
    return n_in * n_out + n_out


@mistake(layer_parameters, "This is what comes out if the biases are left out.")
def no_biases(n_in, n_out):
    return n_in * n_out


@mistake(layer_parameters, "This is a bias for every input. A bias belongs to an output: it is added to the sum.")
def bias_per_input(n_in, n_out):
    return n_in * n_out + n_in


@mistake(layer_parameters, "This is one bias for the whole layer. Every output has a bias of its own.")
def one_bias(n_in, n_out):
    return n_in * n_out + 1


@mistake(layer_parameters, "This counts the units. The weights are on the connections: inputs times outputs.")
def units(n_in, n_out):
    return n_in + n_out


@mistake(
    layer_parameters, "This is a bias for the inputs and for the outputs. Inputs are data: nothing is added to them."
)
def bias_on_both_sides(n_in, n_out):
    return n_in * n_out + n_in + n_out


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


@mistake(count_parameters, "This is what comes out if the biases are left out.")
def count_without_biases(layer_sizes):
    return sum(n_in * n_out for n_in, n_out in layer_sizes)


@mistake(count_parameters, "This is the first layer alone. Does a `return` stand inside the loop?")
def first_layer_only(layer_sizes):
    return count_parameters(layer_sizes[:1])


@mistake(count_parameters, "This is the last layer alone. Is the total set anew for every layer instead of added to?")
def last_layer_only(layer_sizes):
    return count_parameters(layer_sizes[-1:])


@mistake(count_parameters, "The last layer is left out. A list of pairs needs no `len(...) - 1`.")
def last_layer_left_out(layer_sizes):
    return sum(n_in * n_out + n_out for n_in, n_out in layer_sizes[:-1])


@mistake(count_parameters, "Only the last layer has biases here. Every layer has them, also the hidden ones.")
def biases_of_the_last_layer(layer_sizes):
    return count_without_biases(layer_sizes) + layer_sizes[-1][1]


@mistake(count_parameters, "Here the inputs have biases as well. Inputs are data: nothing is added to them.")
def biases_of_the_inputs(layer_sizes):
    return count_parameters(layer_sizes) + layer_sizes[0][0]


@mistake(count_parameters, "Here each layer has a bias for every input. A bias belongs to an output.")
def biases_per_input(layer_sizes):
    return sum(n_in * n_out + n_in for n_in, n_out in layer_sizes)


@mistake(count_parameters, "This is one number for each layer. Wanted is their sum.")
def one_number_per_layer(layer_sizes):
    return [n_in * n_out + n_out for n_in, n_out in layer_sizes]


@exercise(
    points=3,
    cases=[
        case("generator_parameters(2, [3], [(2, 1)])"),
        case("generator_parameters(3, [4, 5], [(2, 3), (3, 1)])"),
        case("generator_parameters(3, [4, 4, 4], [(2, 3), (3, 1)])"),
        case("generator_parameters(1, [], [(1, 1)])", "`hidden_sizes` may be empty: then there is a single layer."),
        case("generator_parameters(64, [256, 256], [(128, 64), (64, 32)])"),
    ],
    hints=[
        "How many numbers must come out of the generator? Every weight and every bias of the target.",
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


@mistake(generator_parameters, "This is the target's size: what the generator puts out, not what it is made of.")
def the_targets_size(conditioning_size, hidden_sizes, target_layer_sizes):
    return count_parameters(target_layer_sizes)


@mistake(
    generator_parameters,
    "This generator makes the target's weights but not its biases, which have to come from it too.",
)
def generates_no_biases(conditioning_size, hidden_sizes, target_layer_sizes):
    widths = [conditioning_size, *hidden_sizes, count_without_biases(target_layer_sizes)]
    return count_parameters(list(zip(widths[:-1], widths[1:], strict=True)))


@mistake(
    generator_parameters,
    "Here the target's own parameters are added on top. It has none of its own: they are the generator's output.",
)
def target_added(conditioning_size, hidden_sizes, target_layer_sizes):
    return generator_parameters(conditioning_size, hidden_sizes, target_layer_sizes) + count_parameters(
        target_layer_sizes
    )


@mistake(
    generator_parameters,
    "This generator puts out as many numbers as the target puts out. It has to put out the target's *parameters*.",
)
def generates_the_output(conditioning_size, hidden_sizes, target_layer_sizes):
    widths = [conditioning_size, *hidden_sizes, target_layer_sizes[-1][1]]
    return count_parameters(list(zip(widths[:-1], widths[1:], strict=True)))


@mistake(
    generator_parameters,
    "This is one generator for each layer of the target (as Edifice's Hypernetwork module does it, lesson 08)."
    " Wanted is one MLP for all layers together.",
)
def one_generator_per_layer(conditioning_size, hidden_sizes, target_layer_sizes):
    return sum(generator_parameters(conditioning_size, hidden_sizes, [size]) for size in target_layer_sizes)


@mistake(
    generator_parameters,
    "The output layer is left out, and with it nearly everything: from the last hidden layer to P.",
)
def output_layer_left_out(conditioning_size, hidden_sizes, target_layer_sizes):
    widths = [conditioning_size, *hidden_sizes]
    return sum(a * b + b for a, b in zip(widths[:-1], widths[1:]))


@mistake(generator_parameters, "No biases are counted, neither the target's nor the generator's.")
def no_biases_anywhere(conditioning_size, hidden_sizes, target_layer_sizes):
    widths = [conditioning_size, *hidden_sizes, count_without_biases(target_layer_sizes)]
    return count_without_biases(list(zip(widths[:-1], widths[1:])))


@mistake(generator_parameters, "This is what comes out if the generator's own biases are left out.")
def generator_without_biases(conditioning_size, hidden_sizes, target_layer_sizes):
    widths = [conditioning_size, *hidden_sizes, count_parameters(target_layer_sizes)]
    return count_without_biases(list(zip(widths[:-1], widths[1:], strict=True)))


@exercise(
    points=2,
    cases=[
        case("largest_hidden(4, 1, 1)"),
        case("largest_hidden(6, 1, 1)"),
        case("largest_hidden(99, 2, 3)"),
        case("largest_hidden(98, 2, 3)"),
        case("largest_hidden(30_000_000, 784, 10)"),
    ],
    hints=[
        "Write down the parameters of n_in -> h -> n_out: what is multiplied by h, and what is not?",
        "It is `h * (n_in + 1 + n_out) + n_out`. Take away what does not depend on h, then divide.",
        "`a // b` divides and rounds down.",
    ],
)
def largest_hidden(budget, n_in, n_out):
    """The largest h so that the network
    n_in -> h -> n_out has at most budget parameters.
    """
    return (budget - n_out) // (n_in + 1 + n_out)


@mistake(largest_hidden, "This is what comes out if all biases are left out: the network is then too large.")
def budget_without_biases(budget, n_in, n_out):
    return budget // (n_in + n_out)


@mistake(largest_hidden, "The n_out biases of the last layer are forgotten. They cost the same for every h.")
def output_biases_forgotten(budget, n_in, n_out):
    return budget // (n_in + 1 + n_out)


@mistake(largest_hidden, "The biases of the hidden units are forgotten: each hidden unit costs one more.")
def hidden_biases_forgotten(budget, n_in, n_out):
    return (budget - n_out) // (n_in + n_out)


@mistake(
    largest_hidden,
    "This goes over the budget: wanted is the last h that fits, not the first that reaches it (round down, not up).",
)
def rounded_up(budget, n_in, n_out):
    return -((n_out - budget) // (n_in + 1 + n_out))


@mistake(largest_hidden, "This stays below the budget even where it could be met exactly: at most means `<=`, not `<`.")
def strictly_less(budget, n_in, n_out):
    return (budget - n_out - 1) // (n_in + 1 + n_out)


@mistake(
    largest_hidden, "This is one too many: the loop or the formula has gone on to the first h that no longer fits."
)
def one_too_many(budget, n_in, n_out):
    return (budget - n_out) // (n_in + 1 + n_out) + 1


@mistake(largest_hidden, "This is not rounded: there is no half of a hidden unit. `//` rounds down.")
def not_rounded(budget, n_in, n_out):
    return (budget - n_out) / (n_in + 1 + n_out)


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
        "Run it on two layers of which the second uses the first one's weight. How often does the loop meet it?",
        "A tensor that is used twice is still one tensor: keep a set of the `id(parameter)` already counted.",
        "Or ask PyTorch: `module.parameters()` walks through everything inside and gives each tensor once.",
    ],
)
def count_module(module):
    """How many numbers of a module could be trained."""
    return sum(parameter.numel() for parameter in module.parameters())


@stub(count_module)
def count_module_twice(module):
    """How many numbers of a module could be trained."""
    total = 0
    for part in module.modules():
        for parameter in part.parameters(recurse=False):
            total = total + parameter.numel()
    return total


@mistake(count_module, "Shared tensors still count once for every layer that uses them.")
def tied_counted_twice(module):
    return count_module_twice(module)


@mistake(
    count_module,
    "Two different tensors that happen to hold the same numbers count as one here. Shared means the same tensor:"
    " compare with `is` or `id`, not by value.",
)
def same_values_count_once(module):
    seen = []
    for parameter in module.parameters():
        if not any(parameter.shape == other.shape and bool((parameter == other).all()) for other in seen):
            seen.append(parameter)
    return sum(parameter.numel() for parameter in seen)


@mistake(count_module, "Tensors of the same shape count as one here. Two layers of one size are still two layers.")
def same_shapes_count_once(module):
    return sum({parameter.shape: parameter.numel() for parameter in module.parameters()}.values())


@mistake(count_module, "This counts tensors. Wanted are the numbers in them: `.numel()`.")
def counts_tensors(module):
    return len(list(module.parameters()))


@mistake(
    count_module,
    "`state_dict()` lists a shared tensor under each of its names, and buffers too, such as BatchNorm's running mean,"
    " which nobody trains.",
)
def counts_the_state_dict(module):
    return sum(tensor.numel() for tensor in module.state_dict().values())


@mistake(count_module, "Frozen parameters are left out here. They are parameters all the same, and have to be stored.")
def frozen_left_out(module):
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


@mistake(
    count_module,
    "`module.modules()` already walks through everything inside; with `parameters()` of each of them, the layers are"
    " counted again for every module around them.",
)
def counted_again_for_every_level(module):
    return sum(p.numel() for submodule in module.modules() for p in submodule.parameters())


@mistake(
    count_module, "Whole layers are lost here: `parameters(recurse=False)` sees only what the module itself holds."
)
def no_recursion(module):
    return sum(parameter.numel() for parameter in module.parameters(recurse=False))


@mistake(count_module, "Only nn.Linear layers are counted here. A module may hold parameters in any kind of layer.")
def linear_layers_only(module):
    weights = {id(p): p.numel() for m in module.modules() if isinstance(m, nn.Linear) for p in m.parameters()}
    return sum(weights.values())
