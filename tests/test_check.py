"""`check` in a real kernel: what a learner sees after each kind of accident, and that the next cell still runs."""

import re
import subprocess
import sys

import nbformat
import pytest
import torch
from nbclient import NotebookClient

from hyperlib.checking import all_exercises
from hyperlib.checking import run as run_module
from hyperlib.checking.compare import difference
from hyperlib.checking.find import Attempt
from hyperlib.checking.judge import judge
from hyperlib.checking.report import side_by_side

pytestmark = pytest.mark.slow  # kernels

CHECK = 'from hyperlib import check\nlayer_parameters = check("layer_parameters")'
USE = "layer_parameters(3, 2)"


def run(*cells, env=None):
    """Run cells one after the other, errors included; the text of each cell's outputs."""
    setup = "".join(f"import os; os.environ[{k!r}] = {v!r}\n" for k, v in (env or {}).items())
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in (setup, *cells)])
    NotebookClient(notebook, timeout=60, allow_errors=True, kernel_name="python3").execute()
    return ["\n".join(map(text_of, cell.outputs)) for cell in notebook.cells[1:]]


def text_of(output):
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return output.get("text") or output.data["text/plain"]


ACCIDENTS = {
    "syntax error": ("def layer_parameters(n_in, n_out)\n    return 1", "has a syntax error: expected ':' (line 1:"),
    "exception": ("def layer_parameters(n_in, n_out):\n    return n_inn", "line 2, `return n_inn`"),
    "None": ("def layer_parameters(n_in, n_out):\n    n_in * n_out + n_out", "Is a `return` missing?"),
    "printed instead": ("def layer_parameters(a, b):\n    print(a * b + b)", "Is a `return` missing?"),
    "endless loop": ("def layer_parameters(n_in, n_out):\n    while True: pass", "still running after 3 seconds"),
    "endless loop that cannot be stopped": (
        # The loop to be interrupted has a function of its own: on Python 3.13 an exception thrown into a loop from
        # outside arrives at its jump back, which a `try` around the loop does not cover.
        "import time\nuntil = time.time() + 8\ndef spin():\n    while time.time() < until: pass\n"
        "def layer_parameters(a, b):\n    while time.time() < until:\n"
        "        try: spin()\n        except: pass",
        "It catches whatever should stop it",
    ),
    "recursion": ("def layer_parameters(a, b):\n    return layer_parameters(a, b)", "RecursionError"),
    "exit": ("def layer_parameters(a, b):\n    import sys; sys.exit()", "exit() ends the whole program"),
    "not a function": ("layer_parameters = 8", "of type int; expected a function"),
    "float": ("def layer_parameters(a, b):\n    return (a + 1) * b / 1", "of type float; expected int"),
    "wrong number of arguments": ("def layer_parameters(n_in):\n    return 1", "takes 1 positional argument but 2"),
    "random state": (
        "import torch\ndef layer_parameters(a, b):\n    torch.manual_seed(1)\n    return a * b + b",
        "random",
    ),
    "known mistake": ("def layer_parameters(a, b):\n    return a * b", "The biases are left out"),
    "async": ("async def layer_parameters(a, b):\n    return a * b + b", "leave it out"),
    "an object that cannot be looked at": (
        "class W:\n    def __repr__(s): 1 / 0\n    def __eq__(s, o): 1 / 0\n    def __bool__(s): 1 / 0\n"
        "def layer_parameters(a, b):\n    return W()",
        "of type W; expected int",
    ),
    "output closed": ("import sys\ndef layer_parameters(a, b):\n    sys.stdout.close()\n    return a", "expected 3"),
    "names of IPython's": (
        "In, Out = 3, 2\nget_ipython = print = max = _ih = 4\ndef layer_parameters(a, b):\n    return a + b",
        "The result is 5",
    ),
    "too deep to be read": (f"def layer_parameters(a, b):\n    return {'0+' * 900}0", "expected 3"),
    "stub": ('def layer_parameters(a, b):\n    """Doc."""\n    ...', "NOT ATTEMPTED"),
}


@pytest.fixture(scope="module")
def accidents():
    """All accidents one after the other in one kernel: the strictest way, since none may spoil the next."""
    cells = [cell for answer, _ in ACCIDENTS.values() for cell in (answer, CHECK, USE)]
    outputs = run(*cells, "def layer_parameters(a, b):\n    return (a + 1) * b", CHECK, USE)
    return dict(zip([*ACCIDENTS, "right at last"], zip(*[iter(outputs)] * 3, strict=True), strict=True))


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_each_accident_gets_its_own_message_and_the_next_cell_runs(accidents, accident):
    _, shown, used = accidents[accident]
    words = ACCIDENTS[accident][1]
    assert shown.startswith("NOT ATTEMPTED" if accident == "stub" else "NOT YET")
    assert words in shown or words in shown.replace("Still", "still")
    assert used == "8"  # the course's own version stands in


