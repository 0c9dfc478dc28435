"""Run an answer on its cases and come back, whatever it does: raise, exit, print, loop for ever, change its inputs."""

import contextlib
import copy
import ctypes
import io
import linecache
import queue
import random
import sys
import threading
import traceback
import warnings
from dataclasses import dataclass, field

import torch
from torch import nn

TIME_LIMIT = 3.0  # seconds for one case; right answers take milliseconds
SEED = 1609_09106  # one that nobody else sets
PRINT_LIMIT = 2_000  # characters kept of what an answer prints


@dataclass
class Outcome:
    """What came of one case."""

    value: object = None
    error: str = None  # "ZeroDivisionError: division by zero"
    error_line: str = ""  # the learner's line that raised it
    changed: list = field(default_factory=list)  # inputs changed in place
    random_states: tuple = None  # of the global generators, after the call
    seed: int = 0  # that torch's generator was last set to
    gradients: dict = None  # input name -> gradient, or None where none arrived
    gradient_error: tuple = None  # like error and error_line, for a call whose inputs want gradients
    timed_out: bool = False
    still_running: bool = False  # it could not be stopped either


class Stopped(BaseException):
    """Thrown into an answer that took too long.  A BaseException, so that `except Exception` does not catch it."""


class Printed(io.StringIO):
    """Keeps the first characters that an answer prints; an endless printer must not fill the memory."""

    def write(self, text):
        room = PRINT_LIMIT - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)


def run_case(exercise, case, answer):
    """The Outcome of `answer` on one case, in this thread and without a time limit."""
    outcome = Outcome()
    inputs = copy.deepcopy(case.inputs)
    states = random_states()
    torch.manual_seed(SEED)  # layers made inside the case start the same for every answer
    try:
        outcome.value = execute(exercise, case, answer, inputs)
        outcome.random_states, outcome.seed = random_states(), torch.initial_seed()
        outcome.changed = [name for name in inputs if not unchanged(case.inputs[name], inputs[name])]
        if exercise.gradients and not outcome.changed:
            try:
                outcome.gradients = gradients_of(exercise, case, answer)
            except Exception as error:  # counts only where the value is right
                outcome.gradient_error = describe_error(error, answer)
    except Stopped:
        outcome.timed_out = True
    except BaseException as error:  # SystemExit, KeyboardInterrupt and GeneratorExit included
        outcome.error, outcome.error_line = describe_error(error, answer)
    finally:
        restore_states(states)
    return outcome


def run_cases(exercise, answer):
    """The Outcomes of the cases and what was printed; after a case that takes too long, no further one is tried.

    A thread works on every system, unlike SIGALRM, and an answer that swallows every exception can be left behind.
    """
    results, given_up, printed = queue.SimpleQueue(), threading.Event(), Printed()

    def work():
        with contextlib.suppress(Stopped):  # it may arrive late, between two cases
            for one in exercise.cases:
                if not given_up.is_set():
                    results.put(run_case(exercise, one, answer))

    states, outcomes = random_states(), []
    worker = threading.Thread(target=work, daemon=True)
    with warnings.catch_warnings(), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        warnings.simplefilter("ignore")
        before = threading.stack_size(64 * 2**20)  # deep recursion must end in RecursionError, not in a crash
        worker.start()
        threading.stack_size(before)
        try:
            while len(outcomes) < len(exercise.cases):
                outcomes.append(results.get(timeout=TIME_LIMIT))
        except queue.Empty:
            outcomes.append(Outcome(timed_out=True))
        finally:  # also when the learner presses Stop meanwhile
            given_up.set()
            stop(worker)
            restore_states(states)
    outcomes[-1].still_running = outcomes[-1].timed_out and worker.is_alive()
    return outcomes, printed.getvalue()


def stop(worker):
    """Throw Stopped into a thread until it ends; after half a second, leave it behind."""
    for _ in range(50):
        worker.join(0.01)
        if not worker.is_alive():
            return
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker.ident), ctypes.py_object(Stopped))


