"""A real JupyterLab in a real browser; without a browser every test in this folder is skipped."""

from pathlib import Path

import pytest
from driver import Notebook
from lab import NOTEBOOKS, find_browser, lab_server
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
BROWSER = find_browser()
# The course must do without a network: no name and no address but the local server's leads anywhere.
OFFLINE = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
FAILED = pytest.StashKey[bool]()
NO_BROWSER = "no Chrome or Chromium found: install one, or set CHROMIUM to its path"


def pytest_collection_modifyitems(items):
    """The lessons first: they take longest, and with short tests at the end all workers end at about the same time."""
    places = [k for k, item in enumerate(items) if item.path.parent == HERE]
    ordered = sorted((items[k] for k in places), key=lambda item: item.path.name != "test_lessons.py")
    for k, item in zip(places, ordered, strict=True):
        items[k] = item


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if BROWSER is None:
        pytest.skip(NO_BROWSER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


def pytest_terminal_summary(terminalreporter):
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if NO_BROWSER in str(r.longrepr)]
    if skipped and not terminalreporter.hasopt("skipped"):  # -rs prints the reason by itself
        terminalreporter.write_line(f"{len(skipped)} tests in JupyterLab skipped, {NO_BROWSER}")
    times = [
        value
        for reports in (terminalreporter.stats.get(outcome, []) for outcome in ("passed", "failed"))
        for report in reports
        for key, value in getattr(report, "user_properties", ())
        if key == "milliseconds"
    ]
    for what in dict.fromkeys(what for what, _, _ in times):
        of_cells = ", ".join(f"{ms} ({cell})" for kind, cell, ms in sorted(times) if kind == what)
        terminalreporter.write_line(f"{what}, milliseconds: {of_cells}")


# Browser and server live no longer than the tests of this folder: Playwright keeps an event loop running in this
# thread, which others, nbval's among them, must not find there.
@pytest.fixture(scope="package")
def chromium():
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=BROWSER, args=OFFLINE) as browser:
        yield browser.new_context(viewport={"width": 1280, "height": 800})  # one, for its cache


@pytest.fixture(scope="package")
def lab(tmp_path_factory):
    with lab_server(tmp_path_factory.mktemp("lab"), NOTEBOOKS) as lab:
        yield lab


@pytest.fixture(scope="package")
def pages():
    """The page with the JupyterLab in which the test before opened its notebooks, unless it failed."""
    return []


@pytest.fixture
def open_notebook(request, chromium, lab, pages):
    """Function that opens a notebook, by its file name, in a window as large as a small laptop's.

    One JupyterLab serves many tests, as it serves a learner, since it takes longer to start than most of them.
    """
    opened = []

    def open_notebook(name):
        if not pages:
            pages.append(chromium.new_page())
            pages[0].set_default_timeout(20_000)
        opened.append(Notebook(pages[0], lab, name))
        return opened[-1]

    yield open_notebook
    if not request.node.stash[FAILED]:
        for notebook in opened:
            notebook.close()
    elif pages:  # it may not answer any more, or show a dialog
        pages.pop().close()
    lab.stop_kernels()
