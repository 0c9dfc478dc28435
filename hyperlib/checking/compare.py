"""Where an answer differs from what was expected: type before shape, shape before value, and said in words."""

import math
from dataclasses import dataclass

import torch

RTOL, ATOL = 1e-4, 1e-5  # float32, sums in another order, another processor


@dataclass
class Difference:
    kind: str  # "type", "shape", "dtype", "length", "nan", "value" or "gradient"
    sentence: str
    needed: object = None  # the two values to draw side by side, where a picture helps
    got: object = None


def type_name(value):
    """What a value is, in words that a learner uses."""
    if value is None:
        return "None"
    kind = type(value)
    prefix = "numpy " if kind.__module__ == "numpy" else ""
    return prefix + {"Tensor": "torch tensor", "Parameter": "torch tensor"}.get(kind.__name__, kind.__name__)


def number(value, digits=4):
    """A number as short as it can be written without saying something else."""
    if isinstance(value, int) and value.bit_length() > 64:
        return f"a whole number of {value.bit_length()} bits"  # Python refuses to write out very long ones
    if isinstance(value, float):
        return f"{0.0 if abs(value) < ATOL / 100 and digits == 4 else value:.{digits}g}"
    return str(value) if isinstance(value, (int, str, complex)) else f"something of type {type_name(value)}"


def apart(needed, got):
    """Two numbers that differ, with as many digits as it takes to see it."""
    pairs = ((number(needed, digits), number(got, digits)) for digits in (4, 7, 10, 17))
    return next((pair for pair in pairs if pair[0] != pair[1]), (number(needed), number(got)))


def difference(needed, got, where="the result"):
    """The first Difference between what was needed and what came back, or None."""
    if isinstance(needed, torch.Tensor):
        return tensor_difference(needed, got, where)
    if isinstance(needed, (list, tuple)):
        return list_difference(needed, got, where)
    if isinstance(needed, dict):
        return dict_difference(needed, got, where)
    wrong_type = isinstance(got, bool) != isinstance(needed, bool) or not isinstance(
        got, (int, float) if isinstance(needed, float) else type(needed)
    )
    if wrong_type:
        return Difference("type", wrong_type_sentence(needed, got, where), needed, got)
    if isinstance(needed, float):
        if math.isnan(got) and not math.isnan(needed):
            return Difference("nan", f"{where} is NaN (not a number); expected {number(needed)}", needed, got)
        same = math.isclose(needed, got, rel_tol=RTOL, abs_tol=ATOL)
    else:
        same = equal(needed, got)
    if same:
        return None
    expected, actual = apart(needed, got)
    return Difference("value", f"{where} is {actual}; expected {expected}", needed, got)


def equal(a, b):
    """Whether a == b, for anything that an answer may return (numpy answers with an array)."""
    try:
        return bool(a == b)
    except Exception:
        return False


def wrong_type_sentence(needed, got, where):
    sentence = f"{where} is of type {type_name(got)}; expected {type_name(needed)}"
    if got is None:
        missing = ". Is a `return` missing?" if where == "the result" else ""
        return f"{where} is None; expected {type_name(needed)}{missing}"
    if isinstance(needed, torch.Tensor) and type(got).__module__ == "numpy":
        return sentence + ". numpy forgets how a number was computed, so no gradient would pass"
    if isinstance(needed, int) and isinstance(got, float) and got == needed:
        return sentence + ". The value is right, its type is not: `/` makes floats, `//` stays whole"
    if isinstance(needed, int) and type(got).__module__ == "numpy":
        return sentence + ". `int(...)` turns it into a plain one"
    if isinstance(needed, (int, float)) and isinstance(got, torch.Tensor):
        return sentence + ". `.item()`, or counting with plain numbers from the start, gives one"
    if type(got).__name__ == "coroutine":
        return sentence + ". `async` makes that: leave it out"
    if type(got).__name__ == "generator" and not isinstance(needed, (list, tuple)):
        return sentence + ". `yield` makes that: use `return`"
    if type(got).__name__ in ("generator", "map", "zip", "filter"):
        return sentence + ". It has not computed anything yet: wrap it in `list(...)`"
    if type(got).__name__ in ("function", "method", "builtin_function_or_method"):
        return sentence + ". Are the parentheses of a call missing?"
    return sentence


