"""The verdict on an answer: passed, not yet or not attempted, with the reason and the mistake by its name."""

import inspect
import pickle
import re
from dataclasses import dataclass, field
from functools import partial

from . import run
from .compare import Difference, difference, type_name, wrong_places
from .find import gradient_cuts, is_stub, makes_layers, placeholder_left, shortcut_problem
from .probes import first_failure
from .run import run_case, run_cases, same_states, under_defaults

ABOUT_VALUES = ("value", "shape", "length", "type", "dtype", "nan")
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
    still_running: bool = False  # the answer swallows what should stop it, and takes time from all that follows

    @property
    def passed(self):
        return self.word == PASSED


def judge(exercise, attempt):
    """The Verdict on an Attempt, whatever is set where this is called."""
    return under_defaults(lambda: _judge(exercise, attempt))


def _judge(exercise, attempt):
    if attempt.unreadable:
        reason = f"Python cannot read the cell, which has a syntax error: {attempt.unreadable}"
        return Verdict(NOT_YET, reason=reason)
    if attempt.missing:
        return Verdict(NOT_ATTEMPTED, reason=attempt.missing)
    if is_stub(exercise, attempt.node):
        return Verdict(NOT_ATTEMPTED, reason=waiting(exercise))
    wrong_kind = kind_problem(exercise, attempt.answer) or shortcut_problem(exercise, attempt.node)
    if wrong_kind:
        return Verdict(NOT_YET, reason=wrong_kind)
    # The course's own first: what torch imports on first use (2 s for an optimizer) must not count as the learner's.
    needed = [run_case(exercise, case, exercise.reference) for case in exercise.cases]
    outcomes, printed = run_cases(exercise, attempt.answer)
    layers = makes_layers(attempt.node)
    found = [problem(exercise, n, o, layers) for n, o in zip(needed, outcomes, strict=False)]
    wrong = [i for i, problem_found in enumerate(found) if problem_found]
    if not wrong:
        failed = first_failure(exercise, attempt.answer, needed, partial(problem, layers=layers))
        if failed is None:
            return Verdict(PASSED, right=len(outcomes), share=1.0)
        _, one, difference_found = failed
        share = share_of_points(exercise, [*found, difference_found], needed)  # counts as one more case
        return Verdict(
            NOT_YET, len(outcomes), capital(difference_found.sentence), case=one, found=difference_found, share=share
        )
    first = wrong[0]
    right = found.count(None)
    verdict = Verdict(NOT_YET, right, case=exercise.cases[first], found=found[first], printed=printed)
    if any(found[i].kind in ABOUT_VALUES for i in wrong):  # in another case they aren't
        found[first].sentence = re.sub(r"^the (values are|result is) right, but", r"here \g<0>", found[first].sentence)
    verdict.reason = capital(found[first].sentence)
    verdict.mistake = named_mistake(exercise, outcomes, first)
    verdict.remarks = list(remarks(attempt.node, needed, outcomes, first, found[first], verdict.mistake))
    # A note says what is new in a case.  It doesn't fit an answer that never worked, nor values that are right.
    new = found[first].kind in ABOUT_VALUES or found[first].kind == "error" and right and not advice(outcomes[first])
    if exercise.cases[first].note and new and not verdict.mistake and not placeholder_left(attempt.node):
        verdict.remarks.append(exercise.cases[first].note)
    verdict.share = share_of_points(exercise, found, needed)
    verdict.still_running = outcomes[-1].still_running
    return verdict


def remarks(node, needed, outcomes, first, found, mistake=None):
    """What else can be said of a wrong answer, apart from its first difference."""
    if found.kind == "gradient":
        yield from (f"Seen in your code: {cut}." for cut in gradient_cuts(node))
    if outcomes[-1].still_running:
        yield (
            "It catches whatever should stop it, so it still runs and slows down everything after it: fix it, then"
            " Kernel > Restart Kernel. A plain `except:` catches everything; name the exception that you expect."
        )
    if placeholder_left(node):
        yield "Your code still has a `...` to fill in."
    if not mistake and same_for_all(outcomes) and not same_for_all(needed):
        yield (
            "The result is the same for every case: is it a fixed number, or computed from a variable of the"
            " notebook instead of the argument?"
        )
    for lost in unconnected(needed[first], outcomes[first], found):
        yield f"Nothing connects the result with {lost}: not used, or its history is cut."