def test_after_all_accidents_a_right_answer_passes(accidents):
    _, shown, used = accidents["right at last"]
    assert shown.startswith("PASSED") and used == "8"


def test_an_answer_that_calls_itself_is_judged_alike_every_time():
    own = (
        "def count_parameters(s):\n    if not s: return 1\n    return s[0][1] * (s[0][0] + 1) + count_parameters(s[1:])"
    )
    check = 'from hyperlib import check\ncount_parameters = check("count_parameters")'
    _, *shown, _, passed = run(own, check, check, check, own.replace("return 1", "return 0"), check)
    assert all(text.startswith("NOT YET") for text in shown) and passed.startswith("PASSED")


def test_lines_that_only_ipython_reads():
    answer = "import torch\ntorch.cat?\nhere = !pwd\ndef layer_parameters(a, b):\n    return a * b + b"
    assert run(answer, CHECK)[1].startswith("PASSED")


def test_everything_can_be_loaded_again():
    again = "import importlib, sys\n[importlib.reload(m) for n, m in list(sys.modules.items()) if n[:8] == 'hyperlib']"
    assert run(CHECK, again, "def layer_parameters(a, b):\n    return a * b + b", CHECK)[3].startswith("PASSED")


STOP = """import sys, threading
import hyperlib
wrong, right = {}, {}
exec("def layer_parameters(n_in, n_out):\\n    return n_in * n_out", wrong)
exec("def layer_parameters(n_in, n_out):\\n    return n_in * n_out + n_out", right)
sys.stdout = None

def stop_after(lines):
    def trace(frame, event, argument):
        nonlocal lines
        if "hyperlib" not in frame.f_code.co_filename:
            return None
        lines -= event == "line"
        if lines == 0:
            raise KeyboardInterrupt
        return trace
    sys.settrace(trace)
    try:
        exec("import hyperlib; hyperlib.check('layer_parameters')", wrong)
        return False
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)

n = 1
while stop_after(n):
    exec("import hyperlib; mine = hyperlib.check('layer_parameters')", right)
    assert right["mine"] is right["layer_parameters"], n
    for name in [name for name in sys.modules if name.startswith("hyperlib.") and n % 5 == 0]:
        if name.split(".")[1] in ("checking", "exercises"):
            del sys.modules[name]
    n += n // 12 + 1
assert n > 100
"""


