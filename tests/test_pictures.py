"""Pictures show what they claim, say it in words as well, and moving ones show errors where they can be seen."""

import base64
import io
import itertools

import ipywidgets
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from PIL import Image, ImageChops

from hyperlib import (
    ChunkedGenerator,
    HyperNet,
    Hypernetwork,
    KernelGenerator,
    count_module,
    count_parameters,
    digits,
    plots,
    sines,
    widgets,
)
from hyperlib.pictures import export, lesson_01, still
from hyperlib.pictures import live as live_pictures
from hyperlib.pictures.lesson_08 import CLASS_LOOKS
from hyperlib.target import target_forward

X = torch.linspace(-1, 1, 7).unsqueeze(-1)


def pixels(html):
    data = html.split("base64,")[1].split('"')[0]
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("L")


def moons():
    """A conditional hypernetwork for the moons, as good as untrained, and how its angle is encoded."""
    torch.manual_seed(0)

    def encode(degrees):
        angle = degrees.deg2rad()
        return torch.stack([angle.cos(), angle.sin()], dim=-1)

    return Hypernetwork(2, [(2, 4), (4, 1)], [8], init="hyperfan_in"), encode


def function_explorer():
    torch.manual_seed(0)
    return widgets.function_explorer(HyperNet(1, 1, 3, 1), X, show_weights=True, also={"x": X}, points=(X, X))


def family_explorer():
    ranges = {"amplitude": (0.0, 3.0, 0.5, 2.0), "phase": (-1.0, 4.0, 0.0, 3.0)}
    return widgets.family_explorer({"model": lambda z, x: sines(z, x) + 1}, sines, X, ranges)


def ranks():
    """A shared weight, four changes of it, and an accuracy that grows with the size of the weight."""
    generator = torch.Generator().manual_seed(0)
    weight, *changes = torch.randn(5, 16, 64, generator=generator)
    return weight, dict(zip((7.5, 22.5, 37.5, 52.5), changes, strict=True)), lambda _, w: float(w.abs().mean()) / 2


def dials():
    """Penalties from 0.01 to 1, filters that shrink with them, a little smaller if generated, and both errors."""
    lams = torch.logspace(-2, 0, 5)
    exact = torch.arange(640.0).sin().view(10, 64) / (1 + lams).view(-1, 1, 1)
    exact_error = torch.tensor([0.5, 0.4, 0.3, 0.35, 0.6])
    return lams, 0.9 * exact, exact, exact_error + torch.tensor([0.1, 0.1, 0.1, 0, 0]), exact_error


