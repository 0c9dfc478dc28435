"""What happens to submissions by accident: nothing that a human would have marked right is lost without a word."""

import json
import os

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

pytest.importorskip("nbgrader", reason="the classroom needs nbgrader: pip install -r classroom/requirements.txt")

from classroom.collect import choose
from classroom.needed import names, needed_cells
from classroom.preprocessors import restore
from classroom.review import VERDICT, passed_at_home, unusual_lines
from classroom.source import defined, definitions_only

SOURCES = {
    name: source
    for exercise in ("flatten", "unflatten")
    for name, source in {
        exercise: f"def {exercise}(x):\n    ...",
        f"check_{exercise}": f'from hyperlib import check\n\n{exercise} = check("{exercise}")',
    }.items()
}
ANSWER = {name: source.replace("...", "return 1") for name, source in SOURCES.items()}


def handed_in(**changed):
    """The cells of a submission, with their ids; BLANK ones are left out."""
    return [cell(name, source) for name, source in (ANSWER | changed).items() if source is not None]


def cell(name, source):
    return new_code_cell(source, id=name, metadata={"nbgrader": {"grade_id": name}})


def lose_all(cells):
    return [new_code_cell(each.source) for each in cells]


def joined():
    """The second answer stands in the first one's cell."""
    return handed_in(flatten=ANSWER["flatten"] + "\n\n\n" + ANSWER["unflatten"], unflatten=None)


def in_the_check():
    both = "def flatten(x):\n    return 1\n\n" + ANSWER["check_flatten"]
    return handed_in(flatten=SOURCES["flatten"], check_flatten=both)


def swapped_metadata():
    cells = handed_in()
    cells[0].metadata, cells[2].metadata = cells[2].metadata, cells[0].metadata
    return cells


def retyped():
    return [new_code_cell(ANSWER["flatten"]), *handed_in(flatten=None)]


ACCIDENTS = {
    "nothing": (handed_in(), None),
    "ids and metadata lost": (lose_all(handed_in()), None),
    "answer and check in one cell, ids lost": (
        lose_all(handed_in(flatten=ANSWER["flatten"] + "\n" + ANSWER["check_flatten"], check_flatten=None)),
        None,
    ),
    "deleted and typed again": (retyped(), None),
    "joined into another exercise's cell": (joined(), None),
    "another exercise's metadata": (swapped_metadata(), None),
    "written into the check's cell": (in_the_check(), "the answer is in the check's cell"),
    "if True around it": (handed_in(flatten="if True:\n    def flatten(x):\n        return 1"), None),
    "all as text": ([*handed_in(), new_markdown_cell(ANSWER["flatten"])], None),
}


@pytest.mark.parametrize("cells, told", ACCIDENTS.values(), ids=ACCIDENTS)
def test_answers_are_found_by_what_they_define(cells, told):
    """When the cells run in their order, each check meets the learner's own answer."""
    cells = [nbformat.from_dict(json.loads(json.dumps(each))) for each in cells]
    found, notes = restore(cells, SOURCES)
    assert set(found) == set(SOURCES) and len({id(each) for each in found.values()}) == 4
    namespace, seen = {}, {}
    for each in cells:
        for exercise in ("flatten", "unflatten"):
            if each is found[f"check_{exercise}"]:
                seen[exercise] = namespace[exercise](0)
                break
        else:
            if each.cell_type == "code":
                exec(each.source.replace("from hyperlib import check", "check = globals().get"), namespace)
    assert seen == {"flatten": 1, "unflatten": 1}
    assert told in notes[0][1] if told else not notes, notes


def test_what_is_really_missing_is_put_back_and_said():
    cells = handed_in(flatten=None, check_flatten=None)
    _, notes = restore(cells, SOURCES)
    assert [each.source for each in cells[:2]] == [SOURCES["flatten"], SOURCES["check_flatten"]]
    assert notes == [("flatten", "its cell is missing, so the blank was put back")]
    _, notes = restore([new_code_cell("x = 1")], SOURCES)
    assert notes[0] == ("", "none of this lesson's exercises is in this notebook")


def test_an_answer_below_its_check_is_said():
    _, notes = restore([*handed_in(flatten=SOURCES["flatten"]), new_code_cell(ANSWER["flatten"])], SOURCES)
    assert notes == [("flatten", "it is defined again below its check, where it does not count")]


