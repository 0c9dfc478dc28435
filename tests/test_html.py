"""Read without a kernel: each lesson as `jupyter nbconvert --to html` writes it has all that the notebook has."""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
import torch
from nbconvert import HTMLExporter

from hyperlib.checking import all_exercises
from hyperlib.checking.find import Attempt
from hyperlib.checking.judge import judge
from hyperlib.checking.report import Report

FOLDER = Path(__file__).parents[1] / "notebooks"
LESSONS = sorted(path.name for path in FOLDER.glob("*.ipynb"))

WIDGET = "application/vnd.jupyter.widget-view+json"

# What the page asks for: require.js and MathJax, which no lesson needs.
FROM_THE_NET = ("https://cdnjs.cloudflare.com/ajax/libs/require.js", "https://cdnjs.cloudflare.com/ajax/libs/mathjax")


class Page(HTMLParser):
    """A page's text (without scripts and styles), and the attributes of its elements."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.words, self.hidden = [], [], None
        self.feed(html)
        self.text = squeezed("".join(self.words))

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag in ("script", "style"):
            self.hidden = tag

    def handle_endtag(self, tag):
        if tag == self.hidden:
            self.hidden = None

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)

    def all(self, wanted):
        return [attributes for tag, attributes in self.elements if tag == wanted]


def squeezed(text):
    return re.sub(r"\s+", "", text)


def read(name):
    return nbformat.read(FOLDER / name, as_version=4)


def missing(notebook, html):
    """What a reader of the HTML does not get, as sentences."""
    page = Page(html)
    alts = [img.get("alt", "") for img in page.all("img")]
    pictures = [img.get("src", "") for img in page.all("img")]
    gone = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and squeezed(cell.source) not in page.text:
            gone.append(f"{cell.id}: its code")
        if cell.cell_type == "markdown":
            prose = re.sub(r"```mermaid.*?```", "", cell.source, flags=re.S)
            words = re.findall(r"[^\W\d_]{4,}", unescape(re.sub(r"\]\([^)]*\)|<[^>]*>", "", prose)))
            gone += [f"{cell.id}: the word {word!r}" for word in words if word not in page.text]
            if "```mermaid" in cell.source:
                gone.append(f"{cell.id}: its diagram, which GitHub does not draw; use plot_diagram")
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            text = output.get("text", "" if "text/html" in data else data.get("text/plain", ""))
            if squeezed(text) not in page.text:
                gone.append(f"{cell.id}: its output {text[:40]!r}")
            if WIDGET in data and "<img" not in data.get("text/html", ""):
                gone.append(f"{cell.id}: its widget, of which only a name is left")
            if output.output_type != "stream" and not data.keys() & {"text/html", "text/plain"}:
                gone.append(f"{cell.id}: an output of the kinds {sorted(data)} only")
            for alt, picture in re.findall(r'<img alt="([^"]*)"[^>]*src="([^"]*)"', data.get("text/html", "")):
                if picture not in pictures or unescape(alt) not in alts:
                    gone.append(f"{cell.id}: its picture {unescape(alt)[:40]!r}")
            shown = squeezed(unescape(re.sub(r"<[^>]*>", "", data.get("text/html", ""))))
            if shown not in page.text:
                gone.append(f"{cell.id}: the text of its output")
    sources = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    folds = sources.count("<details") + sum(str(cell.get("outputs")).count("<details") for cell in notebook.cells)
    if len(page.all("details")) != folds:
        gone.append(f"{folds} folds, of which {len(page.all('details'))} are there")
    tables = len(re.findall(r"^\|?[ :]*-{3,}[-| :]*$", sources, re.M))
    if len(page.all("table")) < tables:
        gone.append(f"{tables} tables, of which {len(page.all('table'))} are there")
    references = [e[key] for _, e in page.elements for key in ("src", "href") if e.get(key)]
    for reference in references:
        outside = reference.startswith(("data:", "#", "https://"))
        if not outside and not (FOLDER / reference.split("#")[0]).exists():
            gone.append(f"the file {reference}")
    loaded = [e["src"] for tag, e in page.elements if tag in ("script", "img", "iframe") and e.get("src")]
    gone += [f"{src}, without a connection" for src in loaded if not src.startswith(("data:", *FROM_THE_NET))]
    return gone


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_as_html_is_complete(name):
    html, _ = HTMLExporter().from_filename(str(FOLDER / name))
    assert missing(read(name), html) == []


@pytest.mark.parametrize("name", LESSONS)
def test_an_interactive_picture_leaves_a_still_one_that_says_how_to_move_it(name):
    for cell in read(name).cells:
        for output in cell.get("outputs", []):
            if output.get("data", {}).get("text/plain", "").startswith("Interactive picture"):
                html = output.data["text/html"]
                assert "<img alt=" in html and "Run this cell to make it interactive." in html


@pytest.mark.parametrize("name", LESSONS)
def test_no_formula_needs_mathjax(name):
    """nbconvert's page fetches MathJax; who reads it on a train would see the source of a formula."""
    for cell in read(name).cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"```.*?```|`[^`]*`", "", cell.source, flags=re.S)
            assert not re.search(r"\$[^$]+\$|\\\(|\\\[|\\begin\{", prose), cell.id


