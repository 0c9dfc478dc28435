"""Run a submission to its end, whatever is in it, and read the points from what `check` published."""

import hashlib
import json
import time
from pathlib import Path

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from traitlets import Bool, Unicode

from .isolate import kernel_manager_class
from .needed import needed_cells
from .review import Checked, passed_at_home, scores_by_hand, unusual_code
from .source import defined, definitions_only

MOST_RESTARTS = 8  # of one notebook's kernel
MOST_SECONDS = 900  # for one notebook
MOST_OUTPUT = 5_000_000  # characters of one cell
MEMORY = 4 * 2**30  # bytes that a kernel may take, where the system can be told

# Run before the first cell.  `exit()` would end the kernel at some later moment, under an innocent cell.
PREPARE = f"""
get_ipython().ask_exit = lambda: None
try:
    import resource
    resource.setrlimit(resource.RLIMIT_DATA, ({MEMORY}, {MEMORY}))
except (ImportError, OSError, ValueError):
    pass
"""
LEFT_OUT = "This cell {what}, so it was left out, apart from the functions and classes that it defines."
STAND_IN = "from hyperlib.checking import stand_in\n\n{name} = stand_in({name!r}, {reason!r})"


class ExecuteToTheEnd(Execute):
    """nbgrader's Execute, for notebooks that may end their kernel or never give it back.

    Where a cell does, the notebook is run once more from its beginning, without that cell; where it was a check
    cell, the answer gets no points and the course's own is used below, so that what comes after is graded.
    """

    sandbox = Unicode(help="How kernels are kept apart: see classroom.isolate.").tag(config=True)
    whole = Bool(False, help="Run also the cells of the lesson that no mark depends on.").tag(config=True)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.kernel_manager_class = kernel_manager_class(self.sandbox)
        self.shutdown_kernel = "immediate"
        self.record_timing = False

    def preprocess(self, nb, resources):
        self.began, self.restarts = time.monotonic(), 0
        self.stopped = {}  # index of a cell -> why it is not run as it is
        self.kept = {}  # index of a check cell -> its outputs, from a run that could not go on below it
        self.skipped = set()  # indices of cells of which not even a part can be run
        released = released_notebook(self, resources)
        self.needed = set(range(len(nb.cells))) if self.whole else needed_cells(nb, released)
        self.saved = {cell.source: cell.outputs for cell in released.cells if cell.cell_type == "code"}
        while True:
            self.current = None
            self.printed = {}  # index of a cell -> characters
            try:
                nb, resources = super().preprocess(nb, resources)
                break
            except (DeadKernelError, CellTimeoutError) as error:
                if self.current is None:  # no cell's fault
                    raise
                self.restarts += 1
                if self.current in self.stopped and self.current not in self.kept:
                    self.skipped.add(self.current)
                dead = isinstance(error, DeadKernelError)
                self.stopped[self.current] = "ended the kernel" if dead else "ran too long and could not be stopped"
        handed_in = path_in("submitted", self, resources).read_bytes()
        look_at = nb.metadata.pop("restored", []) + scores_by_hand(nb) + unusual_code(nb, released)
        look_at += passed_at_home(nb, json.loads(handed_in))
        for cell in nb.cells:
            if check_name(cell):
                settle(cell)
        # That a notebook has this says as well that it was run to its end.
        nb.metadata["hyperlib"] = {
            "look_at": look_at,
            "seconds": round(time.monotonic() - self.began, 1),
            "handed_in": hashlib.sha256(handed_in).hexdigest(),
        }
        return nb, resources

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type != "code":
            return cell, resources
        if index not in self.needed:
            cell.outputs = self.saved[cell.source]  # as the lesson shows them
            return cell, resources
        if self.current is None:
            self.kc.execute(PREPARE, silent=True, store_history=False)
        if self.restarts > MOST_RESTARTS or time.monotonic() - self.began > MOST_SECONDS or index in self.skipped:
            cell.outputs = [error_output("This cell was not run: it, or something above it, takes the kernel down.")]
            return cell, resources
        self.current = index
        source, name = cell.source, check_name(cell)
        try:
            if index in self.kept:
                cell.source = STAND_IN.format(name=name, reason="")
            elif index in self.stopped and name:
                cell.source = STAND_IN.format(name=name, reason=f"trying the answer {self.stopped[index]}")
            elif index in self.stopped:
                cell.source = definitions_only(source)
            cell, resources = super().preprocess_cell(cell, resources, index)
        finally:
            cell.source = source
        if index in self.kept:
            cell.outputs = self.kept[index]
        elif name and "'still_running': True" in str(cell.outputs):
            # Its thread would slow down everything below, up to the time limits of other answers.
            self.kept[index] = cell.outputs
            raise CellTimeoutError("an answer swallows every exception and still runs")
        elif not name and defined(source) and any(output.output_type == "error" for output in cell.outputs):
            outputs, cell.source = cell.outputs, definitions_only(source)
            super().preprocess_cell(cell, resources, index)  # what it defines below where it stopped counts as well
            cell.outputs, cell.source = outputs, source
        elif index in self.stopped and not name:
            cell.outputs.append(error_output(LEFT_OUT.format(what=self.stopped[index])))
        return cell, resources

    def process_message(self, msg, cell, cell_index):
        """As before, but without what an endless printer prints beyond a limit."""
        if msg["msg_type"] in ("stream", "display_data", "error"):
            self.printed[cell_index] = self.printed.get(cell_index, 0) + len(str(msg["content"]))
            if self.printed[cell_index] > MOST_OUTPUT:
                return None
        return super().process_message(msg, cell, cell_index)


def check_name(cell):
    """The exercise that a check cell checks, or None."""
    nbgrader = cell.metadata.get("nbgrader", {})
    return nbgrader["grade_id"].removeprefix("check_") if nbgrader.get("grade") else None


def error_output(sentence):
    return new_output("error", ename="LeftOut", evalue=sentence, traceback=[sentence])


def settle(cell):
    """Leave of a check cell's outputs the report and one score, which is 0 unless the report bears out another."""
    score = new_output("execute_result", {"text/plain": f"{Checked(cell).points:g}"})
    errors = [output for output in cell.outputs if output.output_type == "error"]
    reports = [output for output in cell.outputs if output.output_type == "display_data"]
    if not errors and not reports:
        errors = [error_output("This check did not come to its end.")]
    # nbgrader takes the first error or score for the grade, and any stderr for a 0.
    cell.outputs = [score, *errors, *reports] if errors else [*reports, score]


def path_in(step, preprocessor, resources):
    """Where nbgrader keeps the notebook that a preprocessor works on, in another of its steps."""
    names, course = resources["nbgrader"], preprocessor.parent.parent.coursedir  # its exporter's converter's
    student = "." if step == "source" else names["student"]
    folder = course.format_path(getattr(course, f"{step}_directory"), student, names["assignment"])
    return Path(folder) / f"{names['notebook']}.ipynb"


def released_notebook(preprocessor, resources):
    """The course's notebook that the student was given."""
    return nbformat.read(path_in("source", preprocessor, resources), as_version=4)
