"""Progress lasts: what `check` has passed is kept in a small file that nothing can spoil, and lesson 00 shows it."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from hyperlib.checking import all_exercises
from hyperlib.checking.progress import (
    BESIDE_THE_LESSONS,
    Progress,
    keep_passed,
    keeping_place,
    lessons_folder,
    next_open,
    passed_exercises,
    progress_file,
)

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
NAMES = list(all_exercises())


@pytest.fixture
def file(tmp_path, monkeypatch):
    file = tmp_path / "progress.txt"
    monkeypatch.setenv("HYPERLIB_PROGRESS", str(file))
    return file


def progress(passed=(), folder=NOTEBOOKS):
    return Progress(all_exercises(), passed, folder=folder)


def test_what_lesson_00_shows_is_up_to_date():
    """The stored table of somebody who has passed nothing; nbval can't compare it, since a reader may have."""
    notebook = nbformat.read(NOTEBOOKS / "00_start_here.ipynb", as_version=4)
    (output,) = next(cell.outputs for cell in notebook.cells if cell.id == "progress")
    assert output.data["text/plain"] == repr(progress()), "run `python tests/save_lessons.py notebooks/00*`"
    assert output.data["text/html"] == progress()._repr_html_()


def test_what_was_passed_is_kept_once_and_in_order(file):
    for name in ("flatten", "line", "flatten"):
        keep_passed(name)
    assert passed_exercises() == ["flatten", "line"]
    head, *lines = file.read_text().splitlines()
    assert head.startswith("#") and "Delete this file" in head and lines == ["flatten", "line"]
    file.unlink()
    assert passed_exercises() == []


DAMAGED = {
    "empty": (b"", []),
    "cut within a line": (b"# head\nline\nflat", ["line", "flat"]),
    "not text": (b"line\n\xff\xfe\x00\x9c\nflatten\n", ["line", "flatten"]),
    "Windows line ends": (b"line\r\nflatten\r\n", ["line", "flatten"]),
    "another encoding": ("line\n".encode("utf-16"), []),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_loses_no_more_than_the_damaged_line(file, damage):
    content, readable = DAMAGED[damage]
    file.write_bytes(content)
    assert [name for name in passed_exercises() if name.isidentifier()] == readable
    keep_passed("unflatten")
    assert "unflatten" in passed_exercises() and set(readable) <= set(passed_exercises())
    shown = progress(passed_exercises())
    assert shown.passed == [name for name in [*readable, "unflatten"] if name in NAMES]  # "flat" is no exercise


WRITER = """
import sys
from hyperlib.checking.progress import keep_passed
for i in range(100):
    keep_passed(f"{sys.argv[1]}_{i}")
"""


@pytest.mark.slow
def test_notebooks_that_write_at_once_lose_nothing(file):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, name]) for name in ("a", "b", "c")]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert sorted(passed_exercises()) == sorted(f"{name}_{i}" for name in "abc" for i in range(100))


def test_a_folder_in_its_place_is_said_and_stops_nothing(file):
    file.mkdir()
    keep_passed("line")
    assert passed_exercises() == []
    assert keeping_place() == "Your progress can't be saved, because the file progress.txt can't be written here."


def test_a_folder_that_cannot_be_written_is_said(file, monkeypatch):
    monkeypatch.setenv("HYPERLIB_PROGRESS", str(file.parent / "not there" / "progress.txt"))
    keep_passed("line")
    assert passed_exercises() == [] and "can't be written" in keeping_place()


def test_looking_makes_no_file(file):
    assert keeping_place() == f"What you pass is kept in {file}."
    assert passed_exercises() == [] and not file.exists()


def test_a_kernel_that_works_elsewhere_finds_the_lessons_and_says_where_progress_is_kept(tmp_path, monkeypatch):
    monkeypatch.delenv("HYPERLIB_PROGRESS")
    monkeypatch.chdir(NOTEBOOKS)
    assert lessons_folder() == Path() and keeping_place() == BESIDE_THE_LESSONS
    monkeypatch.chdir(tmp_path)  # as VS Code may have it
    assert lessons_folder() == NOTEBOOKS and progress_file() == NOTEBOOKS / "progress.txt"
    assert keeping_place() == f"What you pass is kept in {NOTEBOOKS / 'progress.txt'}."
    assert Progress(all_exercises(), [], folder=lessons_folder()).places["line"].notebook == "00_start_here.ipynb"


def test_where_to_go_on():
    assert next_open("abcd", []) == "a"
    assert next_open("abcd", ["a"]) == "b"
    assert next_open("abcd", ["a", "c"]) == "d"  # not back to what was left out on purpose
    assert next_open("abcd", ["a", "c", "d"]) == "b"
    assert next_open("abcd", list("abcd")) is None


def test_the_table_names_every_lesson_and_links_to_every_exercise():
    shown = progress(["line", "layer_parameters", "nonsense"])
    assert repr(shown).startswith(f"2 of {len(NAMES)} exercises passed\n00 · Start here: 1 of 1\n01 · Counting")
    html = shown._repr_html_()
    assert re.findall(r'data-exercise="(\w+)" data-state="passed"', html) == ["line", "layer_parameters"]
    assert re.findall(r'data-exercise="(\w+)" data-state="\w+"', html) == NAMES
    linked = {link.split("#")[0] for link in re.findall(r'href="([^"]+)"', html)}
    assert linked == {path.name for path in NOTEBOOKS.glob("*.ipynb")}
    assert "nonsense" not in html


def test_without_the_notebooks_it_still_counts(tmp_path):
    (tmp_path / "02_broken.ipynb").write_text("{")
    shown = progress(["line"], tmp_path)
    assert "Lesson 00: 1 of 1" in repr(shown) and "<a " not in shown._repr_html_()
    assert repr(progress(NAMES, tmp_path)).splitlines()[-2:] == ["That was the whole course.", BESIDE_THE_LESSONS]


CHECK = 'from hyperlib import check\nline = check("line")'
RIGHT = "def line(x, w, b):\n    return w * x + b"


def run(folder, *cells):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    return notebook.cells[-1].outputs[-1]["data"]["text/plain"]


@pytest.mark.slow
def test_check_keeps_what_passed_beside_the_notebook_and_a_new_kernel_finds_it(tmp_path, monkeypatch):
    monkeypatch.delenv("HYPERLIB_PROGRESS")
    show = "from hyperlib import my_progress\nmy_progress()"
    wrong = "def line(x, w, b):\n    return b * x + w"
    assert run(tmp_path, wrong, CHECK, show).startswith("0 of ") and not (tmp_path / "progress.txt").exists()
    assert run(tmp_path, RIGHT, CHECK, wrong, CHECK, show).startswith("1 of ")  # once passed is passed
    assert run(tmp_path, show).startswith("1 of ")


@pytest.mark.slow
def test_grading_keeps_nothing(tmp_path, monkeypatch):
    monkeypatch.delenv("HYPERLIB_PROGRESS")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert "1" in run(tmp_path, RIGHT, CHECK)
    assert not (tmp_path / "progress.txt").exists()


def test_the_saved_lesson_shows_that_nothing_was_passed_yet():
    notebook = nbformat.read(NOTEBOOKS / "00_start_here.ipynb", as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.id == "progress"]
    assert cell.outputs[0].data["text/plain"] == repr(progress())
    assert cell.outputs[0].data["text/html"] == progress()._repr_html_()
