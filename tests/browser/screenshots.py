"""Pictures of the lessons as they look in JupyterLab."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from driver import Notebook
from lab import NOTEBOOKS, find_browser, lab_server
from playwright.sync_api import sync_playwright

SLICE = 1600  # highest picture, in pixels
OVERLAP = 24


def main() -> None:
    args = arguments()
    browser_path = find_browser()
    if browser_path is None:
        raise SystemExit("no Chromium or Chrome found; set CHROMIUM to its path")
    names = choose(args.notebooks, args.folder)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as workdir,
        lab_server(Path(workdir), args.folder) as lab,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=browser_path) as browser,
    ):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        for name in names:
            with context.new_page() as page:
                notebook = Notebook(page, lab, name)
                if not args.no_run:
                    notebook.run_all(timeout=args.timeout)
                write_slices(notebook, Path(name).stem, args)
                for error in [] if args.no_run else notebook.errors():
                    print(f"{name}: {error}")
            lab.stop_kernels()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("outdir", type=Path, help="folder for the pictures")
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK", help="its name or the start of it; default: all")
    parser.add_argument("--folder", type=Path, default=NOTEBOOKS, help="where the notebooks are")
    parser.add_argument("--width", type=int, nargs="+", default=[1280], help="of the window, in pixels")
    parser.add_argument("--theme", nargs="+", choices=["light", "dark"], default=["light"])
    parser.add_argument("--no-sidebar", action="store_true", help="collapse the file browser")
    parser.add_argument("--no-run", action="store_true", help="show the notebook as it was saved")
    parser.add_argument("--timeout", type=float, default=600, help="longest run of one notebook, in seconds")
    return parser.parse_args()


def choose(wanted: list[str], folder: Path) -> list[str]:
    """File names of the notebooks asked for; all of them if none is named."""
    there = sorted(path.name for path in folder.glob("*.ipynb"))
    chosen = []
    for start in [Path(want).name for want in wanted] or [""]:
        found = [name for name in there if name.startswith(start)]
        if not found:
            raise SystemExit(f"no notebook in {folder} starts with {start!r}; there are: {', '.join(there)}")
        chosen += found
    return chosen


def write_slices(notebook: Notebook, stem: str, args: argparse.Namespace) -> None:
    """Write the notebook's column from top to bottom, for every theme and width."""
    args.outdir.mkdir(parents=True, exist_ok=True)
    if args.no_sidebar:
        notebook.hide_sidebar()
    for theme in args.theme:
        notebook.set_theme(theme)
        for width in args.width:
            name = f"{stem}-{width}{'-no-sidebar' if args.no_sidebar else ''}-{theme}"
            for old in args.outdir.glob(f"{name}-[0-9]*.png"):
                old.unlink()  # a shorter notebook must not leave its old end behind
            count = 0
            for count, picture in enumerate(notebook.slices(width, SLICE, OVERLAP), 1):
                (args.outdir / f"{name}-{count - 1:02}.png").write_bytes(picture)
            print(f"{args.outdir / name}-*.png: {count}")


if __name__ == "__main__":
    main()
