"""The project around the code: pins that agree, and a machine check that notices what is off."""

import re
import tomllib
from pathlib import Path

from save_lessons import lessons, stale_tables

from hyperlib import machine

ROOT = Path(__file__).parents[1]


def test_torch_is_pinned_once_and_first():
    pinned = machine.pinned_versions()
    assert next(iter(pinned)) == "torch"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["dependencies"] == [f"torch=={pinned['torch']}"]
    assert f"torch=={pinned['torch']}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_this_machine_is_ready():
    assert machine.machine_problems() == []
    assert machine.machine_report().endswith("Everything is in place.")


def test_a_machine_that_is_not_ready_is_told_so(monkeypatch):
    monkeypatch.setattr(machine, "pinned_versions", lambda: {"torch": "1.0.0", "no-such-package": "3.1"})
    torch_off, package_off = machine.machine_problems()
    assert re.fullmatch(r"torch is 2\..*; the course was tried with 1\.0\.0", torch_off)
    assert package_off == "no-such-package is missing; the course was tried with 3.1"
    assert "pip install -r requirements.txt" in machine.machine_report()


def test_tables_of_lessons_are_up_to_date():
    assert not stale_tables(), "run `python tests/save_lessons.py --tables`"


def test_each_lesson_says_how_long_it_takes():
    for lesson in lessons():
        text = (ROOT / "notebooks" / lesson["file"]).read_text(encoding="utf-8")
        assert f"about {lesson['minutes']} minutes" in text, lesson["file"]


def test_pictures_of_the_readme_are_there():
    for picture in re.findall(r"!\[.+?\]\((.+?)\)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert (ROOT / picture).is_file()
