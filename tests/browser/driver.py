"""What a learner does with a lesson in JupyterLab, as small helpers on a Playwright page."""

from __future__ import annotations

import ast
import base64
import io
import json
import re
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from lab import Lab
    from playwright.sync_api import Locator, Page, Request, WebSocket

IN_PAGE = Path(__file__).with_name("in_page.js")
IN_KERNEL = Path(__file__).with_name("in_kernel.py")
CONTROLS = '.jupyter-widgets [role="slider"], .jupyter-widgets select'
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def is_menu(control: Locator) -> bool:
    return control.evaluate("e => e.tagName") == "SELECT"


def at_end(slider: Locator, end: str) -> bool:
    return slider.get_attribute("aria-valuenow") == slider.get_attribute(f"aria-value{end}")


def png_of(src: str) -> bytes:
    return base64.b64decode(src.split("base64,", 1)[1])


def different_pixels(one: bytes, other: bytes) -> int:
    """How many pixels of two PNGs differ visibly; pictures of different size differ everywhere."""
    a, b = (np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=int) for png in (one, other))
    return max(a.size, b.size) if a.shape != b.shape else int((abs(a - b).max(-1) > 16).sum())


class Notebook:
    """A notebook that is opened in JupyterLab: a page that shows none yet gets a JupyterLab first."""

    def __init__(self, page: Page, lab: Lab, path: str):
        self.page = page
        self.outside: list[str] = []  # addresses asked for that are not the local server
        self._local = (lab.url, lab.url.replace("http", "ws", 1), "data:", "blob:")
        page.on("request", self._note_address)
        page.on("websocket", self._note_address)
        if page.url.startswith(lab.url):
            page.evaluate("path => lesson.open(path)", path)
        else:
            page.add_init_script(path=IN_PAGE)
            page.goto(f"{lab.url}/lab/tree/{path}?token={lab.token}&reset")
        self._wait_until_ready(path)
        self.panel = page.locator(".jp-NotebookPanel:visible")
        self.set_theme("light")  # the server keeps the dark one where a test failed in it

    def close(self) -> None:
        """Close it, unsaved."""
        self.page.remove_listener("request", self._note_address)
        self.page.remove_listener("websocket", self._note_address)
        self.page.evaluate("lesson.close()")

    def _wait_until_ready(self, path: str, seconds: float = 60) -> None:
        """Wait for the notebook and its kernel, or for a dialog: so opens one whose metadata names no kernel."""
        there = "path => lesson.ready(path) || document.querySelector('.jp-Dialog-content')"
        self.page.wait_for_function(there, arg=path, polling=100, timeout=1000 * seconds)
        dialog = self.page.locator(".jp-Dialog-content")
        assert not dialog.count(), f"{path} opens with a dialog: {dialog.first.inner_text()}"

    def _note_address(self, message: Request | WebSocket) -> None:
        if not message.url.startswith(self._local) and message.url not in self.outside:
            self.outside.append(message.url)

    # Finding

    def states(self) -> list[dict]:
        """Every cell's id, type, source, metadata and errors."""
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
        self._run_menu("runmenu:run-all")
        self._wait_for_run(timeout)

    def restart_and_run_all(self, timeout: float = 300) -> None:
        """Run > Restart Kernel and Run All Cells, yes, and wait for the end."""
        self._run_menu("runmenu:restart-and-run-all")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self._wait_for_run(timeout)

    def _run_menu(self, command: str) -> None:
        self.page.evaluate("lesson.forget()")
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.locator(f'.lm-Menu-item[data-command="{command}"]').click()

    def _wait_for_run(self, timeout: float) -> None:
        self.page.wait_for_function("lesson.haveRun().length > 0", timeout=60_000, polling=50)
        self.wait_idle(timeout)

    def run_cell(self, cell_id: str, keys: str = "Control+Enter", timeout: float = 60) -> None:
        """Select the cell, press Ctrl+Enter, and wait for the end."""
        self.page.evaluate("lesson.forget()")
        self.cell(cell_id).locator(".jp-InputPrompt").click()
        self.page.keyboard.press(keys)
        self.page.wait_for_function("id => lesson.haveRun().includes(id)", arg=cell_id, polling=20)
        self.wait_idle(timeout)

    def wait_idle(self, timeout: float = 60) -> None:
        """Wait until nothing runs and nothing is queued, seen twice, since messages come in bursts."""
        end = time.monotonic() + timeout
        while True:
            left = max(1, (end - time.monotonic()) * 1000)
            self.page.wait_for_function("lesson.idle()", timeout=left, polling=50)
            self.page.wait_for_timeout(120)
            if self.page.evaluate("lesson.idle()"):
                return

    def type_answer(self, cell_id: str, text: str) -> None:
        """Replace the cell's source, in one insertion: the editor must not indent or close brackets."""
        self.cell(cell_id).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)
        assert self.state(cell_id)["source"] == text

    def set_source(self, cell_id: str, text: str) -> None:
        self.page.evaluate("([id, text]) => lesson.setSource(id, text)", [cell_id, text])

    # Exercises

    def exercises(self) -> list[str]:
        """The names of the exercises whose blanks are in the notebook."""
        grading = [state["metadata"].get("nbgrader", {}) for state in self.states()]
        return [cell["grade_id"] for cell in grading if cell.get("solution")]

    def report(self, cell_id: str) -> dict[str, str]:
        """What a check cell shows: its verdict, the mistake's name, and the text that can be seen, on one line."""
        verdict = next(state["verdict"] for state in self.states() if state["id"] == cell_id) or {}
        text = self.output(cell_id).evaluate("e => e.innerText.replace(/\\s+/g, ' ')")
        return {"verdict": verdict.get("verdict"), "mistake": verdict.get("mistake"), "text": text}

    def open_fold(self, cell_id: str, title: str, how: str) -> None:
        """Open a fold by "click", or by "keyboard": with Tab from wherever the focus is, then Enter."""
        summary = self.output(cell_id).locator("summary", has_text=title)
        if how == "click":
            summary.click()
            return
        focused = "e => e === document.activeElement"
        for _ in range(5):
            self.page.keyboard.press("Tab")
            if summary.evaluate(focused):
                break
        assert summary.evaluate(focused), f"the fold {title!r} of cell {cell_id} is not reached with Tab"
        self.page.keyboard.press("Enter")

    def is_below(self, cell_id: str) -> bool:
        """Whether the active cell is the one below this."""
        active = self.page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex")
        return self.states()[active - 1]["id"] == cell_id

    # Interactive pictures

    def interactive(self) -> list[str]:
        """The ids of the cells with an interactive picture."""
        self.page.evaluate("lesson.tag()")
        controls = self.panel.locator(f".jp-OutputArea :is({CONTROLS})").all()
        return list(dict.fromkeys(c.evaluate("e => e.closest('.jp-Cell').dataset.cellId") for c in controls))

    def controls(self, cell_id: str) -> list[Locator]:
        return self.output(cell_id).locator(CONTROLS).all()

    def shown(self, cell_id: str) -> dict:
        """The texts beside the controls (values) and the picture (src, alt) that the cell shows at this moment."""
        return self.page.evaluate("id => lesson.interactive(id)", cell_id)

    def press(self, control: Locator) -> None:
        """One step with the arrow keys: back, or forwards from the lowest value."""
        if is_menu(control):
            control.press("ArrowDown")
        else:
            control.press("ArrowRight" if at_end(control, "min") else "ArrowLeft")

    def drag(self, control: Locator, to: float = 0.7) -> None:
        """Drag the slider's handle to this part of its track; a menu is opened and its last entry chosen."""
        if is_menu(control):
            control.select_option(index=control.locator("option").count() - 1)
            return
        control.scroll_into_view_if_needed()
        handle, track = control.bounding_box(), control.locator("xpath=../..").bounding_box()
        mouse = self.page.mouse
        mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
        mouse.down()
        mouse.move(track["x"] + to * track["width"], handle["y"] + handle["height"] / 2, steps=4)
        mouse.up()

    def wrong_picture(self, cell_id: str, old: str = "", timeout: float = 10) -> str:
        """What is wrong with the picture that a cell shows after a move, `old` being the one before; "" if nothing is.

        It must become what the library draws, as a whole and by another figure, for the values beside the controls.
        """
        end = time.monotonic() + timeout
        drawn = None
        while True:
            now = self.shown(cell_id)
            where = f"cell {cell_id} at {', '.join(now['values'])}"
            if now["src"] is None:
                wrong = f"{where} shows no picture but: {now['text'][-300:]}"
            elif now["src"] == old:
                wrong = f"{where}: the picture does not change"
            else:
                if drawn is None or drawn[0] != now["values"]:
                    drawn = now["values"], *self._drawn(cell_id, now["values"])
                _, description, png = drawn
                if now["alt"] != description:
                    wrong = f"{where}: the description is {now['alt']!r}, needed is {description!r}"
                elif differ := different_pixels(png_of(now["src"]), png):
                    wrong = f"{where}: {differ} pixels of the picture are not as the library draws them"
                else:
                    return ""
            if time.monotonic() > end:
                return wrong
            self.page.wait_for_timeout(50)

    def _drawn(self, cell_id: str, values: list[str]) -> tuple[str, bytes]:
        source = self.state(cell_id)["source"]
        folder = str(IN_KERNEL.parent)
        code = f"import sys; sys.path.append({folder!r}) if {folder!r} not in sys.path else None"
        expression = f"__import__({IN_KERNEL.stem!r}).drawn({source!r}, {values!r})"
        answer = self.page.evaluate("([code, expression]) => lesson.evaluate(code, expression)", [code, expression])
        assert answer["status"] == "ok", f"drawing cell {cell_id} for {values}: {answer['ename']}: {answer['evalue']}"
        description, png = json.loads(ast.literal_eval(answer["data"]["text/plain"]))
        return description, base64.b64decode(png)

    def key_to_picture(self, cell_id: str, presses: int = 8) -> float:
        """Milliseconds from a key press to the new picture, decoded in the page: the median over all sliders' steps."""
        sliders = [control for control in self.controls(cell_id) if not is_menu(control)]
        for slider in sliders:
            slider.press("Home")
        self.wait_idle()
        self.page.evaluate("id => lesson.watch(id)", cell_id)
        times = []
        for i in range(presses):
            slider = sliders[i % len(sliders)]
            slider.focus()
            self.page.keyboard.press("ArrowLeft" if at_end(slider, "max") else "ArrowRight")
            self.page.wait_for_function("n => lesson.seen.pictures.length >= n", arg=len(times) + 1)
            seen = self.page.evaluate("lesson.seen")
            times.append(seen["pictures"][-1] - seen["keys"][-1])
            self.page.wait_for_timeout(60)
        self.page.evaluate("lesson.seen.stop()")
        return statistics.median(times)

    def behind_a_held_key(self, cell_id: str) -> float:
        """Milliseconds from the last of twenty fast key presses to the last picture."""
        slider = next(control for control in self.controls(cell_id) if not is_menu(control))
        slider.press("Home")
        self.wait_idle()
        self.page.evaluate("id => lesson.watch(id)", cell_id)
        for key, times in (("Right", 5), ("Left", 4), ("Right", 4), ("Left", 4), ("Right", 3)):  # ends at 4
            for _ in range(times):
                start = time.monotonic()
                self.page.keyboard.press(f"Arrow{key}")
                time.sleep(max(0, start + 0.03 - time.monotonic()))
        self.wait_idle()
        # On a busy machine the last value may still be on its way to an idle kernel.
        self.page.wait_for_timeout(500)
        self.wait_idle()
        self.page.evaluate("lesson.seen.stop()")
        seen = self.page.evaluate("lesson.seen")
        return seen["pictures"][-1] - seen["keys"][-1]

    # Judging

    def errors(self, all_cells: bool = True) -> list[str]:
        """Every error so far: in cells (or that one never ran), kernel messages, widgets, formulas."""
        bad, expected = [], []
        ran = self.page.evaluate("lesson.haveRun()")
        for state in self.states():
            messages = [f"{error['ename']}: {error['evalue']}" for error in state["errors"]]
            if "raises-exception" in state["metadata"].get("tags", []):
                expected += messages
            else:
                bad += [f"{state['id']}: {message}" for message in messages]
            # A cell may keep the execution count of an earlier run, so a count does not say that it ran.
            if all_cells and state["type"] == "code" and state["source"].strip() and state["id"] not in ran:
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
        if self.page.evaluate("document.body.dataset.jpThemeName") == name:
            return
        self.page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
        self.page.wait_for_function(
            """([name, dark]) => {
                const page = getComputedStyle(document.body).getPropertyValue('--jp-layout-color0').trim();
                return document.body.dataset.jpThemeName === name && (page === 'white') !== dark;
            }""",
            arg=[name, theme == "dark"],
        )
        # Some colours fade; other animations may be endless, so that they cannot be finished.
        self.page.evaluate("for (const a of document.getAnimations()) if (a instanceof CSSTransition) a.finish()")

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
