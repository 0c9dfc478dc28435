"""Find the learner's answer, the object under its name and the cell that made it, and what its source tells."""

import ast
import copy
import difflib
import linecache
import re
import sys
from dataclasses import dataclass

from .declare import undecorated_source


@dataclass
class Attempt:
    """What the notebook holds for an exercise: an answer, or a reason why there is none."""

    answer: object = None
    missing: str = ""  # why there is nothing to try: "the name is not defined", ...
    unreadable: str = ""  # a syntax error, in words
    node: object = None  # the AST of the definition, where its source can be found


last_attempts = {}  # name -> (text of the defining cell, answer): the name itself may hold the course's own by now


def find_attempt(exercise, namespace):
    """The learner's Attempt at an exercise, from the namespace that `check` was called in."""
    name = exercise.name
    cell = defining_cell(name, _executed(namespace))
    if cell is not None:
        try:
            ast.parse(python_of(cell))
        except SyntaxError as error:
            line = (error.text or "").strip()
            return Attempt(unreadable=f"{error.msg} (line {error.lineno}: {line})" if line else error.msg)
        except (RecursionError, MemoryError):  # it nests too deeply to be read, which need not stop it from running
            pass
    answer = namespace.get(name, exercise.reference)
    if answer is exercise.reference:
        cell_then, answer = last_attempts.get(name, (None, None))
        if cell_then != cell or answer is None:
            return Attempt(missing=why_missing(exercise, cell, namespace))
    last_attempts[name] = cell, answer
    return Attempt(answer, node=definition(name, answer, cell))


def _executed(namespace):
    """The cells that were executed in this namespace.  Not from `In`: a learner may call something else that."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    return shell.history_manager.input_hist_parsed if shell and shell.user_ns is namespace else []


def why_missing(exercise, cell, namespace):
    near = difflib.get_close_matches(exercise.name, [n for n, value in namespace.items() if callable(value)], 2, 0.85)
    misspelt = [name for name in near if name != exercise.name and namespace[name] is not exercise.reference]
    if cell is None and misspelt:
        return f"There is no `{exercise.name}`, but a `{misspelt[0]}`: is the name mistyped?"
    if cell is None:
        return f"There is no `{exercise.name}` yet: run the cell above first."
    return (
        f"The cell that should make `{exercise.name}` stopped with an error before it was made:"
        " read the last line of the error below that cell."
    )


def defining_cell(name, inputs):
    """The text of the newest executed cell that defines `name`, or None (outside of a notebook: always)."""
    made = rf"(?:def|class)\s+{name}\b|{name}\s*(?::.*)?=(?!=)(?!\s*check\()|(?:from|import)\s.*\b{name}\b"
    pattern = re.compile(rf"^(?:async\s+)?(?:{made})", re.MULTILINE)
    return next((cell for cell in reversed(inputs) if pattern.search(cell)), None)


def python_of(cell):
    """A cell's text as plain Python (`%timeit ...` and `!ls` become function calls)."""
    from IPython import get_ipython

    shell = get_ipython()
    return shell.transform_cell(cell) if shell else cell


def definition(name, answer, cell):
    """The AST node of `def name` or `class name` in the source that the answer came from, or None."""
    source = cell and python_of(cell)
    if source is None:
        members = vars(answer).values() if isinstance(answer, type) else [answer]
        code = next((m.__code__ for m in members if hasattr(m, "__code__")), None)
        source = "".join(linecache.getlines(code.co_filename)) if code else ""
    return find_definition(name, source)


def find_definition(name, source):
    """The node of the last `def name` or `class name` at the top level of a source, which is the one that counts."""
    kinds = (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)
    try:
        nodes = [node for node in ast.parse(source).body if isinstance(node, kinds) and node.name == name]
        ast.unparse(copy.deepcopy(nodes))  # what nests too deeply for this cannot be looked at
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return nodes[-1] if nodes else None


def is_stub(exercise, node):
    """Whether the definition is still what the notebook shipped with: nothing filled in, nothing fixed."""
    if node is None:
        return False
    if exercise.stub is None:
        return isinstance(node, ast.FunctionDef) and not essence(node).body
    shipped = ast.parse(undecorated_source(exercise.stub)).body[0]
    return ast.dump(essence(node)) == ast.dump(essence(shipped))


def essence(node):
    """A definition without name, docstrings, `...` and `pass`: what is left was written on purpose."""
    node = ast.parse(ast.unparse(node)).body[0]  # a copy without line numbers
    node.name = "_"
    for part in ast.walk(node):
        if isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            part.body = [
                line
                for line in part.body
                if not isinstance(line, ast.Pass)
                and not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
            ]
    return node


def placeholder_left(node):
    """Whether the code still has a `...` to fill in (an index such as `x[..., 0]` isn't one)."""
    if node is None:
        return False
    inside_index = {id(part) for sub in ast.walk(node) if isinstance(sub, ast.Subscript) for part in ast.walk(sub)}
    return any(
        isinstance(part, ast.Constant) and part.value is ... and id(part) not in inside_index for part in ast.walk(node)
    )


CUTS = {
    ".detach(": "`.detach()` gives the same numbers without their history",
    ".data": "`.data` looks past the graph",
    "Parameter(": "`nn.Parameter(...)` makes a new leaf: it keeps the values and forgets where they came from",
    "torch.tensor(": "`torch.tensor(...)` copies the values and forgets where they came from",
    "torch.Tensor(": "`torch.Tensor(...)` copies the values and forgets where they came from",
    ".item()": "`.item()` turns a number into plain Python",
    ".tolist()": "`.tolist()` turns the numbers into plain Python",
    "no_grad": "`torch.no_grad()` records nothing",
    ".numpy()": "numpy records nothing",
    ".weight.copy_": "copying into a layer's own parameters overwrites them, and connects nothing",
}


def gradient_cuts(node):
    """Sentences about what in this code cuts the gradient, where that can be seen."""
    source = ast.unparse(node) if node else ""
    return [sentence for token, sentence in CUTS.items() if token in source]


def shortcut_problem(exercise, node):
    """A sentence if the code leaves the exercise's work to something that does just that, else None."""
    if node is None:
        return None
    source = ast.unparse(without_docstrings(node))
    for name in exercise.without:
        if re.search(rf"\b{re.escape(name)}\b", source):
            return f"`{name}` does the whole work here. The exercise is to do it without"
    for part in ast.walk(node):
        taken = isinstance(part, ast.Attribute) and ast.unparse(part) == f"hyperlib.{exercise.name}"
        if isinstance(part, ast.ImportFrom) and (part.module or "").partition(".")[0] == "hyperlib":
            taken = exercise.name in [alias.name for alias in part.names]
        if taken:
            return f"`hyperlib.{exercise.name}` is what you are building in this exercise. Build it from other parts"
    return None


def without_docstrings(node):
    """The code alone: a docstring may well speak of what the code must not use."""
    node = copy.deepcopy(node)
    for part in ast.walk(node):
        documented = isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        if documented and len(part.body) > 1 and ast.get_docstring(part) is not None:
            del part.body[0]
    return node


def makes_layers(node):
    """Whether the code makes layers, which start at random."""
    return bool(node and re.search(r"\bnn\.[A-Z]\w*\(|\bLinear\(", ast.unparse(node)))
