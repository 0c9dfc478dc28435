"""Run an answer on its cases and come back, whatever it does: raise, exit, print, loop forever, change its inputs."""

import builtins
import contextlib
import copy
import ctypes
import inspect
import io
import linecache
import locale
import os
import random
import re
import sys
import threading
import time
import traceback
import warnings
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import nn

TIME_LIMIT = 3.0  # seconds for one case; right answers take milliseconds
PRINT_LIMIT = 2_000  # characters kept of what an answer prints
_SEED = 1609_09106  # one that nobody else sets
_KEPT = 10**7  # numbers of a tensor that are copied: an expanded one may pretend to have far more

# What an answer can leave changed for all code after it: in words, how to read it, how to set it, and the default that
# answers are judged under.  None: whatever it is, or for what is set for each thread, what a new thread starts with.
_SETTINGS = (
    ("gradient recording", torch.is_grad_enabled, torch.set_grad_enabled, None),
    ("inference mode", torch.is_inference_mode_enabled, lambda on: None, None),  # it cannot be set
    ("autocast", lambda: torch.is_autocast_enabled("cpu"), lambda on: torch.set_autocast_enabled("cpu", on), None),
    ("the default device", torch.get_default_device, torch.set_default_device, None),
    ("the default dtype", torch.get_default_dtype, torch.set_default_dtype, torch.float32),
    ("deterministic mode", torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode, 0),
    (
        "anomaly detection",
        lambda: (torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()),
        lambda flags: torch.set_anomaly_enabled(*flags),
        (False, True),
    ),
    (
        "the precision of matrix products",
        torch.get_float32_matmul_precision,
        torch.set_float32_matmul_precision,
        "highest",
    ),
    ("the number of threads", torch.get_num_threads, torch.set_num_threads, None),
    (
        "the way tensors are printed",
        lambda: dict(vars(torch._tensor_str.PRINT_OPTS)),
        lambda options: vars(torch._tensor_str.PRINT_OPTS).update(options),
        None,
    ),
    ("the working folder", os.getcwd, os.chdir, None),
    ("Python's recursion limit", sys.getrecursionlimit, sys.setrecursionlimit, 1000),
    ("the locale", lambda: locale.setlocale(locale.LC_ALL), lambda it: locale.setlocale(locale.LC_ALL, it), None),
)


def _settings():
    """What each setting is; None where it cannot be read (a working folder that was deleted)."""
    values = []
    for _, get, _, _ in _SETTINGS:
        values.append(None)
        with contextlib.suppress(Exception):
            values[-1] = get()
    return values


def _put(values):
    """Set what differs from these values; None leaves it as it is."""
    for (_, _, put, _), now, value in zip(_SETTINGS, _settings(), values, strict=True):
        if value is not None and now != value:
            with contextlib.suppress(Exception):
                put(value)


@contextlib.contextmanager
def defaults():
    """Put the defaults in force, and afterwards all back: settings, random states, warnings, printing, `input`."""
    settings, states = _settings(), _random_states()
    streams, ask = (sys.stdout, sys.stderr), builtins.input
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _put([default for *_, default in _SETTINGS])
        try:
            yield
        finally:
            builtins.input, (sys.stdout, sys.stderr) = ask, streams
            _put(settings)
            _restore(states)


def under_defaults(work):
    """The result of work() under the defaults, in a new thread, where what is set for one thread alone is as at first.

    Stop (KeyboardInterrupt) ends it.
    """
    results = []

    def run():
        try:
            results.append((work(), None))
        except BaseException as error:
            results.append((None, error))

    with defaults():
        thread = _start(run)
        try:
            while thread.is_alive():
                thread.join(0.1)
        except BaseException:
            for _ in range(4):  # in case that it lands where an exception cannot be raised, as in a `__del__`
                _throw(Stopped, thread)
                thread.join(1)
            raise
    value, error = results[0]
    if error is not None:
        raise error
    return value


def _start(run):
    """A started thread in which deep recursion ends in a RecursionError, not in a crash."""
    thread = threading.Thread(target=run, daemon=True)
    before = threading.stack_size(64 * 2**20)
    try:
        thread.start()
    finally:
        threading.stack_size(before)
    return thread


@dataclass
class Outcome:
    """What came of one case."""

    value: object = None  # a copy, as it was when it came: a later call may change the answer's own
    error: str = None  # "ZeroDivisionError: division by zero"
    error_line: str = ""  # the learner's line that raised it, or the case's own
    changed: list = field(default_factory=list)  # inputs changed in place
    left: list = field(default_factory=list)  # settings that the call leaves changed, in words
    random_states: tuple = None  # of the global generators, after the call
    seed: int = 0  # that torch's generator was last set to
    gradients: dict = None  # input name -> gradient, or None where none arrived
    gradient_error: tuple = None  # like error and error_line, for a call whose inputs want gradients
    timed_out: bool = False
    still_running: bool = False  # it could not be stopped either


