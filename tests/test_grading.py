"""A class of simulated students, graded from end to end: each gets the mark that a fair teacher would give."""

import csv
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from hyperlib.checking import all_exercises

pytestmark = pytest.mark.slow  # kernels

pytest.importorskip("nbgrader", reason="the classroom needs nbgrader: pip install -r classroom/requirements.txt")
if sys.platform == "win32":
    pytest.skip("grading was tried on Linux and macOS only", allow_module_level=True)

ROOT = Path(__file__).parents[1]
LESSON = "02_slicing_the_flat_vector"  # parameter_offsets 2 points, unflatten 3, flatten 2, unflatten_square 2
OTHER = "01_counting_parameters"  # 10 points
EXERCISES = all_exercises()
TIME = 10  # seconds for one cell, instead of 60
BLANK = None

WRONG = "def {}(*arguments):\n    return 'wrong'"
NO_END = "while True:\n    pass"
SWALLOWS = "while True:\n    try:\n        while True:\n            pass\n    except:\n        pass"
SEES_ANSWERS = """
def flatten(weights):
    from hyperlib.checking import all_exercises
    return all_exercises()["flatten"].reference(weights)
"""
BY_HAND = """
def flatten(weights):
    get_ipython().displayhook(2.0)
    return 'wrong'
"""
PATCHED = """
import hyperlib.checking as course
course.publish_points = lambda points: get_ipython().displayhook(2.0)
"""
OWN_CHECK = """
def check(name):
    return 2.0
"""
NO_CHECK = """
import hyperlib
hyperlib.check = lambda name: 2.0
"""
USES_OFFSETS = """
def unflatten(flat, layer_sizes):
    parts = [flat[..., a:b] for a, b in parameter_offsets(layer_sizes)]
    return [
        (weight.unflatten(-1, (n_out, n_in)), bias)
        for (n_in, n_out), weight, bias in zip(layer_sizes, parts[0::2], parts[1::2])
    ]
"""
VANDAL = """
import os, shutil
shutil.rmtree({grading!r}, ignore_errors=True)
try:
    open(os.path.join({grading!r}, 'gradebook.db'), 'w')
except OSError:
    pass
"""


def right(name):
    return "import torch\n\n\n" + EXERCISES[name].solution


def in_function(name, body):
    lines = "\n".join("    " + line for line in body.splitlines())
    return f"def {name}(*arguments):\n{lines}\n"


def answers(**changed):
    """Right answers to all exercises of the lesson, but for those that are given."""
    names = ["parameter_offsets", "unflatten", "flatten", "unflatten_square"]
    return {name: right(name) for name in names} | changed


def known(name, words):
    """One of the mistakes that the exercise knows, as a learner would have typed it."""
    return "import torch\n\n\n" + next(m.source for m in EXERCISES[name].mistakes if m.name.startswith(words))


def edit_check(notebook):
    for cell in notebook.cells:
        if cell.id == "check_flatten":
            cell.source = "flatten = None\n2.0"
            cell.metadata.nbgrader.points = 100


def delete(*ids):
    def change(notebook):
        notebook.cells = [cell for cell in notebook.cells if cell.id not in ids]

    return change


def damage_metadata(notebook):
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader = {"grade": "yes", "points": "many"} if cell.id == "check_flatten" else 3


def lose_ids(notebook):
    """As some programs save: all metadata empty, all ids new, and Colab's half of a widget."""
    notebook.cells = [new_code_cell(cell.source) if cell.cell_type == "code" else cell for cell in notebook.cells]
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}


def own_cell(notebook):
    """Uses what the lesson's own cells have made, two of them above each other."""
    at = [cell.id for cell in notebook.cells].index("flatten")
    notebook.cells.insert(at, new_code_cell("mine = w1_batch.shape[0]"))


def copy_a_cell(notebook):
    at = [cell.id for cell in notebook.cells].index("flatten")
    notebook.cells.insert(at, new_code_cell(WRONG.format("flatten"), metadata=notebook.cells[at].metadata))


