"""What every public function says when it is given the wrong thing: what came, what was needed, which item."""

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


def weight_pairs(weights, name="weights"):
    """`weights` as a list of (weight, bias) pairs that fit together, or an error that names the layer.

    Takes `[(w1, b1), (w2, b2), ...]` or the exercise's flat order `(w1, b1, w2, b2, ...)`.
    """
    if not isinstance(weights, (list, tuple)):
        raise TypeError(f"{name} must be (w1, b1, w2, b2, ...) or [(w1, b1), ...], got {describe(weights)}")
    if not weights:
        raise ValueError(f"{name} is empty; it needs at least one weight and its bias")
    if isinstance(weights[0], (list, tuple)):
        pairs = list(weights)
    elif len(weights) % 2:
        raise ValueError(f"{name} has {len(weights)} tensors; each weight needs its bias: (w1, b1, w2, b2, ...)")
    else:
        pairs = list(zip(weights[::2], weights[1::2], strict=True))
    for i, pair in enumerate(pairs):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise TypeError(f"{name}[{i}] must be a (weight, bias) pair, got {describe(pair)}")
        check_layer(*pair, f"layer {i}'s ")
        if i and pair[0].shape[-1] != pairs[i - 1][0].shape[-2]:
            raise ValueError(
                f"layer {i}'s weight takes {pair[0].shape[-1]} inputs but layer {i - 1} gives"
                f" {pairs[i - 1][0].shape[-2]}"
            )
    return pairs


def check_layer(weight, bias, owner=""):
    """An error unless `weight [..., out, in]` and `bias [..., out]` belong together; `owner` says whose they are."""
    check_tensor(weight, f"{owner}weight"), check_tensor(bias, f"{owner}bias")
    if weight.dim() < 2:
        raise ValueError(f"{owner}weight must be [..., out, in], got shape {list(weight.shape)}")
    if bias.shape != weight.shape[:-1]:
        raise ValueError(
            f"{owner}bias has shape {list(bias.shape)}, but its weight {list(weight.shape)} needs"
            f" {list(weight.shape[:-1])}"
        )


def check_module(value, name):
    """`value` if it is an nn.Module, or an error."""
    if isinstance(value, type):
        raise TypeError(f"{name} must be an nn.Module, got the class {value.__name__}; {value.__name__}(...) makes one")
    if not isinstance(value, torch.nn.Module):
        raise TypeError(f"{name} must be an nn.Module, got {describe(value)}")
    return value


_AUTOCAST = {torch.float32, torch.float16, torch.bfloat16}  # what autocast brings together itself


def check_same_dtype(value, name, other, other_name):
    """An error if two tensors differ in dtype, unless autocast brings them together."""
    if value.dtype == other.dtype or (
        {value.dtype, other.dtype} <= _AUTOCAST and torch.is_autocast_enabled(other.device.type)
    ):
        return
    raise TypeError(f"{name} is {value.dtype} but {other_name} is {other.dtype}; they must be the same")


def check_conditioning(conditioning, size, module):
    """An error unless `conditioning [..., size]` is what the hypernetwork `module` can take."""
    check_tensor(conditioning, "conditioning", size, " (conditioning_size)")
    if not conditioning.is_floating_point():
        raise TypeError(
            f"conditioning is {conditioning.dtype}; numbers of classes or tasks must be made vectors first, by"
            " F.one_hot(...).float() or nn.Embedding"
        )
    check_same_dtype(conditioning, "conditioning", next(module.parameters(), conditioning), "the hypernetwork")


def check_data(data, input_size, conditioning, index=None):
    """An error unless `data` has one row, or n rows, or an index's rows, of `input_size` numbers for each condition."""
    check_tensor(data, "data", input_size, " (input_size)")
    check_same_dtype(data, "data", conditioning, "conditioning")
    if index is not None:
        return check_index(index, conditioning, data)
    batch = conditioning.shape[:-1]
    if batch and data.shape[:-1] != batch and data.shape[:-2] != batch:
        lead = ", ".join(map(str, batch))
        raise ValueError(
            f"conditioning {list(conditioning.shape)} needs data [{lead}, {input_size}] (one row for each condition)"
            f" or [{lead}, n, {input_size}] (n rows for each), got {list(data.shape)}"
        )


def check_index(index, conditioning, data):
    """An error unless `index [N]` says which of the conditions `[K, C]` each row of the data `[N, in]` has."""
    check_tensor(index, "index")
    if index.dtype != torch.int64:
        raise TypeError(f"index is {index.dtype}, but the numbers of conditions must be torch.int64")
    if conditioning.dim() != 2 or data.dim() != 2 or index.shape != data.shape[:1]:
        raise ValueError(
            f"with an index, conditioning must be [K, C], data [N, in] and index [N]; got {list(conditioning.shape)},"
            f" {list(data.shape)} and {list(index.shape)}"
        )
    if torch.compiler.is_compiling():
        torch._assert_async((index >= 0).all(), "index must not be negative")
    if torch.compiler.is_compiling() or not len(index):
        return
    low, high = (int(end) for end in index.aminmax())
    if low < 0 or high >= len(conditioning):
        raise ValueError(f"index goes from {low} to {high}, but there are {len(conditioning)} conditions, from 0 on")


def as_numbers(value, name, like=None):
    """A number or tensor as a floating-point tensor; of the type and on the device of `like`, if given."""
    if not isinstance(value, (numbers.Real, torch.Tensor)) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number or a torch.Tensor, got {describe(value)}")
    if like is not None:
        return torch.as_tensor(value, dtype=like.dtype, device=like.device)
    if not isinstance(value, torch.Tensor):  # which stays on its device, whatever the default one is
        value = torch.tensor(float(value))
    return value if value.is_floating_point() else value.to(torch.get_default_dtype())


def broadcast(shape, other, name, means):
    """The common shape of two, or an error that names the second."""
    try:
        return torch.broadcast_shapes(shape, other)
    except RuntimeError:
        needed = f"which do not broadcast against {list(shape)}, {means}"
        raise ValueError(f"{name} has axes {list(other)}, {needed}") from None
