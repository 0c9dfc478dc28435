"""The driver sees what goes wrong: without this, a lesson's test that never fails would prove nothing."""

import io
from pathlib import Path

import matplotlib
import nbformat
import pytest
import readme
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
LIVE = """
import time
from hyperlib import plots, widgets

fig = plots.figure(3, 2)
ax = fig.subplots()
ax.set_title(" ")
(line,) = ax.plot([0, 1], [0, 0], linewidth=5)

def redraw(height, ax=ax, line=line):
    {in_redraw}
    line.set_ydata([0, height / 9])
    ax.set_title(height)
    return f"a line up to {{height}}"

picture = widgets.LivePicture(fig, redraw, {moving}, height=widgets.int_slider("height", 5, 0, 9))
{after}
picture
"""


def live(in_redraw="pass", moving="[line, ax.title]", after=""):
    return new_code_cell(LIVE.format(in_redraw=in_redraw, moving=moving, after=after))


@pytest.fixture
def run(open_notebook, lab):
    def run(*cells):
        for number, cell in enumerate(cells):
            cell["id"] = f"cell{number}"
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        nbformat.write(new_notebook(cells=list(cells), metadata=metadata), lab.root / "faults.ipynb")
        notebook = open_notebook("faults.ipynb")
        notebook.run_all()
        return notebook

    return run


def test_errors_and_cells_that_never_ran(run):
    stale = new_code_cell("2", execution_count=2, outputs=[new_output("stream", text="2")])
    tagged = new_code_cell("int('x')", metadata={"tags": ["raises-exception"]})
    notebook = run(new_code_cell("import sys; print('oh', file=sys.stderr)"), tagged, new_code_cell("1 / 0"), stale)
    assert notebook.errors() == [
        "cell2: ZeroDivisionError: division by zero",
        "cell3: never ran",
        "kernel: stderr: oh",
        "kernel: ZeroDivisionError: division by zero",
    ]


def test_pictures_formulas_and_addresses(run):
    notebook = run(
        new_markdown_cell(r"$\left( x$ and $\nosuch x$"),
        new_markdown_cell("```mermaid\nflowchart LR\n  a --\n```"),
        new_code_cell("from IPython.display import HTML"),
        new_code_cell(f"HTML('<img src=\"data:image/png;base64,{PIXEL}\">')"),
        new_code_cell('HTML(\'<img alt="gone" src="gone.png">\')'),
        new_code_cell('HTML(\'<img alt="far away" src="http://198.51.100.1/x.png">\')'),
    )
    shown = notebook.errors()
    assert [error for error in shown if "Parse error" not in error] == [r"shown: \left( x", r"shown: \nosuch"]
    assert len(shown) == 3
    assert notebook.outside == ["http://198.51.100.1/x.png"]
    assert notebook.bad_pictures() == [
        "picture 1, in cell cell3, is blank",
        "picture 1, in cell cell3, has no alternative text",
        "picture 2, in cell cell4, is broken",
        "picture 3, in cell cell5, is broken",
    ]


LATE = """
draw, slider = picture.redraw, picture.sliders["height"]

def late(change, picture=picture, draw=draw):
    picture.redraw = lambda height: draw(change.old)
    picture.update()

slider.unobserve(picture.update, "value")
slider.observe(late, "value")
"""


def test_pictures_that_move_wrongly(run):
    fine, still, stale, failing, late, menu = cells = [
        live(),
        live(after="picture.sliders['height'].unobserve(picture.update, 'value')"),
        live(moving="[ax.title]"),
        live(in_redraw="1 / (height - 4)"),
        live(after=LATE),
        new_code_cell("import ipywidgets\nipywidgets.Dropdown(options='ab')"),
    ]
    notebook = run(*cells)
    assert notebook.errors() == [] and notebook.interactive() == [cell["id"] for cell in cells]

    def moved(cell, move):
        (control,) = notebook.controls(cell["id"])
        old = notebook.shown(cell["id"])["src"]
        move(control)
        return notebook.wrong_picture(cell["id"], old, timeout=0.5)

    wrong = moved(failing, notebook.press)
    assert "at 4 shows no picture but" in wrong and "ZeroDivisionError" in wrong
    for move in (notebook.press, notebook.drag):
        assert moved(fine, move) == ""
        assert moved(still, move).endswith("the picture does not change")
        assert moved(stale, move).endswith("pixels of the picture are not as the library draws them")
    assert moved(late, notebook.press).endswith("the picture does not change")
    assert "the description is 'a line up to" in moved(late, notebook.press)
    notebook.press(notebook.controls(menu["id"])[0])
    assert notebook.shown(menu["id"])["values"] == ["a"]  # JupyterLab has taken the key
    assert notebook.errors() == []


def test_a_slow_picture(run):
    notebook = run(live(in_redraw="time.sleep(0.2)"))
    assert notebook.key_to_picture("cell0", presses=3) > 200
    assert notebook.behind_a_held_key("cell0") > 200


def test_cells_that_never_ran_after_a_restart(run):
    notebook = run(
        new_code_cell("from pathlib import Path\nagain = Path('again').exists()\nPath('again').touch()"),
        new_code_cell("1 / (not again)"),
        new_code_cell("3"),
    )
    assert notebook.errors() == []
    notebook.restart_and_run_all()
    assert notebook.errors() == [
        "cell1: ZeroDivisionError: division by zero",
        "cell2: never ran",
        "kernel: ZeroDivisionError: division by zero",
    ]


def test_the_browser_has_no_network(run, lab):
    reach = "url => fetch(url, { mode: 'no-cors' }).then(() => 'reached', () => 'failed')"
    page = run(new_code_cell("1")).page
    assert page.evaluate(reach, f"{lab.url}/api") == "reached"
    assert page.evaluate(reach, f"{lab.url}/api".replace("127.0.0.1", "localhost")) == "failed"


def test_a_stale_picture_in_the_readme():
    font = ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), 14)

    def page(first_word):
        picture = Image.new("RGB", (400, 160), "white")
        lines = f"{first_word}: 3 of 5 cases right\nThe smallest case that fails:\nflatten(weights)"
        ImageDraw.Draw(picture).text((20, 20), lines, "black", font, spacing=8)
        return picture

    def stale(new):
        files = io.BytesIO(), io.BytesIO()
        for picture, file in zip((new, page("Not yet")), files, strict=True):
            picture.save(file, "png")
        return readme.stale(*(file.getvalue() for file in files))

    # Smoothed differently or shifted by a pixel, nothing is stale; with another letter it is.
    same = page("Not yet")
    for alike in (same, same.filter(ImageFilter.GaussianBlur(0.6)), ImageChops.offset(same, 1, 0)):
        assert stale(alike) == ""
    assert "pixels show something else, at x = 58 to 64" in stale(page("Not yEt"))
    assert "show something else" in stale(ImageChops.offset(same, 0, 22))
    assert stale(same.crop((0, 0, 400, 100))) == "it is 400 x 160, needed is 400 x 100"
