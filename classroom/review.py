"""What in a submission a human should look at: scores that no check bears out, and code that no exercise needs.

Inside one process a submission can do whatever `check` can, so nothing here prevents anything.  It finds what is done
openly; a human reads the line and decides.
"""

import ast
import re

from .source import UNREADABLE, python

VERDICT = "application/vnd.hyperlib.verdict+json"
OWN_ANSWERS = "reaches for the course's own answers"
BY_HAND = "reaches for what publishes scores"
UNSEEN = "runs code that cannot be seen here"
OUTSIDE = "reaches outside the notebook"
CALLED = {  # as a plain name, such as eval(...); the method model.eval() is innocent
    **dict.fromkeys(("exec", "eval", "compile", "__import__"), UNSEEN),
    **dict.fromkeys(("globals", "vars", "__builtins__"), "looks behind Python's names"),
    "open": OUTSIDE,
}
ANYWHERE = {  # as a name or behind a dot
    **dict.fromkeys(("get_ipython", "displayhook", "publish_points", "settrace"), BY_HAND),
    **dict.fromkeys(("all_exercises", "EXERCISES", "stand_in", "undecorated_source"), OWN_ANSWERS),
    **dict.fromkeys(("import_module", "__globals__", "__subclasses__", "_getframe"), UNSEEN),
    **dict.fromkeys(("environ", "system", "popen", "_exit"), OUTSIDE),
}
BEHIND_A_DOT = {"reference": OWN_ANSWERS, "exercises": OWN_ANSWERS}
OTHERS = {
    *("os", "sys", "gc", "inspect", "ctypes", "importlib", "builtins", "subprocess", "socket", "threading", "atexit"),
    *(
        "multiprocessing",
        "urllib",
        "requests",
        "http",
        "signal",
        "shutil",
        "unittest",
        "nbgrader",
        "sqlite3",
        "IPython",
    ),
}
NOT_THEIRS = {"torch", "F", "nn", "hyperlib", "np", "numpy", "sys", "builtins"}  # nobody else's to change


class Checked:
    """What a check cell has put out."""

    def __init__(self, cell):
        self.exercise = cell.metadata["nbgrader"]["grade_id"].removeprefix("check_")
        self.max_points = float(cell.metadata["nbgrader"]["points"])
        data = [o["data"] for o in cell.outputs if o.output_type in ("display_data", "execute_result")]
        shown = [each[VERDICT] for each in data if isinstance(each.get(VERDICT), dict)]
        keys = ("exercise", "verdict", "mistake", "points")
        self.reports = [["" if report.get(key) is None else str(report[key]) for key in keys] for report in shown]
        self.verdict, self.mistake, self.reported = self.reports[0][1:] if self.reports else ("", "", "")
        results = [o["data"] for o in cell.outputs if o.output_type == "execute_result"]
        self.scores = [str(shown.get("text/plain", "")) for shown in results]

    @property
    def problem(self):
        """A sentence if there is not one report, and at most one score that agrees with it; else ""."""
        names = {name for name, *_ in self.reports}
        if len(self.reports) > 1 or names - {self.exercise}:
            return f"the check showed other reports than its own: {len(self.reports)} about {', '.join(sorted(names))}"
        if len(self.scores) > 1:
            return f"{len(self.scores)} scores were published ({', '.join(self.scores)[:60]}) instead of one"
        if self.scores and not self.reports:
            return f"the score {self.scores[0][:20]} was published without a report"
        if self.scores and not self.agree(self.scores[0]):
            said = f"{self.verdict!r}, {self.reported} points"
            return f"the score {self.scores[0][:20]} was published, but the report says {said}"
        return "" if self.reports else "the check did not come to its end"

    def agree(self, score):
        """Whether a score is the one that the report speaks of, and a possible one."""
        try:
            score, reported = float(score), float(self.reported)
        except ValueError:
            return False
        full = score == self.max_points
        return score == reported and 0 <= score <= self.max_points and full == (self.verdict == "passed")

    @property
    def points(self):
        """The points that count: the published score if a report bears it out, else 0."""
        return float(self.scores[0]) if self.scores and not self.problem else 0.0


