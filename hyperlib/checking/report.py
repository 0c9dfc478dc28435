"""What `check` shows: HTML in the theme's own colours for a notebook, plain text for everything else."""

import inspect
import re
from html import escape

import torch

from .compare import number, type_name, wrong_places
from .judge import NOT_ATTEMPTED, PASSED

VERDICT = "application/vnd.hyperlib.verdict+json"
MOST_ROWS, MOST_COLUMNS = 8, 8  # of a tensor's picture
MOST_ITEMS = 24  # of a list
BORDER = {PASSED: "--jp-success-color1, #388e3c", NOT_ATTEMPTED: "--jp-border-color1, #9e9e9e"}
FOR_THE_EAR = "position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)"
ROW = '<tr style="background: none">'  # or JupyterLab shades the header of every other row
NOT_YET_BORDER = "--jp-warn-color1, #f57c00"
# Behind text in the page's own colour, dark or light.  Not the theme's variables: VS Code sets those of JupyterLab's
# light theme once a widget was shown, on dark pages as well.
SHADE = "rgba(128, 128, 128, 0.15)"


class Report:
    """A verdict, ready to be displayed."""

    def __init__(self, exercise, verdict, solutions=True, points=None):
        self.exercise, self.verdict, self.solutions, self.points = exercise, verdict, solutions, points

    def show(self):
        """Display in a notebook, print elsewhere."""
        try:
            from IPython import get_ipython
            from IPython.display import display
        except ImportError:
            return print(self)
        return display(self) if get_ipython() else print(self)

    def __repr__(self):
        """The same as the HTML, without the folds."""
        v = self.verdict
        lines = [f"{v.word.upper()}: {self.headline()}"]
        if v.reason:
            lines.append(v.reason + end(v.reason))
        if v.case:
            lines += ["The smallest case that fails:", *("    " + line for line in case_lines(v.case))]
        if v.found is not None and v.found.needed is not None:
            lines += in_words(v.found)
        if v.mistake:
            lines.append(f"The mistake: {v.mistake.explanation}")
        return "\n".join(lines + v.remarks)

    def headline(self):
        v, total = self.verdict, len(self.exercise.cases)
        if v.word == PASSED:
            return f"{self.exercise.name}, all {total} cases are right"
        if v.case:
            failed = "; a further try failed" if v.right == total else ""
            return f"{self.exercise.name}, {v.right} of {total} cases right{failed}"
        return self.exercise.name

    def as_data(self):
        """The verdict for programs: what the classroom and the tests read."""
        v = self.verdict
        return {
            "exercise": self.exercise.name,
            "verdict": v.word,  # "passed", "not yet" or "not attempted"
            "mistake": v.mistake.name if v.mistake else "",
            "right": v.right,
            "cases": len(self.exercise.cases),
            "points": self.points,  # None outside of grading
            "max_points": self.exercise.points,
            "still_running": v.still_running,
        }

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {VERDICT: self.as_data()}  # IPython adds text and HTML

    def _repr_html_(self):
        v = self.verdict
        colour = BORDER.get(v.word, NOT_YET_BORDER)
        parts = [
            f'<div class="hyperlib-check" role="status" style="border-left: 5px solid var({colour});'
            " padding: 2px 0 2px 12px; color: inherit;"
            ' font-family: var(--jp-content-font-family, sans-serif); line-height: 1.5">',
            paragraph(f"<strong>{v.word.capitalize()}</strong>: {escape(self.headline())}"),
        ]
        if v.reason:
            parts.append(paragraph(in_code_font(v.reason + end(v.reason))))
        if v.case:
            parts += [paragraph("The smallest case that fails:"), code_block("\n".join(case_lines(v.case)))]
        if v.found is not None and v.found.needed is not None:
            parts.append(side_by_side(v.found))
        if v.mistake:
            parts.append(paragraph(f"<strong>The mistake:</strong> {in_code_font(v.mistake.explanation)}"))
        parts += [paragraph(in_code_font(remark)) for remark in v.remarks]
        if v.printed.strip():
            parts.append(fold("What it printed", code_block(v.printed.strip())))
        return "".join(parts + self.folds()) + "</div>"

    def folds(self):
        """Hints one after another, and last the solution; who has passed needs no hints."""
        hints = [] if self.verdict.passed else self.exercise.hints
        folds = [fold(f"Hint {i} of {len(hints)}", paragraph(in_code_font(h))) for i, h in enumerate(hints, 1)]
        if self.solutions:
            title = "The course's solution" + (", to compare with yours" if self.verdict.passed else "")
            folds.append(fold(title, code_block(self.exercise.solution.rstrip())))
        return folds