class Stopped(BaseException):
    """Thrown into an answer that took too long.  A BaseException, so that `except Exception` does not catch it."""


class _Printed(io.StringIO):
    """Keeps the first characters that an answer prints; an endless printer must not fill the memory."""

    def write(self, text):
        room = PRINT_LIMIT - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)

    def close(self):
        """An answer may close what it takes for its own output."""


def _no_input(*prompt):
    raise EOFError("nobody answers `input()` during a check: an answer gets all it needs as arguments")


def run_case(exercise, case, answer):
    """The Outcome of `answer` on one case, in this thread and without a time limit."""
    outcome = Outcome()
    inputs = copy.deepcopy(case.inputs)
    states, settings = _random_states(), _settings()
    torch.manual_seed(_SEED)  # layers made inside the case start the same for every answer
    try:
        value = _execute(exercise, case, answer, inputs)
        outcome.random_states, outcome.seed = _random_states(), torch.initial_seed()
        outcome.left = [s[0] for s, now, then in zip(_SETTINGS, _settings(), settings, strict=True) if now != then]
        _put(settings)
        outcome.changed = [name for name in inputs if not _unchanged(case.inputs[name], inputs[name])]
        outcome.value = _kept(value)
        if exercise.gradients and not outcome.changed:
            try:
                outcome.gradients = _gradients_of(exercise, case, answer)
            except Exception as error:  # counts only where the value is right
                outcome.gradient_error = _describe_error(error, answer, case)
    except Stopped:
        raise
    except BaseException as error:  # SystemExit, KeyboardInterrupt and GeneratorExit included
        outcome.error, outcome.error_line = _describe_error(error, answer, case)
    finally:
        _put(settings)
        _restore(states)
    return outcome


def _kept(value, depth=20):
    """A copy of what came, tensors and lists; everything else as it is."""
    if isinstance(value, torch.Tensor):
        with contextlib.suppress(Exception):
            return value.detach().clone() if value.numel() <= _KEPT else value
    elif type(value) in (list, tuple) and depth:
        return type(value)(_kept(item, depth - 1) for item in value)
    elif type(value) is dict and depth:
        return {key: _kept(item, depth - 1) for key, item in value.items()}
    elif inspect.iscoroutine(value):
        value.close()  # or Python warns that nobody awaited it
    return value


def run_cases(exercise, answer):
    """The Outcomes of the cases and what was printed; after a case that takes too long, no further one is tried.

    A thread works on every system, unlike SIGALRM, and an answer that swallows every exception can be left behind.
    Each case has a new one, so that nothing set for a thread stays for the next.
    """
    outcomes, printed = [], _Printed()
    with defaults(), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        builtins.input = _no_input
        for one in exercise.cases:
            results = []
            worker = _start(partial(_run_into, results, exercise, one, answer))
            try:
                _wait(worker)
            finally:  # also when the learner presses Stop meanwhile
                if worker.is_alive():
                    _stop(worker)
            timed_out = Outcome(timed_out=True, still_running=worker.is_alive())
            outcomes += results[:1] or [timed_out]
            if outcomes[-1].timed_out:
                break
    return outcomes, printed.getvalue()


def _run_into(results, *arguments):
    with contextlib.suppress(Stopped):
        results.append(run_case(*arguments))


def _wait(worker):
    """Wait until a thread has ended or its time is up.

    On a busy machine it may wait for its turn: what counts is processor time, up to twice the limit.
    """
    began, spent = time.monotonic(), time.process_time()
    while worker.is_alive():
        worker.join(0.05)
        took = time.monotonic() - began
        if took > TIME_LIMIT and (time.process_time() - spent > TIME_LIMIT or took > 2 * TIME_LIMIT):
            return


def _stop(worker):
    """Throw Stopped into a thread until it ends; after half a second, leave it behind."""
    for _ in range(50):
        worker.join(0.01)
        if not worker.is_alive():
            return
        _throw(Stopped, worker)


def _throw(kind, thread):
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(kind))


def _execute(exercise, case, answer, inputs):
    """Run a case's code with the answer under its name; the value of its last line."""
    import hyperlib  # here, since hyperlib itself imports this module when a check is first asked for

    namespace = {"torch": torch, "nn": nn, "hyperlib": hyperlib, **inputs, exercise.name: answer}
    exec(case.before, namespace)
    return eval(case.last, namespace)