def tensor_difference(needed, got, where):
    if not isinstance(got, torch.Tensor):
        return Difference("type", wrong_type_sentence(needed, got, where), needed, got)
    if got.shape != needed.shape:
        sentence = f"{where} has shape {list(got.shape)}; expected {list(needed.shape)}"
        if needed.dim() >= 2 and got.shape == needed.mT.shape and torch.equal(got.to(needed.dtype), needed.mT):
            sentence += ". It is the transpose of what was expected"
        elif got.numel() == needed.numel():
            sentence += ". The number of elements is right, their arrangement is not"
        return Difference("shape", sentence, needed, got)
    if got.dtype != needed.dtype:
        sentence = f"{where} has dtype {str(got.dtype)[6:]}; expected {str(needed.dtype)[6:]}"
        return Difference("dtype", sentence, needed, got)
    wrong = wrong_places(needed, got)
    if not wrong.any():
        return None
    at = tuple(wrong.nonzero()[0].tolist())
    place = f"[{', '.join(map(str, at))}]"
    if (got.isnan() & ~needed.isnan()).any():
        at = tuple((got.isnan() & ~needed.isnan()).nonzero()[0].tolist())
        place = f"[{', '.join(map(str, at))}]"
        sentence = f"{where} holds NaN (not a number), first at {place}; expected {number(needed[at].item())}"
        return Difference("nan", sentence, needed, got)
    numbers = "expected {}, got {}".format(*apart(needed[at].item(), got[at].item()))
    if wrong.numel() == 1:
        sentence = f"{where} differs: {numbers}"
    else:
        sentence = f"{int(wrong.sum())} of {wrong.numel()} numbers in {where} differ; the first at {place}: {numbers}"
    plain = needed.dtype != torch.bool  # of True and False, many have the same
    if plain and close(needed.flatten().sort().values, got.detach().flatten().sort().values):
        sentence += ". The numbers are the right ones, but in the wrong order"
    return Difference("value", sentence, needed, got)


def wrong_places(needed, got):
    """A mask of the places where two tensors of one shape differ."""
    if needed.is_floating_point():
        return ~torch.isclose(got.detach(), needed.detach(), rtol=RTOL, atol=ATOL, equal_nan=True)
    return got != needed


def close(a, b):
    return torch.allclose(a.detach().double(), b.detach().double(), rtol=RTOL, atol=ATOL)


def list_difference(needed, got, where):
    if not isinstance(got, (list, tuple)):
        return Difference("type", wrong_type_sentence(needed, got, where), needed, got)
    if len(got) != len(needed):
        items = "item" if len(got) == 1 else "items"
        return Difference("length", f"{where} has {len(got)} {items}; expected {len(needed)}", needed, got)
    for i, (a, b) in enumerate(zip(needed, got, strict=True)):
        found = difference(a, b, f"result[{i}]" if where == "the result" else f"{where}[{i}]")
        if found:
            break
    else:
        return None
    if not holds_tensors(needed):
        found.needed, found.got = needed, got  # lists of plain numbers are short: show them whole
    flags = all(isinstance(item, bool) for item in needed)
    if found.kind in ("shape", "value", "length") and not flags and reordered(needed, got):
        found.sentence += ". All items are right, but in the wrong order"
    return found


def holds_tensors(value):
    return isinstance(value, torch.Tensor) or (isinstance(value, (list, tuple)) and any(map(holds_tensors, value)))


def reordered(needed, got):
    """Whether `got` holds the items of `needed` in another order."""
    rest = list(got)
    for item in needed:
        match = next((i for i, other in enumerate(rest) if difference(item, other) is None), None)
        if match is None:
            return False
        rest.pop(match)
    return True


def dict_difference(needed, got, where):
    if not isinstance(got, dict):
        return Difference("type", wrong_type_sentence(needed, got, where), needed, got)
    missing = [key for key in needed if key not in got]
    surplus = [key for key in got if key not in needed]
    if missing or surplus:
        parts = [f"{word} {keys}" for word, keys in (("lacks", missing), ("has too many:", surplus)) if keys]
        return Difference("length", f"{where} {' and '.join(parts)}", needed, got)
    for key, value in needed.items():
        found = difference(value, got[key], f"{where}[{key!r}]")
        if found:
            found.needed, found.got = needed, got
            return found
    return None