def waiting(exercise):
    what = "Fix the cell above" if exercise.stub and inspect.isfunction(exercise.stub) else "Fill in the cell above"
    return f"{what}, run it, then run this one."


def kind_problem(exercise, answer):
    """A sentence if the name holds something that cannot be an answer at all, else None."""
    name = exercise.name
    if getattr(answer, "__module__", None) and str(answer.__module__).split(".")[0] == "hyperlib":
        return f"`{name}` is the course's own, imported from hyperlib. The exercise is to write it yourself"
    if inspect.isclass(exercise.reference):
        if not inspect.isclass(answer):
            instance = type(answer).__name__ == name
            what = f"an instance of {name}, made with parentheses" if instance else f"of type {type_name(answer)}"
            return f"`{name}` is {what}; expected the class itself"
    elif not callable(answer):
        return f"`{name}` is of type {type_name(answer)}; expected a function"
    return None


def problem(exercise, needed, outcome, layers=False):
    """What is wrong with one case's Outcome, as a Difference, or None; `layers`: whether its code makes layers."""
    if outcome.timed_out:
        return Difference(
            "time", f"still running after {run.TIME_LIMIT:g} seconds, so it was stopped: does a loop never end?"
        )
    if outcome.error:
        return Difference("error", error_sentence(outcome.error, outcome.error_line))
    found = difference(needed.value, outcome.value)
    if found:
        return found
    if outcome.left:
        left = " and ".join(outcome.left)
        return Difference("left", f"the result is right, but the call changes {left} and doesn't change that back")
    if outcome.gradient_error:
        return Difference("error", error_sentence(*outcome.gradient_error))
    changed = [name for name in outcome.changed if name not in needed.changed]  # a case may change its own
    if changed:
        names = ", ".join(f"`{name}`" for name in changed)
        return Difference("changed", f"the result is right, but the call changed its input {names} in place")
    found = gradient_problem(needed.gradients, outcome.gradients or {})
    if found:
        return found
    if random_problem(exercise, needed, outcome, layers):
        means = "it sets a seed" if outcome.seed != needed.seed else drawn_from(needed, outcome)
        return Difference(
            "random",
            "the result is right, but the call changed the state of the global random generator,"
            f" and with it every random number drawn afterwards ({means})",
        )
    return None


def drawn_from(needed, outcome):
    """Which of the global generators was used, in words."""
    pairs = zip(("torch", "random", "numpy.random"), needed.random_states, outcome.random_states, strict=True)
    used = [name for name, *states in pairs if pickle.dumps(states[0]) != pickle.dumps(states[1])]
    words = {"torch": "`torch.rand` and the like do", "random": "Python's `random` does"}
    return f"{words.get(*used[:1] or ['torch'], 'numpy.random does')} that"


def random_problem(exercise, needed, outcome, layers):
    """Whether the call drew random numbers where the course's own does not, or set a seed."""
    if outcome.seed != needed.seed:
        return True
    if inspect.isclass(exercise.reference) or exercise.random or layers:
        return False  # layers start at random, and a learner's layers may be other ones
    return not same_states(needed.random_states, outcome.random_states)


ADVICE = {  # what an error of torch's usually means here
    "_backward_hooks": "Is `super().__init__()` missing, or its parentheses?",
    "before Module.__init__() call": "Is `super().__init__()` missing, or its parentheses?",
    "empty parameter list": "The target network owns no parameters. Train those of the hypernetwork.",
    "can't optimize a non-leaf": "An optimizer takes only leaves: parameters, or `.detach().clone().requires_grad_()`.",
    "through the graph a second time": "Is something computed once that has to be computed again at each step?",
    "not a Module subclass": "Is a `...` still to be filled in?",
}


def advice(outcome):
    return any(words in (outcome.error or "") for words in ADVICE)


