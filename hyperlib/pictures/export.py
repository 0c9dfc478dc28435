"""An interactive picture for a page without a kernel: all that its positions show, as one short text.

The text is JSON, deflated and in base64; `website/static/explorers.js` draws from it.  Numbers are as exact as a
picture needs: 63 levels of a colour, 4,095 of a curve.
"""

import base64
import itertools
import json
import math
import zlib

import torch

from . import still
from .lesson_02 import Strip
from .lesson_08 import Plane
from .live import Bars, Curves, HeatMaps

MOST_BYTES, MOST_POSITIONS, MOST_FACTORS = 60_000, 640, 12


def export(picture):
    """The text for a `LivePicture`, at most 60,000 characters: positions are left out evenly until it fits."""
    for most in (MOST_POSITIONS, 450, 300, 200, 140, 100, 60, 30, 10):
        text = base64.b64encode(zlib.compress(json.dumps(data(picture.explorer, most)).encode(), 9)).decode()
        if len(text) <= MOST_BYTES:
            return text
    raise ValueError(f"the picture takes {len(text):,} characters at {most} positions, more than {MOST_BYTES:,}")


def imported(text):
    """What `export` has packed."""
    return json.loads(zlib.decompress(base64.b64decode(text)))


def data(explorer, most=MOST_POSITIONS):
    """The explorer at no more than `most` positions, as lists, dicts, numbers and texts."""
    kept = thinned(explorer.controls, most)
    places = [dict(zip(kept, at, strict=True)) for at in itertools.product(*kept.values())]
    numbers = [explorer.numbers(**place) for place in places]
    panels, frames = [], []
    for name, panel in explorer.panels.items():
        about, moves = PANELS[type(panel)](panel, [at[name] for at in numbers])
        panels.append(about)
        frames.append(moves)
    controls = [
        {
            "label": control.label,
            "said": [said(control, position) for position in kept[name]],
            "start": kept[name].index(control.start),
        }
        for name, control in explorer.controls.items()
    ]
    sentences = [explorer.sentence(at, **place) for at, place in zip(numbers, places, strict=True)]
    size = {"size": explorer.size, "widths": explorer.widths}
    return {**size, "controls": controls, "panels": panels, "frames": frames, "sentences": sentences}


def said(control, position):
    """A position as the slider's readout says it."""
    return f"{position:.2f}" if isinstance(position, float) else control.say(position)


def thinned(controls, most):
    """{name: positions}, evenly fewer of the longest until all together are no more than `most`; starts stay."""
    counts = {name: len(control.positions) for name, control in controls.items()}
    while math.prod(counts.values()) > most:
        counts[max(counts, key=counts.get)] -= 1
    kept = {}
    for name, control in controls.items():
        last, count = len(control.positions) - 1, counts[name]
        places = {round(i * last / max(count - 1, 1)) for i in range(count)}
        start = list(control.positions).index(control.start)
        if start not in places:
            inner = places - {0, last} or places
            places = places - {min(inner, key=lambda place: abs(place - start))} | {start}
        kept[name] = [control.positions[place] for place in sorted(places)]
    return kept


def letters(values, low, high):
    """Numbers as a letter each, from "#" for `low` to "a" for `high`, 63 levels."""
    codes = ((values - low) / (high - low)).clamp(0, 1).mul(62).round().int() + 35
    return bytes(codes.flatten().tolist()).decode()


