"""What every exercise promises, for all of them: the answer passes, each mistake is named, anything is survived."""

import inspect
import sys
import time
from dataclasses import replace

import pytest
import torch
from torch import nn

import hyperlib
from hyperlib.checking import all_exercises
from hyperlib.checking import run as run_module
from hyperlib.checking.find import Attempt, find_definition
from hyperlib.checking.judge import judge
from hyperlib.checking.report import Report
from hyperlib.checking.run import run_case

EXERCISES = all_exercises()
MISTAKES = [(e, m) for e in EXERCISES.values() for m in e.mistakes]


@pytest.fixture(params=EXERCISES.values(), ids=EXERCISES)
def exercise(request):
    return request.param


def judged(exercise, answer):
    return judge(exercise, Attempt(answer))


def learners_own(exercise):
    """The course's solution, as a learner would have typed it into a notebook that imports torch."""
    namespace = {"__name__": "__main__"}
    exec("import torch\nimport torch.nn.functional as F\nfrom torch import nn\n" + exercise.solution, namespace)
    return namespace[exercise.name]


def with_outputs(exercise, change):
    """The right answer, except that what it returns goes through `change`."""
    right = learners_own(exercise)
    if not inspect.isclass(right):
        return lambda *args, **kwargs: change(right(*args, **kwargs))
    return type(exercise.name, (right,), {"forward": lambda self, *args: change(right.forward(self, *args))})


def that_does(exercise, action):
    """An answer that does something else instead of what was asked."""
    right = learners_own(exercise)
    if not inspect.isclass(right):
        return lambda *args, **kwargs: action()

    def __init__(self, *args):
        super(broken, self).__init__(*args)
        action()

    broken = type(exercise.name, (right,), {"__init__": __init__, "forward": lambda self, *args: action()})
    return broken


def on_tensors(change):
    """A change of every tensor in nested lists; the first number in what holds none."""

    def apply(value):
        if isinstance(value, torch.Tensor):
            return change(value)
        if isinstance(value, (list, tuple)):
            return type(value)(map(apply, value))
        return value

    return apply


def returns_tensors(exercise):
    needed = [run_case(exercise, case, exercise.reference).value for case in exercise.cases]
    return any(isinstance(leaf, torch.Tensor) and leaf.dim() for leaf in torch.utils._pytree.tree_leaves(needed))


TENSORS = [e for e in EXERCISES.values() if returns_tensors(e)]
# Those that have no reason to draw random numbers: the layers of a class may be random.
FUNCTIONS = [e for e in EXERCISES.values() if not inspect.isclass(e.reference) and not e.random]
IN_LIBRARY = [e for e in EXERCISES.values() if e.name in hyperlib.__all__]
DIFFERENTIABLE = [e for e in EXERCISES.values() if e.gradients]


def test_the_reference_passes(exercise):
    verdict = judged(exercise, learners_own(exercise))
    assert verdict.passed and verdict.share == 1, verdict


@pytest.mark.parametrize("exercise", IN_LIBRARY, ids=[e.name for e in IN_LIBRARY])
def test_hyperlibs_own_version_agrees(exercise):
    """Where the library has a function of that name, it is right on all cases: solutions cannot drift from it."""
    own = getattr(hyperlib, exercise.name)
    adapted = type(exercise.name, (own,), {}) if inspect.isclass(own) else lambda *args: own(*args)
    verdict = judged(replace(exercise, without=()), adapted)
    assert verdict.passed, verdict


class TestMistakes:  # a class goes to a core of its own
    @pytest.mark.parametrize("exercise, mistake", MISTAKES, ids=[f"{e.name}-{m.name[:60]}" for e, m in MISTAKES])
    def test_every_one_fails_and_is_named(self, exercise, mistake, monkeypatch):
        monkeypatch.setattr(mistake.implementation, "__module__", "__main__")
        verdict = judged(exercise, mistake.implementation)
        assert verdict.word == "not yet" and verdict.share < 1
        assert verdict.mistake.name == mistake.name
        assert mistake.explanation in repr(Report(exercise, verdict))


