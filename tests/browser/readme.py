"""The README's pictures, taken from the lessons while they are tested, and compared with the committed ones.

HYPERLIB_README_PICTURES=write pytest -m "full or slow" tests/browser/test_lessons.py -k "02 or 04"    (writes them)

Training ends elsewhere on another processor, so the outputs of a lesson that trains are not compared.
"""

from __future__ import annotations

import base64
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from driver import Notebook

FOLDER = Path(__file__).resolve().parents[2] / ".github"
WRITE = os.environ.get("HYPERLIB_README_PICTURES") == "write"

# Fonts come from matplotlib, so that text has the same width on every machine.
FONTS = {"ui": "DejaVuSans", "content": "DejaVuSans", "code": "DejaVuSansMono"}

# A pixel may have any colour between those of its neighbours in the other picture, and this many levels of 255 more:
# so letters may be smoothed differently and shifted by a pixel, but not be other letters.
LEVELS, PIXELS = 120, 8  # more pixels than that make a picture stale


def window(lesson: Notebook) -> bytes:
    """The whole window, with the lesson's interactive picture near the top."""
    lesson.hide_sidebar()
    lesson.scroll_to(lesson.interactive()[0])
    return lesson.page.screenshot(animations="disabled")


def feedback(lesson: Notebook) -> bytes:
    """A wrong answer, and below it what its check says."""
    before = lesson.page.viewport_size
    lesson.page.set_viewport_size({**before, "height": 1000})  # or its end would be cut
    lesson.scroll_to("flatten", above=8)
    lesson.page.evaluate("lesson.select(lesson.states()[0].id)")  # so that the answer has no toolbar over it
    answer, check = lesson.cell("flatten").bounding_box(), lesson.cell("check_flatten").bounding_box()
    clip = {"x": answer["x"], "y": answer["y"] - 4, "width": answer["width"]}
    clip["height"] = check["y"] + check["height"] - clip["y"] + 4
    taken = lesson.page.screenshot(clip=clip, animations="disabled")
    lesson.page.set_viewport_size(before)
    return taken


# By their names: the lesson, at which point of its test, how each is taken, and whether its outputs are exact.
PICTURES = {
    "lesson.png": ("04_your_first_hypernetwork.ipynb", "as shipped", window, False),
    "check.png": ("02_slicing_the_flat_vector.ipynb", "a mistake named", feedback, True),
}
# The exercise, and the mistake in it, that is typed in first where a picture shows it.
ANSWERED_WRONGLY = {"02_slicing_the_flat_vector.ipynb": ("flatten", "All weights come first")}
OUTPUTS = """Array.from(document.querySelectorAll('.jp-Cell-outputWrapper'), e => {
  const box = e.getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom]; })"""


def compare(lesson: Notebook, lesson_name: str, point: str, folder: Path) -> None:
    """Take the pictures that belong to this point of this lesson; fail if a committed one shows something else."""
    for name, (of_lesson, at_point, take, exact) in PICTURES.items():
        # Elsewhere scroll bars and letters are drawn too differently.
        if (of_lesson, at_point) != (lesson_name, point) or sys.platform != "linux":
            continue
        fonts = lesson.page.add_style_tag(content=font_faces())
        lesson.page.evaluate("document.fonts.ready")
        new = small_png(take(lesson))
        trained = [] if exact else lesson.page.evaluate(OUTPUTS)
        fonts.evaluate("e => e.remove()")
        if WRITE:
            (FOLDER / name).write_bytes(new)
        wrong = stale(new, (FOLDER / name).read_bytes(), trained)
        if wrong:
            (folder / name).write_bytes(new)
            raise AssertionError(
                f".github/{name} is stale: {wrong}.  As it is now: {folder / name};"
                " if it is as it should be, run this test again with HYPERLIB_README_PICTURES=write"
            )


def stale(new: bytes, old: bytes, ignored: list = ()) -> str:
    """How the old picture differs from the new one outside of the ignored boxes, "" where only its edges do."""
    a, b = (Image.open(io.BytesIO(png)).convert("RGB") for png in (new, old))
    if a.size != b.size:
        return f"it is {b.width} x {b.height}, needed is {a.width} x {a.height}"
    wrong = np.maximum(beyond(a, b), beyond(b, a)) > LEVELS
    for box in ignored:
        left, top, right, bottom = (max(0, round(end)) for end in box)
        wrong[top:bottom, left:right] = False
    rows, columns = np.nonzero(wrong)
    if len(rows) <= PIXELS:
        return ""
    place = f"x = {columns.min()} to {columns.max()}, y = {rows.min()} to {rows.max()}"
    return f"{len(rows)} pixels show something else, at {place}"


def beyond(a: Image.Image, b: Image.Image) -> np.ndarray:
    """[height, width], how far each of a's pixels is outside of the colours around the same place in b."""
    low, high = (np.asarray(b.filter(of(3)), dtype=int) for of in (ImageFilter.MinFilter, ImageFilter.MaxFilter))
    pixels = np.asarray(a, dtype=int)
    return np.maximum(low - pixels, pixels - high).max(-1)


def small_png(png: bytes) -> bytes:
    """In 256 colours, which is enough for a window and a third of the size."""
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(out, "png", optimize=True)
    return out.getvalue()


def font_faces() -> str:
    """CSS that has the page set in matplotlib's fonts."""
    css = []
    for file in dict.fromkeys(FONTS.values()):
        for weight, end in (("normal", ""), ("bold", "-Bold")):
            ttf = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{file}{end}.ttf").read_bytes()
            source = f"url(data:font/ttf;base64,{base64.b64encode(ttf).decode()})"
            css.append(f"@font-face {{ font-family: readme-{file}; font-weight: {weight}; src: {source} }}")
    names = " ".join(f"--jp-{kind}-font-family: readme-{file} !important;" for kind, file in FONTS.items())
    return "\n".join([*css, f":root {{ {names} }}"])