def test_stop_at_any_line_leaves_checks_that_work():
    done = subprocess.run([sys.executable, "-c", STOP], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_check_cell_alone_can_be_run_again():
    wrong = "def layer_parameters(a, b):\n    return a * b"
    right = "def layer_parameters(a, b):\n    return a * b + b"
    _, first, again, _, passed, once_more = run(wrong, CHECK, CHECK, right, CHECK, CHECK)
    assert first == again and "The biases are left out" in again
    assert passed == once_more and passed.startswith("PASSED")


def test_of_two_versions_in_one_cell_the_last_counts():
    both = "def layer_parameters(a, b):\n    ...\n\ndef layer_parameters(a, b):\n    return a * b"
    assert "The biases are left out" in run(both, CHECK)[1]


def test_a_mistyped_name_is_pointed_at():
    assert "but a `layer_paramters`" in run("def layer_paramters(a, b):\n    return a * b + b", CHECK)[1]


def test_a_new_right_definition_of_another_kind_clears_a_syntax_error():
    broken = "def layer_parameters(a, b)\n    return 1"
    shown = run(broken, CHECK, "layer_parameters = lambda a, b: a * b + b", CHECK)
    assert "syntax error" in shown[1] and shown[3].startswith("PASSED")


def test_without_the_exercises_cell():
    assert "run the cell above first" in run(CHECK)[0]


def test_a_cell_that_broke_before_the_definition():
    wrong = "def layer_parameters(a, b):\n    return a * b"
    broken = "1 / 0\n\ndef layer_parameters(a, b):\n    return a * b + b"
    shown = run(wrong, CHECK, broken, CHECK)[3]
    assert "stopped with an error before it was made" in shown


def test_the_learners_own_object_is_handed_on_when_it_passed():
    answer = "def layer_parameters(a, b):\n    return a * b + b\nmine = layer_parameters"
    assert run(answer, CHECK, "layer_parameters is mine")[2] == "True"


def test_random_numbers_after_a_check_are_what_they_would_have_been():
    draw = "import torch; torch.manual_seed(3)"
    answer = "def layer_parameters(a, b):\n    torch.manual_seed(0)\n    return a * b + b"
    _, _, _, after = run(draw, answer, CHECK, "torch.rand(2)")
    assert after == run(draw, "torch.rand(2)")[1]


ODD = """import os, sys, tempfile, warnings, torch
torch.set_grad_enabled(False); torch.set_default_dtype(torch.float64); torch.set_default_device("meta")
torch.use_deterministic_algorithms(True); torch.autograd.set_detect_anomaly(True, check_nan=False)
torch.set_num_threads(3); torch.set_printoptions(precision=1); sys.setrecursionlimit(123_456)
os.chdir(tempfile.gettempdir()); warnings.simplefilter("error"); torch.autocast("cpu").__enter__()
def stand():
    return (torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_default_device(), torch.is_anomaly_enabled(),
            torch.are_deterministic_algorithms_enabled(), torch.is_anomaly_check_nan_enabled(), sys.getrecursionlimit(),
            torch.get_num_threads(), torch._tensor_str.PRINT_OPTS.precision, os.getcwd(), warnings.filters[0][0],
            torch.is_autocast_enabled("cpu"))
before = stand()"""


def test_answers_are_judged_under_the_defaults_and_the_learners_settings_stand_again():
    answers = [all_exercises()[name] for name in ("flatten", "TargetNet", "train_hypernet", "initialise_generator")]
    uses = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\nfrom hyperlib import check\n"
    cells = [f'{uses}{e.solution}\n{e.name} = check("{e.name}")' for e in answers]
    *shown, same = run(ODD, *cells, "stand() == before")
    assert [text[:6] for text in shown[1:]] == ["PASSED"] * 4 and same == "True", shown


@pytest.mark.parametrize(
    "change, words",
    {
        "torch.set_grad_enabled(False)": "gradient recording",
        "torch.set_default_dtype(torch.float64)": "the default dtype",
        "torch.set_default_device('meta')": "the default device",
        "torch.use_deterministic_algorithms(True)": "deterministic mode",
        "torch.set_num_threads(7)": "the number of threads",
        "import os; os.chdir('/')": "the working folder",
    }.items(),
)
def test_what_an_answer_leaves_changed_is_said_and_changed_back(change, words):
    namespace, before = {"torch": torch}, run_module._settings()
    exec(f"def layer_parameters(n_in, n_out):\n    {change}\n    return n_in * n_out + n_out", namespace)
    verdict = judge(all_exercises()["layer_parameters"], Attempt(namespace["layer_parameters"]))
    assert verdict.reason == f"The result is right, but the call changes {words} and doesn't change that back"
    assert run_module._settings() == before


def test_points_under_nbgrader_are_published_as_the_cells_result():
    half = "def layer_parameters(a, b):\n    return a * b + 1"  # right for a single output: one case of four
    env = {"NBGRADER_EXECUTION": "autograde"}
    assert run(half, CHECK, env=env)[1].splitlines()[-1] == "0.25"
    assert run("def layer_parameters(a, b):\n    ...", CHECK, env=env)[1].splitlines()[-1] in ("0", "0.0")
    right = "def layer_parameters(a, b):\n    return a * b + b"
    assert run(right, CHECK, env=env)[1].splitlines()[-1] == "1.0"


def test_the_grader_goes_on_with_the_courses_own_where_an_answer_took_the_kernel_down():
    grade = "from hyperlib.checking import stand_in\nlayer_parameters = stand_in('layer_parameters', 'it was a crash')"
    shown, used = run(grade, USE, env={"NBGRADER_EXECUTION": "autograde"})
    assert "it was a crash" in shown.lower() and shown.splitlines()[-1] == "0.0" and used == "8"
    assert run(grade.replace("it was a crash", ""), USE) == ["", "8"]


def test_the_solution_can_be_left_out():
    show = "from hyperlib.checking.report import Report\nReport.show = lambda self: print(self._repr_html_())\n" + CHECK
    stub = "def layer_parameters(a, b):\n    ..."
    shown = run(stub, show, env={"HYPERLIB_SOLUTIONS": "1"})[1]
    assert "course's solution" in shown.replace("&#x27;", "'") and "Hint 1 of 2" in shown
    hidden = run(stub, show, env={"HYPERLIB_SOLUTIONS": "0"})[1]
    assert "solution" not in hidden and "Hint 1 of 2" in hidden
    assert not re.search(r"return n_in", hidden)


def test_wrong_numbers_are_marked_for_eye_and_ear_and_stand_below_their_places():
    html = side_by_side(difference(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0, 2.0], [5.0, 4.0]])))
    needed, got = html.split("</table>")[:2]
    assert (
        "wrong" not in needed and got.count("wrong") == 1 and re.search(r"border: 3px [^>]*>5<span[^>]*> wrong<", got)
    )
    for table in (needed, got):
        assert "<caption" in table
        for scope in ("row", "col"):
            assert re.findall(rf'<th scope="{scope}"[^>]*>(\d)</th>', table) == ["0", "1"]