def test_there_are_at_least_four_mistakes(exercise):
    assert len(exercise.mistakes) >= 4, "declare what people get wrong with mistakes(...) (see CONTRIBUTING.md)"


def test_the_stub_is_not_attempted(exercise):
    source = exercise.blank
    namespace = {"nn": nn, "torch": torch, "F": nn.functional}
    exec(source, namespace)
    verdict = judge(exercise, Attempt(namespace[exercise.name], node=find_definition(exercise.name, source)))
    assert verdict.word == "not attempted" and verdict.share == 0


@pytest.mark.slow
def test_a_right_answer_is_accepted_within_300_ms(exercise):
    answer = learners_own(exercise)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        assert judged(exercise, answer).passed
        seconds.append(time.process_time() - start)
    assert min(seconds) < (1.5 if "backward" in exercise.solution else 0.3)  # those that train take longer


def test_points_are_positive_and_hints_are_there(exercise):
    assert exercise.points > 0 and len(exercise.hints) >= 2, "at least two hints: a question, then the line in words"


def refused(exercise, answer, *words):
    """The reason why an answer is refused, which must hold the words."""
    verdict = judged(exercise, answer)
    text = repr(Report(exercise, verdict))
    assert verdict.word == "not yet", text
    assert verdict.reason and all(word in text for word in words), text
    assert "object at 0x" not in text
    return verdict


def test_none_is_refused(exercise):
    refused(exercise, that_does(exercise, lambda: None))


def test_an_exception_is_shown(exercise):
    def fail():
        raise KeyError("a mistyped name")

    refused(exercise, that_does(exercise, fail), "raised KeyError: 'a mistyped name'")


def test_a_wrong_type_is_refused(exercise):
    refused(exercise, that_does(exercise, lambda: "forty-two"))


def test_exit_does_not_end_the_notebook(exercise):
    refused(exercise, that_does(exercise, sys.exit), "SystemExit", "ends the whole program")


def test_endless_recursion_is_survived(exercise):
    def recurse():
        return recurse()

    refused(exercise, that_does(exercise, recurse), "RecursionError", "calls itself again and again")


def test_an_endless_loop_is_stopped(exercise, monkeypatch):
    monkeypatch.setattr(run_module, "TIME_LIMIT", 0.2)

    def loop():
        while True:
            pass

    refused(exercise, that_does(exercise, loop), "does a loop never end?")


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=[e.name for e in FUNCTIONS])
def test_changed_random_state_is_noticed(exercise):
    right = learners_own(exercise)

    def draws(*args):
        torch.rand(1)
        return right(*args)

    refused(exercise, draws, "state of the global random generator")


def test_prints_are_kept_and_do_not_count(exercise, capsys):
    verdict = judged(exercise, with_outputs(exercise, lambda value: print("looking at it", value) or value))
    assert verdict.passed, verdict
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("exercise", TENSORS, ids=[e.name for e in TENSORS])
class TestTensors:
    def test_a_wrong_shape_is_told_from_a_wrong_value(self, exercise):
        answer = with_outputs(exercise, on_tensors(lambda t: t.unsqueeze(0)))
        assert refused(exercise, answer, "shape", "expected").found.kind in ("shape", "length")

    def test_nan_is_named(self, exercise):
        refused(exercise, with_outputs(exercise, on_tensors(lambda t: t * float("nan"))), "NaN")

    def test_numpy_is_named(self, exercise):
        words = "ndarray" if exercise.name == "HyperNet" else "numpy"  # its first cases ask for shapes
        refused(exercise, with_outputs(exercise, on_tensors(lambda t: t.detach().numpy())), words)

    def test_right_numbers_in_the_wrong_order(self, exercise):
        def flip(t):
            return t.flatten().flip(0).reshape(t.shape)

        refused(exercise, with_outputs(exercise, on_tensors(flip)), "in the wrong order")

    def test_the_wrong_dtype_is_named(self, exercise):
        refused(exercise, with_outputs(exercise, on_tensors(torch.Tensor.double)), "dtype float64; expected float32")


