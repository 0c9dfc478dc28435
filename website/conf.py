"""Sphinx's settings for the website; `build.py` writes the pages and calls it."""

import re

project = "How do hypernetworks work?"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = project
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("explorers.js", {"defer": "defer"})]
html_favicon = "static/favicon.svg"
html_extra_path = ["extra"]
html_copy_source = html_show_sourcelink = html_show_sphinx = html_show_copyright = False
html_theme_options = {"top_of_page_buttons": []}
nb_execution_mode = "off"
nb_render_markdown_format = "myst"
myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"
# The lessons' own kinds of output, and links within GitHub's pages, are no news.
suppress_warnings = ["mystnb.unknown_mime_type", "mystnb.mime_priority", "myst.header", "misc.highlighting_failure"]
autodoc_member_order = "bysource"
autodoc_typehints = "none"


def as_rst(app, what, name, obj, options, lines):
    """Docstrings are written for people: `code` between single backticks, and * for nothing but itself."""
    lines[:] = [re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", line) for line in lines]
    lines[:] = [
        "".join(
            p if p.startswith("``") else p.replace("*", r"\*").replace("|", r"\|") for p in re.split(r"(``.+?``)", line)
        )
        for line in lines
    ]


def setup(app):
    app.connect("autodoc-process-docstring", as_rst, priority=100)