def execute(exercise, case, answer, inputs):
    """Run a case's code with the answer under its name; the value of its last line."""
    import hyperlib  # here, since hyperlib itself imports this module when a check is first asked for

    namespace = {"torch": torch, "nn": nn, "hyperlib": hyperlib, **inputs, exercise.name: answer}
    exec(case.before, namespace)
    return eval(case.last, namespace)


def gradients_of(exercise, case, answer):
    """The gradient that reaches each float input, for a weighted sum of all that the case returns."""
    inputs = copy.deepcopy(case.inputs)
    leaves = {}
    for name, leaf in named_tensors(inputs):
        if leaf.is_floating_point():
            leaves[name] = leaf.requires_grad_()
    value = execute(exercise, case, answer, inputs)
    if not leaves:
        return {}
    # Another factor for every number, so that a sum over all of them cannot hide a permutation.
    terms = [
        (out * torch.arange(1, out.numel() + 1, dtype=out.dtype).reshape(out.shape)).sum() * (k + 1)
        for k, (_, out) in enumerate(named_tensors({"value": value}))
        if out.requires_grad
    ]
    if not terms:
        return dict.fromkeys(leaves)
    return dict(zip(leaves, torch.autograd.grad(sum(terms), leaves.values(), allow_unused=True), strict=True))


def named_tensors(values):
    """All tensors inside nested lists, tuples, dicts and modules, each with a name such as `weights[0][1]`."""
    for name, value in values.items():
        if isinstance(value, torch.Tensor):
            yield name, value
        elif isinstance(value, (list, tuple)):
            yield from named_tensors({f"{name}[{i}]": item for i, item in enumerate(value)})
        elif isinstance(value, dict):
            yield from named_tensors({f"{name}[{key!r}]": item for key, item in value.items()})
        elif isinstance(value, nn.Module):
            yield from ((f"{name}.{key}", p) for key, p in value.named_parameters())


def unchanged(before, after):
    """Whether an input is as it was."""
    if isinstance(before, torch.Tensor):
        return before.shape == after.shape and torch.equal(before, after)
    if isinstance(before, nn.Module):
        # A gradient left behind in .grad is a change as well: the next backward would add to it.
        return all(
            torch.equal(p, q) and (q.grad is None) == (p.grad is None) and p.requires_grad == q.requires_grad
            for p, q in zip(before.parameters(), after.parameters(), strict=True)
        )
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(unchanged, before, after))
    return before == after if isinstance(before, (int, float, str, dict)) else True


def describe_error(error, answer):
    """An exception in one line, and the line of the learner's own code that raised it."""
    text = f"{type(error).__name__}: {error}".strip().rstrip(":").splitlines()[0]
    files = code_files(answer)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in files:
            line = linecache.getline(frame.filename, frame.lineno).strip()
            return text, f"line {frame.lineno}, `{line}`" if line else f"line {frame.lineno}"
    return text, ""


def code_files(answer):
    """The files (for a notebook: the cells) that hold the code of a function, or of a class's methods."""
    members = vars(answer).values() if isinstance(answer, type) else [answer]
    return {m.__code__.co_filename for m in members if hasattr(m, "__code__")}


def random_states():
    """The states of the global random generators: torch's, Python's, and numpy's where it is loaded."""
    numpy = sys.modules.get("numpy")
    return torch.get_rng_state(), random.getstate(), numpy.random.get_state() if numpy else None


def same_states(a, b):
    same_numpy = a[2] is None or (a[2][2] == b[2][2] and (a[2][1] == b[2][1]).all())
    return torch.equal(a[0], b[0]) and a[1] == b[1] and same_numpy


def restore_states(states):
    torch.set_rng_state(states[0])
    random.setstate(states[1])
    if states[2] is not None:
        sys.modules["numpy"].random.set_state(states[2])
