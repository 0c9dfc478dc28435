"""Grade on all cores, list what to look at, count the class's mistakes."""

import argparse
import contextlib
import glob
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from .assignments import WHOLE_COURSE, is_notebook
from .isolate import chosen_way
from .mistakes import class_mistakes, page, table
from .places import AUTOGRADED, GRADING, RELEASE, ROOT, SUBMITTED


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
    if importlib.util.find_spec("nbgrader") is None:
        sys.exit("nbgrader is missing here: pip install -r classroom/requirements.txt")
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
            yield path, result_of(assignment, student, path)


def result_of(assignment, student, notebook):
    """What the run has written into a graded notebook; None unless it is complete, and made from what was handed in."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        done = json.loads((AUTOGRADED / student / assignment / notebook.name).read_text(encoding="utf-8"))
        result = done["metadata"]["hyperlib"]
        if result["handed_in"] == hashlib.sha256(notebook.read_bytes()).hexdigest():
            return result
    return None


def finished(assignment, student):
    """Whether all that can be graded of what a student sent is graded."""
    sent = list(handed_in(assignment, student))
    return any(result for _, result in sent) and all(result or not is_notebook(path) for path, result in sent)


def grade(arguments):
    """Let nbgrader grade each student, several at once; what is finished already is left alone."""
    assignment, names = arguments.assignment, students(arguments.assignment)
    way, why = chosen_way(os.environ.get("GRADING_SANDBOX", "auto"))
    print(f"{len(names)} students, {arguments.processes} at a time, isolation: {way}{why}", flush=True)
    os.environ["GRADING_SANDBOX"] = way  # so that not every process has to find out
    began, failed = time.monotonic(), 0
    with alone() as lock, ThreadPoolExecutor(arguments.processes) as pool:
        waiting = [name for name in names if not finished(assignment, name)]
        if len(waiting) < len(names):
            print(f"{len(names) - len(waiting)} of them are graded already")
        workers = Workers(lock)
        runs = [pool.submit(grade_one, workers, assignment, name) for name in waiting]
        try:
            for i, run in enumerate(as_completed(runs), 1):
                line, fine = run.result()
                failed += not fine
                print(f"[{i}/{len(waiting)}] {line}", flush=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            workers.stop()
            sys.exit("Stopped. The same command goes on where this one was.")
        workers.stop()
    print(f"Done in {time.monotonic() - began:.0f} seconds.\n")
    review(arguments)
    print(f"\nNow: nbgrader export, and nbgrader generate_feedback {assignment}")
    return 1 if failed else 0


class Workers:
    """The processes that grade, one for each thread that asks."""

    def __init__(self, lock):
        self.lock, self.mine, self.all = lock, threading.local(), []

    def ask(self, *question):
        """What a worker answers, or None if it died of the question."""
        worker = getattr(self.mine, "worker", None)
        if worker is None or worker.poll() is not None:
            command = [sys.executable, "-m", "classroom.worker"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            worker = subprocess.Popen(command, cwd=ROOT, pass_fds=self.lock, encoding="utf-8", **pipes)
            self.mine.worker = worker
            self.all.append(worker)
        try:
            worker.stdin.write(json.dumps(question) + "\n")
            worker.stdin.flush()
            return json.loads(worker.stdout.readline())
        except (OSError, ValueError):
            worker.kill()
            worker.wait()
            return None

    def stop(self):
        for worker in self.all:
            with contextlib.suppress(OSError):
                worker.stdin.close()
        for worker in self.all:
            worker.wait()


def grade_one(workers, assignment, student):
    """Grade one student; a line about it, and whether it went well."""
    if glob.escape(student) != student:
        return f"{student}: NOT GRADED, because nbgrader takes [, ? and * for patterns: rename the folder", False
    began = time.monotonic()
    answer = workers.ask(assignment, student) or {"log": "The process that graded this student died.\n"}
    if "log" in answer:
        log = GRADING / "logs" / f"{assignment}-{student}.txt"
        log.parent.mkdir(exist_ok=True)
        log.write_text(answer["log"], encoding="utf-8")
        return f"{student}: NOT GRADED, see {log.relative_to(ROOT)}", False
    return f"{student}: {answer['points']:g} of {answer['most']:g} points, {time.monotonic() - began:.0f} s", True


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
        other = sorted({path.name for path in (SUBMITTED / student / assignment).glob("*.ipynb")} - asked)
        if missing:
            lines.append((student, f"no {', '.join(missing)}" + (f", but {', '.join(other)}" if other else "")))
        elif other:
            lines.append((student, f"handed in as well, and not graded: {', '.join(other)}"))
        for path, result in sent.items():
            if result is None:
                before = (AUTOGRADED / student / assignment / path.name).exists()
                counts = "the mark of what was handed in before stays" if before else "it counts as 0"
                why = "is not graded" if is_notebook(path) else f"cannot be read as a notebook; {counts}"
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
