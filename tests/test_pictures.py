"""Pictures show what they claim, say it in words as well, and moving ones show errors where they can be seen."""

import base64
import io

import ipywidgets
import pytest
import torch
from PIL import Image, ImageChops

from hyperlib import (
    ChunkedGenerator,
    HyperNet,
    Hypernetwork,
    apply_generated_weights,
    count_module,
    count_parameters,
    digits,
    plots,
    sines,
    widgets,
)
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


EXPLORERS = {
    "slicing": widgets.slicing_explorer,
    "cost": widgets.cost_explorer,
    "function": function_explorer,
    "family": family_explorer,
    "variance": lambda: widgets.variance_explorer(deepest=3, seeds=1),
    "sharing": widgets.sharing_explorer,
    "moons": lambda: widgets.moons_explorer(*moons()),
    "chunks": lambda: widgets.chunk_explorer([(784, 10)]),
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
    assert len(html.split('alt="')[1].split('"')[0]) > 20


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


def test_a_moving_artist_that_is_not_named_would_be_found():
    def live(*names):
        fig = plots.figure()
        ax = fig.subplots()
        (line,) = ax.plot([0, 1], [0, 1], linewidth=9)
        ax.legend(["over the line"], loc="center")

        def redraw(height):
            line.set_ydata([0, height])
            ax.set_title(f"{height}")
            return "a line"

        artists = {"line": line, "title": ax.title}
        picture = widgets.LivePicture(
            fig, redraw, [artists[name] for name in names], height=widgets.int_slider("height", 1, 1, 5)
        )
        picture.sliders["height"].value = 2
        return picture

    assert not differs_from_a_full_drawing(live("line", "title"))
    assert differs_from_a_full_drawing(live("title"))
    assert not differs_from_a_full_drawing(live("line"))  # a title is drawn over lines, so it may move with them
    assert not differs_from_a_full_drawing(live())  # everything is drawn anew


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
    assert ax.get_title() == "inside the trained range"
    live.sliders["amplitude"].value, live.sliders["phase"].value = 2.5, 4.0
    true, model = (torch.as_tensor(line.get_ydata()) for line in ax.lines)
    assert torch.allclose(true, 2.5 * torch.sin(X.flatten() + 4.0), atol=1e-5)
    assert torch.allclose(model, true + 1)
    assert ax.get_title() == "OUTSIDE: amplitude 2.50 (trained: 0.50 to 2.00), phase 4.00 (trained: 0.00 to 3.00)"
    assert "model is off by up to 1.0" in live.description


def test_an_error_in_a_redraw_is_shown_in_place_of_the_picture():
    def redraw(width):
        if width > 3:
            raise RuntimeError("too <wide>")
        return "a picture that is long enough to be described"

    live = widgets.LivePicture(plots.figure(), redraw, width=widgets.int_slider("width", 1, 1, 5))
    assert "<img" in live.picture.value
    live.sliders["width"].value = 5
    assert "RuntimeError: too &lt;wide&gt;" in live.picture.value
    live.sliders["width"].value = 2
    assert "<img" in live.picture.value


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
    assert f"[{8 * 10_336 * 4}, {1024 * 10_336 * 4}]" in live.description
    live.sliders["batch"].value = 4  # there are never more conditions than rows
    assert live.description.startswith("4 rows with 4 distinct conditions")


def test_the_moons_explorer_draws_what_the_model_decides_at_the_slider_s_angle():
    model, encode = moons()
    live = widgets.moons_explorer(model, encode)
    live.sliders["degrees"].value = 200
    plane_ax, w1, *_ = sum((f.axes for f in live.fig.subfigs), [])
    condition = encode(torch.tensor(200.0))
    with torch.no_grad():
        flat = model.generate(condition)
        decided = apply_generated_weights(torch.tensor([[1.0, -2.0]]), flat, [(2, 4), (4, 1)]).sigmoid()
    shown = torch.tensor(plane_ax.images[0].get_array().data)  # row 0 is y = -2, column 0 is x = -2
    assert torch.isclose(shown[0, round(3 / 4 * 59)], decided.squeeze(), atol=0.05)
    assert torch.allclose(torch.tensor(w1.images[0].get_array().data), flat[0][:8].reshape(4, 2))
    assert "200 degrees" in live.description
    at_200 = torch.tensor(plane_ax.collections[0].get_offsets().tolist())
    live.sliders["degrees"].value = 380  # half a turn further: every point on the other side of the origin
    assert torch.allclose(torch.tensor(plane_ax.collections[0].get_offsets().tolist()), -at_200, atol=1e-5)


def test_the_chunk_explorer_counts_what_the_library_counts():
    sizes = [(784, 100), (100, 10)]
    live = widgets.chunk_explorer(sizes)
    live.sliders["chunk_size"].value, live.sliders["embedding_size"].value = 1024, 4
    live.sliders["hidden"].value = 16
    generator = ChunkedGenerator(0, sizes, 1024, 4, [16])
    stored, made = count_module(generator), count_parameters(sizes)
    assert f"stored in all {stored:,}" in live.description and f"target's weights {made:,}" in live.description
    assert f"{made / stored:.1f}x compression" in live.description
