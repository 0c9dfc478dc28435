"""The project around the code: pins that agree, and a machine check that notices what is off."""

import re
import tomllib
from pathlib import Path

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


def test_the_readme_names_every_lesson():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"(notebooks/{notebook.name})" in readme, notebook.name
    for picture in re.findall(r"!\[.+?\]\((.+?)\)", readme):
        assert (ROOT / picture).is_file()


def test_minutes_agree_between_readme_map_and_lessons():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    course_map = (ROOT / "notebooks" / "00_start_here.ipynb").read_text(encoding="utf-8")
    teachers = (ROOT / "classroom" / "README.md").read_text(encoding="utf-8")
    for name, minutes in re.findall(r"\(\.\./notebooks/(\w+\.ipynb)\) \| (\d+) \|", teachers):
        assert f"about {minutes} minutes" in (ROOT / "notebooks" / name).read_text(encoding="utf-8"), name
    for name, minutes in re.findall(r"\(notebooks/(\w+\.ipynb)\) \|.*\| (\d+) \|", readme):
        assert f"about {minutes} minutes" in (ROOT / "notebooks" / name).read_text(encoding="utf-8"), name
        assert name.startswith("00") or re.search(rf"\({name}\) \|[^\n]*\| {minutes} \|", course_map), name
