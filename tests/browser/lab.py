"""A private JupyterLab on 127.0.0.1, serving a copy of the lessons, and the browser to open it in."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

NOTEBOOKS = Path(os.environ.get("HYPERLIB_NOTEBOOKS") or Path(__file__).resolve().parents[2] / "notebooks")

# Chrome comes first because on Ubuntu chromium-browser may be a stub that only says "install the snap".
COMMANDS = ["google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "microsoft-edge"]
PLACES = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
    r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
]

SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    # With the default mode, cells that are off the screen are not in the page, and nobody could look at them.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "defer"},
}

# A learner who studies alone has no nbgrader, which adds a menu and buttons, as does what it brings.
PAGE = {"disabledExtensions": {"@jupyter/nbgrader": True, "@jupyter-notebook/lab-extension": True}}


def find_browser() -> str | None:
    """Path of a Chromium-like browser: what CHROMIUM names, or one in the usual places."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named) or named
    places = [shutil.which(command) for command in COMMANDS] + [os.path.expandvars(p) for p in PLACES]
    return next((place for place in places if place and os.path.isfile(place)), None)


@dataclass
class Lab:
    url: str
    token: str
    root: Path  # the copy that is served

    def request(self, path: str, method: str = "GET") -> bytes:
        """Answer of the server's REST interface."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def stop_kernels(self) -> None:
        """End every session and its kernel."""
        for session in json.loads(self.request("/api/sessions")):
            self.request(f"/api/sessions/{session['id']}", "DELETE")


@contextlib.contextmanager
def lab_server(workdir: Path, notebooks: Path = NOTEBOOKS):
    """Serve a copy of `notebooks` from inside `workdir`, without any of the user's Jupyter settings."""
    root, config = workdir / "notebooks", workdir / "config"
    shutil.copytree(notebooks, root, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "progress.txt"))
    config.mkdir()
    (config / "overrides.json").write_text(json.dumps(SETTINGS))
    (config / "page_config.json").write_text(json.dumps(PAGE))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lab = Lab(f"http://127.0.0.1:{port}", secrets.token_hex(16), root)

    # Matplotlib's first import lists the machine's fonts; if that is slow, it says so on the lesson's stderr.
    fonts = subprocess.Popen([sys.executable, "-c", "import matplotlib.font_manager"])
    log = workdir / "server.log"
    with log.open("wb") as out:
        server = subprocess.Popen(_command(lab, port, config), env=_environment(config), stdout=out, stderr=out)
    try:
        _wait_until_up(lab, server, log)
        fonts.wait()
        yield lab
    finally:
        with contextlib.suppress(OSError):
            lab.stop_kernels()
        fonts.kill()
        fonts.wait()
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _command(lab: Lab, port: int, config: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={lab.token}", f"--ServerApp.root_dir={lab.root}"),
        *(f"--LabApp.app_settings_dir={config}", f"--LabApp.user_settings_dir={config / 'user'}"),
        *(f"--LabApp.workspaces_dir={config / 'workspaces'}", "--LabApp.extension_manager=readonly"),
        "--KernelManager.shutdown_wait_time=0.2",  # seconds; with PyTorch in it, a kernel takes its time to end
    ]


def _environment(config: Path) -> dict[str, str]:
    own = {f"JUPYTER_{kind}_DIR": str(config / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"JUPYTER_PATH": "", "JUPYTER_CONFIG_PATH": "", "IPYTHONDIR": str(config / "ipython")}
    # PREFER_ENV_PATH: the kernel must be the Python that runs the tests, not a "python3" of the user's.
    # PYDEVD: a kernel that is started anew may warn on stderr that a debugger would not stop in frozen modules.
    # HYPERLIB_PROGRESS: here the file lies where learners have it, beside the notebooks.
    own |= {"JUPYTER_PREFER_ENV_PATH": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1", "HYPERLIB_PROGRESS": ""}
    return {**os.environ, **own, "HYPERLIB_SOLUTIONS": "1"}  # as a learner has it


def _wait_until_up(lab: Lab, server: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError):
            lab.request("/api/status")
            return
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(errors='replace')}")
