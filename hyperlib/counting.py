"""How many numbers a network is made of (lesson 01)."""

from .validate import check_int_list, check_layer_sizes, check_module, positive_int


def layer_parameters(n_in, n_out):
    """Number of weights and biases of one dense layer: `weight [n_out, n_in]` and `bias [n_out]`."""
    n_in, n_out = positive_int(n_in, "n_in"), positive_int(n_out, "n_out")
    return n_in * n_out + n_out


def count_parameters(layer_sizes):
    """Number of weights and biases of an MLP with these `[(in, out), ...]` layers.

    Raises TypeError or ValueError naming the layer if the sizes are not whole numbers, or do not fit together.
    """
    return sum(layer_parameters(n_in, n_out) for n_in, n_out in check_layer_sizes(layer_sizes))


def mlp_sizes(n_in, hidden_sizes, n_out):
    """The `[(in, out), ...]` layers of an MLP: `mlp_sizes(8, [64, 32], 5) == [(8, 64), (64, 32), (32, 5)]`."""
    hidden = check_int_list(hidden_sizes, "hidden_sizes")
    widths = [positive_int(n_in, "n_in"), *hidden, positive_int(n_out, "n_out")]
    return list(zip(widths[:-1], widths[1:], strict=True))


def generator_parameters(conditioning_size, hidden_sizes, target_layer_sizes):
    """Number of parameters of an MLP `conditioning -> hidden ... -> every parameter of the target`.

    The last layer costs `(last hidden + 1) * count_parameters(target_layer_sizes)`, which is nearly all of it
    (compare Ha, Dai and Le, 2016, section 3.1, where two small layers avoid it).
    """
    conditioning_size = positive_int(conditioning_size, "conditioning_size")
    target = sum(layer_parameters(*size) for size in check_layer_sizes(target_layer_sizes, "target_layer_sizes"))
    return count_parameters(mlp_sizes(conditioning_size, hidden_sizes, target))


def largest_hidden(budget, n_in, n_out):
    """The largest h for which an `n_in -> h -> n_out` MLP has at most `budget` parameters.

    Raises ValueError if not even h = 1 fits.
    """
    budget, n_in, n_out = positive_int(budget, "budget"), positive_int(n_in, "n_in"), positive_int(n_out, "n_out")
    hidden = (budget - n_out) // (n_in + 1 + n_out)
    if hidden < 1:
        least = layer_parameters(n_in, 1) + layer_parameters(1, n_out)
        raise ValueError(f"budget {budget} is too small: {n_in} -> 1 -> {n_out} already has {least} parameters")
    return hidden


def count_module(module):
    """Number of parameters of any `nn.Module`, each tensor once, however many places use it."""
    # .parameters() already yields a shared tensor once; .state_dict() and sums over submodules do not.
    return sum(p.numel() for p in check_module(module, "module").parameters())