EXPLORERS = {
    "slicing": widgets.slicing_explorer,
    "cost": widgets.cost_explorer,
    "function": function_explorer,
    "family": family_explorer,
    "variance": lambda: widgets.variance_explorer(deepest=3, seeds=1),
    "sharing": widgets.sharing_explorer,
    "moons": lambda: widgets.moons_explorer(*moons()),
    "chunks": lambda: widgets.chunk_explorer([(784, 10)]),
    "kernels": lambda: widgets.kernel_explorer(KernelGenerator(3, 4, 3, z_dim=2)),
    "scales": lambda: widgets.scale_explorer("abc#1a", torch.arange(18.0).view(6, 3).square().sin()),
    "rank": lambda: widgets.rank_explorer(*ranks()),
    "dial": lambda: widgets.dial_explorer(*dials()),
}
PICTURES = {
    "strip": lambda: plots.plot_strip([(3, 4), (4, 2)]),
    "large strip": lambda: plots.plot_strip([(30, 40), (40, 20), (20, 1)]),
    "bars": lambda: plots.plot_bars({"one": 10, "two": 2000}, "Two bars", log=True),
    "curves": lambda: plots.plot_curves(X, {"a": X, "b": -X}, "Two lines", points=(X[:2], X[:2])),
    "tensors": lambda: plots.plot_tensors({"w": torch.eye(3), "b": torch.zeros(3)}, "An identity"),
    "points": lambda: plots.plot_points({"a": torch.eye(2), "b": torch.zeros(1, 2)}, "x", "y", "Three points"),
    "spread": lambda: plots.plot_spread({"one": torch.ones(3, 2), "two": torch.eye(2) + 1}, ["a", "b"], "Two rows"),
    "zeros": lambda: plots.plot_tensors({"w": torch.zeros(2, 2)}),
    "weights": lambda: plots.plot_weights(HyperNet(1, 1, 4, 1)(torch.ones(1))),
    "times": lambda: plots.plot_times([8, 32], {"loop": [0.1, 1.0], "fast": [0.01, 0.02]}, "Two ways"),
    "classes": lambda: plots.plot_classes({"a": (torch.randn(6, 2), torch.arange(6) % 2)}),
    "images": lambda: plots.plot_images({str(i): image for i, image in enumerate(digits("test")[0][:5])}, "Digits"),
    "against": lambda: plots.plot_against({"a": {1: [0.1, 0.2], 20: [0.3, 0.3]}, "b": {5: [0.2]}}, "size", "score"),
    **{name: lambda make=make: make().picture.value for name, make in EXPLORERS.items()},
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_not_blank_and_has_a_description(name):
    made = PICTURES[name]()
    html = made if isinstance(made, str) else made._repr_html_()
    low, high = pixels(html).getextrema()
    assert low < 100 and high > 200
    description = html.split('alt="')[1].split('"')[0]
    assert len(description.split()) >= 6 and any(letter.isdigit() for letter in description), description


def linear(colour):
    """Light of the three primaries; sRGB's own curve (IEC 61966-2-1)."""
    rgb = np.asarray(colour, dtype=float)
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """Contrast of colours (WCAG 2.2), each `[..., 3]`."""
    light = np.stack([linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in np.broadcast_arrays(a, b)])
    return (light.max(0) + 0.05) / (light.min(0) + 0.05)


def pale_texts(fig):
    """Every text of a figure with a contrast below 4.5 to a fifth or more of what lies behind it."""
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    drawn = np.array(canvas.buffer_rgba())[..., :3] / 255
    texts = [text for text in fig.findobj(Text) if text.get_text().strip() and text.get_visible()]
    boxes = [text.get_window_extent() for text in texts]
    for text in texts:
        text.set_visible(False)
    fig.set_layout_engine("none")  # or everything would move into the places that have become free
    canvas.draw()
    ground = np.asarray(canvas.buffer_rgba())[..., :3] / 255
    pale = []
    for text, box in zip(texts, boxes, strict=True):
        rows = slice(max(0, round(len(ground) - box.y1)), max(0, round(len(ground) - box.y0)))
        columns = slice(max(0, round(box.x0)), max(0, round(box.x1)))
        behind = ground[rows, columns]
        if (behind == drawn[rows, columns]).all():
            continue  # the labels of an axis that is switched off
        share = text.get_alpha() or 1.0
        colour = share * np.array(to_rgb(text.get_color())) + (1 - share) * behind
        if (contrast(colour, behind) < 4.5).mean() >= 0.2:
            pale.append(text.get_text())
    return pale


@pytest.mark.parametrize("name", PICTURES)
def test_all_texts_of_a_picture_stand_out_from_what_is_behind_them(name, monkeypatch):
    figures, make = [], still.figure
    monkeypatch.setattr(still, "figure", lambda *size: figures.append(make(*size)) or figures[-1])
    PICTURES[name]()
    (fig,) = figures
    assert len(fig.findobj(Text)) > 1 and pale_texts(fig) == []


def test_a_pale_text_is_found():
    fig = still.figure()
    ax = fig.subplots()
    ax.imshow([[1.0]], cmap=still.SIGNED, vmin=-1, vmax=1)
    ax.text(0, 0, "white on blue", color="white", ha="center")
    ax.set_title("grey on white", color="#999999")
    ax.set_xlabel("faint on white", alpha=0.4)
    assert set(pale_texts(fig)) == {"white on blue", "grey on white", "faint on white"}


# G. M. Machado, M. M. Oliveira and L. A. F. Fernandes, A Physiologically-based Model for Simulation of Color Vision
# Deficiency, IEEE TVCG 15(6), 2009, severity 1.0; the matrices apply to linear RGB.
EYES = {
    "ordinary": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array(  # of sRGB's primaries, white D65
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
APART = 20  # distance in CIE Lab (1976); about 2 is the least that can be seen, side by side


def lab(colour, eyes):
    xyz = XYZ @ np.clip(EYES[eyes] @ linear(to_rgb(colour)), 0, 1) / XYZ.sum(1)
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def nearest(pairs):
    """The smallest distance of the pairs of colours, for any of the eyes."""
    return min(np.linalg.norm(lab(a, eyes) - lab(b, eyes)) for a, b in pairs for eyes in EYES)


def test_neighbouring_colours_stay_apart_for_colour_blind_eyes():
    tensors, lines, signed = still.TENSOR_COLOURS, still.LINE_COLOURS, [still.SIGNED(x) for x in (0.0, 0.5, 1.0)]
    assert nearest(itertools.pairwise(tensors + tensors[:1])) >= APART
    assert nearest(itertools.combinations(tensors[:4], 2)) >= APART  # a target of two layers
    assert nearest(itertools.pairwise(lines + lines[:1])) >= APART
    assert nearest([[looks["color"] for looks in CLASS_LOOKS]]) >= APART
    assert nearest(itertools.combinations(signed, 2)) >= APART
    assert nearest([("#c00000", "#007000")]) < APART  # red and green


def test_lines_and_marks_do_not_rely_on_colour():
    """Contrast 3 to white is what WCAG 2.2 (1.4.11) asks of the parts of a picture."""
    assert len({str(style) for style in still.LINE_STYLES}) == len(still.LINE_COLOURS)
    assert len({looks["marker"] for looks in CLASS_LOOKS}) == len(CLASS_LOOKS)
    marks = [0.9 * np.array(to_rgb(colour)) + 0.1 for colour in still.LINE_COLOURS]  # of points, a little transparent
    assert all(contrast(colour, (1, 1, 1)) >= 3 for colour in marks)


def differs_from_a_full_drawing(live):
    """Whether the picture that is shown is another than the figure drawn as a whole."""
    whole = io.BytesIO()
    live.fig.savefig(whole, format="png", dpi=100)
    difference = ImageChops.difference(pixels(live.picture.value), Image.open(whole).convert("L"))
    return difference.getbbox() is not None


@pytest.mark.parametrize("name", EXPLORERS)
def test_what_is_kept_and_what_is_drawn_anew_make_the_whole_picture(name):
    live = EXPLORERS[name]()
    assert not differs_from_a_full_drawing(live)
    for slider in live.sliders.values():
        before = live.picture.value
        slider.value = last_option(slider) if isinstance(slider, ipywidgets.SelectionSlider) else slider.min
        assert live.picture.value != before and not differs_from_a_full_drawing(live)


def last_option(slider):
    last = slider.options[-1]  # a value, or a label and a value
    return last[1] if isinstance(last, tuple) else last


class Line:
    """A panel with a line below a legend, which names only some of what it moves."""

    def __init__(self, *named):
        self.named = named

    def draw(self, fig, height):
        self.ax = fig.subplots()
        self.artists = {"line": self.ax.plot([0, 1], [0, 1], linewidth=9)[0], "title": self.ax.title}
        self.ax.legend(["over the line"], loc="center")
        self.update(height)
        return [self.artists[name] for name in self.named]

    def update(self, height):
        if height > 4:
            raise RuntimeError("too <high>")
        self.artists["line"].set_ydata([0, height])
        self.ax.set_title(f"{height}")


def with_line(*named):
    controls = {"height": live_pictures.Control("height", range(1, 6), 1)}
    panels, numbers = {"line": Line(*named)}, lambda height: {"line": {"height": height}}
    picture = live_pictures.LivePicture(
        live_pictures.Explorer(controls, numbers, panels, lambda numbers, height: f"a line up to {height}")
    )
    picture.sliders["height"].value = 2
    return picture


def test_a_moving_artist_that_is_not_named_would_be_found():
    assert not differs_from_a_full_drawing(with_line("line", "title"))
    assert differs_from_a_full_drawing(with_line("title"))
    assert not differs_from_a_full_drawing(with_line("line"))  # a title is drawn over lines, so it may move with them
    assert not differs_from_a_full_drawing(with_line())  # everything is drawn again


def test_descriptions_are_escaped():
    html = plots.plot_bars({'a "quoted" <name>': 1}, "Bars")._repr_html_()
    assert "&quot;quoted&quot; &lt;name&gt;" in html


@pytest.fixture
def explorer():
    torch.manual_seed(0)
    hypernet = HyperNet(1, 1, 3, 1)
    return hypernet, widgets.function_explorer(hypernet, X, activation="tanh", show_weights=True, also={"x": X})


@pytest.mark.parametrize("z", [-1.0, -0.4, 0.7, 1.0])
def test_the_explorer_draws_the_network_of_the_sliders_value(explorer, z):
    hypernet, live = explorer
    before = live.picture.value
    live.sliders["z"].value = z
    z = live.sliders["z"].value  # the slider's nearest step
    with torch.no_grad():
        weights = hypernet(torch.tensor([z]))
        y = target_forward(X, weights, "tanh")
    curve, w1, b1, *_ = live.fig.axes if live.fig.axes else sum((f.axes for f in live.fig.subfigs), [])
    assert torch.allclose(torch.as_tensor(curve.lines[0].get_ydata()), y.flatten())
    assert torch.allclose(torch.tensor(w1.images[0].get_array().data), weights[0])
    assert torch.allclose(torch.tensor(b1.images[0].get_array().data).flatten(), weights[1])
    assert not w1.texts and not b1.texts  # numbers in the cells would have to move as well
    assert live.picture.value != before and f"z = {z:.2f}" in live.picture.value


def test_the_family_explorer_draws_the_sliders_condition_and_says_when_it_is_outside():
    def off_by_one(conditioning, x):
        return sines(conditioning, x) + 1

    ranges = {"amplitude": (0.0, 3.0, 0.5, 2.0), "phase": (-1.0, 4.0, 0.0, 3.0)}
    live = widgets.family_explorer({"model": off_by_one}, sines, X, ranges)
    (ax,) = live.fig.axes
    assert ax.get_title() == "amplitude 1.25, phase 1.50: inside the trained range"
    live.sliders["amplitude"].value, live.sliders["phase"].value = 2.5, 4.0
    true, model = (torch.as_tensor(line.get_ydata()) for line in ax.lines)
    assert torch.allclose(true, 2.5 * torch.sin(X.flatten() + 4.0), atol=1e-5)
    assert torch.allclose(model, true + 1)
    assert ax.get_title() == "OUTSIDE: amplitude 2.50 (trained: 0.50 to 2.00), phase 4.00 (trained: 0.00 to 3.00)"
    assert "model is off by up to 1.0" in live.description


def test_an_error_in_an_update_is_shown_instead_of_the_picture():
    live = with_line("line", "title")
    live.sliders["height"].value = 5
    assert "RuntimeError: too &lt;high&gt;" in live.picture.value
    live.sliders["height"].value = 2
    assert "<img" in live.picture.value


@pytest.mark.parametrize("name", EXPLORERS)
def test_an_explorer_is_data(name):
    """Its numbers and its sentence for any positions need no drawing."""
    explorer = EXPLORERS[name]().explorer
    for pick in (0, -1):
        at = {key: control.positions[pick] for key, control in explorer.controls.items()}
        numbers = explorer.numbers(**at)
        assert numbers.keys() >= explorer.panels.keys() and len(explorer.sentence(numbers, **at).split()) > 5
    assert all(control.start in control.positions for control in explorer.controls.values())


def test_without_a_kernel_a_still_picture_remains():
    bundle = widgets.slicing_explorer()._repr_mimebundle_()
    assert "<img alt=" in bundle["text/html"] and bundle["text/plain"].startswith(
        "Interactive picture: The flat vector"
    )
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_the_sharing_explorer_counts_what_the_library_counts():
    live = widgets.sharing_explorer()
    live.sliders["batch"].value, live.sliders["distinct"].value, live.sliders["hidden"].value = 1024, 8, 32
    last, target = 8 * 32 * 10_336, 1024 * (128 * 64 + 64 * 32)
    assert f"last layer {last:,}" in live.description and f"target network {target:,}" in live.description
    assert f"one per condition {8 * 10_336 * 4:,}; one per row {1024 * 10_336 * 4:,}" in live.description
    live.sliders["batch"].value = 4  # there are never more conditions than rows
    assert live.description.startswith("4 rows with 4 distinct conditions")


def test_the_moons_explorer_draws_what_the_model_decides_at_the_slider_s_angle():
    model, encode = moons()
    live = widgets.moons_explorer(model, encode)
    live.sliders["degrees"].value = 200
    plane_ax, w1, *_ = sum((f.axes for f in live.fig.subfigs), [])
    condition = encode(torch.tensor(200.0))
    with torch.no_grad():
        weights = model.generate(condition)
        decided = target_forward(torch.tensor([[1.0, -2.0]]), weights).sigmoid()
    shown = torch.tensor(plane_ax.images[0].get_array().data)  # row 0 is y = -2, column 0 is x = -2
    assert torch.isclose(shown[0, round(3 / 4 * 59)], decided.squeeze(), atol=0.05)
    assert torch.allclose(torch.tensor(w1.images[0].get_array().data), weights[0][0])
    assert "200 degrees" in live.description
    at_200 = torch.tensor(plane_ax.collections[0].get_offsets().tolist())
    live.sliders["degrees"].value = 380  # half a turn further: every point on the other side of the origin
    assert torch.allclose(torch.tensor(plane_ax.collections[0].get_offsets().tolist()), -at_200, atol=1e-5)


def test_the_rank_explorer_cuts_the_change_by_its_singular_values():
    weight, changes, accuracy = ranks()
    live = widgets.rank_explorer(weight, changes, accuracy)
    live.sliders["condition"].value = 37.5
    for rank in (0, 3, 16):
        live.sliders["rank"].value = rank
        u, s, v = torch.linalg.svd(changes[37.5], full_matrices=False)
        cut = weight + u[:, :rank] @ s[:rank].diag() @ v[:rank]
        assert f"cut to rank {rank} of 16. {accuracy(37.5, cut):.0%} right" in live.description


def test_the_dial_explorer_names_both_minima_and_how_far_the_filters_are_apart():
    live = widgets.dial_explorer(*dials())
    live.sliders["step"].value = 4
    assert "For lam = 1 the generated filters differ from the exact ones by 10% of their length" in live.description
    assert "0.600 generated, 0.600 exact. It is lowest at lam = 0.32 generated, 0.1 exact" in live.description


def test_the_chunk_explorer_counts_what_the_library_counts():
    sizes = [(784, 100), (100, 10)]
    live = widgets.chunk_explorer(sizes)
    live.sliders["chunk_size"].value, live.sliders["embedding_size"].value = 1024, 4
    live.sliders["hidden"].value = 16
    generator = ChunkedGenerator(0, sizes, 1024, 4, [16])
    stored, made = count_module(generator), count_parameters(sizes)
    assert f"stored in all {stored:,}" in live.description and f"target's weights {made:,}" in live.description
    assert f"{made / stored:.1f}x compression" in live.description


def test_a_line_runs_from_left_to_right_in_whatever_order_its_places_come(monkeypatch):
    drawn, errorbar = [], Axes.errorbar

    def note(self, x, y, **style):
        drawn.append((list(x), list(y)))
        return errorbar(self, x, y, **style)

    monkeypatch.setattr(Axes, "errorbar", note)
    plots.plot_against({"a": {9: [0.1], 2: [0.3], 5: [0.2]}}, "size", "score")
    assert drawn == [([2, 5, 9], [0.3, 0.2, 0.1])]


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.int64])
def test_numbers_of_any_kind_can_be_drawn(dtype):
    x = torch.arange(6, dtype=dtype).reshape(3, 2)
    plots.plot_tensors({"x": x}), plots.plot_curves(x[:, 0], {"y": x[:, 1]}), plots.plot_points({"x": x}, "a", "b")
    plots.plot_classes({"x": (x, torch.tensor([0, 1, 0]))}), plots.plot_spread({"x": x + 1}, ["a", "b"])


def test_growth_of_any_number_of_panels_and_of_short_lines():
    panels = {
        (f"seconds {i}", "batch"): ([1, 2, 4, 8], {"loop": [1, 2, 4, 8], "new": [2, 4][: i + 1]}) for i in range(3)
    }
    said = plots.plot_growth(panels).description
    assert "seconds 0 over batch, new: a single size, so no slope" in said
    assert "seconds 2 over batch, new: slope 1.00" in said


def test_the_fitted_slope_is_the_power():
    sizes = [3, 10, 40, 200]
    assert plots.fitted_slope(sizes, [5 * size**1.7 for size in sizes]) == pytest.approx(1.7)
    assert plots.fitted_slope(sizes, [2.0] * 4) == pytest.approx(0)
    # As least squares have it: two points at each of two places, a factor e apart.
    assert plots.fitted_slope([1, 1, 10, 10], [1, 4, 10, 40]) == pytest.approx(1)


def test_the_picture_of_growth_says_its_slopes():
    sizes = [1, 2, 4, 8, 16]
    lines = {"square": [size**2 for size in sizes], "short": [100, 1, 2, 4]}
    picture = plots.plot_growth({("seconds", "rows"): (sizes, lines), ("MB", "rows"): (sizes, {"flat": [1] * 5})})
    for words in ("seconds over rows, square: slope 2.00", "short: slope 1.00", "MB over rows, flat: slope 0.00"):
        assert words in picture.description  # "short" begins with an outlier, which the three largest sizes leave out


def test_what_the_website_shows_is_what_the_library_computes():
    picture = lesson_01.cost_explorer()
    kept = export.thinned(picture.explorer.controls, export.MOST_POSITIONS)
    data = export.imported(export.export(picture))
    place = [{"width": w, "hidden": h} for w in kept["width"] for h in kept["hidden"]]
    assert len(place) == len(data["sentences"]) <= export.MOST_POSITIONS
    for at, (where, sentence) in enumerate(zip(place, data["sentences"], strict=True)):
        numbers = picture.explorer.numbers(**where)
        assert sentence == picture.explorer.sentence(numbers, **where)
        assert data["frames"][0][at]["l"] == [label for _, label in numbers["bars"]["values"]]
    for control, shown in zip(picture.explorer.controls.values(), data["controls"], strict=True):
        assert shown["said"][shown["start"]] == str(control.start)


def test_packed_numbers_are_as_exact_as_a_picture_needs():
    values = torch.linspace(-1, 1, 101)
    packed = export.pairs(values, -1, 1)
    codes = torch.tensor([ord(c) - 35 for c in packed]).view(-1, 2) @ torch.tensor([64, 1])
    assert float((codes / 4094 * 2 - 1 - values).abs().max()) < 1 / 4000
    letters = torch.tensor([ord(c) - 35 for c in export.letters(values, -1, 1)])
    assert float((letters / 62 * 2 - 1 - values).abs().max()) <= 1.01 / 62
