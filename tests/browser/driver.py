"""What a learner does with a lesson in JupyterLab, as small helpers on a Playwright page."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab import Lab
    from playwright.sync_api import Locator, Page

IN_PAGE = Path(__file__).with_name("in_page.js")
SLIDER = '[role="slider"]'
PICTURES = "e => [...e.querySelectorAll('img')].map(img => img.src)"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


class Notebook:
    def __init__(self, page: Page, lab: Lab, path: str):
        self.page = page
        self.outside: list[str] = []  # addresses asked for that are not the local server
        self._watch_addresses(lab.url)
        page.add_init_script(path=IN_PAGE)
        page.goto(f"{lab.url}/lab/tree/{path}?token={lab.token}&reset")
        self._wait_until_ready(path)
        self.panel = page.locator(".jp-NotebookPanel:visible")

    def _wait_until_ready(self, path: str, seconds: float = 60) -> None:
        dialog = self.page.locator(".jp-Dialog-content")
        end = time.monotonic() + seconds
        while not self.page.evaluate("path => window.lesson.ready(path)", path):
            # A notebook whose metadata names no kernel opens with a question.
            assert not dialog.count(), f"{path} opens with a dialog: {dialog.first.inner_text()}"
            assert time.monotonic() < end, f"{path} and its kernel were not there after {seconds:.0f} s"
            self.page.wait_for_timeout(100)

    def _watch_addresses(self, url: str) -> None:
        local = (url, url.replace("http", "ws", 1), "data:", "blob:")

        def note(message):
            if not message.url.startswith(local) and message.url not in self.outside:
                self.outside.append(message.url)

        self.page.on("request", note)
        self.page.on("websocket", note)

    # Finding

    def states(self) -> list[dict]:
        """Every cell's id, type, source, metadata, execution count and outputs."""
        return self.page.evaluate("lesson.states()")

    def state(self, cell_id: str) -> dict:
        return next(state for state in self.states() if state["id"] == cell_id)

    def find(self, name: str) -> str:
        """The id of the cell with this nbgrader grade_id or this cell id."""
        states = self.states()
        for state in states:
            if name in (state["id"], state["metadata"].get("nbgrader", {}).get("grade_id")):
                return state["id"]
        there = ", ".join(state["id"] for state in states)
        raise LookupError(f"no cell has the grade_id or the id {name!r}; the ids are: {there}")

    def cell(self, cell_id: str) -> Locator:
        self.page.evaluate("lesson.tag()")
        return self.panel.locator(f'[data-cell-id="{cell_id}"]')

    def output(self, cell_id: str) -> Locator:
        return self.cell(cell_id).locator(".jp-OutputArea").first

    # Running

    def run_all(self, timeout: float = 300) -> None:
        """Run > Run All Cells, and wait for the end."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
        self.wait_idle(timeout)

    def run_cell(self, cell_id: str, timeout: float = 60) -> None:
        """Select the cell, press Ctrl+Enter, and wait for the end."""
        before = self.page.evaluate("lesson.executed.length")
        self.cell(cell_id).locator(".jp-InputPrompt").click()
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function("before => lesson.executed.length > before", arg=before)
        self.wait_idle(timeout)

    def wait_idle(self, timeout: float = 60) -> None:
        """Wait until nothing runs and nothing is queued, seen twice, since messages come in bursts."""
        end = time.monotonic() + timeout
        while True:
            left = max(1, (end - time.monotonic()) * 1000)
            self.page.wait_for_function("lesson.idle()", timeout=left, polling=50)
            self.page.wait_for_timeout(250)
            if self.page.evaluate("lesson.idle()"):
                return

    def type_answer(self, cell_id: str, text: str) -> None:
        """Replace the cell's source, in one insertion: the editor must not indent or close brackets."""
        self.cell(cell_id).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)
        assert self.state(cell_id)["source"] == text

    # Moving a slider

    def first_slider(self) -> str | None:
        """The id of the first cell with a slider in its output."""
        self.page.evaluate("lesson.tag()")
        sliders = self.panel.locator(f".jp-OutputArea {SLIDER}")
        if not sliders.count():
            return None
        return sliders.first.evaluate("e => e.closest('.jp-Cell').dataset.cellId")

    def press_arrow(self, cell_id: str, key: str = "ArrowRight", timeout: float = 15) -> bool:
        """Press a key on the cell's first slider; whether another picture appears in the output."""
        output = self.output(cell_id)
        before = output.evaluate(PICTURES)
        output.locator(SLIDER).first.press(key)
        end = time.monotonic() + timeout
        while output.evaluate(PICTURES) == before:
            if time.monotonic() > end:
                return False
            self.page.wait_for_timeout(50)
        self.wait_idle()
        return True

    # Judging

    def errors(self) -> list[str]:
        """Every error so far: in cells (or never ran), kernel messages, widgets, formulas, diagrams."""
        bad, expected = [], []
        executed = self.page.evaluate("lesson.executed")
        for state in self.states():
            errors = [o for o in state["outputs"] if o["output_type"] == "error"]
            messages = [f"{error['ename']}: {error['evalue']}" for error in errors]
            if "raises-exception" in state["metadata"].get("tags", []):
                expected += messages
            else:
                bad += [f"{state['id']}: {message}" for message in messages]
            # The file may bring a count of an earlier run, so a count alone does not say that the cell ran.
            if state["type"] == "code" and state["source"].strip() and state["count"] not in executed:
                bad.append(f"{state['id']}: never ran")
        for message in self.page.evaluate("lesson.heard"):
            if message in expected:
                expected.remove(message)
            else:
                bad.append(f"kernel: {message}")
        return bad + [f"shown: {ANSI.sub('', text)[-200:]}" for text in self.page.evaluate("lesson.shown()")]

    def bad_pictures(self) -> list[str]:
        """Every picture in an output that is broken, blank or without alternative text."""
        bad = []
        for number, picture in enumerate(self.page.evaluate("lesson.pictures()"), 1):
            where = f"picture {number}, in cell {picture['cell']}"
            if not picture["decoded"]:
                bad.append(f"{where}, is broken")
            if picture["blank"]:
                bad.append(f"{where}, is blank")
            if picture["alt"] in ("", "Image"):  # JupyterLab writes "Image" where HTML or Markdown gives none
                bad.append(f"{where}, has no alternative text")
        return bad

    # Looking

    def set_theme(self, theme: str) -> None:
        """Switch JupyterLab to "light" or "dark"."""
        name = f"JupyterLab {theme.title()}"
        self.page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)
        self.page.evaluate("lesson.redrawDiagrams()")

    def hide_sidebar(self) -> None:
        if self.page.locator("#jp-left-stack").is_visible():
            self.page.evaluate("jupyterapp.commands.execute('application:toggle-left-area')")
        self.page.locator("#jp-left-stack").wait_for(state="hidden")

    def slices(self, width: int, height: int, overlap: int) -> Iterator[bytes]:
        """PNGs of the column from top to bottom, in a window of this width, each at most `height` high."""
        self.page.mouse.move(0, 0)  # headings and prompts look different under the mouse
        self.page.set_viewport_size({"width": width, "height": height})
        self._settle()
        around = height - self._scroller("e => e.clientHeight")
        self.page.set_viewport_size({"width": width, "height": height + around})
        self._settle()
        end = self._column()["end"]
        for top in range(0, max(1, end - overlap), height - overlap):
            self._scroller("(e, top) => { e.scrollTop = top; }", top)
            self._settle()
            column = self._column()
            # Near its end a notebook may not scroll all the way, so the picture starts further down.
            skip = top - column["scrolled"]
            clip = {"x": column["x"], "y": column["y"] + skip, "width": column["width"]}
            clip["height"] = min(height - skip, end - top)
            yield self.page.screenshot(clip=clip, animations="disabled")

    def scroll_to(self, cell_id: str, above: int = 12) -> None:
        """Make the cell the active one and bring its first line near the top of the window."""
        self.page.evaluate("id => lesson.select(id)", cell_id)
        self.cell(cell_id).evaluate("e => e.scrollIntoView({block: 'start'})")
        self._scroller("(e, above) => { e.scrollTop -= above; }", above)
        self.page.mouse.move(0, 0)
        self._settle()

    def _column(self) -> dict:
        """Where the notebook's column is in the window, how far it is scrolled, where its last cell ends."""
        return self._scroller("""e => {
            const { x, y } = e.getBoundingClientRect();
            const last = [...e.querySelectorAll('.jp-Cell')].at(-1).getBoundingClientRect();
            const end = Math.ceil(last.bottom - y + e.scrollTop) + 16;
            return { x, y, width: e.clientWidth, scrolled: e.scrollTop, end };
        }""")

    def _scroller(self, script: str, arg=None):
        return self.panel.locator(".jp-WindowedPanel-outer").evaluate(script, arg)

    def _settle(self) -> None:
        """Wait until the pictures are decoded and the layout has stopped moving."""
        self.page.evaluate("lesson.pictures()")
        self.page.wait_for_timeout(200)
