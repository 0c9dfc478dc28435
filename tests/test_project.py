"""The project around the code: pins that agree, and a machine check that notices what is off."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from save_lessons import lessons, stale_tables

from hyperlib import machine

ROOT = Path(__file__).parents[1]


def test_torch_is_pinned_once_and_first():
    pinned = machine.pinned_versions()
    assert next(iter(pinned)) == "torch"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (accepted,) = project["dependencies"]  # a range, so that nobody's torch is replaced
    least = re.fullmatch(r"torch>=([\d.]+)", accepted)[1]
    assert [int(n) for n in least.split(".")] <= [int(n) for n in pinned["torch"].split(".")]
    assert f"torch=={pinned['torch']}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_this_machine_is_ready():
    assert machine.machine_problems() == []
    assert machine.machine_report().endswith("Everything is installed.")


def test_a_machine_that_is_not_ready_is_told_so(monkeypatch):
    monkeypatch.setattr(machine, "pinned_versions", lambda: {"torch": "1.0.0", "no-such-package": "3.1"})
    torch_off, package_off = machine.machine_problems()
    assert re.fullmatch(r"torch is 2\..*, but the course was tested with 1\.0\.0", torch_off)
    assert package_off == "no-such-package is missing, but the course was tested with 3.1"
    assert "pip install -r requirements.txt" in machine.machine_report()


def test_tables_of_lessons_are_up_to_date():
    assert not stale_tables(), "run `python tests/save_lessons.py --tables`"


def test_each_lesson_says_how_long_it_takes():
    for lesson in lessons():
        text = (ROOT / "notebooks" / lesson["file"]).read_text(encoding="utf-8")
        assert f"about {lesson['minutes']} minutes" in text, lesson["file"]


PAGES = ["README.md", "CONTRIBUTING.md", "classroom/README.md", "tests/benchmarks/README.md"]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\((?!https?:)([^)#\s]+)", (ROOT / page).read_text(encoding="utf-8")):
        assert (ROOT / page).parent.joinpath(link).exists(), link


def test_the_example_of_the_readme_runs():
    example = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)[1]
    names = {}
    exec(example, names)
    assert names["y"].shape == (5, 1)
    assert [list(part.shape) for part in names["weights"][0]] == [[5, 16, 3], [5, 16]]


@pytest.mark.slow
def test_new_exercises_and_lessons_can_be_laid_down(tmp_path):
    for folder in ("hyperlib", "notebooks", "classroom", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "browser"))
    shutil.copy(ROOT / "README.md", tmp_path)
    for command in (
        ["new.py", "exercise", "01", "double", "--after", "layer_parameters"],
        ["new.py", "lesson", "98", "how_much", "How much?"],
        ["save_lessons.py", "notebooks/98_how_much.ipynb"],
    ):
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        subprocess.run([sys.executable, f"tests/{command[0]}", *command[1:]], cwd=tmp_path, env=environment, check=True)
    cells = nbformat.read(tmp_path / "notebooks" / "01_counting_parameters.ipynb", as_version=4).cells
    ids = [cell.id for cell in cells]
    place = ids.index("check_layer_parameters")
    assert ids[place + 2 : place + 4] == ["double", "check_double"]
    saved = nbformat.read(tmp_path / "notebooks" / "98_how_much.ipynb", as_version=4)
    assert "NOT ATTEMPTED" in str([cell.get("outputs") for cell in saved.cells])
    assert "[98 · How much?](notebooks/98_how_much.ipynb)" in (tmp_path / "README.md").read_text(encoding="utf-8")