def scores_by_hand(nb):
    """(exercise, sentence) for every check whose score is not borne out by its report."""
    checks = [Checked(cell) for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    return [(check.exercise, f"{check.problem}; counted as 0") for check in checks if check.problem]


def passed_at_home(nb, handed_in):
    """(exercise, sentence) for each answer that passed in the notebook as it was handed in, and not here."""
    home = {}
    for cell in handed_in["cells"]:
        for output in cell.get("outputs") or []:
            report = output.get("data", {}).get(VERDICT)
            if isinstance(report, dict):
                home[report.get("exercise")] = report.get("verdict")
    checked = [Checked(cell) for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    return [
        (check.exercise, "it passed in the notebook that was handed in, and not here")
        for check in checked
        if home.get(check.exercise) == "passed" != check.verdict
    ]


def unusual_code(nb, released):
    """(exercise or "", sentence) for all code that was added to the `released` notebook and that no exercise needs."""
    shipped = {cell.source for cell in released.cells}
    exercises = {
        cell.metadata.nbgrader.grade_id for cell in released.cells if cell.metadata.get("nbgrader", {}).get("solution")
    }
    found = {}
    for cell in nb.cells:
        if cell.cell_type == "code" and cell.source not in shipped:
            where = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            # An answer may use the library for what other exercises are about.
            for line, sentence in unusual_lines(cell.source, {where} if where else exercises):
                found.setdefault((where, line), f"{sentence}: {line[:100]}")
    return [(where, sentence) for (where, _), sentence in found.items()]


def unusual_lines(source, exercises):
    """The lines of a cell that no exercise needs, each with what is unusual about it."""
    source = source.lstrip("\n")
    lines, plain = source.splitlines(), python(source)
    try:
        tree = ast.parse(plain)
    except UNREADABLE:
        return  # it does not run either
    shell = {id(node.func.value.func) for node in ast.walk(tree) if is_magic(node)}  # as IPython writes `!` and `%`
    course = {"hyperlib"} | {
        alias.asname or alias.name.rpartition(".")[2]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
        if (getattr(node, "module", None) or alias.name).startswith("hyperlib")
    }
    for node in ast.walk(tree):
        sentence = OUTSIDE if is_magic(node) and runs_outside(node) else unusual(node, exercises, course)
        if sentence and id(node) not in shell:
            i = node.lineno - 1
            yield (lines if i < len(lines) else plain.splitlines())[i].strip(), sentence


def is_magic(node):
    """Whether a node is `get_ipython().something(...)`, as a line such as `%timeit f()` or `!ls` becomes."""
    call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.value
    named = isinstance(call, ast.Call) and ast.unparse(call) == "get_ipython()"
    return named and node.func.attr in ("run_line_magic", "run_cell_magic", "system", "getoutput", "pinfo")


def runs_outside(node):
    magic = ast.literal_eval(node.args[0]) if node.args and isinstance(node.args[0], ast.Constant) else ""
    return node.func.attr in ("system", "getoutput") or re.fullmatch(
        "run|sx|system|bash|sh|script|load_ext|ruby|perl|javascript", str(magic)
    )


def unusual(node, exercises, course=("hyperlib",)):
    """What is unusual about one node of a syntax tree, or None."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        base = getattr(node, "module", None)
        paths = [".".join(filter(None, (base, alias.name))) for alias in node.names]
        if any(path.startswith(("hyperlib.checking", "hyperlib.exercises")) for path in paths):
            return OWN_ANSWERS
        if any(path.startswith("hyperlib.") and path.rpartition(".")[2] in exercises for path in paths):
            return OWN_ANSWERS
        if base and base.startswith("hyperlib") and any(alias.name == "*" for alias in node.names):
            return OWN_ANSWERS
        if any(path.split(".")[0] in OTHERS and not path.startswith("IPython.display") for path in paths):
            return OUTSIDE
        return "redefines `check`" if any(alias.asname == "check" for alias in node.names) else None
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return "redefines `check`" if node.name == "check" else None
    if isinstance(node, ast.Attribute):
        if isinstance(node.ctx, (ast.Store, ast.Del)) and changes_a_module(node):
            return "changes what is not its own"
        if first_name(node) in course and node.attr in exercises:
            return OWN_ANSWERS
        return ANYWHERE.get(node.attr) or BEHIND_A_DOT.get(node.attr)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in ("setattr", "delattr") and node.args and first_name(node.args[0]) in NOT_THEIRS:
            return "changes what is not its own"
        return CALLED.get(node.func.id)
    if isinstance(node, ast.Name):
        if node.id in ("check", "hyperlib") and isinstance(node.ctx, ast.Store):
            return f"redefines `{node.id}`"
        return ANYWHERE.get(node.id)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        quoted = re.search(r"hyperlib|NBGRADER|gradebook|displayhook|__import__", node.value)
        return f"has {quoted[0]!r} in a string" if quoted and "\n" not in node.value else None
    return None


def first_name(node):
    """The name at the beginning of a.b.c, or None."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def changes_a_module(node):
    return first_name(node) in NOT_THEIRS and not ast.unparse(node).startswith("torch.backends.")