def _gradients_of(exercise, case, answer):
    """The gradient that reaches each float input, for a weighted sum of all that the case returns."""
    inputs = copy.deepcopy(case.inputs)
    leaves = {}
    for name, leaf in _named_tensors(inputs):
        if leaf.is_floating_point():
            leaves[name] = leaf.requires_grad_()
    value = _execute(exercise, case, answer, inputs)
    if not leaves:
        return {}
    # A different factor for every number, so that a sum over all of them cannot hide a permutation.
    terms = [
        (out * torch.arange(1, out.numel() + 1, dtype=out.dtype).reshape(out.shape)).sum() * (k + 1)
        for k, (_, out) in enumerate(_named_tensors({"value": value}))
        if out.requires_grad
    ]
    if not terms:
        return dict.fromkeys(leaves)
    return dict(zip(leaves, torch.autograd.grad(sum(terms), leaves.values(), allow_unused=True), strict=True))


def _named_tensors(values):
    """All tensors inside nested lists, tuples, dicts and modules, each with a name such as `weights[0][1]`."""
    for name, value in values.items():
        if isinstance(value, torch.Tensor):
            yield name, value
        elif isinstance(value, (list, tuple)):
            yield from _named_tensors({f"{name}[{i}]": item for i, item in enumerate(value)})
        elif isinstance(value, dict):
            yield from _named_tensors({f"{name}[{key!r}]": item for key, item in value.items()})
        elif isinstance(value, nn.Module):
            yield from ((f"{name}.{key}", p) for key, p in value.named_parameters())


def _unchanged(before, after):
    """Whether an input is as it was: numbers, dtype, whether it requires a gradient, a module's mode."""
    if type(before) is not type(after):
        return False
    if isinstance(before, torch.Tensor):
        flags = [(t.shape, t.dtype, t.requires_grad, t.is_leaf and t.grad is None) for t in (before, after)]
        return flags[0] == flags[1] and bool(((before == after) | (before != before)).all())
    if isinstance(before, nn.Module):
        # A gradient left behind in .grad is a change as well: the next backward would add to it.
        modes = [[m.training for m in module.modules()] for module in (before, after)]
        return modes[0] == modes[1] and _unchanged(list(before.parameters()), list(after.parameters()))
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(_unchanged, before, after))
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_unchanged(value, after[key]) for key, value in before.items())
    return before is after or before == after if isinstance(before, (int, float, str)) else True


def _describe_error(error, answer, case):
    """An exception in one line, and where it was raised: the learner's own line, or else the check's."""
    try:
        text = f"{type(error).__name__}: {error}".strip().rstrip(":").splitlines()[0]
    except Exception:  # whatever an exception of the learner's says of itself
        text = type(error).__name__
    files = _code_files(answer)
    frames = list(traceback.walk_tb(error.__traceback__))
    for frame, number in reversed(frames):
        file = frame.f_code.co_filename
        if file in files or frame.f_globals.get("__name__") == "__main__":
            line = linecache.getline(file, number).strip()
            return text, f"line {number}, `{line}`" if line else f"line {number}"
    lines = case.code.splitlines()
    inside = [lines[n - 1].strip() for f, n in frames if f.f_code.co_filename == "<case>" and n <= len(lines)]
    called = isinstance(error, TypeError) and re.search(r"\w\(\) (takes|got|missing)", text)  # in another way than told
    if inside and not called and not isinstance(error, (SystemExit, KeyboardInterrupt, RecursionError)):
        return text, f"the check's own line `{inside[-1]}`"
    return text, ""


def _code_files(answer):
    """The files (for a notebook: the cells) that hold the code of a function, or of a class's methods."""
    members = vars(answer).values() if isinstance(answer, type) else [answer]
    return {m.__code__.co_filename for m in members if hasattr(m, "__code__")}


def _random_states():
    """The states of the global random generators: torch's, Python's, and numpy's where it is loaded."""
    numpy = sys.modules.get("numpy")
    return torch.get_rng_state(), random.getstate(), numpy.random.get_state() if numpy else None


def same_states(a, b):
    same_numpy = a[2] is None or (a[2][2] == b[2][2] and (a[2][1] == b[2][1]).all())
    return torch.equal(a[0], b[0]) and a[1] == b[1] and same_numpy


def _restore(states):
    torch.set_rng_state(states[0])
    random.setstate(states[1])
    if states[2] is not None:
        sys.modules["numpy"].random.set_state(states[2])
