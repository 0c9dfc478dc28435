"""What every public function says when it is handed the wrong thing: what came, what was needed, which item."""

import numbers

import torch


def describe(value):
    """A value in a few words, for error messages: `a tensor of shape [2, 3]`, `the str 'relu'`."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {list(value.shape)}"
    text = repr(value)
    if len(text) > 60:
        text = text[:57] + "..."
    return f"{'an' if type(value).__name__[0] in 'aeiou' else 'a'} {type(value).__name__} ({text})"


def positive_int(value, name):
    """`value` as an int of at least 1, or an error that names it."""
    if isinstance(value, bool) or not isinstance(value, (int, numbers.Integral)):  # int first: it is the faster check
        raise TypeError(f"{name} must be a whole number, got {describe(value)}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")
    return int(value)


def check_int_list(value, name):
    """`value` as a tuple of ints of at least 1 (it may be empty), or an error that names the item."""
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{name} must be a list of whole numbers, such as [64, 64], got {describe(value)}")
    return tuple(positive_int(size, f"{name}[{i}]") for i, size in enumerate(value))


def check_layer_sizes(value, name="layer_sizes"):
    """`value` as a list of (in, out) pairs in which each layer takes what the one before gives.

    Raises TypeError or ValueError naming the layer: `layer_sizes[1] takes 10 inputs but layer 0 gives 64`.
    """
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{name} must be a list of (in, out) pairs, got {describe(value)}")
    if not value:
        raise ValueError(f"{name} is empty; it needs at least one (in, out) pair")
    sizes = []
    for i, pair in enumerate(value):
        if not isinstance(pair, (list, tuple)):
            raise TypeError(f"{name}[{i}] must be an (in, out) pair, got {describe(pair)}")
        if len(pair) != 2:
            raise ValueError(f"{name}[{i}] must be an (in, out) pair, got {len(pair)} numbers: {pair!r}")
        n_in, n_out = (positive_int(n, f"{name}[{i}][{k}]") for k, n in enumerate(pair))
        if sizes and n_in != sizes[-1][1]:
            raise ValueError(f"{name}[{i}] takes {n_in} inputs but layer {i - 1} gives {sizes[-1][1]}")
        sizes.append((n_in, n_out))
    return sizes


def check_tensor(value, name, last=None, last_means=""):
    """`value` if it is a tensor (whose last axis has `last` numbers, where that is given), or an error."""
    if not isinstance(value, torch.Tensor):
        raise TypeError(f"{name} must be a torch.Tensor, got {describe(value)}")
    if last is not None and (value.dim() == 0 or value.shape[-1] != last):
        raise ValueError(f"{name} has shape {list(value.shape)}, but its last axis must be {last}{last_means}")
    return value


def check_module(value, name):
    """`value` if it is an nn.Module, or an error."""
    if not isinstance(value, torch.nn.Module):
        raise TypeError(f"{name} must be an nn.Module, got {describe(value)}")
    return value


def check_same_dtype(value, name, other, other_name):
    """An error if two tensors differ in dtype, except under autocast, which brings them together itself."""
    if value.dtype != other.dtype and not torch.is_autocast_enabled(other.device.type):
        raise TypeError(f"{name} is {value.dtype} but {other_name} is {other.dtype}; they must be the same")
