"""A real JupyterLab in a real browser; without a browser every test in this folder is skipped."""

import pytest
from driver import Notebook
from lab import NOTEBOOKS, find_browser, lab_server

BROWSER = find_browser()
# The course must do without a network: no name and no address but the local server's leads anywhere.
OFFLINE = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
NO_BROWSER = "no Chrome or Chromium found: install one, or set CHROMIUM to its path"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if BROWSER is None:
        pytest.skip(NO_BROWSER)


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


# Browser and server live no longer than one module: Playwright keeps an event loop running in this thread, which
# tests of other folders, nbval's among them, must not find there.
@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=BROWSER, args=OFFLINE) as browser:
        yield browser.new_context(viewport={"width": 1280, "height": 800})  # one, for its cache


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with lab_server(tmp_path_factory.mktemp("lab"), NOTEBOOKS) as lab:
        yield lab


@pytest.fixture
def open_notebook(chromium, lab):
    """Function that opens a notebook, by its file name, at the size of a small laptop's window."""
    with chromium.new_page() as page:
        page.set_default_timeout(20_000)
        yield lambda name: Notebook(page, lab, name)
    lab.stop_kernels()