@pytest.mark.parametrize("line", ["torch.cat?", "here = !pwd", "%timeit f(1)", "!ls", "%%time"])
def test_what_only_ipython_reads_hides_nothing(line):
    source = f"{line}\nimport torch\nx = torch.ones(n)"
    uses, makes = names(source)
    assert {"torch", "n"} <= uses and {"torch", "x"} <= makes
    assert [why for _, why in unusual_lines(source + "\nimport os", set())][-1:] == ["reaches outside the notebook"]


@pytest.mark.parametrize(
    "source",
    [
        "here = !pwd",
        "%run other.py",
        "import hyperlib as hl\n\n\ndef flatten(w):\n    return hl.flatten(w)",
        "from hyperlib import slicing\n\nflatten = slicing.flatten",
        "from hyperlib import *",
        "%%bash\nrm -r .",
    ],
)
def test_what_reaches_outside_is_listed(source):
    assert list(unusual_lines(source, {"flatten"}))


@pytest.mark.parametrize("source", ["%timeit f()", "torch.cat?", "model.eval()", "%matplotlib inline"])
def test_what_everybody_types_is_not(source):
    assert not list(unusual_lines(source, {"flatten"}))


def test_a_text_that_became_code_and_a_very_long_sum():
    text = new_markdown_cell("## A heading")
    released = new_notebook(cells=[text])
    assert needed_cells(new_notebook(cells=[new_code_cell(text.source)]), released) == {0}
    assert names("x = " + " + ".join(["1"] * 9000))  # read or not, but survived


def test_definitions_below_what_fails():
    source = "import not_here\nn = int(input())\n\n\ndef flatten(w):\n    return 1"
    namespace = {}
    exec(definitions_only(source), namespace)
    assert namespace["flatten"](0) == 1 and defined(source) == {"not_here", "n", "flatten"}


def test_passed_at_home_and_not_here():
    report = {"exercise": "flatten", "verdict": "passed", "mistake": "", "points": None}
    output = {"output_type": "display_data", "data": {VERDICT: report}, "metadata": {}}
    graded = cell("check_flatten", "")
    graded.metadata.nbgrader |= {"grade": True, "points": 2}
    home = {"cells": [{"cell_type": "code", "outputs": [output]}]}
    assert passed_at_home(new_notebook(cells=[graded]), home) == [
        ("flatten", "it passed in the notebook that was handed in, and not here")
    ]
    graded.outputs = [nbformat.from_dict(output)]
    assert passed_at_home(new_notebook(cells=[graded]), home) == []


LESSON = "02_slicing_the_flat_vector"
DOWNLOADED = {  # file -> the student it belongs to, or None
    f"anna_{LESSON}.ipynb": "anna",
    f"anna_{LESSON} (1).ipynb": None,  # older
    f"week1/Bo Lee_1234_assignsubmission_file/{LESSON}.ipynb": "Bo Lee-1234",
    f"week1/Bo Lee_5678_assignsubmission_file/{LESSON}.ipynb": "Bo Lee-5678",
    f"week1/Cy Ray_99_assignsubmission_file/sub/{LESSON}.ipynb": "Cy Ray",
    f"week1/__MACOSX/Cy Ray_99_assignsubmission_file/._{LESSON}.ipynb": None,
    f"dora_12345_67890_{LESSON}-1.ipynb": "dora",  # as Canvas does it
    f"eve/{LESSON}-Copy1.ipynb": "eve",
    f"{LESSON}.ipynb": None,  # whose?
    "frank_notes.ipynb": None,
}


def test_downloaded_files_find_their_students(tmp_path):
    for i, name in enumerate(DOWNLOADED):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
        os.utime(path, (1000 - i, 1000 - i))
    chosen, left_out = choose(tmp_path)
    found = {path.relative_to(tmp_path).as_posix(): student for path, (student, _) in chosen.items()}
    assert found == {name: student for name, student in DOWNLOADED.items() if student}
    assert {path.name for path, _ in left_out} == {f"anna_{LESSON} (1).ipynb", f"{LESSON}.ipynb", "frank_notes.ipynb"}