@pytest.mark.filterwarnings("ignore:Your element with mimetype")  # of x-odd
def test_what_is_missing_is_seen():
    notebook = nbformat.v4.new_notebook()
    output = nbformat.v4.new_output
    picture = '<img alt="a line" src="data:image/png;base64,AAAA">'
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "IntSlider()"}
    notebook.cells = [
        nbformat.v4.new_markdown_cell("Some prose, [a link](gone.ipynb)\n\n```mermaid\nflowchart LR\n```"),
        nbformat.v4.new_code_cell("1 + 1", outputs=[output("execute_result", {"text/plain": "2"})]),
        nbformat.v4.new_code_cell("plot()", outputs=[output("display_data", {"text/html": picture})]),
        nbformat.v4.new_code_cell("odd()", outputs=[output("display_data", {"application/x-odd": "x"})]),
        nbformat.v4.new_code_cell("slider", outputs=[output("display_data", widget)]),
    ]
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell{number}"
    html, _ = HTMLExporter().from_notebook_node(notebook)
    always = ["cell0: its diagram, which GitHub does not draw; use plot_diagram", "cell3: an output of the kinds "]
    found = missing(notebook, html)
    assert found[0] == always[0] and found[1].startswith(always[1]) and "the file gone.ipynb" in found
    assert "cell4: its widget, of which only a name is left" in found
    broken = html.replace("AAAA", "BBBB").replace(">2<", "><").replace("prose", "").replace("odd", "even")
    for sentence in ["cell0: the word 'prose'", "cell2: its picture 'a line'", "cell3: its code"]:
        assert sentence in missing(notebook, broken)
    assert '<img src="https://example.org/x.png">, without a connection' not in found
    assert "https://example.org/x.png, without a connection" in missing(
        notebook, html + '<img src="https://example.org/x.png">'
    )


def stripped(html):
    """What GitHub leaves of an output: no styles, no classes, no scripts, and every fold open."""
    html = re.sub(r"<(style|script)\b.*?</\1>", "", html, flags=re.S)
    return re.sub(r' (style|class|data-[\w-]+|onload)="[^"]*"', "", html)


def all_weights_first(weights):
    return torch.cat([w.flatten(-2) for w, _ in weights] + [b for _, b in weights], dim=-1)


def test_a_report_reads_well_without_styles():
    verdict = judge(exercise := all_exercises()["flatten"], Attempt(all_weights_first))
    shown = stripped(Report(exercise, verdict, solutions=False)._repr_html_())
    assert "style" not in shown and "class" not in shown
    words = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", shown)))
    order = [
        "Not yet : flatten",
        "The smallest case that fails:",
        "expected, shape",
        "actual, shape",
        "7 wrong",
        "The mistake:",
        "Hint 1",
    ]
    places = [words.find(word) for word in order]
    assert -1 not in places and places == sorted(places), words
    assert "solution" not in words


@pytest.mark.parametrize("name", LESSONS)
def test_on_github_no_solution_stands_open_and_pictures_keep_their_size(name):
    """GitHub drops styles, and may show folds open."""
    for cell in read(name).cells:
        for output in cell.get("outputs", []):
            html = stripped(output.get("data", {}).get("text/html", ""))
            assert "The course's solution" not in unescape(html), cell.id
            for picture in Page(html).all("img"):
                assert picture.get("width", "").isdigit() and picture.get("alt"), cell.id
