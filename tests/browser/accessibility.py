"""Can everybody read a lesson and use it?  Every function returns problems as sentences."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from axe_playwright_python.base import AXE_SCRIPT

if TYPE_CHECKING:
    from driver import Notebook

SCRIPT = Path(__file__).with_suffix(".js").read_text()
THEMES = ("light", "dark")

# What axe-core finds in JupyterLab 4.6 and ipywidgets 8.1 themselves: rule, the nodes that it is about, and why.
JUPYTERLABS_OWN = [
    ("aria-required-children", ".jp-WindowedPanel-viewport", "the list of cells is a feed whose cells are no articles"),
    ("aria-input-field-name", ".jp-InputArea-editor .cm-content", "an editor of a cell has no name"),
    ("scrollable-region-focusable", ".jp-InputArea-editor .cm-scroller", "an editor scrolls with its own cursor"),
    ("button-name", ".jp-collapseHeadingButton", "the button that folds a section has no name"),
]

EMPTY_WORDS = {"image", "picture", "figure", "plot", "chart", "graph", "diagram", "of", "a", "an", "the", "img", "png"}


def problems(lesson: Notebook) -> list[str]:
    """All there are, in both themes; JupyterLab is in the light one afterwards."""
    found = []
    for theme in reversed(THEMES):
        lesson.set_theme(theme)
        found += [f"{problem} ({theme} theme)" for problem in contrast_problems(lesson)]
    found += axe_problems(lesson) + picture_problems(lesson) + structure_problems(lesson)
    return found + control_problems(lesson)


def _ask(lesson: Notebook, script: str, arg=None):
    if lesson.page.evaluate("!window.access"):
        lesson.page.evaluate(AXE_SCRIPT)
        lesson.page.evaluate(SCRIPT)
    lesson.page.evaluate("lesson.tag()")
    return lesson.page.evaluate(script, arg)


def axe_problems(lesson: Notebook) -> list[str]:
    """What axe-core finds in the notebook, without its check of contrast, which sees next to nothing here."""
    found = _ask(lesson, "apart => access.axe(apart)", [[rule, selector] for rule, selector, _ in JUPYTERLABS_OWN])
    return [f"{bad['cell']}: {bad['help']} ({bad['rule']}): {bad['html']}" for bad in found]


def contrast_problems(lesson: Notebook) -> list[str]:
    """Texts of Markdown, outputs, widgets and formulas, also in folds, that are hard to read."""
    seen = _ask(lesson, "access.contrast()")
    assert seen["checked"], "there is no text"
    return [
        f'{bad["cell"]}: "{bad["text"]}" in {bad["at"]} is {bad["colours"]}: a contrast of {bad["ratio"]:.1f}, '
        f"not {bad['least']}"
        for bad in seen["bad"]
    ]


def picture_problems(lesson: Notebook) -> list[str]:
    """Pictures whose alternative text does not say what there is to see."""
    found = []
    for picture in _ask(lesson, "access.pictures()"):
        alt, cell = picture["alt"].strip(), picture["cell"]
        words = [word for word in re.findall(r"\w+", alt.lower()) if word not in EMPTY_WORDS]
        if len(words) < 4:
            found.append(f"{cell}: the alternative text {alt!r} does not say what the picture shows")
        elif not (alt.startswith("Diagram. ") or re.search(r"\d", alt)):
            found.append(f"{cell}: the alternative text {alt!r} has no number of what the picture shows")
    return found


def structure_problems(lesson: Notebook) -> list[str]:
    """Headings out of order, tables without headers, links that do not say where they lead."""
    return _ask(lesson, "access.structure()")


def control_problems(lesson: Notebook) -> list[str]:
    """Controls that have no name, that the Tab key passes by, or that look the same with the focus as without."""
    lesson.page.mouse.move(0, 0)  # under the mouse a control looks as if it had the focus
    controls = _ask(lesson, "access.listControls()")
    visited = _walk(lesson, len(controls))
    found = []
    for number, control in enumerate(controls):
        which = f"{control['cell']}: {control['place']} {control['name']!r}"
        if not control["name"]:
            found.append(f"{control['cell']}: {control['place']} number {number + 1} has no name")
        if number not in visited:
            found.append(f"{which} cannot be reached with the Tab key")
        elif visited[number] == control["looks"]:
            found.append(f"{which} looks the same with the focus as without")
    return found


def _walk(lesson: Notebook, count: int) -> dict[int, str]:
    """Press Tab from the first cell to the last control: what was reached, and how it looked with the focus."""
    lesson.page.evaluate("access.start()")
    visited = {}
    for _ in range(3 * count + 10):
        if count == 0 or count - 1 in visited:
            break
        lesson.page.keyboard.press("Tab")
        number, looks = lesson.page.evaluate("access.focused()")
        visited[number] = looks
    lesson.page.evaluate("document.activeElement.blur()")
    return visited