@pytest.mark.parametrize("exercise", DIFFERENTIABLE, ids=[e.name for e in DIFFERENTIABLE])
class TestGradients:
    def test_a_cut_is_noticed(self, exercise):
        answer = with_outputs(exercise, on_tensors(torch.Tensor.detach))
        assert refused(exercise, answer, "the gradient is cut").found.kind == "gradient"

    def test_a_wrong_gradient_is_noticed(self, exercise):
        def wrong_slope(t):  # the value is t, the gradient that of 3 t
            return (3 * t - 2 * t.detach()).to(t.dtype)

        assert (
            refused(exercise, with_outputs(exercise, on_tensors(wrong_slope)), "gradient of").found.kind == "gradient"
        )


def test_an_answer_for_one_case_only():
    verdict = refused(EXERCISES["count_parameters"], lambda layer_sizes: 2, "The result is the same for every case")
    assert verdict.right == 1 and verdict.share == pytest.approx(0.2)


def test_changed_arguments_are_named():
    def pops(layer_sizes):
        total = 0
        while layer_sizes:
            n_in, n_out = layer_sizes.pop()
            total += n_in * n_out + n_out
        return total

    refused(EXERCISES["count_parameters"], pops, "`[(1, 1)]` in place")

    def adds_in_place(x, w, b):
        x *= w
        x += b
        return x

    refused(EXERCISES["line"], adds_in_place, "`x` in place")
    refused(
        EXERCISES["flatten"],
        lambda weights: (learners_own(EXERCISES["flatten"])(weights), weights.clear())[0],
        "changed its input `weights` in place",
    )


def test_the_cut_is_pointed_at():
    source = "def flatten(weights):\n    return torch.cat([p.data.flatten() for l in weights for p in l])\n"
    namespace = {"torch": torch}
    exec(source, namespace)
    verdict = judge(EXERCISES["flatten"], Attempt(namespace["flatten"], node=find_definition("flatten", source)))
    assert any("`.data` looks past the graph" in remark for remark in verdict.remarks)


def test_one_that_swallows_every_exception_is_left_behind(monkeypatch):
    monkeypatch.setattr(run_module, "TIME_LIMIT", 0.2)
    until = time.monotonic() + 2

    def stubborn(n_in, n_out):
        while time.monotonic() < until:
            try:
                time.sleep(0.001)
            except BaseException:
                continue

    refused(EXERCISES["layer_parameters"], stubborn, "does a loop never end?")


def test_an_endless_printer_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(run_module, "TIME_LIMIT", 0.2)

    def chatter(n_in, n_out):
        while True:
            print("and another thing")

    verdict = refused(EXERCISES["layer_parameters"], chatter)
    assert 0 < len(verdict.printed) <= run_module.PRINT_LIMIT


@pytest.mark.slow
def test_enormous_results_are_cut_short():
    for huge in (list(range(10**6)), 10**5000, -(10**5000), [10**5000], torch.zeros(1000, 1000)):
        verdict = refused(EXERCISES["parameter_offsets"], lambda sizes, huge=huge: huge)
        assert len(Report(EXERCISES["parameter_offsets"], verdict)._repr_html_()) < 20_000
    refused(EXERCISES["layer_parameters"], lambda a, b: 10**5000, "a whole number of 16610 bits")


def test_wrong_kinds_of_things():
    refused(EXERCISES["layer_parameters"], 8, "of type int; expected a function")
    refused(EXERCISES["TargetNet"], learners_own(EXERCISES["TargetNet"])(), "an instance of TargetNet")
    refused(EXERCISES["layer_parameters"], hyperlib.layer_parameters, "imported from hyperlib")


def test_an_exercise_that_does_not_exist():
    with pytest.raises(ValueError, match="did you mean 'count_parameters'"):
        hyperlib.check("count_parameter")
