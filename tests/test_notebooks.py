"""The form of the notebooks: exercises as they were declared, and saved as the repository keeps them."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from save_lessons import COLUMNS, exercise_cells
from test_answers import RIGHT

from hyperlib.checking import all_exercises

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = {path.name: nbformat.read(path, as_version=4) for path in sorted(FOLDER.glob("*.ipynb"))}
EXERCISES = all_exercises()
ODD = {name: source for name, _, source in RIGHT}  # a right answer in a style of its own, where there is one


@pytest.fixture(params=NOTEBOOKS)
def name(request):
    return request.param


@pytest.fixture
def notebook(name):
    return NOTEBOOKS[name]


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def grading(cell):
    return cell.metadata.get("nbgrader", {})


def test_every_exercise_stands_in_one_notebook_with_its_check():
    ids = [grading(cell)["grade_id"] for nb in NOTEBOOKS.values() for cell in nb.cells if grading(cell)]
    assert sorted(ids) == sorted([*EXERCISES, *(f"check_{name}" for name in EXERCISES)])


def test_exercise_cells_are_what_was_declared(notebook):
    for cell, check in zip(notebook.cells, notebook.cells[1:], strict=False):
        if not grading(cell).get("solution"):
            continue
        declared = exercise_cells(EXERCISES[grading(cell)["grade_id"]])
        for pair in zip((cell, check), declared, strict=True):
            found, wanted = ((c.id, c.source, c.metadata) for c in pair)
            assert found == wanted, "run `python tests/save_lessons.py` on this notebook"


def test_saved_executed_in_order_without_a_trace_of_the_machine(notebook):
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert set(notebook.metadata) == {"hyperlib", "kernelspec", "language_info"}
    for cell in cells:
        assert "execution" not in cell.metadata
        for output in cell.outputs:
            assert output.output_type != "error" and output.get("name") != "stderr", output
            text = re.sub(r"base64,[^\"]*", "", str(output))
            assert not re.search(r"0x[0-9a-f]{8,}|/(home|root|Users|tmp|work|var)/|[A-Z]:\\\\", text), text
            assert "widget-view" not in text


def test_lines_fit_a_narrow_column(notebook):
    lines = [line for cell in code_cells(notebook) for line in cell.source.splitlines()]
    long = [line for line in lines if len(line) > COLUMNS]
    assert not long, f"a code cell shows {COLUMNS} characters of a line: {long}"


def test_no_cell_is_empty(notebook):
    assert all(cell.source.strip() for cell in notebook.cells)


def test_links_lead_somewhere(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for link in re.findall(r"\]\(([^)#\s]+\.ipynb)", cell.source):
                assert (FOLDER / link).is_file(), link


def test_headings_go_down_one_level_at_a_time(notebook):
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    levels = [len(marks) for marks in re.findall(r"^(#+) ", re.sub(r"```.*?```", "", prose, flags=re.S), re.M)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))


def twice(notebook):
    """The notebook two times in one kernel, first with blanks, then with right answers; the verdicts shown."""
    answered = [nbformat.v4.new_code_cell(cell.source) for cell in code_cells(notebook)]
    for cell, shipped in zip(answered, code_cells(notebook), strict=True):
        if grading(shipped).get("solution"):
            name = grading(shipped)["grade_id"]
            imports = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"
            cell.source = imports + ODD.get(name, EXERCISES[name].solution)
    both = nbformat.v4.new_notebook(metadata=notebook.metadata)
    both.cells = [nbformat.v4.new_code_cell(cell.source) for cell in code_cells(notebook)] + answered
    NotebookClient(both, timeout=120, resources={"metadata": {"path": str(FOLDER)}}).execute()
    outputs = [output for cell in both.cells for output in cell.outputs]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]  # warnings
    return [output.data["text/plain"].split(":")[0] for output in outputs if "hyperlib-check" in str(output)]


@pytest.fixture(scope="module")
def running(request):
    """The notebooks that are asked for, each in a kernel of its own, as many at a time as there are cores."""
    asked = [
        item.callspec.params["name"] for item in request.session.items if "running" in getattr(item, "fixturenames", ())
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {name: pool.submit(twice, NOTEBOOKS[name]) for name in asked}


@pytest.mark.full
def test_twice_in_one_kernel_first_with_blanks_then_with_answers(name, notebook, running):
    """Nothing depends on a fresh kernel, and right answers, odd ones too, fit into the lesson around them."""
    exercises = sum(bool(grading(cell).get("solution")) for cell in notebook.cells)
    assert running[name].result() == ["NOT ATTEMPTED"] * exercises + ["PASSED"] * exercises