# student: (answers, what else was done to the notebook or handed in beside it, mark of 9, what a human is told)
STUDENTS = {
    "all_right": (answers(), None, 9, None),
    "20231234": (answers(), None, 9, None),  # a student number
    "half_right": (answers(unflatten=BLANK, unflatten_square=BLANK), None, 4, None),
    "blank": (dict.fromkeys(answers()), None, 0, None),
    "partly_right": (
        answers(unflatten=known("unflatten", "This works for one flat vector")),
        None,
        8,
        None,
    ),  # 4 cases of 6
    "wrong_then_used": (
        answers(parameter_offsets=WRONG.format("parameter_offsets"), unflatten=USES_OFFSETS),
        None,
        7,
        None,
    ),
    "exception": (answers(parameter_offsets=in_function("parameter_offsets", "1 / 0")), None, 7, None),
    "syntax_error": (answers(unflatten="def unflatten(flat, layer_sizes)\n    return 1"), None, 6, None),
    "loop_in_function": (answers(flatten=in_function("flatten", NO_END)), None, 7, None),
    "loop_at_top": (answers(flatten=NO_END + "\n" + right("flatten")), None, 9, None),  # the function itself is right
    "swallows_in_function": (answers(flatten=in_function("flatten", SWALLOWS)), None, 7, None),
    "swallows_at_top": (answers(flatten=right("flatten") + SWALLOWS), None, 9, None),
    "prints_for_ever": (answers(flatten=right("flatten") + "while True:\n    print('again')"), None, 9, None),
    "sys_exit": (
        answers(flatten=in_function("flatten", "import sys\nsys.exit()")),
        None,
        7,
        "flatten: reaches outside",
    ),
    "exit_at_top": (answers(flatten=right("flatten") + "exit()"), None, 9, None),
    "os_exit": (answers(flatten=in_function("flatten", "import os\nos._exit(0)")), None, 7, "flatten: reaches outside"),
    "os_exit_at_top": (answers(flatten="import os\n" + right("flatten") + "os._exit(0)"), None, 9, "reaches outside"),
    "killed": (
        answers(flatten=in_function("flatten", "import os\nos.kill(os.getpid(), 9)")),
        None,
        7,
        "reaches outside",
    ),
    "memory": (answers(flatten=in_function("flatten", "return bytearray(10**12)")), None, 7, None),
    "own_cell": (
        answers(flatten=right("flatten").replace("parts = []", "parts = [] if mine == 4 else 1")),
        own_cell,
        9,
        None,
    ),
    "check_edited": (answers(flatten=BLANK), edit_check, 7, None),
    "check_deleted": (answers(), delete("check_flatten"), 9, None),
    "both_deleted": (answers(), delete("flatten", "check_flatten"), 7, "flatten: its cell is missing"),
    "ids_lost": (answers(), lose_ids, 9, None),
    "input_above": (answers(flatten="n = int(input())\n" + right("flatten")), None, 9, None),
    "bad_timestamp": (answers(), {"timestamp.txt": "yesterday", f"{LESSON}-Copy1.ipynb": "{}"}, 9, "Copy1.ipynb"),
    "cell_copied": (answers(), copy_a_cell, 9, None),
    "metadata_damaged": (answers(), damage_metadata, 9, None),
    "check_redefined": (answers(flatten=OWN_CHECK), None, 7, "flatten: redefines `check`"),
    # The check of the fourth exercise does not run any more either: 5, and a human may give it back.
    "check_replaced": (answers(flatten=NO_CHECK), None, 5, "unflatten_square: the check did not come to its end"),
    "score_by_hand": (answers(flatten=BY_HAND), None, 7, "scores were published"),
    "scores_patched": (answers(flatten=PATCHED), None, 7, "flatten: the score 2.0 was published, but the report says"),
    # Nothing inside one process can prevent this one: it keeps its mark, and is reported by name.
    "sees_answers": (answers(flatten=SEES_ANSWERS), None, 9, "reaches for the course's own answers"),
    "files_beside": (answers(), {"hyperlib.py": "1 / 0", "torch.py": "1 / 0", "sitecustomize.py": "1 / 0"}, 9, None),
}


