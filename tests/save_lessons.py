"""Execute lessons from a fresh kernel, save them the way the repository keeps them, and bring the tables up to date.

    python tests/save_lessons.py [NOTEBOOK ...]        (default: all of notebooks/)
    python tests/save_lessons.py --tables              (the tables of lessons only)

The two cells of each exercise are written as the exercise is declared: its blank, its points.  Saved lessons have no
times in their metadata, and no views of living widgets, which a reader without that kernel could not see.  What stays
is the still picture that every interactive picture carries along; for the website, what it shows at each position goes
to website/living.

README.md, the teacher's page and the map in lesson 00 list all lessons.  Their tables are written from what each
notebook says of itself in its metadata, under "hyperlib": `minutes`, `result` ("you will have ...") and, for teachers,
`weeks` and `topic`.
"""

import os
import re
import sys
import time
from datetime import datetime
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from hyperlib.checking import all_exercises

ROOT = Path(__file__).parents[1]
LIVING = ROOT / "website" / "living"
COLUMNS = 58  # of a code cell, which JupyterLab shows in a window of 900 pixels
WIDGET = "application/vnd.jupyter.widget-view+json"
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
RESULTS = "| lesson | you will have | minutes |\n|---|---|---:|\n"
TEACHERS = "| week | lesson | minutes | what to talk about before |\n|---|---|---:|---|\n"
TABLES = {  # file -> (head, a lesson's row, first lesson in it)
    "README.md": (RESULTS, "| [{title}](notebooks/{file}) | {result} | {minutes} |\n", 0),
    "notebooks/00_start_here.ipynb": (RESULTS, "| [{title}]({file}) | {result} | {minutes} |\n", 1),
    "classroom/README.md": (TEACHERS, "| {weeks} | [{number}](../notebooks/{file}) | {minutes} | {topic} |\n", 0),
}


def exercise_cells(exercise):
    """The two cells of an exercise: the blank to fill in, and the check."""
    name, cells = exercise.name, []
    call = f'{name} = check("{name}")'
    if len(call) > COLUMNS:
        call = f'{name} = check(\n    "{name}"\n)'
    for cell_id, source, grade in (
        (name, exercise.blank.rstrip(), {"grade": False, "locked": False, "solution": True}),
        (f"check_{name}", f"from hyperlib import check\n\n{call}", {"grade": True, "locked": True, "solution": False}),
    ):
        grading = {"schema_version": 3, "grade_id": cell_id, "task": False, **grade}
        metadata = {"deletable": False, "nbgrader": grading}
        if grade["grade"]:
            metadata["editable"] = False
            grading["points"] = exercise.points
        cells.append(nbformat.v4.new_code_cell(source, id=cell_id, metadata=metadata))
    return cells


def write_exercises(notebook):
    """Bring the exercise cells of a notebook up to date with their declarations."""
    declared = {cell.id: cell for exercise in all_exercises().values() for cell in exercise_cells(exercise)}
    for cell in notebook.cells:
        if cell.id in declared:
            cell.source, cell.metadata = declared[cell.id].source, declared[cell.id].metadata


def save(path):
    """Execute one notebook and write it back; an error in a cell is raised, and nothing is written.

    Returns the seconds of the slowest cell and its execution count.
    """
    os.environ["HYPERLIB_PROGRESS"] = os.devnull  # whoever saves the lessons may have passed exercises
    os.environ["HYPERLIB_SOLUTIONS"] = "0"  # GitHub shows folds open; in JupyterLab a solution is there after the check
    notebook = nbformat.read(path, as_version=4)
    write_exercises(notebook)
    client = NotebookClient(
        notebook,
        timeout=120,
        store_widget_state=False,
        resources={"metadata": {"path": path.parent}},
    )
    with client.setup_kernel():
        count = 0
        for index, cell in enumerate(list(notebook.cells)):
            if cell.cell_type == "code":
                count += 1
                client.execute_cell(cell, index, execution_count=count)
                keep_living(client, path, cell, index)
    slowest = (0, 0)
    for cell in notebook.cells:
        ran = cell.metadata.pop("execution", {})
        if "shell.execute_reply" in ran:
            begun, done = (datetime.fromisoformat(ran[what]) for what in ("iopub.status.busy", "shell.execute_reply"))
            slowest = max(slowest, ((done - begun).total_seconds(), cell.execution_count))
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    kept = {key: value for key, value in notebook.metadata.items() if key == "hyperlib"}
    notebook.metadata = {**kept, "kernelspec": KERNEL, "language_info": {"name": "python"}}
    nbformat.write(notebook, path)
    return slowest


def keep_living(client, path, cell, index):
    """Have the kernel export the interactive picture that the cell just showed, if it did, for the website."""
    shown = [str(output.get("data", {}).get("text/plain")) for output in cell.outputs]
    if not any(text.startswith("Interactive picture") for text in shown):
        return
    export = nbformat.v4.new_code_cell("from hyperlib.pictures.export import export\nprint(export(Out[max(Out)]))")
    client.execute_cell(export, index, store_history=False)
    client.nb.cells[index] = cell  # nbclient has put the other one there
    LIVING.mkdir(exist_ok=True)
    (LIVING / f"{path.stem}-{cell.id}.txt").write_text(export.outputs[0].text, encoding="utf-8")


def lessons():
    """What each notebook says of itself, in their order."""
    for path in sorted(ROOT.glob("notebooks/*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        title = re.match(r"# ([^:\n]+)", notebook.cells[0].source)[1]
        yield {"file": path.name, "number": path.name[:2], "title": title, **notebook.metadata["hyperlib"]}


def stale_tables(write=False):
    """The files whose table of lessons is not up to date; with `write` they are brought up to date."""
    found, rows = [], list(lessons())
    for name, (head, row, first) in TABLES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        table = head + "".join(row.format(**lesson) for lesson in rows[first:])
        if name.endswith(".ipynb"):
            notebook = nbformat.read(ROOT / name, as_version=4)
            cell = next(cell for cell in notebook.cells if head in cell.source)
            cell.source = with_table(cell.source + "\n", head, table).rstrip()
            new = nbformat.writes(notebook) + "\n"
        else:
            new = with_table(text, head, table)
        if new != text:
            found.append(name)
            if write:
                (ROOT / name).write_text(new, encoding="utf-8")
    return found


def with_table(text, head, table):
    """A text with the table of this head replaced."""
    return re.sub(re.escape(head) + r"(\|.*\n)*", lambda _: table, text)


def main():
    asked = [a for a in sys.argv[1:] if a != "--tables"]
    for path in map(Path, asked or ([] if "--tables" in sys.argv else sorted(ROOT.glob("notebooks/*.ipynb")))):
        start = time.perf_counter()
        seconds, cell = save(path)
        total = time.perf_counter() - start
        print(
            f"{path.name}: saved, executed in {total:.1f} s, at most {seconds:.1f} s in one cell, [{cell}]", flush=True
        )
    for name in stale_tables(write=True):
        print(f"{name}: table of lessons written")


if __name__ == "__main__":
    main()
