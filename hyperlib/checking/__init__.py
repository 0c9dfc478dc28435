"""Exercises that check themselves: `check("name")` tries what the notebook holds under that name."""

import difflib
import importlib
import os
import re
import sys
from pathlib import Path

from ..train import in_notebook
from .declare import EXERCISES, Exercise
from .find import Attempt, find_attempt
from .judge import NOT_YET, Verdict, capital, judge
from .progress import Progress, keep_passed, keeping_place, lessons_folder, passed_exercises
from .report import Report
from .run import defaults, under_defaults

__all__ = ["Exercise", "all_exercises", "check", "my_progress", "stand_in"]


EXERCISES_FOLDER = Path(__file__).parents[1] / "exercises"


def all_exercises():
    """Every exercise of the course by name, lesson after lesson."""
    for path in sorted(EXERCISES_FOLDER.glob("lesson_*.py")):
        load(path)
    return {exercise.name: exercise for exercise in sorted(EXERCISES.values(), key=lambda e: e.reference.__module__)}


def find_exercise(name):
    """The exercise of that name, for which only its own lesson is loaded; ValueError if there is none."""
    defines = re.compile(rf"^(?:def|class) {re.escape(str(name))}\b", re.MULTILINE)
    if any(EXERCISES_FOLDER.glob("lesson_*_hidden.py")):  # a teacher's, which adds cases to exercises of any lesson
        all_exercises()
    for path in sorted(EXERCISES_FOLDER.glob("lesson_*.py")):  # also where Stop ended the import of a lesson half way
        if _module(path) not in sys.modules and defines.search(path.read_text(encoding="utf-8")):
            load(path)
    if name in EXERCISES:
        return EXERCISES[name]
    names = list(all_exercises())
    near = difflib.get_close_matches(str(name), names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(names)}"
    raise ValueError(f"there is no exercise {name!r}{hint}")


def _module(path):
    return f"hyperlib.exercises.{path.stem}"


def load(path):
    """Have one lesson declare its exercises."""
    under_defaults(lambda: importlib.import_module(_module(path)))  # which makes tensors and layers


def check(name):
    """Try the notebook's answer to an exercise, show what was found, and return what to go on with.

    Returns the learner's own function or class if it passed and the course's otherwise, so that the cells below
    run either way.  Never raises for anything that an answer does or the notebook holds.  Under nbgrader the points
    earned are published as the cell's result.
    """
    namespace = sys._getframe(1).f_globals
    with defaults():
        exercise = find_exercise(name)
        attempt, verdict = _tried(exercise, namespace)
        show(exercise, verdict)
    if verdict.passed and in_notebook() and not under_nbgrader():
        keep_passed(name)
    return attempt.answer if verdict.passed else exercise.reference


def _tried(exercise, namespace):
    """The Attempt and its Verdict; meanwhile the name holds the answer again, since it may call itself."""
    name, nothing = exercise.name, object()
    before = namespace.get(name, nothing)
    attempt = Attempt()
    try:
        attempt = find_attempt(exercise, namespace)
        if not attempt.missing:
            namespace[name] = attempt.answer
        return attempt, judge(exercise, attempt)
    except Exception as error:  # an object may do anything when it is looked at
        return attempt, Verdict(NOT_YET, reason=f"`{name}` cannot be looked at: that raises {type(error).__name__}")
    finally:
        namespace[name] = before
        if before is nothing:
            del namespace[name]


def my_progress():
    """Which exercises have been passed and where to go on; what was passed is kept in `progress.txt`."""
    return Progress(all_exercises(), passed_exercises(), keeping_place(), lessons_folder())


def stand_in(name, reason=""):
    """The course's own version of an exercise, where trying the answer would bring the notebook down.

    For the grader: with a reason it is shown as the verdict, and no points are published.
    """
    exercise = find_exercise(name)
    if reason:
        verdict = Verdict(NOT_YET, reason=capital(reason))
        show(exercise, verdict)
    return exercise.reference


def show(exercise, verdict):
    """Show a verdict; under nbgrader with the points that it earns, which nbgrader then gets."""
    points = round(exercise.points * verdict.share, 2) if under_nbgrader() else None
    Report(exercise, verdict, solutions=os.environ.get("HYPERLIB_SOLUTIONS") != "0", points=points).show()
    if under_nbgrader():
        publish_points(points)


def under_nbgrader():
    """Whether nbgrader runs this."""
    return os.environ.get("NBGRADER_EXECUTION") in ("autograde", "validate")


def publish_points(points):
    """Hand nbgrader the points earned: partial credit is whatever number a check cell displays."""
    from IPython import get_ipython

    shell = get_ipython()
    if not isinstance(shell.user_ns.get("_oh"), dict):
        shell.user_ns["_oh"] = {}  # IPython files every result there, whatever a learner uses the name for
    shell.displayhook(points)