class Course:
    """A small course in a folder of its own: two lessons without their pictures."""

    def __init__(self, root):
        self.root, self.grading = root, root / "grading"
        for folder in ("hyperlib", "classroom"):
            shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "nbgrader_config.py", root)
        (root / "notebooks").mkdir()
        for name in (OTHER, LESSON):
            notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
            notebook.cells = [cell for cell in notebook.cells if "hyperlib.plots" not in cell.source]
            notebook.cells = [cell for cell in notebook.cells if "hyperlib.widgets" not in cell.source]
            nbformat.write(notebook, root / "notebooks" / f"{name}.ipynb")
        self.env = os.environ | {"PYTHONPATH": str(root), "GRADING_TIMEOUT": str(TIME), "OMP_NUM_THREADS": "1"}

    def run(self, *command, fails=False):
        """Run a Python module with arguments, from the course's root; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=self.root, env=self.env, text=True, capture_output=True, timeout=900
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def hand_in(self, student, assignment, lesson, filled_in, change=None):
        """What a student sends: a notebook with answers, changed in some way, and perhaps files beside it."""
        notebook = nbformat.read(self.grading / "release" / assignment / f"{lesson}.ipynb", as_version=4)
        for cell in notebook.cells:
            if filled_in.get(cell.id):
                cell.source = filled_in[cell.id]
        if callable(change):
            change(notebook)
        folder = self.grading / "submitted" / student / assignment
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{lesson}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        for name, text in (change if isinstance(change, dict) else {}).items():
            (folder / name).write_text(text)

    def asked(self, lesson):
        """The ids of a lesson's cells."""
        return {cell.id for cell in nbformat.read(self.root / "notebooks" / f"{lesson}.ipynb", as_version=4).cells}

    def marks(self):
        """{(assignment, student): mark} from nbgrader's own CSV."""
        self.run("nbgrader", "export")
        with open(self.grading / "marks.csv", encoding="utf-8") as file:
            return {(row["assignment"], row["student_id"]): float(row["score"]) for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    for folder in (root, root.parent):
        folder.chmod(0o755)  # pytest's are for their owner alone; a grader who is root lets kernels run as nobody
    course = Course(root)
    course.before = digests(course.root / "notebooks")
    course.run("nbgrader", "generate_assignment", LESSON)
    course.run("nbgrader", "generate_assignment", "notebooks")
    return course


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def graded(course):
    """The whole class, graded on all cores by the one documented command."""
    for student, (filled_in, change, _, _) in STUDENTS.items():
        course.hand_in(student, LESSON, LESSON, filled_in, change)
    nothing = course.grading / "submitted" / "no_notebook" / LESSON
    nothing.mkdir(parents=True)
    (nothing / "notes.txt").write_text("see my e-mail")
    course.output = course.run("classroom", "grade", LESSON)
    if "isolation: none" not in course.output:
        vandal = VANDAL.format(grading=str(course.grading))
        course.hand_in("vandal", LESSON, LESSON, answers(flatten=vandal + right("flatten")))
        course.run("classroom", "grade", LESSON)
    course.given = course.marks()
    return course


@pytest.mark.parametrize("student", STUDENTS)
def test_each_student_gets_a_fair_mark(graded, student):
    _, _, mark, told = STUDENTS[student]
    assert graded.given[LESSON, student] == pytest.approx(mark), graded.output
    lines = [line for line in graded.output.splitlines() if line.startswith(f"  {student}: ")]
    assert any(told in line for line in lines) if told else not lines, graded.output


def test_who_sent_no_notebook_has_a_row_and_a_line(graded):
    assert graded.given[LESSON, "no_notebook"] == 0
    assert f"no_notebook: no {LESSON}.ipynb" in graded.output


def test_a_vandal_reaches_nothing_where_kernels_are_isolated(graded):
    if "isolation: none" in graded.output:
        return  # student code runs as the grader then, and the teacher's page says so
    assert graded.given[LESSON, "vandal"] == 9
    assert (graded.grading / "submitted" / "all_right" / LESSON / f"{LESSON}.ipynb").exists()


def test_what_is_graded_is_not_graded_again(graded):
    again = graded.run("classroom", "grade", LESSON)
    assert f"{len(STUDENTS) + ('isolation: none' not in again)} of them are graded already" in again


def test_the_feedback_names_the_mistake(graded):
    graded.run("nbgrader", "generate_feedback", LESSON, "--student=partly_right")
    feedback = graded.grading / "feedback" / "partly_right" / LESSON / f"{LESSON}.html"
    assert "the <em>first</em> axis" in feedback.read_text() or "the *first* axis" in feedback.read_text()


def test_what_took_the_notebook_down_is_said_in_its_place(graded):
    def outputs(student):
        path = graded.grading / "autograded" / student / LESSON / f"{LESSON}.ipynb"
        return {cell.id: str(cell.outputs) for cell in nbformat.read(path, as_version=4).cells if "outputs" in cell}

    assert "Trying the answer ended the kernel" in outputs("os_exit")["check_flatten"]
    assert "This cell ended the kernel, so it was left out" in outputs("os_exit_at_top")["flatten"]
    assert "It catches whatever should stop it" in outputs("swallows_in_function")["check_flatten"]
    assert "This cell ran too long and could not be stopped" in outputs("swallows_at_top")["flatten"]
    assert "CellTimeoutError" in outputs("loop_at_top")["flatten"]
    assert len(outputs("prints_for_ever")["flatten"]) < 400_000


def test_what_no_mark_depends_on_is_shown_as_the_lesson_has_it(graded):
    path = graded.grading / "autograded" / "half_right" / LESSON / f"{LESSON}.ipynb"
    demo = next(cell for cell in nbformat.read(path, as_version=4).cells if cell.source.startswith("x = torch.tensor"))
    assert demo.execution_count is None and "tensor([0., 3., 6.])" in str(demo.outputs)


def test_the_mistakes_of_the_class(graded):
    text = graded.run("classroom", "mistakes", LESSON)
    counted = {line.split(":")[0]: line for line in text.splitlines() if " passed, " in line}
    assert list(counted) == ["parameter_offsets", "unflatten", "flatten", "unflatten_square"]
    assert " 2 did not attempt it" in counted["unflatten_square"]  # blank and half_right: the broken code as it was
    assert "  1 x This works for one flat vector" in text
    page = (graded.grading / f"mistakes_{LESSON}.html").read_text(encoding="utf-8")
    assert "This works for one flat vector" in page and "data:image/png;base64," in page


def test_the_course_itself_stays_as_it_was(graded):
    assert digests(graded.root / "notebooks") == graded.before


@pytest.fixture(scope="module")
def two_lessons(course):
    """Three students who were asked for both lessons: all; one notebook missing; one that is not JSON."""
    ten = {cell: right(cell) for cell in EXERCISES if cell in course.asked(OTHER)}
    for student in ("both", "one_missing", "one_broken"):
        course.hand_in(student, "notebooks", LESSON, answers())
        course.hand_in(student, "notebooks", OTHER, ten)
    folder = course.grading / "submitted"
    (folder / "one_missing" / "notebooks" / f"{OTHER}.ipynb").unlink()
    (folder / "one_broken" / "notebooks" / f"{OTHER}.ipynb").write_text("{not a notebook")
    return course


TWO_LESSONS = {"both": 19, "one_missing": 9, "one_broken": 9}


def test_nbgrader_by_itself_one_after_the_other(two_lessons):
    course, gradebook = two_lessons, two_lessons.grading / "gradebook.db"
    clean = gradebook.read_bytes()
    course.run("nbgrader", "autograde", "notebooks")
    marks = course.marks()
    assert {student: marks["notebooks", student] for student in TWO_LESSONS} == TWO_LESSONS
    for student in TWO_LESSONS:
        shutil.rmtree(course.grading / "autograded" / student)
    gradebook.write_bytes(clean)  # for the next test: as if nothing had been graded


def test_a_killed_run_goes_on_where_it_was(two_lessons):
    course = two_lessons
    command = [sys.executable, "-m", "classroom", "grade", "--processes", "2"]
    run = subprocess.Popen(command, cwd=course.root, env=course.env, stdout=subprocess.PIPE, start_new_session=True)
    for line in run.stdout:
        if line.startswith(b"[1/3]"):
            break
    wait_for(lambda: (course.grading / "autograded" / "one_missing" / "notebooks" / f"{LESSON}.ipynb").exists())
    os.killpg(run.pid, signal.SIGKILL)  # with the processes of the students who are being graded
    run.wait()
    half_done = course.marks()
    assert any(half_done.get(("notebooks", student), 0) < mark for student, mark in TWO_LESSONS.items())

    text = course.run("classroom", "grade")
    assert "1 of them are graded already" in text
    marks = course.marks()
    assert {student: marks["notebooks", student] for student in TWO_LESSONS} == TWO_LESSONS
    assert f"one_missing: no {OTHER}.ipynb" in text
    assert f"one_broken: {OTHER}.ipynb cannot be read as a notebook" in text
    with sqlite3.connect(course.grading / "gradebook.db") as database:
        doubled = "select cell_id, notebook_id, count(*) from grade group by 1, 2 having count(*) > 1"
        assert database.execute(doubled).fetchall() == []


def wait_for(condition):
    until = time.monotonic() + 120
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)