def end(sentence):
    return "" if sentence.rstrip().endswith((".", "?", "!", ":")) else "."


def paragraph(html):
    return f'<p style="margin: 4px 0">{html}</p>'


def code_block(text):
    return (
        '<pre style="margin: 4px 0 8px; padding: 6px 10px; color: inherit;'
        f" background: {SHADE}; font-family: var(--jp-code-font-family, monospace);"
        f' font-size: 0.92em; white-space: pre-wrap">{escape(text)}</pre>'
    )


def fold(title, html):
    return f'<details style="margin: 4px 0"><summary style="cursor: pointer">{escape(title)}</summary>{html}</details>'


def in_code_font(text):
    """Escaped text in which what is in `backticks` is set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def case_lines(case):
    """A case's code, and below it what its inputs were."""
    shown = {
        n: v for n, v in case.inputs.items() if n.isidentifier() and not (inspect.isfunction(v) or inspect.isclass(v))
    }
    own = [(n, v) for n, v in case.inputs.items() if n not in shown and n.isidentifier() and inspect.getdoc(v)]
    helpers = [f"# {name}: {inspect.getdoc(value).splitlines()[0]}" for name, value in own]  # not in the notebook
    return case.code.splitlines() + [f"# {name} = {short(value)}" for name, value in shown.items()] + helpers


def short(value, digits=4):
    """A value in one line, whatever it is; tensors with their shape, and with their numbers if they are few."""
    if isinstance(value, torch.Tensor):
        head = f"tensor {list(value.shape)}"
        if value.dtype != torch.float32:
            head += f" {str(value.dtype)[6:]}"
        return f"{head}: {nested(value.tolist(), digits)}" if value.numel() <= 24 else head
    if isinstance(value, (list, tuple)):
        inside = ", ".join(short(item, digits) for item in value[:MOST_ITEMS]) + (
            ", ..." if len(value) > MOST_ITEMS else ""
        )
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {short(item, digits)}" for key, item in value.items()) + "}"
    if isinstance(value, float):
        text = number(value, digits)
        return text + ".0" if text.lstrip("-").isdigit() else text  # or it looks like a whole number
    if isinstance(value, int):
        return number(value)
    if value is None or isinstance(value, str):
        return repr(value)
    if isinstance(value, torch.nn.Module):
        return repr(value) if len(repr(value)) < 80 else type(value).__name__
    # The repr of anything else may hold an address, which is a different one on every run.
    return f"something of type {type_name(value)}"


def nested(values, digits=4):
    if isinstance(values, list):
        return "[" + ", ".join(nested(each, digits) for each in values) + "]"
    return number(values, digits)


def in_words(found):
    """What was expected and what came, a line each, with as many digits as it takes to see a difference."""
    digits = 10 if short(found.needed) == short(found.got) else 4
    of = " gradient" if found.kind == "gradient" else ""
    return [f"expected{of}: {short(found.needed, digits)}", f"actual{of}:   {short(found.got, digits)}"]


