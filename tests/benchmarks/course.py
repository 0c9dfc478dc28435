"""What a learner waits for: lessons and their slowest cells, imports, checks, and pictures that move.

    python tests/benchmarks/course.py [--only 07] [--save]

Every lesson is executed cell by cell in a fresh kernel, as nbval does it, and then its exercises are answered rightly
in that kernel.  A cell's time goes from its request to its end; a check's is that of its cell with the right answer; a
picture's goes from a new value of a slider to the new picture.  --save writes course.json and course.md beside this.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import nbformat
import torch
from nbclient import NotebookClient

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT)]
os.environ.setdefault("OMP_NUM_THREADS", "1")  # as in the tests: see tests/conftest.py
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)

from compare import machine  # noqa: E402

from hyperlib.checking import all_exercises  # noqa: E402

# Run behind the cell that shows a picture, whose value is the last of `Out`: moves each slider a few times and prints
# the seconds until the picture has changed.  It may be drawn later than at once, so the kernel's event loop has to run.
MOVE = """
async def _move(live, moves=4):
    import asyncio, json, time
    took = []
    for slider in live.sliders.values():
        options = getattr(slider, "options", ())
        values = [option[1] if isinstance(option, tuple) else option for option in options]
        for turn in range(moves):
            if values:
                new = values[(values.index(slider.value) + 1) % len(values)]
            else:
                new = slider.value + slider.step if slider.value + slider.step <= slider.max else slider.min
            before, start = live.picture.value, time.perf_counter()
            slider.value = new
            while live.picture.value == before and time.perf_counter() - start < 3:
                await asyncio.sleep(0.001)
            if live.picture.value != before:
                took.append(time.perf_counter() - start)
    print(json.dumps(took))

await _move(Out[max(Out)])
"""
WIDGET = "application/vnd.jupyter.widget-view+json"
ANSWER = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"


def time_lesson(path, exercises):
    """One lesson: {"seconds", "cells": [(seconds, first line)], "checks": {name: s}, "pictures": {name: [s, ...]}}."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}})
    cells, checks, pictures = [], {}, {}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]

    def run(source):
        cell = nbformat.v4.new_code_cell(source)
        notebook.cells.append(cell)
        start = time.perf_counter()
        client.execute_cell(cell, len(notebook.cells) - 1)
        return time.perf_counter() - start, cell

    started = time.perf_counter()
    with client.setup_kernel():
        ready = time.perf_counter() - started
        for cell in code:
            took, done = run(cell.source)
            cells.append((took, cell.source))
            explorer = re.search(r"(\w+_explorer)\(", cell.source)
            if explorer and any(WIDGET in output.get("data", {}) for output in done.outputs):
                _, moved = run(MOVE)
                name = explorer[1] + ", again" * (explorer[1] in pictures)
                pictures[name] = json.loads(moved.outputs[-1]["text"])
        for cell in code:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if name in exercises:
                run(ANSWER + exercises[name].solution)
                checks[name], shown = run(f'from hyperlib import check\n\n{name} = check("{name}")')
                verdict = shown.outputs[-1]["data"]["text/plain"]
                assert verdict.startswith("PASSED"), f"{path.name}, {name}: {verdict}"
    total = ready + sum(took for took, _ in cells)
    return {"seconds": total, "cells": cells, "checks": checks, "pictures": pictures}


def time_imports(rounds=7):
    """Median seconds of the imports, each in fresh processes that take turns."""
    took = {"torch": [], "hyperlib": [], "hyperlib, with check": []}
    statements = {
        "torch": "import torch",
        "hyperlib": "import hyperlib",
        "hyperlib, with check": "from hyperlib import check",
    }
    for _ in range(rounds):
        for name, statement in statements.items():
            code = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
            run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            took[name].append(float(run.stdout))
    return {name: median(seconds) for name, seconds in took.items()}


def first_line(source):
    """The line of a cell by which one finds it: the first that is no import."""
    lines = [line for line in source.splitlines() if line and not line.startswith(("import", "from"))]
    return (lines or source.splitlines())[0].strip()[:60]


def tables(figures):
    """The figures as Markdown."""
    lessons, imports = figures["lessons"], figures["imports"]
    cells = sorted(((s, lesson, line) for lesson, of in lessons.items() for s, line in of["cells"]), reverse=True)
    checks = sorted(((s, name) for of in lessons.values() for name, s in of["checks"].items()), reverse=True)
    text = ["| lesson | seconds | cells | slowest cell |", "|---|---:|---:|---:|"]
    text += [
        f"| {lesson} | {of['seconds']:.1f} | {len(of['cells'])} | {max(of['cells'])[0]:.2f} |"
        for lesson, of in lessons.items()
    ]
    text += ["", "| the ten slowest cells | lesson | seconds |", "|---|---|---:|"]
    text += [f"| `{line}` | {lesson} | {s:.2f} |" for s, lesson, line in cells[:10]]
    text += ["", "| import | seconds |", "|---|---:|"]
    text += [f"| {name} | {s:.2f} |" for name, s in imports.items()]
    text += ["", f"| check, the slowest of {len(checks)} | seconds |", "|---|---:|"]
    text += [f"| `{name}` | {s:.2f} |" for s, name in checks[:5]]
    if checks:
        text += [f"| median | {median(s for s, _ in checks):.2f} |"]
    text += ["", "| from slider to picture | lesson | median ms | slowest ms |", "|---|---|---:|---:|"]
    for lesson, of in lessons.items():
        for name, took in of["pictures"].items():
            text += [f"| `{name}` | {lesson} | {1000 * median(took):.0f} | {1000 * max(took):.0f} |"]
    return "\n".join(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", default="", help="only lessons with this in their name")
    parser.add_argument("--save", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    exercises = all_exercises()
    figures = {"machine": machine(torch.device("cpu"), 1, "wall"), "imports": time_imports(), "lessons": {}}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if args.only in path.name:
            lesson = time_lesson(path, exercises)
            lesson["cells"] = [(s, first_line(source)) for s, source in lesson["cells"]]
            figures["lessons"][path.stem[:2]] = lesson
            print(f"{path.name}: {lesson['seconds']:.1f} s", flush=True)
    print(f"\n{figures['machine']}\n\n{tables(figures)}")
    if args.save:
        (HERE / "course.json").write_text(json.dumps(figures, indent=1) + "\n")
        (HERE / "course.md").write_text(f"# The last run of course.py\n\n{figures['machine']}.\n\n{tables(figures)}\n")


if __name__ == "__main__":
    main()
