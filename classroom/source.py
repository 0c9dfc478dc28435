"""What a cell's text tells: as Python, whatever of IPython's own is in it, and which names it defines."""

import ast
import re

from IPython.core.inputtransformer2 import TransformerManager

RUNS_PYTHON = ("time", "timeit", "capture", "prun")  # cell magics whose body is Python for the notebook itself
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)  # what parsing raises, for whatever was typed


def python(source):
    """A cell as plain Python: `torch.cat?`, `here = !pwd` and `%magic` become calls, as IPython runs them."""
    first, _, rest = source.lstrip().partition("\n")
    if first.startswith("%%"):
        magic = (first[2:].split() or [""])[0]
        source = "pass\n" + rest if magic in RUNS_PYTHON else f"get_ipython().run_cell_magic({magic!r}, '', '')"
    try:
        return TransformerManager().transform_cell(source)
    except UNREADABLE:
        return source


def tree(source):
    """The syntax tree of a cell, or None where it cannot be read."""
    try:
        return ast.parse(python(source))
    except UNREADABLE:
        return None


def defined(source):
    """The names that a cell defines, but for those that it gets from `check`."""
    parsed = tree(source)
    if parsed is None:
        return set(re.findall(r"^(?:def|class)\s+(\w+)", source, re.MULTILINE))
    found, pending = set(), list(parsed.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            checked = isinstance(node.value, ast.Call) and ast.unparse(node.value.func).endswith("check")
            if not checked and not isinstance(node.value, ast.Constant):  # `flatten = None` is no answer
                found |= {part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        else:  # `if True:` or `try:` around a definition
            pending += [part for part in ast.iter_child_nodes(node) if isinstance(part, (ast.stmt, ast.excepthandler))]
    return found


def checks(source, exercise):
    """Whether a cell calls `check` for an exercise."""
    return bool(re.search(rf"\bcheck\(\s*(['\"]){exercise}\1", source))


def definitions_only(source):
    """A cell's imports, functions and classes, without anything that it does; an import may fail."""
    parsed = tree(source)
    lines = []
    for node in parsed.body if parsed else []:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            lines.append(ast.unparse(node))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            lines.append(f"try:\n    {ast.unparse(node)}\nexcept ImportError:\n    pass")
    return "\n\n".join(lines)
