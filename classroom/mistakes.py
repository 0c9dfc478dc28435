"""The class's mistakes at a glance, counted from what `check` said in the graded notebooks."""

import base64
import collections
import io
import textwrap
from dataclasses import dataclass, field
from html import escape

import nbformat

from .places import AUTOGRADED, RELEASE
from .review import Checked

OTHER = "something else"


@dataclass
class Tally:
    """What became of one exercise in the class."""

    exercise: str
    passed: int = 0
    not_attempted: int = 0
    mistakes: collections.Counter = field(default_factory=collections.Counter)  # by name; OTHER where it has none

    @property
    def students(self):
        return self.passed + self.not_attempted + self.mistakes.total()

    @property
    def ordered(self):
        """(mistake, how many students), the most frequent first and what has no name last."""
        return sorted(self.mistakes.items(), key=lambda item: (item[0] == OTHER, -item[1], item[0]))


def class_mistakes(assignment):
    """A Tally for each exercise of an assignment, in the order of the lessons; an empty list if nothing is graded."""
    tallies = {}
    for asked in sorted((RELEASE / assignment).glob("*.ipynb")):
        for path in sorted(AUTOGRADED.glob(f"*/{assignment}/{asked.name}")):
            notebook = nbformat.read(path, as_version=4)
            if "handed_in" not in notebook.metadata.get("hyperlib", {}):
                continue  # a killed run has left it half done
            for cell in notebook.cells:
                if cell.metadata.get("nbgrader", {}).get("grade"):
                    count(tallies, Checked(cell))
    return list(tallies.values())


def count(tallies, checked):
    tally = tallies.setdefault(checked.exercise, Tally(checked.exercise))
    if checked.verdict == "passed":
        tally.passed += 1
    elif checked.verdict == "not attempted":
        tally.not_attempted += 1
    else:
        tally.mistakes[checked.mistake or OTHER] += 1


def explanations():
    """What each mistake is, by exercise and name."""
    from hyperlib.checking import all_exercises

    known = {(e.name, m.name): m.explanation for e in all_exercises().values() for m in e.mistakes}
    other = "Something else: an exception, a syntax error, or a wrong result without a name. Look at a few of these."
    return collections.defaultdict(lambda: other, known)


def table(tallies):
    """The Tallies as plain text, the most frequent mistake of each exercise first."""
    said, lines = explanations(), []
    for tally in tallies:
        lines.append(
            f"{tally.exercise}: {tally.passed} of {tally.students} passed, {tally.not_attempted} did not attempt it"
        )
        for name, n in tally.ordered:
            text = f"{n:3} x {said[tally.exercise, name]}"
            lines.append(textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="        "))
    return "\n".join(lines)


def page(tallies, assignment):
    """The Tallies as a page of HTML, with a picture."""
    from hyperlib.checking.report import in_code_font

    said, rows = explanations(), []
    for tally in tallies:
        head = f"<td rowspan='{len(tally.mistakes) or 1}'>"
        cells = [f"{head}<code>{tally.exercise}</code></td>"]
        cells += [f"{head}{n}</td>" for n in (tally.passed, tally.not_attempted, tally.mistakes.total())]
        for i, (name, n) in enumerate(tally.ordered or [("", 0)]):
            what = f"<td>{n}</td><td>{in_code_font(said[tally.exercise, name])}</td>" if n else "<td></td><td></td>"
            rows.append(f"<tr>{''.join(cells) if i == 0 else ''}{what}</tr>")
    picture = base64.b64encode(drawn(tallies)).decode()
    return PAGE.format(title=f"The class's mistakes: {escape(assignment)}", picture=picture, rows="\n".join(rows))


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
  body {{ font: 16px/1.5 sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }}
  body {{ color: #111; background: #fff }}
  table {{ border-collapse: collapse }}
  td, th {{ border: 1px solid #999; padding: 4px 8px; vertical-align: top; text-align: left }}
  img {{ max-width: 100% }}
</style>
<h1>{title}</h1>
<img alt="A bar for each exercise, divided by what became of it; the table below has the same numbers"
     src="data:image/png;base64,{picture}">
<table>
<tr><th>exercise</th><th>passed</th><th>not attempted</th><th>not yet</th><th>students</th><th>mistake</th></tr>
{rows}
</table>
</html>
"""


def drawn(tallies):
    """A picture: a bar for each exercise, divided by what became of it; the mistakes' names are in the bars."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.9 + 0.5 * len(tallies)), layout="constrained")
    axes = figure.add_subplot()
    for y, tally in enumerate(tallies):
        parts = [("passed", tally.passed, "#8ecae6", "")]
        shades = ("#f4a259", "#f7c59f")
        parts += [
            (name, n, "#d9d9d9" if name == OTHER else shades[i % 2], "") for i, (name, n) in enumerate(tally.ordered)
        ]
        parts.append(("not attempted", tally.not_attempted, "#ffffff", "//"))
        left = 0
        for name, n, colour, hatch in parts:
            if not n:
                continue
            axes.barh(y, n, left=left, color=colour, hatch=hatch, edgecolor="#444", linewidth=0.8)
            room = int(n / tally.students * 68)  # letters that fit into this part
            label = textwrap.shorten(f"{n} {name}", room, placeholder="...") if room > 9 else str(n)
            axes.text(left + n / 2, y, label, ha="center", va="center", fontsize=8, bbox={"color": colour, "pad": 1.5})
            left += n
    axes.set_yticks(range(len(tallies)), [tally.exercise for tally in tallies])
    axes.invert_yaxis()
    axes.set_xlabel("students")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("blue: passed, orange: a mistake with a name, grey: another, hatched: not attempted", fontsize=9)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=130)
    return file.getvalue()
