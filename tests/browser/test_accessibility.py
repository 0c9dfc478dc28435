"""The checks of accessibility refuse what they must, and find nothing in lessons and in what `check` shows."""

import accessibility
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import expect
from test_driver import PIXEL


@pytest.fixture
def run(open_notebook, lab):
    """Function that opens a notebook of these sources and runs it: Markdown begins with # or a blank line."""

    def run(*sources):
        kinds = [new_markdown_cell if source[0] in "#\n" else new_code_cell for source in sources]
        cells = [kind(source, id=f"cell{k}") for k, (kind, source) in enumerate(zip(kinds, sources, strict=True))]
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        nbformat.write(new_notebook(cells=cells, metadata=metadata), lab.root / "faults.ipynb")
        notebook = open_notebook("faults.ipynb")
        notebook.run_all()
        return notebook

    return run


def html(source):
    return f"from IPython.display import HTML\nHTML('''{source}''')"


def img(alt):
    return f'<img alt="{alt}" src="data:image/png;base64,{PIXEL}">'


def test_texts_that_are_hard_to_read(run):
    notebook = run(
        "# Title\n\nA formula, $\\color{white}{x}$, and another one, $y$.",
        html('<p style="color: white; background: white">white</p><p>as it comes</p>'),
        html('<p style="color: #999">pale</p><p style="color: #555">dark</p>'),
        html('<div style="background: #000; color: #fff; opacity: 0.2"><p>seen through</p></div>'),
        html('<details><summary>fold</summary><p style="color: rgba(0, 0, 0, 0.3)">folded</p></details>'),
        "import ipywidgets\nipywidgets.HTML('<span style=\"color: #ddd\">in a widget</span>')",
        '\n```mermaid\n%%{init: {"theme": "base"}}%%\nflowchart LR\n  a[named] --> b[and pale]\n'
        "  style a color:#000,fill:#fff\n  style b color:#eee,fill:#fff\n```",
    )
    found = accessibility.contrast_problems(notebook)
    for text in ["formula", "white", "pale", "seen through", "folded", "in a widget", "and pale"]:
        assert [problem for problem in found if f'"{text}' in problem], text
    assert len(found) == 7 and "cell2" in found[2] and "#999999 on #ffffff: a contrast of 2.8" in found[2]
    assert not notebook.output("cell4").locator("details[open]").count()  # as it was

    notebook.set_theme("dark")
    found = accessibility.contrast_problems(notebook)
    assert [problem for problem in found if '"dark" in p is #555555 on #111111' in problem]
    assert not [problem for problem in found if '"pale"' in problem or '"formula' in problem]


def test_pictures_headings_tables_links_and_what_axe_finds(run):
    notebook = run(
        "# Title\n\n### Too deep\n\n[here](https://example.org) and [an example](https://example.org)",
        "\n|   |   |\n|---|---|\n| 1 | 2 |\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        html(img("") + img("image of a plot") + img("a line that goes up and down again")),
        html(img("a dot at (1, 2) in the plane")),
        "\n```mermaid\nflowchart LR\n  a --> b\n```",
        "\n```mermaid\nflowchart LR\n  accTitle: One thing leads to the next\n  accDescr: a\n"
        "  a[a long name] --> b[a long name] --> c[a long name] --> d[a long name] --> e[a long name]\n```",
        html("<input>"),
        "# Another title",
    )
    assert accessibility.structure_problems(notebook) == [
        'cell0: the heading "Too deep" is of level 3 after level 1',
        'cell7: the heading "Another title" is a second title',
        'cell1: the table "1 2" has no headers',
        "cell0: the link to https://example.org does not say where it leads",
    ]
    pictures = accessibility.picture_problems(notebook)
    assert [problem.split(":")[0] for problem in pictures] == ["cell2"] * 3 + ["cell4"] + ["cell5"] * 2
    assert "'image of a plot' does not say" in pictures[1] and "has no number" in pictures[2]
    assert "has no accDescr" in pictures[4] and "px wide" in pictures[5]
    found = accessibility.axe_problems(notebook)
    for cell, rule in [("cell0", "heading-order"), ("cell1", "empty-table-header"), ("cell6", "label")]:
        assert [problem for problem in found if problem.startswith(cell) and f"({rule})" in problem]
    assert len(found) == 4  # two empty headers


def test_controls_without_a_name_out_of_reach_or_without_a_sign_of_the_focus(run):
    notebook = run(
        "# Title",
        "import ipywidgets\nipywidgets.IntSlider(description='width', tooltip='width')",
        html('<button></button><button tabindex="-1">no way</button><button style="outline: 0">no sign</button>'),
        html("<details><summary>A hint</summary>Think.</details>"),
    )
    assert accessibility.control_problems(notebook) == [
        "cell1: div.noUi-handle.noUi-handle-lower number 1 has no name",
        "cell2: button number 2 has no name",
        "cell2: button 'no way' cannot be reached with the Tab key",
        "cell2: button 'no sign' looks the same with the focus as without",
    ]


def test_what_check_shows_after_a_mistake(run):
    notebook = run(
        "# Title",
        "import torch\n\ndef flatten(weights):\n    return torch.cat([w.T.flatten() for p in weights for w in p])",
        "from hyperlib import check\n\nflatten = check('flatten')",
    )
    output = notebook.output("cell2")
    assert output.locator("td").filter(has_text="wrong").count() and output.locator("details").count()
    assert output.locator("caption").count() == 2 and output.locator("th[scope=col]").count()
    assert accessibility.problems(notebook) == []


def test_a_slider_says_its_name_and_its_value_also_after_it_was_moved(run):
    notebook = run("# Title", "from hyperlib.widgets import sharing_explorer\n\nsharing_explorer()")
    slider = notebook.output("cell1").get_by_role("slider", name="batch")
    expect(slider).to_have_attribute("aria-valuetext", "1,024")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "2,048")
    assert accessibility.control_problems(notebook) == []
