"""What nbgrader does before and after a submission runs: repair its graded cells, and mark what a human should see."""

from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from .source import checks, defined


class RestoreCells(NbGraderPreprocessor):
    """Cells are found again by what they define, deleted ones come back, copies lose their claim to marks.

    nbgrader's own OverwriteCells does a part of this, but gives up on a submission whose exercise *and* check cell
    were deleted, or whose metadata is damaged, and with it on all of the student's marks.
    """

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            released = gradebook.find_notebook(names["notebook"], names["assignment"])
            points = {cell.name: cell.max_score for cell in released.grade_cells}
            solutions = {cell.name for cell in released.solution_cells}
            wanted = {cell.name: cell for cell in released.source_cells if cell.name in points.keys() | solutions}
        nb.metadata.pop("widgets", None)  # pictures that no feedback shows, and Colab leaves a part of them out
        found, nb.metadata["restored"] = restore(nb.cells, {name: cell.source for name, cell in wanted.items()})
        for cell in nb.cells:
            cell.metadata.pop("nbgrader", None)
        for name, cell in found.items():
            cell.metadata.pop("tags", None)  # "skip-execution" would keep a check from running
            cell.metadata["nbgrader"] = metadata(wanted[name], points.get(name), name in solutions)
        return nb, resources


def restore(cells, sources):
    """Find each exercise's cell and check in a submission, or put it back into the list of its cells.

    `sources` has the cells that were handed out, in their order: {"flatten": ..., "check_flatten": ...}.
    Returns ({name: cell}, [(exercise, what a human should know)]).
    """
    found, told = {}, []
    claims = {id(cell): grade_id(cell) for cell in cells}
    makes = {id(cell): defined(cell.source) if cell.cell_type == "code" else set() for cell in cells}
    exercises = [name.removeprefix("check_") for name in sources if name.startswith("check_")]
    if not any(name in sources or name in exercises for name in claims.values()) and not any(
        made & set(exercises) for made in makes.values()
    ):
        told.append(("", "none of this lesson's exercises is in this notebook"))

    def put(source, at):
        cells.insert(at, new_code_cell(source))
        claims[id(cells[at])], makes[id(cells[at])] = None, set()
        return cells[at]

    def place(cell):
        return next(i for i, other in enumerate(cells) if other is cell)

    below = 0  # where the next missing cell goes
    for name in exercises:
        makers = [cell for cell in cells if name in makes[id(cell)]]
        claimed = [cell for cell in cells if claims[id(cell)] == name]
        both = [cell for cell in makers if claims[id(cell)] == name]
        # Not where another exercise has its own answer, nor in a cell that is on loan from another one.
        free = [c for c in makers if claims[id(c)] not in exercises or claims[id(c)] not in makes[id(c)]]
        strange = claimed and makes[id(claimed[-1])] & set(exercises)
        if both:
            cell = both[-1]  # of several the last, which ran last
        elif free and (not claimed or strange):
            cell = free[-1]
        elif makers and not claimed:
            cell = put(f"# {name} is defined in the cell above.", place(makers[-1]) + 1)
        elif claimed:
            cell = claimed[-1]
        else:
            callers = [c for c in cells if claims[id(c)] == f"check_{name}" or checks(c.source, name)]
            cell = put(sources[name], place(callers[0]) if callers else below)
            told.append((name, "its cell is missing, so the blank was put back"))
        found[name] = cell

        taken = {id(each) for each in found.values()}
        check, there = f"check_{name}", place(cell)
        claimed = [c for c in cells if claims[id(c)] == check and id(c) not in taken]
        callers = claimed or [c for c in cells if checks(c.source, name) and id(c) not in taken and not makes[id(c)]]
        if callers:
            found[check] = callers[-1]
            if name in makes[id(callers[-1])]:
                put(callers[-1].source, place(callers[-1]))
                told.append((name, "the answer is in the check's cell, and counts as if it were above it"))
        else:
            found[check] = put(sources[check], there + 1)
        below = place(found[check]) + 1
        if any(name in makes[id(c)] for c in cells[below:]) and not told:
            told.append((name, "it is defined again below its check, where it does not count"))
    return found, told


def grade_id(cell):
    """The grade id that a cell of a submission claims, or its cell id, which is the same in this course; else None."""
    claimed = cell.metadata.get("nbgrader")
    return (claimed.get("grade_id") if isinstance(claimed, dict) else None) or cell.get("id")


def metadata(source, max_score, is_solution):
    """A cell's metadata as it was handed out."""
    made = {
        "schema_version": 3,
        "grade_id": source.name,
        "grade": max_score is not None,
        "solution": is_solution,
        "locked": source.locked,
        "task": False,
        "cell_type": source.cell_type,
        "checksum": source.checksum,
    }
    return made if max_score is None else made | {"points": max_score}


class MarkForReview(NbGraderPreprocessor):
    """Marks in the gradebook what a human should look at, as nbgrader's formgrader shows it; no mark is changed."""

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        flagged = {exercise for exercise, _ in nb.metadata.get("hyperlib", {}).get("look_at", [])}
        with Gradebook(names["db_url"]) as gradebook:
            for cell in nb.cells:
                nbgrader = cell.metadata.get("nbgrader", {})
                if nbgrader.get("grade") and flagged & {"", nbgrader["grade_id"].removeprefix("check_")}:
                    place = (nbgrader["grade_id"], names["notebook"], names["assignment"], names["student"])
                    gradebook.find_grade(*place).needs_manual_grade = True
            gradebook.db.commit()
        return nb, resources
