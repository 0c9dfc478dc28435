"""Which cells of a submission have to be run: lessons train networks for half a minute that no mark depends on."""

import ast
import symtable

from .source import UNREADABLE, python


def needed_cells(notebook, released):
    """Indices of the cells that a mark may depend on.

    These are the exercises, the checks, all that the student changed or added, and whatever of the lesson's own code
    makes or changes a name that one of these uses.
    """
    shipped = {cell.source for cell in released.cells if cell.cell_type == "code"}
    needed, wanted = set(), set()
    for index in reversed(range(len(notebook.cells))):
        cell = notebook.cells[index]
        if cell.cell_type != "code":
            continue
        uses, makes = names(cell.source)
        if cell.metadata.get("nbgrader") or cell.source not in shipped or uses is None or makes & wanted:
            needed.add(index)
            wanted |= uses or set()
    return needed


def names(source):
    """(global names that a cell uses, those that it makes or may change); (None, empty) if that cannot be told."""
    source = python(source)
    try:
        table, tree = symtable.symtable(source, "<cell>", "exec"), ast.parse(source)
    except UNREADABLE:
        return None, set()
    uses, makes = set(), set()
    scopes = [table]
    while scopes:
        scope = scopes.pop()
        scopes += scope.get_children()
        for symbol in scope.get_symbols():
            if scope.get_type() == "module" or symbol.is_global():
                if symbol.is_referenced():
                    uses.add(symbol.get_name())
                if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
                    makes.add(symbol.get_name())
    for statement in tree.body:
        if not isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
            makes |= changed(statement)
    return uses, makes


LIBRARIES = {
    "torch",
    "F",
    "nn",
    "plt",
    "math",
    "random",
    "time",
    "np",
    "hyperlib",
}  # what is done to these is no matter


def changed(statement):
    """Names whose objects a statement may change: called upon, handed to a call, stored into."""
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            parts = [node.func.value] if isinstance(node.func, ast.Attribute) else []
            parts += [*node.args, *(keyword.value for keyword in node.keywords)]
            found |= {root(part) for part in parts}
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
            found.add(root(node))
    return found - LIBRARIES - {None}


def root(node):
    """The name that an expression such as a.b[0].c(d) begins with, or None."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None
