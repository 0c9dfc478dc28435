"""Execute lessons from a fresh kernel and save them the way the repository keeps them.

    python tests/save_lessons.py [NOTEBOOK ...]        (default: all of notebooks/)

No times in the metadata, and no views of living widgets, which a reader without that kernel could not see: what
stays is the still picture that every interactive picture carries along.
"""

import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

WIDGET = "application/vnd.jupyter.widget-view+json"
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def save(path):
    """Execute one notebook and write it back; an error in a cell is raised, and nothing is written."""
    os.environ["HYPERLIB_PROGRESS"] = os.devnull  # whoever saves the lessons may have passed exercises
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=120,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": path.parent}},
    )
    client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    nbformat.write(notebook, path)


def main():
    paths = [Path(a) for a in sys.argv[1:]] or sorted(Path(__file__).parents[1].glob("notebooks/*.ipynb"))
    for path in paths:
        start = time.perf_counter()
        save(path)
        print(f"{path.name}: saved, executed in {time.perf_counter() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
