"""The folders that nbgrader reads: every lesson is an assignment of its own, and so is the whole course."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import nbformat

WHOLE_COURSE = "notebooks"


def make_assignments(notebooks, source):
    """Lay out `source`: a folder `notebooks` with all lessons, and one folder for each lesson, named like it.

    nbgrader wants one folder for each assignment; the course keeps its lessons in one.  The copies are renewed
    whenever a lesson has changed.  Folders that a teacher has added are left alone.
    """
    beside = [path for path in notebooks.iterdir() if path.suffix != ".ipynb" and not path.name.startswith(".")]
    for lesson in sorted(notebooks.glob("*.ipynb")):
        for folder in (source / WHOLE_COURSE, source / lesson.stem):
            copy_if_changed(lesson, folder / lesson.name)
            for other in beside:
                for file in [other] if other.is_file() else other.rglob("*"):
                    if file.is_file():
                        copy_if_changed(file, folder / file.relative_to(notebooks))
    for old in (source / WHOLE_COURSE).glob("*.ipynb"):
        if not (notebooks / old.name).exists():
            old.unlink()


def copy_if_changed(file, target):
    """Copy as a whole or not at all: other processes may be reading the target."""
    if target.is_file() and target.read_bytes() == file.read_bytes():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, half = tempfile.mkstemp(dir=target.parent, suffix=".part")
    os.close(handle)
    shutil.copyfile(file, half)
    with contextlib.suppress(PermissionError):  # Windows, where another process reads it at this moment
        os.replace(half, target)
    Path(half).unlink(missing_ok=True)


def leave_out_the_unreadable(assignment, student, notebooks):
    """nbgrader's hook before a student's notebooks are graded: one that is damaged must not take the others along."""
    notebooks[:] = [path for path in notebooks if is_notebook(path)]


def is_notebook(path):
    """Whether a file can be read as a notebook."""
    try:
        cells = nbformat.read(path, as_version=4).cells
        return all(isinstance(cell.source, str) and isinstance(cell.metadata, dict) for cell in cells)
    except Exception:  # nbformat raises many kinds for what is no notebook
        return False
