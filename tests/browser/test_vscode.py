"""Reports and progress in VS Code, where JupyterLab's colours are set wrongly once a widget was shown."""

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from lab import NOTEBOOKS

from hyperlib.checking import Progress, all_exercises
from hyperlib.checking.find import Attempt
from hyperlib.checking.judge import judge
from hyperlib.checking.report import Report

# VS Code's own page for outputs, and what its ipywidgets add to it whatever the theme.
PAGE = """<!doctype html><html lang="en"><title>Output</title><style>
:root { --jp-content-font-color1: black; --jp-ui-font-color1: black; --jp-layout-color0: white;
        --jp-layout-color1: white; --jp-layout-color2: #eee; --jp-border-color1: #bdbdbd }
body { background: #1f1f1f; color: #cccccc } a { color: #4daafc }
</style><main>%s</main></html>"""


def all_weights_first(weights):
    return torch.cat([w.flatten(-2) for w, _ in weights] + [b for _, b in weights], dim=-1)


def outputs():
    exercise = all_exercises()["flatten"]
    yield Report(exercise, judge(exercise, Attempt(all_weights_first)))
    yield Report(exercise, judge(exercise, Attempt(lambda weights: exercise.reference(weights))))
    yield Progress(all_exercises(), ["line"], folder=NOTEBOOKS)


@pytest.mark.slow
def test_outputs_can_be_read_on_a_dark_page(chromium):
    page = chromium.new_page()
    page.set_content(PAGE % "".join(output._repr_html_() for output in outputs()))
    page.evaluate("document.querySelectorAll('details').forEach(fold => (fold.open = true))")
    options = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
    found = Axe().run(page, options=options)
    assert not found.response["violations"], found.generate_report()
    assert found.response["passes"], "nothing was measured"
    page.close()