def test_hidden_cases_count_only_where_they_are(course):
    shown = [eval(c.code.removeprefix("parameter_offsets")) for c in EXERCISES["parameter_offsets"].cases]
    known_by_heart = [(case, EXERCISES["parameter_offsets"].reference(case)) for case in shown]
    source = f"def parameter_offsets(layer_sizes):\n    return dict({known_by_heart!r})[layer_sizes]"
    source = source.replace("dict(", "next(b for a, b in ").replace(")[layer_sizes]", " if a == layer_sizes)")
    course.hand_in("by_heart", LESSON, LESSON, answers(parameter_offsets=source))
    hidden = course.root / "hyperlib" / "exercises" / "lesson_99_hidden.py"
    example = (ROOT / "classroom" / "README.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    hidden.write_text(example)
    try:
        course.run("nbgrader", "autograde", LESSON, "--student=by_heart")
    finally:
        hidden.unlink()
    assert course.marks()[LESSON, "by_heart"] == 8.6  # the cases that are shown, 4 of 5 of parameter_offsets


FAKE_DOCKER = """#!/bin/sh
echo "$@" >> {log}
[ "$1" = run ] || exit 0
while [ "$1" != hypernetworks-kernel ]; do shift; done
shift 2
exec {python} "$@"
"""


def test_a_container_gets_no_network_and_is_removed(course, tmp_path):
    """With a stand-in for docker, which runs the command without a container: how it is called, and that it works."""
    log, docker = tmp_path / "log", tmp_path / "podman"
    docker.write_text(FAKE_DOCKER.format(log=log, python=sys.executable))
    docker.chmod(0o755)
    course.hand_in("contained", LESSON, LESSON, answers(flatten=BLANK))
    env = course.env
    course.env = env | {"GRADING_SANDBOX": "container", "PATH": f"{tmp_path}{os.pathsep}{env['PATH']}"}
    try:
        course.run("nbgrader", "autograde", LESSON, "--student=contained")
    finally:
        course.env = env
    assert course.marks()[LESSON, "contained"] == 7
    first, *_, last = log.read_text().splitlines()
    assert "--network=none" in first and "--read-only" in first and "--cap-drop=ALL" in first
    assert str(course.grading) not in first
    assert last.startswith("rm --force kernel-")


def test_a_mistyped_assignment_is_answered_in_a_sentence(course):
    text = course.run("classroom", "grade", "02", fails=True)
    assert text.startswith("There is no grading/submitted/STUDENT/02; ") and "Traceback" not in text