def error_sentence(error, line):
    where = f" (in {line})" if line else ""
    if "leaf Variable that requires grad is being used in an in-place" in error:
        return (
            f"it changes a tensor that requires a gradient in place{where}, which can't be differentiated. Leave inputs"
            " as they are; parameters may be changed inside `with torch.no_grad():`"
        )
    sentence = f"it raised {error}{where}"
    if advised := next((said for words, said in ADVICE.items() if words in error), ""):
        return f"{sentence}. {advised}"
    if error.startswith("SystemExit"):
        return sentence + ". An answer must return; exit() ends the whole program"
    if error.startswith("RecursionError"):
        return sentence + ". It calls itself again and again: what should end it?"
    return sentence


def gradient_problem(needed, got):
    """A Difference between two sets of gradients, or None."""
    for name, gradient in (needed or {}).items():
        if gradient is None and got.get(name) is not None:
            sentence = f"the result is right, but a gradient reaches `{name}`, which should get none"
            return Difference("gradient", sentence)
        if gradient is not None and got.get(name) is None:
            return Difference("gradient", f"the values are right, but the gradient is cut: none reaches `{name}`")
        found = gradient is not None and difference(gradient, got[name], f"the gradient of `{name}`")
        if found and got[name].shape == gradient.shape and not got[name][wrong_places(gradient, got[name])].any():
            lost = f"{int(wrong_places(gradient, got[name]).sum())} of {gradient.numel()} numbers of `{name}` get none"
            found.sentence = f"a part of the gradient is cut: {lost}"
        if found:
            return Difference("gradient", f"the values are right, but {found.sentence}", found.needed, found.got)
    return None


def same_for_all(outcomes):
    """Whether all cases came out with the same value."""
    values = [None if o.error or o.timed_out else o.value for o in outcomes]
    return len(values) > 2 and values[0] is not None and all(difference(values[0], v) is None for v in values)


def unconnected(needed, outcome, found):
    """Names of the inputs that a wrong value does not depend on, though the right one does."""
    if found.kind not in ("value", "shape", "nan") or not outcome.gradients:
        return []
    return [
        f"`{name}`"
        for name, gradient in (needed.gradients or {}).items()
        if gradient is not None and outcome.gradients.get(name) is None
    ]


def named_mistake(exercise, outcomes, first):
    """The known mistake that gives the same outcome on every case, or None.

    If none does, then one that differs only in the numbers of an error, or in which error it raises past the first
    failing case: that depends on the style.
    """
    if len(outcomes) < len(exercise.cases):
        return None
    close = None
    for known in exercise.mistakes:
        exact = True
        for i, (case, b) in enumerate(zip(exercise.cases, outcomes, strict=True)):
            a = run_case(exercise, case, known.implementation)
            if not behaves_like(a, b):
                exact = False
                if not (a.error and b.error and (i > first or same_words(a.error, b.error))):
                    break
        else:
            if exact:
                return known
            close = close or known
    return close


def same_words(a, b):
    """Whether two errors are the same but for numbers, such as a hidden size that everybody chooses."""
    return re.sub(r"\d+", "0", a) == re.sub(r"\d+", "0", b)


def behaves_like(a, b):
    """Whether two outcomes are the same: value, error, gradients, inputs changed."""
    if a.timed_out or b.timed_out or a.error or b.error:
        return a.error is not None and a.error == b.error
    if (a.gradient_error or [None])[0] != (b.gradient_error or [None])[0]:
        return False
    if difference(a.value, b.value) or a.changed != b.changed:
        return False
    return gradient_problem(a.gradients, b.gradients or {}) is None


def share_of_points(exercise, found, needed):
    """The share of the cases that the answer gets right beyond those that the unfixed cell already did."""
    before = 0
    if exercise.stub:
        shipped = [run_case(exercise, case, exercise.stub) for case in exercise.cases]
        before = sum(problem(exercise, n, o) is None for n, o in zip(needed, shipped, strict=True))
    return max(0.0, (found.count(None) - before) / max(1, max(len(found), len(exercise.cases)) - before))


def capital(sentence):
    return sentence[:1].upper() + sentence[1:]
