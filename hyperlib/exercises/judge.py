"""The verdict on an answer: passed, not yet or not attempted, with the reason and the mistake by its name."""

import inspect
from dataclasses import dataclass, field

from . import run
from .compare import Difference, difference, type_name
from .find import gradient_cuts, is_stub, placeholder_left
from .run import run_case, run_cases, same_states

PASSED, NOT_YET, NOT_ATTEMPTED = "passed", "not yet", "not attempted"


@dataclass
class Verdict:
    word: str
    right: int = 0  # how many cases came out right
    reason: str = ""  # one sentence: what is wrong
    remarks: list = field(default_factory=list)  # further sentences
    case: object = None  # the smallest case that fails
    found: Difference = None  # with the two values to draw, where there are any
    mistake: object = None  # the known mistake that the answer behaves like
    printed: str = ""
    share: float = 0.0  # of the points

    @property
    def passed(self):
        return self.word == PASSED


def judge(exercise, attempt):
    """The Verdict on an Attempt."""
    if attempt.unreadable:
        reason = f"Python cannot read the cell, which has a syntax error: {attempt.unreadable}"
        return Verdict(NOT_YET, reason=reason)
    if attempt.missing:
        return Verdict(NOT_ATTEMPTED, reason=attempt.missing)
    if is_stub(exercise, attempt.node):
        return Verdict(NOT_ATTEMPTED, reason=waiting(exercise))
    wrong_kind = kind_problem(exercise, attempt.answer)
    if wrong_kind:
        return Verdict(NOT_YET, reason=wrong_kind)
    outcomes, printed = run_cases(exercise, attempt.answer)
    needed = [run_case(exercise, case, exercise.reference) for case in exercise.cases]
    found = [problem(exercise, n, o) for n, o in zip(needed, outcomes, strict=False)]
    wrong = [i for i, problem_found in enumerate(found) if problem_found]
    if not wrong:
        return Verdict(PASSED, right=len(outcomes), share=1.0)
    first = wrong[0]
    right = found.count(None)
    verdict = Verdict(NOT_YET, right, case=exercise.cases[first], found=found[first], printed=printed)
    verdict.reason = capital(found[first].sentence)
    if found[first].kind == "gradient":
        verdict.remarks += [f"Seen in your code: {cut}." for cut in gradient_cuts(attempt.node)]
    if placeholder_left(attempt.node):
        verdict.remarks.append("A `...` that is to be filled in still stands in your code.")
    if right == 1 and first == 1 and len(exercise.cases) > 2 and found[first].kind in ("value", "shape"):
        verdict.remarks.append("Right for the first case alone: is a number of that case written into the code?")
    verdict.mistake = named_mistake(exercise, outcomes)
    verdict.share = share_of_points(exercise, found, needed)
    return verdict


def waiting(exercise):
    what = "Mend the cell above" if exercise.stub and inspect.isfunction(exercise.stub) else "Fill in the cell above"
    return f"{what}, run it, then run this one."


def kind_problem(exercise, answer):
    """A sentence if the name holds something that cannot be an answer at all, else None."""
    name = exercise.name
    if getattr(answer, "__module__", None) and str(answer.__module__).split(".")[0] == "hyperlib":
        return f"`{name}` is the course's own, imported from hyperlib; the exercise is to write it yourself"
    if inspect.isclass(exercise.reference):
        if not inspect.isclass(answer):
            instance = type(answer).__name__ == name
            what = f"an instance of {name}, made with parentheses" if instance else f"of type {type_name(answer)}"
            return f"`{name}` is {what}; needed the class itself"
    elif not callable(answer):
        return f"`{name}` is of type {type_name(answer)}; needed a function"
    return None


def problem(exercise, needed, outcome):
    """What is wrong with one case's Outcome, as a Difference, or None."""
    if outcome.timed_out:
        return Difference(
            "time", f"still running after {run.TIME_LIMIT:g} seconds, so it was stopped: does a loop never end?"
        )
    if outcome.error:
        return Difference("error", error_sentence(outcome))
    found = difference(needed.value, outcome.value)
    if found:
        return found
    if outcome.changed:
        names = ", ".join(f"`{name}`" for name in outcome.changed)
        return Difference("changed", f"the result is right, but the call changed its input {names} in place")
    if random_problem(exercise, needed, outcome):
        return Difference(
            "random",
            "the result is right, but the call changed the state of the global random generator,"
            " and with it every random number drawn afterwards",
        )
    return gradient_problem(needed.gradients, outcome.gradients)


def random_problem(exercise, needed, outcome):
    """Whether the call drew random numbers, or set a seed, where the course's own does not."""
    if inspect.isclass(exercise.reference):
        return False  # layers start at random, and a learner's layers may be other ones
    return not same_states(needed.random_states, outcome.random_states)


def error_sentence(outcome):
    sentence = f"it raised {outcome.error}"
    if outcome.error_line:
        sentence += f" (in {outcome.error_line})"
    if outcome.error.startswith("SystemExit"):
        return sentence + ". An answer must return; exit() ends the whole program"
    if outcome.error.startswith("RecursionError"):
        return sentence + ". It calls itself again and again: what should end it?"
    if "leaf Variable that requires grad is being used in an in-place" in outcome.error:
        return "it changes its input in place, which cannot be differentiated" + (
            f" (in {outcome.error_line})" if outcome.error_line else ""
        )
    return sentence


def gradient_problem(needed, got):
    """A Difference between two sets of gradients, or None."""
    for name, gradient in (needed or {}).items():
        if gradient is None and got[name] is not None:
            sentence = f"the result is right, but a gradient reaches `{name}`, which should get none"
            return Difference("gradient", sentence)
        if gradient is not None and got[name] is None:
            return Difference("gradient", f"the values are right, but the gradient is cut: none reaches `{name}`")
        found = gradient is not None and difference(gradient, got[name], f"the gradient of `{name}`")
        if found:
            return Difference("gradient", f"the values are right, but {found.sentence}", found.needed, found.got)
    return None


def named_mistake(exercise, outcomes):
    """The known mistake that gives the same outcome on every case, or None."""
    for known in exercise.mistakes:
        pairs = zip((run_case(exercise, c, known.implementation) for c in exercise.cases), outcomes, strict=False)
        if len(outcomes) == len(exercise.cases) and all(behaves_like(a, b) for a, b in pairs):
            return known
    return None


def behaves_like(a, b):
    """Whether two outcomes are the same: value, error, gradients, inputs changed, random state changed."""
    if a.timed_out or b.timed_out or a.error or b.error:
        return a.error is not None and a.error == b.error
    if difference(a.value, b.value) or (a.changed, a.random_changed) != (b.changed, b.random_changed):
        return False
    return gradient_problem(a.gradients, b.gradients) is None


def share_of_points(exercise, found, needed):
    """The share of the cases that the answer gets right beyond those that the unmended cell already did."""
    before = 0
    if exercise.stub:
        shipped = [run_case(exercise, case, exercise.stub) for case in exercise.cases]
        before = sum(problem(exercise, n, o) is None for n, o in zip(needed, shipped, strict=True))
    return max(0.0, (found.count(None) - before) / (len(exercise.cases) - before))


def capital(sentence):
    return sentence[:1].upper() + sentence[1:]
