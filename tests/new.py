"""Lay down a new exercise or a new lesson, to be filled in; CONTRIBUTING.md says how to go on from there.

python tests/new.py exercise 06 my_function         (--after OTHER_EXERCISE: where in the notebook)
python tests/new.py lesson 10 how_much "How much must be generated?"
"""

import argparse
import re

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell
from save_lessons import KERNEL, ROOT, exercise_cells

from hyperlib.checking import find_exercise

EXERCISE = '''

@exercise(
    points=1,
    cases=[  # from simple to tricky: the first that fails is the one that is shown
        case("{name}(1)"),
        case("{name}(3)"),
    ],
    hints=[
        "The first hint asks a question.",
        "The second one says in words what to write.",
    ],
)
def {name}(n):
    """What it returns, with shapes."""
    return 2 * n


mistakes(
    {name},
    {{
        "The factor is left out.": "2 * n -> n",  # an edit of the solution above
    }},
)
'''
HEADING = """### Exercise: {words} (5\u00a0minutes,\u00a0easy)

Say what is wanted, and from what. Write `{name}(n)`, ..."""
LESSON = '''"""The exercises of lesson {number}: {title}"""

from ..checking.declare import case, exercise, mistakes
'''
OPENING = """# {number} · {title}

Say what you will have at the end.

Say in two or three sentences why it is worth the time.

You will be able to do three or four things.

*Builds on* [09 · Four claims, measured](09_four_claims_measured.ipynb). *Time:* about 60 minutes."""
QUESTION = """## The first idea

**A question before each cell: what shape do you expect?**

<details><summary>Answer</summary>

The answer, with its reason.
</details>"""
CLOSE = """## What you now know

- Four lines.

### Common errors

- What breaks, and how it looks.

### Sources

Papers, with year and section."""


def new_exercise(number, name, after=None):
    """Declare an exercise in its lesson's file and put its cells into the notebook; both paths."""
    (path,) = ROOT.glob(f"notebooks/{number}_*.ipynb")
    declared = ROOT / "hyperlib" / "exercises" / f"lesson_{number}.py"
    if not name.isidentifier() or re.search(rf"^(?:def|class) {name}\b", declared.read_text(encoding="utf-8"), re.M):
        raise SystemExit(
            f"{name!r} is no name for a new exercise: a Python name is needed that {declared.name} has not"
        )
    source = declared.read_text(encoding="utf-8")
    if not re.search(r"import .*\bmistakes\b", source):
        source = re.sub(r"(checking.declare import .*)", r"\1, mistakes", source, count=1)
    declared.write_text(source + EXERCISE.format(name=name), encoding="utf-8")
    notebook = nbformat.read(path, as_version=4)
    checks = [i for i, cell in enumerate(notebook.cells) if cell.id.startswith("check_")]
    if after:
        checks = [i for i in checks if notebook.cells[i].id == f"check_{after}"]
    place = checks[-1] + 1 if checks else len(notebook.cells) - 1  # before the close
    heading = new_markdown_cell(HEADING.format(name=name, words=name.replace("_", " ")))
    notebook.cells[place:place] = [heading, *exercise_cells(find_exercise(name))]
    nbformat.write(notebook, path)
    return declared, path


def new_lesson(number, name, title):
    """The notebook and the exercises' file of a lesson, with one exercise to change; both paths."""
    path = ROOT / "notebooks" / f"{number}_{name}.ipynb"
    declared = ROOT / "hyperlib" / "exercises" / f"lesson_{number}.py"
    if not re.fullmatch(r"\d\d", number) or any(ROOT.glob(f"notebooks/{number}_*")) or declared.exists():
        raise SystemExit(f"{number!r} is no number of a new lesson: two digits are needed that no notebook has")
    declared.write_text(LESSON.format(number=number, title=title), encoding="utf-8")
    notes = {"minutes": 60, "result": "what you will have", "topic": "what to talk about before", "weeks": "11"}
    notebook = nbformat.v4.new_notebook(metadata={"hyperlib": notes, "kernelspec": KERNEL})
    notebook.metadata["language_info"] = {"name": "python"}
    opening = OPENING.format(number=number, title=title)
    notebook.cells = [
        *map(new_markdown_cell, (opening, QUESTION)),
        new_code_cell("import torch\n\ntorch.ones(2, 3).shape"),
        new_markdown_cell(CLOSE),
    ]
    nbformat.write(notebook, path)
    return new_exercise(number, f"exercise_of_lesson_{number}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    exercise = commands.add_parser("exercise", help="a new exercise of a lesson")
    exercise.add_argument("number", help="of the lesson, as in 06")
    exercise.add_argument("name", help="of the function or class that is to be written")
    exercise.add_argument("--after", help="the exercise after which it stands (default: after the last)")
    exercise.set_defaults(make=new_exercise)
    lesson = commands.add_parser("lesson", help="a new lesson")
    lesson.add_argument("number", help="as in 10")
    lesson.add_argument("name", help="of the file, as in how_much_must_be_generated")
    lesson.add_argument("title", help='as in "How much must be generated?"')
    lesson.set_defaults(make=new_lesson)
    options = vars(parser.parse_args())
    for path in options.pop("make")(**options):
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
