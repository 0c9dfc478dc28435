"""Which exercises have been passed: one line each in a text file beside the lessons, and the table in lesson 00.

A line at a time can be added by two notebooks at once, and where a file is damaged every line that can still be read
counts.  Nothing is ever sent anywhere.
"""

import contextlib
import json
import os
import re
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from .report import FOR_THE_EAR, SHADE

LESSONS = "[0-9][0-9]_*.ipynb"
BESIDE_THE_LESSONS = "What you pass is kept in progress.txt, next to the lessons."
HEAD = "# Exercises of the hypernetworks course that were passed here. Delete this file to start again."


def lessons_folder():
    """The folder of the lessons: the working folder, or where hyperlib was installed from.

    VS Code can be set to start every kernel in the folder that is open there, which is none of a notebook's business.
    """
    here = Path()
    beside_hyperlib = Path(__file__).parents[2] / "notebooks"
    return here if any(here.glob(LESSONS)) or not any(beside_hyperlib.glob(LESSONS)) else beside_hyperlib


def progress_file():
    """What HYPERLIB_PROGRESS names, or else `progress.txt` beside the lessons."""
    return Path(os.environ.get("HYPERLIB_PROGRESS") or lessons_folder() / "progress.txt")


def passed_exercises():
    """Names from the file, in the order in which they were passed; none if it cannot be read."""
    try:
        lines = progress_file().read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return list(dict.fromkeys(line.strip() for line in lines if line.strip() and not line.startswith("#")))


def keep_passed(name):
    """Add a name to the file.  Where that is not possible, `my_progress` says so: `check` has other things to say."""
    with contextlib.suppress(OSError):
        for _ in range(3):  # outside of POSIX, two that append at the same moment may overwrite each other
            if name in passed_exercises():
                return
            file = progress_file()
            before = file.read_bytes() if file.exists() else b""
            start = "" if before.endswith(b"\n") else "\n" if before else HEAD + "\n"  # it may end within a line
            with file.open("ab") as out:
                out.write(f"{start}{name}\n".encode())


def keeping_place():
    """A sentence that says where the file is, or that it cannot be read or written."""
    file = progress_file()
    if file.is_dir() or not os.access(file if file.exists() else file.parent, os.R_OK | os.W_OK):
        return f"Your progress can't be saved, because the file {file.name} can't be written here."
    beside = file.parent == Path() or str(file) == os.devnull  # the latter while the lessons are saved
    return BESIDE_THE_LESSONS if beside else f"What you pass is kept in {file}."


@dataclass
class Place:
    """Where an exercise is: its lesson and its heading there."""

    lesson_title: str  # "02 · Slicing the flat vector"
    title: str  # "offsets", or the exercise's name where the notebook isn't there
    notebook: str = ""  # file name, empty where the notebook isn't there
    cell: str = ""  # id of the cell with the heading


def places(exercises, folder="."):
    """The Place of each exercise by its name, from the notebooks in this folder."""
    found = {}
    for path in sorted(Path(folder).glob(LESSONS)):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # a learner's notebook may be in any state
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            lesson_title = heading = cell_id = ""
            for cell in cells:
                name = cell["metadata"].get("nbgrader", {}).get("grade_id")
                if cell["cell_type"] == "markdown":
                    headings = re.findall(r"^#+ (.*)", "".join(cell["source"]), re.MULTILINE)
                    lesson_title = lesson_title or (headings or [""])[0].split(":")[0]
                    if headings:
                        heading, cell_id = headings[-1].replace("`", ""), cell.get("id", "")
                elif name in exercises and name not in found:
                    title = re.sub(r"^Exercise: | \([^()]*\)$", "", heading)
                    found[name] = Place(lesson_title, title, path.name, cell_id)
    for name, exercise in exercises.items():
        lesson = exercise.reference.__module__.split("lesson_")[-1][:2]
        found.setdefault(name, Place(f"Lesson {lesson}", name))
    return {name: found[name] for name in exercises}


class Progress:
    """The exercises of each lesson, passed and open, and where to go on."""

    def __init__(self, exercises, passed, said=BESIDE_THE_LESSONS, folder="."):
        self.places, self.said = places(exercises, folder), said
        self.passed = [name for name in passed if name in exercises]  # the file may hold anything
        self.next = next_open(list(exercises), self.passed)

    def lessons(self):
        """Pairs of a lesson's title and its exercises' names."""
        for title, names in groupby(self.places, key=lambda name: self.places[name].lesson_title):
            yield title, list(names)

    def headline(self):
        return f"{len(self.passed)} of {len(self.places)} exercises passed"

    def __repr__(self):
        counts = [f"{title}: {sum(n in self.passed for n in names)} of {len(names)}" for title, names in self.lessons()]
        place = self.places.get(self.next)
        go_on = f"Next: {place.title} ({place.lesson_title})." if place else THE_END
        return "\n".join([self.headline(), *counts, go_on, self.said])

    def _repr_html_(self):
        rows = []
        for title, names in self.lessons():
            done = sum(name in self.passed for name in names)
            marks = " ".join(self.mark(name) for name in names)
            lesson = self.link(names[0], title, lesson=True)
            rows.append(
                f'<tr><th scope="row" style="{CELL}; font-weight: normal">{lesson}</th>'
                f'<td style="{CELL}; white-space: nowrap">{done} of {len(names)}</td>'
                f'<td style="{CELL}">{marks}</td></tr>'
            )
        place = self.places.get(self.next)
        go_on = THE_END
        if place:
            go_on = f"Next: <em>{self.link(self.next, place.title)}</em> ({escape(place.lesson_title)})."
        head = "".join(f'<th scope="col" style="{CELL}">{word}</th>' for word in ("lesson", "passed", "exercises"))
        return (
            '<div class="hyperlib-progress" style="color: inherit">'
            f"<p><strong>{self.headline()}.</strong> {go_on}</p>"
            f"<p>{escape(self.said)}</p>"
            f'<table style="border-collapse: collapse"><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table></div>"
        )

    def mark(self, name):
        """One exercise: passed ones are filled and ticked, open ones have a dashed edge."""
        looks, word, tick = (LOOK_PASSED, "passed", TICK) if name in self.passed else (LOOK_OPEN, "open", "")
        words = self.link(name, self.places[name].title) + f'<span style="{FOR_THE_EAR}"> ({word})</span>'
        return f'<span data-exercise="{name}" data-state="{word}" style="{MARK}; {looks}">{tick}{words}</span>'

    def link(self, name, text, lesson=False):
        place = self.places[name]
        if not place.notebook:
            return escape(text)
        anchor = "" if lesson else f"#cell-id={quote(place.cell)}"  # which JupyterLab scrolls to
        return f'<a href="{quote(place.notebook)}{anchor}">{escape(text)}</a>'


THE_END = "That was the whole course."
TICK = '<span aria-hidden="true">&#10003; </span>'
CELL = "text-align: left; vertical-align: top; padding: 4px 12px 4px 0"
MARK = "display: inline-block; padding: 0 8px; margin: 1px 2px; border-radius: 3px"
LOOK_PASSED = f"border: 1px solid var(--jp-success-color1, #388e3c); background: {SHADE}"
LOOK_OPEN = "border: 1px dashed var(--jp-border-color0, #9e9e9e)"


def next_open(names, passed):
    """The first open exercise after the one that was passed last, or else the first open one; None if there is none."""
    after = names.index(passed[-1]) + 1 if passed else 0
    return next((name for name in names[after:] + names[:after] if name not in passed), None)
