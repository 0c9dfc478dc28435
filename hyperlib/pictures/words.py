"""Pictures in words, for screen readers, text-only readers and tests."""

import math


def spoken(value, largest=None):
    """A number as one says it, 0.31 or 1,200: two digits of it, or of the largest number beside it."""
    size = abs(largest or value)
    if not 0 < size < 1e7:
        return f"{value + 0.0:.2g}"
    rounded = round(value, 1 - math.floor(math.log10(size))) + 0.0  # adding 0 turns -0 into 0
    return f"{rounded:.2g}" if abs(rounded) < 1e-3 else f"{rounded:,.10g}"


def numbers(values, largest):
    """Nested lists of numbers, all with the digits that suit the largest."""
    if isinstance(values, list):
        return f"[{', '.join(numbers(value, largest) for value in values)}]"
    return spoken(values, largest)


def path(xs, ys):
    """A curve, given as two lists of numbers: its ends, and where it turns on the way."""
    visible = (max(ys) - min(ys)) / 50
    stops, way = [0], 0.0
    for i, (a, b) in enumerate(zip(ys, ys[1:], strict=False)):
        if (b - a) * way < 0 and abs(a - ys[stops[-1]]) > visible:
            stops.append(i)
        way = b - a or way
    stops.append(len(ys) - 1)
    if len(stops) > 7:
        return f"between {spoken(min(ys))} and {spoken(max(ys))} with {len(stops) - 2} turns"
    wide, high = max(map(abs, xs)), max(map(abs, ys))
    places = [f"{spoken(ys[i], high)} at {spoken(xs[i], wide)}" for i in stops]
    steps = [
        "up to" if ys[j] > ys[i] else "down to" if ys[j] < ys[i] else "level to"
        for i, j in zip(stops, stops[1:], strict=False)
    ]
    return ", ".join(f"{step} {place}" for step, place in zip(["from", *steps], places, strict=True))


def tensor(name, values):
    """The numbers of a small tensor, and of a larger one the range that its colours show."""
    values = values.detach().cpu().float()
    low, high, largest = float(values.min()), float(values.max()), float(values.abs().max())
    if values.numel() <= 12:
        return f"{name} {list(values.shape)}: {numbers(values.tolist(), largest)}"
    negative = f"{float((values < 0).float().mean()):.0%} of them negative"
    return f"{name} {list(values.shape)}: {spoken(low, largest)} to {spoken(high, largest)}, {negative}"


def tensor_names(layers):
    """w1, b1, w2, b2, ... for a list of layers."""
    return [f"{kind}{i}" for i in range(1, len(layers) + 1) for kind in "wb"]


def sizes(layer_sizes):
    """The widths of a network, as in `3 -> 4 -> 2`."""
    return " -> ".join(map(str, [layer_sizes[0][0], *(n_out for _, n_out in layer_sizes)]))


def classes(points, labels):
    """Where the middle of each class lies."""
    middles = [(k, points[labels == k].float().mean(0).tolist()) for k in range(2) if (labels == k).any()]
    return ", ".join(f"class {k} around ({spoken(x)}, {spoken(y)})" for k, (x, y) in middles)
