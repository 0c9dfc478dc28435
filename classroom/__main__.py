"""Grade on all cores, list what to look at, count the class's mistakes."""

import argparse
import contextlib
import glob
import hashlib
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from .assignments import WHOLE_COURSE, is_notebook
from .isolate import chosen_way
from .mistakes import class_mistakes, page, table
from .places import AUTOGRADED, DB_URL, GRADING, RELEASE, ROOT, SUBMITTED


def main():
    parser = argparse.ArgumentParser(prog="python -m classroom", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function, text in (
        ("grade", grade, "grade all that was handed in and is not graded yet, one process for each core"),
        ("review", review, "list by name what a human should look at"),
        ("mistakes", mistakes, "count the class's mistakes: a table, and a page with a picture"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("assignment", nargs="?", default=WHOLE_COURSE, help=f"default: {WHOLE_COURSE}")
        command.set_defaults(function=function)
        if name == "grade":
            command.add_argument("--processes", type=int, default=os.cpu_count(), help="default: one for each core")
    arguments = parser.parse_args()
    sys.exit(arguments.function(arguments))


def students(assignment):
    """The names of the students who have handed something in."""
    names = sorted(folder.parent.name for folder in SUBMITTED.glob(f"*/{assignment}"))
    if not names:
        others = sorted({folder.name for folder in SUBMITTED.glob("*/*")})
        known = f"what was handed in is {', '.join(others)}" if others else "nothing was handed in"
        sys.exit(f"There is no grading/submitted/STUDENT/{assignment}; {known}.")
    if not any((RELEASE / assignment).glob("*.ipynb")):
        sys.exit(f"{assignment} is not in the gradebook: run first  nbgrader generate_assignment {assignment}")
    return names


def handed_in(assignment, student):
    """(path of a notebook that was asked for, what its graded version says or None) for all that a student sent."""
    for asked in sorted((RELEASE / assignment).glob("*.ipynb")):
        path = SUBMITTED / student / assignment / asked.name
        if path.is_file():
            yield path, graded(assignment, student, path)


def graded(assignment, student, notebook):
    """What the run has written into a graded notebook; None unless it is complete, and made from what was handed in."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        done = json.loads((AUTOGRADED / student / assignment / notebook.name).read_text(encoding="utf-8"))
        result = done["metadata"]["hyperlib"]
        if result["handed_in"] == hashlib.sha256(notebook.read_bytes()).hexdigest():
            return result
    return None


def grade(arguments):
    """Run `nbgrader autograde` for each student, several at once; what is finished already is left alone."""
    assignment, names = arguments.assignment, students(arguments.assignment)
    way = chosen_way(os.environ.get("GRADING_SANDBOX", "auto"))
    print(f"{len(names)} students, {arguments.processes} at a time, isolation: {way}", flush=True)
    os.environ["GRADING_SANDBOX"] = way  # so that not every process has to find out
    began = time.monotonic()
    with alone() as lock, ThreadPoolExecutor(arguments.processes) as pool:
        runs = [pool.submit(grade_one, assignment, name, lock) for name in names]
        try:
            for i, run in enumerate(as_completed(runs), 1):
                print(f"[{i}/{len(names)}] {run.result()}", flush=True)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            sys.exit("Stopped. The same command goes on where this one was.")
    print(f"Done in {time.monotonic() - began:.0f} seconds.\n")
    review(arguments)
    print("\nNow: nbgrader export, and nbgrader generate_feedback", assignment)


def grade_one(assignment, student, lock):
    """Grade one student unless that is done; a line about it."""
    sent = list(handed_in(assignment, student))
    left = [path for path, result in sent if result is None and is_notebook(path)]
    if sent and not left:
        return f"{student}: graded already, {points(assignment, student)}"
    began = time.monotonic()
    # --force: what a killed run has left behind is half done, and nbgrader would take it for finished.
    command = [
        sys.executable,
        "-m",
        "nbgrader",
        "autograde",
        assignment,
        f"--student={glob.escape(student)}",
        "--force",
    ]
    run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=lock)
    if run.returncode:
        log = GRADING / "logs" / f"{assignment}-{student}.txt"
        log.parent.mkdir(exist_ok=True)
        log.write_bytes(run.stdout)
        return f"{student}: NOT GRADED, see {log.relative_to(ROOT)}"
    return f"{student}: {points(assignment, student)}, {time.monotonic() - began:.0f} seconds"


def points(assignment, student):
    from nbgrader.api import Gradebook

    with Gradebook(DB_URL, "hypernetworks") as gradebook:
        submission = gradebook.find_submission(assignment, student)
        return f"{submission.score:g} of {submission.max_score:g} points"


@contextlib.contextmanager
def alone():
    """Wait until no earlier run is at work: one that was killed leaves its last students' processes behind."""
    if sys.platform == "win32":
        yield ()
        return
    import fcntl

    with open(GRADING / ".lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Waiting for an earlier run to end its last students ...", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield (file.fileno(),)  # handed on to the processes, which hold the lock as long as they live


def review(arguments):
    """Print by name what a human should look at: what could not be graded, what is missing, what looks odd."""
    assignment, lines = arguments.assignment, []
    asked = {path.name for path in (RELEASE / assignment).glob("*.ipynb")}
    for student in students(assignment):
        sent = dict(handed_in(assignment, student))
        missing = sorted(asked - {path.name for path in sent})
        if missing:
            lines.append((student, f"handed in no {', '.join(missing)}"))
        for path, result in sent.items():
            if result is None:
                why = "is not graded" if is_notebook(path) else "cannot be read as a notebook; it counts as 0"
                lines.append((student, f"{path.name} {why}"))
                continue
            for where, sentence in result["look_at"]:
                lines.append((student, f"{path.name}, {where or 'a cell of their own'}: {sentence}"))
    print(f"To look at: {len(lines)}" if lines else "Nothing to look at.")
    for student, line in lines:
        print(f"  {student}: {line}")


def mistakes(arguments):
    """Print the class's mistakes, and write a page with a picture of them."""
    found = class_mistakes(arguments.assignment)
    if not found:
        name = arguments.assignment
        sys.exit(f"Nothing of {name} is graded yet: run first  python -m classroom grade {name}")
    print(table(found))
    path = GRADING / f"mistakes_{arguments.assignment}.html"
    path.write_text(page(found, arguments.assignment), encoding="utf-8")
    print(f"\nWith a picture: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