def side_by_side(found):
    """Two values next to each other: tensors as pictures of coloured cells, everything else as text."""
    needed, got = found.needed, found.got
    of = " gradient" if found.kind == "gradient" else ""
    if isinstance(needed, (int, float)) and isinstance(got, (int, float)):
        return ""  # the sentence above has said it
    tensors = [value for value in (needed, got) if isinstance(value, torch.Tensor) and value.numel()]
    if len(tensors) == 2:
        alike = needed.shape == got.shape and needed.dtype == got.dtype
        wrong = wrong_places(needed, got) if alike else None
        index = first_matrix(wrong) if alike else ()
        biggest = float(needed.detach().abs().max()) if needed.dtype != torch.bool else 1.0
        pictures = (
            picture(f"expected{of}", needed.detach(), None, index, biggest),
            picture(f"actual{of}", got.detach(), wrong, index, biggest),
        )
        looks = "display: flex; gap: 0 28px; flex-wrap: wrap; align-items: flex-start"
        return f'<div style="{looks}">{"".join(pictures)}</div>'
    return code_block("\n".join(in_words(found)))


def first_matrix(wrong):
    """The index of the first matrix with a wrong place in it, inside a pile of matrices."""
    return tuple(wrong.nonzero()[0].tolist()[:-2]) if wrong.dim() > 2 else ()


def picture(title, tensor, wrong, index, biggest):
    """A tensor's numbers as a table of coloured cells with their places; wrong ones are boxed, bold and underlined."""
    shape = list(tensor.shape)
    index = index or (0,) * (tensor.dim() - 2)
    at = f"[{', '.join(map(str, index))}]" if tensor.dim() > 2 else ""
    matrix = tensor[index]
    matrix = matrix.reshape(-1, matrix.shape[-1]) if matrix.dim() else matrix.reshape(1, 1)
    marks = None if wrong is None else wrong[index].reshape(matrix.shape)
    heights, widths = (range(min(n, most)) for n, most in zip(matrix.shape, (MOST_ROWS, MOST_COLUMNS), strict=True))
    corner = "<td></td>" if tensor.dim() > 1 else ""
    rows = [f"{ROW}{corner}{''.join(header('col', c) for c in widths)}</tr>"] if tensor.dim() else []
    for r in heights:
        cells = [cell(matrix[r, c].item(), marks is not None and bool(marks[r, c]), biggest) for c in widths]
        rows.append(f"{ROW}{header('row', r) if tensor.dim() > 1 else ''}{''.join(cells)}</tr>")
    cut = matrix.shape[0] > MOST_ROWS or matrix.shape[1] > MOST_COLUMNS
    corner_words = ", upper left corner" if tensor.dim() > 1 else f", the first {MOST_COLUMNS}"
    caption = f"{title}{at}, shape {shape}" + (corner_words if cut else "")
    return (
        '<table style="border-collapse: collapse; margin: 4px 0 8px; font-size: 0.92em">'
        f'<caption style="text-align: left; padding: 2px 0; white-space: nowrap">{caption}</caption>'
        f"{''.join(rows)}</table>"
    )


def header(scope, place):
    return f'<th scope="{scope}" style="font-weight: normal; font-size: 0.85em; text-align: right">{place}</th>'


def cell(value, wrong, biggest):
    """One number; the background goes from orange (negative) through white to blue (positive).

    A screen reader reads neither box nor line, so it is given a word.
    """
    share = 0.0 if value != value else max(-1.0, min(1.0, value / (biggest or 1.0)))
    far = (120, 180, 240) if share > 0 else (245, 170, 90)
    r, g, b = (round(255 + (end - 255) * abs(share)) for end in far)
    mark = "border: 3px solid #a00000; font-weight: bold; text-decoration: underline" if wrong else ""
    word = f'<span style="{FOR_THE_EAR}"> wrong</span>' if wrong else ""
    return (
        f'<td style="background: rgb({r}, {g}, {b}); color: #111; text-align: right; padding: 3px 8px;'
        f' border: 1px solid #888; position: relative; {mark}">{number(value)}{word}</td>'
    )
