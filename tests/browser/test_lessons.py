"""Every lesson, opened and run as a learner does it; and one exercise from the wrong answer to the right one."""

import re

import pytest
from lab import NOTEBOOKS
from playwright.sync_api import expect

LESSONS = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))


@pytest.mark.parametrize("name", LESSONS)
def test_lesson(open_notebook, name):
    lesson = open_notebook(name)
    lesson.run_all()
    expect_no_problem(lesson)
    if slider := lesson.first_slider():
        moved = lesson.press_arrow(slider)
        expect_no_problem(lesson)
        assert moved, f"an arrow key on the slider of cell {slider} does not change the picture"
    assert not lesson.outside, f"the page asked for {lesson.outside}"


def expect_no_problem(lesson):
    problems = lesson.errors() + lesson.bad_pictures()
    assert not problems, "\n".join(problems)


@pytest.mark.skipif("01_counting_parameters.ipynb" not in LESSONS, reason="lesson 01 is not there")
def test_a_learner_solves_an_exercise(open_notebook):
    lesson = open_notebook("01_counting_parameters.ipynb")
    lesson.run_all()
    exercise, check = lesson.find("layer_parameters"), lesson.find("check_layer_parameters")
    output = lesson.output(check)

    lesson.type_answer(exercise, "def layer_parameters(n_in, n_out):\n    return n_in * n_out")
    lesson.run_cell(exercise)
    lesson.run_cell(check)
    # The inner text is what can be seen: it leaves out what is still folded.
    expect(output).to_contain_text(re.compile("not yet", re.I), use_inner_text=True)
    expect(output).to_contain_text("bias", use_inner_text=True, ignore_case=True)

    hint = output.locator("details").first
    folded = hint.inner_text()
    hint.locator("summary").first.click()
    assert len(hint.inner_text()) > len(folded)

    lesson.type_answer(exercise, "def layer_parameters(n_in, n_out):\n    return n_in * n_out + n_out")
    lesson.run_cell(exercise)
    lesson.run_cell(check)
    expect(output).to_contain_text("passed", use_inner_text=True, ignore_case=True)
    expect_no_problem(lesson)
