"""The driver sees what goes wrong: without this, a lesson's test that never fails would prove nothing."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SLIDER = """
import ipywidgets
slider, html = ipywidgets.IntSlider(), ipywidgets.HTML('<img alt="a dot" src="data:image/png;base64,{pixel}">')
slider.observe(lambda change: {callback}, "value")
ipywidgets.VBox([slider, html])
"""


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
    notebook = run(
        new_code_cell("import sys; print('oh', file=sys.stderr)"), tagged, new_code_cell("1 / 0"), stale
    )
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


def test_a_slider_that_does_nothing_and_one_that_fails(run):
    still, fails = (
        new_code_cell(SLIDER.format(pixel=PIXEL, callback=callback)) for callback in ("None", "1 / 0")
    )
    notebook = run(still, fails)
    assert notebook.errors() == [] and notebook.first_slider() == "cell0"
    assert not notebook.press_arrow("cell0", timeout=1)
    assert notebook.errors() == []
    assert not notebook.press_arrow("cell1", timeout=1)
    assert notebook.errors() == ["kernel: ZeroDivisionError: division by zero"]