def pairs(values, low, high):
    """Numbers as two letters each, 4,095 levels; NaN is the one after the last."""
    codes = ((values - low) / (high - low)).clamp(0, 1).mul(4094).round()
    codes = torch.where(values.isnan(), 4095.0, codes).int().flatten()
    return bytes(torch.stack([codes // 64 + 35, codes % 64 + 35], -1).flatten().tolist()).decode()


def numbers_of(tensor):
    return torch.as_tensor(still.array(torch.as_tensor(tensor)))


def curves(panel, moves):
    log = panel.axes.get("yscale") == "log"
    low, high = (math.log10(end) if log else end for end in panel.ylim)
    span = high - low

    def packed(y):
        y = numbers_of(y)
        return pairs(y.log10() if log else y, low - span, high + span)  # beyond its axes, so that it leaves them well

    about = {
        "kind": "curves",
        "x": [round(x, 4) for x in numbers_of(panel.x).tolist()],
        "xlim": panel.axes.get("xlim") or [float(panel.x.min()), float(panel.x.max())],
        "ylim": [low, high],
        "log": log,
        "names": [*moves[0]["curves"], *panel.fixed],
        "fixed": [packed(y) for y in panel.fixed.values()],
        "dots": [name for name, looks in panel.looks.items() if looks.get("linestyle") == "none"],
        "marks": [name for name, looks in panel.looks.items() if "marker" in looks],
        "points": panel.points and [numbers_of(axis).tolist() for axis in panel.points],
        "level": panel.level and [math.log10(panel.level[0]) if log else panel.level[0], panel.level[1]],
        "xlabel": panel.axes.get("xlabel", "x"),
        "ylabel": panel.axes.get("ylabel", "y"),
        "xticks": list(panel.axes.get("xticks", [])),
        "yticks": [math.log10(tick) if log else tick for tick in panel.axes.get("yticks", [])],
    }
    # A curve with an x of its own ends early.
    ys = [[packed(y[1] if isinstance(y, tuple) else y) for y in move["curves"].values()] for move in moves]
    return about, [{"title": move["title"], "y": y} for move, y in zip(moves, ys, strict=True)]


def heat_maps(panel, moves):
    matrices = {name: still.as_matrix(tensor) for name, tensor in moves[0]["tensors"].items()}
    about = {
        "kind": "heatmaps",
        "title": panel.title,
        "names": [f"{n} {list(t.shape)}" if panel.shapes else n for n, t in moves[0]["tensors"].items()],
        "shapes": [list(matrix.shape) for matrix in matrices.values()],
    }
    rows = torch.stack([torch.cat([numbers_of(t) for t in move["tensors"].values()]) for move in moves]) / panel.limit
    u, s, v = torch.linalg.svd(rows.double(), full_matrices=False)
    for rank in range(1, min(MOST_FACTORS, len(s)) + 1):
        if float(((u[:, :rank] * s[:rank]) @ v[:rank] - rows).abs().max()) < 1 / 63:
            break
    else:
        return about, [{"t": letters(row, -1, 1)} for row in rows]
    if rank * sum(rows.shape) > rows.numel() / 2:
        return about, [{"t": letters(row, -1, 1)} for row in rows]
    left, right = u[:, :rank] * s[:rank], v[:rank]
    tops = right.abs().amax(1)
    about["factors"] = [pairs(row / top, -1, 1) for row, top in zip(right, tops, strict=True)]
    return about, [{"u": [round(x, 4) for x in row]} for row in (left * tops).tolist()]


def bars(panel, moves):
    about = {"kind": "bars", "names": panel.names, "title": panel.title}
    whole = math.log10(panel.limit / panel.start)
    return about, [
        {
            "title": move.get("title") or panel.title,
            "v": [round(math.log10(max(n, panel.start) / panel.start) / whole, 4) for n, _ in move["values"]],
            "l": [label for _, label in move["values"]],
        }
        for move in moves
    ]


def plane(panel, moves):
    about = {"kind": "plane", "labels": moves[0]["labels"].int().tolist(), "side": len(moves[0]["decided"])}
    return about, [
        {"title": m["title"], "d": letters(numbers_of(m["decided"]), 0, 1), "p": pairs(numbers_of(m["points"]), -2, 2)}
        for m in moves
    ]


def strip(panel, moves):
    return {"kind": "strip"}, [{"sizes": move["layer_sizes"]} for move in moves]


PANELS = {Curves: curves, HeatMaps: heat_maps, Bars: bars, Plane: plane, Strip: strip}
