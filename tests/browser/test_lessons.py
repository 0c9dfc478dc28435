"""Every lesson in JupyterLab, as a learner takes it: run, moved, answered wrongly and rightly, restarted, run again."""

import ast
import re
import sys

import accessibility
import pytest
import readme
from lab import NOTEBOOKS

from hyperlib.checking import all_exercises

# The longest come first, so that no worker waits long for the other.
LESSONS = sorted((path.name for path in NOTEBOOKS.glob("*.ipynb")), reverse=True)
EXERCISES = all_exercises()

PLAIN = "02"  # the lesson that a plain `pytest` takes; the others are in the full tier

# Run All once more with the answers in place, after the restart.  The others train for long; that they run twice in one
# kernel, with blanks and with answers, is seen by test_notebooks.py.
RUN_ONCE_MORE = ("00", "01", "02", "03")

TYPED = {"torch", "nn", "F"}  # what a typed answer may use

KEY_TO_PICTURE, BEHIND = 150, 300  # milliseconds that are allowed


class Lesson:
    name: str

    def test_in_jupyterlab(self, open_notebook, record_property, tmp_path):
        name = self.name
        lesson = open_notebook(name)
        lesson.run_all()
        expect_no_problem(lesson)
        exercises = [EXERCISES[exercise] for exercise in lesson.exercises()]
        wrong = wrong_verdicts(lesson, exercises, "not attempted")
        assert not wrong, "\n".join(["as shipped", *wrong])
        readme.compare(lesson, name, "as shipped", tmp_path)
        problems = accessibility.problems(lesson)
        assert not problems, "\n".join(problems)

        moving = lesson.interactive()
        assert moving, "no interactive picture was found"
        for cell in moving:
            every_control_moves_the_picture(lesson, cell)
            speed_of_the_picture(lesson, cell, name[:2], record_property)
        expect_no_problem(lesson)

        from_the_wrong_answer_to_the_right_one(lesson, name, *first_mistake(name, exercises), tmp_path)
        for exercise in exercises:
            lesson.set_source(exercise.name, right_answer(exercise))
        lesson.restart_and_run_all()
        expect_all_passed(lesson, exercises, "after Restart Kernel and Run All Cells with all answers in place")
        if name[:2] in RUN_ONCE_MORE:
            lesson.run_all()
            expect_all_passed(lesson, exercises, "after another Run All Cells")
        assert not lesson.outside, f"the page asked for {lesson.outside}"


# A class for each lesson: what is in one class stays on one worker, and the workers share the lessons.
for name in LESSONS:
    mark = pytest.mark.slow if name.startswith(PLAIN) else pytest.mark.full
    globals()[f"Test{name[:2]}"] = mark(type(f"Test{name[:2]}", (Lesson,), {"name": name}))


def expect_no_problem(lesson, when="", all_cells=True):
    problems = lesson.errors(all_cells) + lesson.bad_pictures()
    assert not problems, "\n".join([when, *problems])


def expect_all_passed(lesson, exercises, when):
    expect_no_problem(lesson, when)
    wrong = wrong_verdicts(lesson, exercises, "passed")
    assert not wrong, "\n".join([when, *wrong])


def wrong_verdicts(lesson, exercises, needed):
    """Every exercise whose check does not show this verdict, with what it shows."""
    shown = {exercise.name: lesson.report(f"check_{exercise.name}") for exercise in exercises}
    return [f"{name} is not {needed!r}: {report}" for name, report in shown.items() if report["verdict"] != needed]


def every_control_moves_the_picture(lesson, cell):
    controls = lesson.controls(cell)
    assert controls, f"cell {cell} lost its controls"
    for control in reversed(controls):  # an earlier one may set the limit of a later one
        for how, move in (("by keyboard", lesson.press), ("by mouse", lesson.drag)):
            old = lesson.shown(cell)
            move(control)
            wrong = lesson.wrong_picture(cell, old["src"])
            assert not wrong, f"{wrong} (moved {how} from {', '.join(old['values'])})"


def speed_of_the_picture(lesson, cell, number, record_property):
    """Measured up to three times, for the machine may be busy with something else."""
    for what, measure, limit in (
        ("from key press to new picture", lesson.key_to_picture, KEY_TO_PICTURE),
        ("behind twenty fast presses", lesson.behind_a_held_key, BEHIND),
    ):
        times = []
        while not times or (min(times) > limit and len(times) < 3):
            times.append(measure(cell))
            wrong = lesson.wrong_picture(cell)
            assert not wrong, f"{wrong} (after many fast steps)"
        record_property("milliseconds", [what, f"{number} {cell}", round(min(times))])
        assert min(times) <= limit, f"cell {cell}: {what} takes {times} ms; at most {limit} are allowed"


def first_mistake(name, exercises):
    """An exercise of the lesson, and one of its mistakes that needs nothing from the file that declares it."""
    wanted, shown = readme.ANSWERED_WRONGLY.get(name, ("", ""))
    for exercise in exercises:
        if wanted not in ("", exercise.name):
            continue
        helpers = vars(sys.modules[exercise.reference.__module__]).keys() - TYPED - {exercise.name}
        for mistake in exercise.mistakes:
            used = {node.id for node in ast.walk(ast.parse(mistake.source or "")) if isinstance(node, ast.Name)}
            if mistake.source and mistake.name.startswith(shown) and not used & helpers:
                return exercise, mistake
    raise AssertionError(f"{name} has no mistake that can be typed into the notebook as it stands")


def from_the_wrong_answer_to_the_right_one(lesson, name, exercise, mistake, tmp_path):
    check = f"check_{exercise.name}"
    wrong = right_answer(exercise).replace(exercise.solution.rstrip(), mistake.source.rstrip())

    lesson.type_answer(exercise.name, wrong)
    lesson.run_cell(exercise.name)
    lesson.run_cell(check)
    report, where = lesson.report(check), f"{exercise.name}, answered so that {mistake.name!r}:"
    assert (report["verdict"], report["mistake"]) == ("not yet", mistake.name), f"{where} {report}"
    for words in ("Not yet", as_shown(mistake.explanation)):
        assert words in report["text"], f"{where} {words!r} cannot be read in {report['text']!r}"
    readme.compare(lesson, name, "a mistake named", tmp_path)

    for number, how in ((1, "click"), (2, "keyboard")):
        hint = as_shown(exercise.hints[number - 1])
        assert hint not in lesson.report(check)["text"], f"{where} hint {number} is not folded"
        lesson.open_fold(check, f"Hint {number} of {len(exercise.hints)}", how)
        text = lesson.report(check)["text"]
        assert hint in text, f"{where} hint {number}, opened by {how}, cannot be read in {text!r}"

    lesson.type_answer(exercise.name, right_answer(exercise))
    lesson.run_cell(exercise.name)
    lesson.run_cell(check, "Shift+Enter")
    report = lesson.report(check)
    assert report["verdict"] == "passed" and "Passed" in report["text"], f"{exercise.name}, answered rightly: {report}"
    assert lesson.is_below(check), f"Shift+Enter on {check} does not go on to the next cell"
    expect_no_problem(lesson, f"after {exercise.name} was answered", all_cells=False)


def right_answer(exercise):
    return f"import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n{exercise.solution.rstrip()}"


def as_shown(text):
    """A text as the page shows it: `code` in a font of its own, and white space run together."""
    return re.sub(r"\s+", " ", text.replace("`", ""))
