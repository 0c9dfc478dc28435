"""Build the course as a website: `python website/build.py` writes website/html/index.html.

From the notebooks as they are stored, without running them.  Sphinx does the pages; what is done here makes a notebook
into something for readers who have no kernel: pictures that move by themselves, solutions to unfold, links to pages.
"""

import re
import shutil
import sys
import tempfile
from html import escape
from pathlib import Path

import nbformat
import torch
from sphinx.cmd.build import build_main

import hyperlib
from hyperlib.checking import all_exercises
from hyperlib.checking.find import Attempt
from hyperlib.checking.judge import judge
from hyperlib.checking.report import Report, code_block, fold

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
NOTEBOOKS = ROOT / "notebooks"
LIVE = "Interactive picture"
PRIVATE = ("widgets", "plots", "validate")  # modules whose names are documented elsewhere, or that only check


def living(name, cell, html):
    """An interactive picture as the page's script draws it; without a script, the still one."""
    html = html.replace('<p style="padding: 0 5px">Run this cell to make it interactive.</p>', "")
    file = HERE / "living" / f"{name}-{cell}.txt"
    if not file.exists():
        return html + "<p>In JupyterLab this picture can be moved.</p>"
    return f'<div class="living" data-living="{file.read_text(encoding="utf-8").strip()}">{html}</div>'


def lesson(path, exercises):
    """A notebook for readers."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata.pop("tags", None)
        for output in cell.get("outputs", []):
            bundle = output.get("data", {})
            html = bundle.get("text/html")
            if not html:
                continue
            if bundle.get("text/plain", "").startswith(LIVE):
                html = living(path.stem, cell.id, html)
            if "hyperlib-progress" in html:
                html = "<p>In JupyterLab, a table of the exercises that you have passed stands here.</p>"
            exercise = exercises.get(cell.id.removeprefix("check_"))
            if "hyperlib-check" in html and exercise:
                html += fold("The course's solution", code_block(exercise.solution.rstrip()))
            html = re.sub(r'href="(\d\d_\w+)\.ipynb(#[^"]*)?"', r'href="\1.html"', html)
            output.data = {"text/html": html}
    download = (
        f'<p class="download"><a href="notebooks/{path.name}" download>Download this lesson as a notebook</a>'
        " to run it and do its exercises.</p>"
    )
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(download, id="download"))
    return notebook


def all_weights_first(weights):
    return torch.cat([w.flatten(-2) for w, _ in weights] + [b for _, b in weights], dim=-1)


def home(names):
    """The first page: home.md with a picture that moves, and what a check says of a wrong answer."""
    exercise = all_exercises()["flatten"]
    report = Report(exercise, judge(exercise, Attempt(all_weights_first)))._repr_html_()
    first = nbformat.read(NOTEBOOKS / f"{names[0]}.ipynb", as_version=4)
    cell, output = next(
        (cell, output)
        for cell in first.cells
        for output in cell.get("outputs", [])
        if output.get("data", {}).get("text/plain", "").startswith(LIVE)
    )
    text = (HERE / "home.md").read_text(encoding="utf-8")
    picture = living(names[0], cell.id, output.data["text/html"])
    return text.replace("PICTURE", picture).replace("REPORT", report).replace("LESSONS", "\n".join(names))


def teachers_page():
    """Links to lessons lead to pages; to files of the project they become plain text."""
    text = (ROOT / "classroom" / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"\]\(\.\./notebooks/(\d\d_\w+\.ipynb)\)", r"](\1)", text)
    return re.sub(
        r"(?<!!)\[([^\]]+)\]\((?!https?:|#|\d\d_)[^)]*\)", r"\1", re.sub(r"!\[[^\]]*\]\([^)]*\)\n*", "", text)
    )


def reference():
    """Every public module of hyperlib with its docstrings."""
    folder = Path(hyperlib.__file__).parent
    modules = sorted(path.stem for path in folder.glob("[a-z]*.py") if path.stem not in PRIVATE)
    pages = [f"## {m}\n\n```{{eval-rst}}\n.. automodule:: hyperlib.{m}\n   :members:\n```\n" for m in modules]
    return "# hyperlib, module by module\n\n" + "\n".join(pages)


def accessible(html):
    """Furo's captions are headings that do not say of which level."""
    return html.replace('class="caption" role="heading"', 'class="caption" role="heading" aria-level="2"')


def build(to=HERE / "html"):
    """Write the site into a folder, which is replaced; returns Sphinx's exit status."""
    exercises, paths = all_exercises(), sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        shutil.copy(HERE / "conf.py", source)
        shutil.copytree(HERE / "static", source / "static")
        (source / "extra" / "notebooks").mkdir(parents=True)
        for path in paths:
            nbformat.write(lesson(path, exercises), source / path.name)
            shutil.copy(path, source / "extra" / "notebooks")
        (source / "index.md").write_text(home([path.stem for path in paths]), encoding="utf-8")
        (source / "teaching.md").write_text(teachers_page(), encoding="utf-8")
        (source / "reference.md").write_text(reference(), encoding="utf-8")
        shutil.rmtree(to, ignore_errors=True)
        made = source / "made" / "html"  # MyST-NB writes beside it as well
        status = build_main(["-q", "-b", "html", "-d", str(source / "doctrees"), str(source), str(made)])
        if not status:
            for page in made.glob("*.html"):
                page.write_text(accessible(page.read_text(encoding="utf-8")), encoding="utf-8")
            shutil.move(made, to)
    print(f"{escape(str(to / 'index.html'))}" if not status else "Sphinx failed")
    return status


if __name__ == "__main__":
    sys.exit(build())
