"""What a learner has passed is shown in lesson 00, and its link leads to where to go on."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow  # kernels

RIGHT = "def line(x, w, b):\n    return w * x + b"


def test_progress_is_shown_kept_and_leads_on(open_notebook, lab):
    file = lab.root / "progress.txt"
    file.unlink(missing_ok=True)
    lesson = open_notebook("00_start_here.ipynb")
    shown = lesson.output("progress")
    lesson.run_cell("progress")
    expect(shown).to_contain_text("0 of ")
    assert not file.exists()

    lesson.type_answer("line", RIGHT)
    for cell in ("line", "check_line", "progress"):
        lesson.run_cell(cell)
    expect(shown).to_contain_text("1 of ")
    expect(shown.locator("[data-state=passed]")).to_have_count(1)
    expect(shown.locator("[data-state=passed]")).to_contain_text("a network without weights")
    assert file.read_text().splitlines()[-1] == "line"

    shown.get_by_role("link", name="one layer").first.click()
    page = lesson.page
    page.wait_for_function("jupyterapp.shell.currentWidget.context?.path === '01_counting_parameters.ipynb'")
    expect(page.get_by_role("heading", name="Exercise: one layer")).to_be_in_viewport()
    assert not lesson.outside
    file.unlink()
