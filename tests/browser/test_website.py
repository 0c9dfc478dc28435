"""The website as a reader has it: built from the stored notebooks, over HTTP and from a folder, without the net."""

import functools
import http.server
import re
import subprocess
import sys
import threading
from html import unescape
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from hyperlib.pictures.export import imported

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "website"
LIVING = sorted(path.name for path in (SITE / "living").glob("*.txt"))
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
PLAIN = "02"  # the lesson that a plain `pytest` takes; the others are in the full tier
READY = "document.querySelectorAll('.living').length === document.querySelectorAll('.living[data-ready]').length"
SLOWEST = 16  # milliseconds from a key to its picture


def marked(name):
    return pytest.param(name, marks=pytest.mark.slow if name.startswith((PLAIN, "index")) else pytest.mark.full)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the built site."""
    folder = tmp_path_factory.mktemp("site") / "html"
    command = f"import sys; sys.path[:0] = [{str(SITE)!r}]; import build, pathlib; "
    command += f"sys.exit(build.build(pathlib.Path({str(folder)!r})))"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0 and "WARNING" not in done.stderr, done.stderr
    return folder


@pytest.fixture(scope="module")
def served(site):
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
    handler.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def page(chromium):
    page = chromium.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("requestfailed", lambda request: page.problems.append(request.url))
    page.on("response", lambda got: page.problems.append(got.url) if got.status >= 400 else None)
    yield page
    page.close()


@pytest.mark.slow
def test_no_link_is_dead_and_notebooks_are_downloads(site):
    for file in site.glob("*.html"):
        html = file.read_text(encoding="utf-8")
        ids = set(re.findall(r'\bid="([^"]+)"', html))
        for link in map(unescape, re.findall(r'<a\b[^>]*\bhref="([^"]*)"', html)):
            name, _, anchor = link.partition("#")
            if link.startswith(("http:", "https:", "mailto:")):
                continue
            assert not name or (site / name).is_file(), f"{file.name}: {link}"
            assert name or not anchor or anchor in ids, f"{file.name}: {link}"
            assert not name.endswith(".ipynb") or name.startswith("notebooks/"), f"{file.name}: {link}"
        assert "Run this cell to make it interactive" not in html, file.name
    assert {file.stem for file in (site / "notebooks").iterdir()} == set(LESSONS)


@pytest.mark.parametrize("name", [marked(name) for name in ["index", *LESSONS]])
def test_a_page(site, served, page, name):
    """It asks for nothing from elsewhere, fits a phone, and can be read in both themes; its pictures move."""
    for start in (f"{site.as_uri()}/", served):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"{start}{name}.html")
        page.wait_for_function(READY)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        found = Axe().run(page, options={"rules": {"scrollable-region-focusable": {"enabled": False}}})
        serious = [v for v in found.response["violations"] if v["impact"] in ("serious", "critical")]
        assert not serious, f"{theme}: {[(v['id'], v['nodes'][0]['html'][:200]) for v in serious]}"
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert not [url for url in page.problems if not url.startswith(("http://127.0.0.1", "file:"))], page.problems
    assert not page.problems, page.problems


@pytest.mark.slow
def test_search_finds_gradient(served, page):
    page.goto(f"{served}search.html?q=gradient")
    page.wait_for_selector("#search-results li a")


@pytest.mark.parametrize("file", [marked(name) for name in LIVING])
def test_every_position_shows_its_own_picture(site, page, file):
    lesson, _, cell = file.removesuffix(".txt").partition("-")
    text = (SITE / "living" / file).read_text(encoding="utf-8").strip()
    assert len(text) <= 60_000
    data = imported(text)
    page.goto(f"{site.as_uri()}/{lesson}.html")
    page.wait_for_function(READY)
    of_lesson = [name for name in LIVING if name.startswith(lesson)]
    html = (site / f"{lesson}.html").read_text(encoding="utf-8")
    of_lesson.sort(key=lambda name: html.index((SITE / "living" / name).read_text(encoding="utf-8").strip()))
    living = page.locator(".living").nth(of_lesson.index(file))
    seen = living.evaluate(MOVE, [len(control["said"]) for control in data["controls"]])
    assert [words for words, _, _ in seen] == data["sentences"]
    pictures = {}
    for words, picture, _ in seen:
        pictures.setdefault(picture, set()).add(words)
    alike = sum(len(sentences) - 1 for sentences in pictures.values())  # some positions do mean the same
    assert alike <= 0.1 * len(seen), f"{alike} of {len(seen)} positions look like others"
    assert sorted(ms for _, _, ms in seen)[len(seen) // 2] <= SLOWEST


MOVE = """(root, counts) => {
  const inputs = [...root.querySelectorAll('input')], canvas = root.querySelector('canvas'), seen = [];
  const total = counts.reduce((a, b) => a * b, 1);
  for (let at = 0; at < total; at++) {
    let rest = at;
    for (let k = counts.length - 1; k >= 0; k--) {
      inputs[k].value = rest % counts[k];
      rest = Math.floor(rest / counts[k]);
    }
    inputs[0].dispatchEvent(new Event('input'));
    const url = canvas.toDataURL();
    let hash = 0;
    for (let i = 0; i < url.length; i++) hash = (hash * 31 + url.charCodeAt(i)) | 0;
    seen.push([canvas.getAttribute('aria-label'), hash, +root.dataset.milliseconds]);
  }
  return seen;
}"""
