"""What nbgrader does before and after a submission runs: repair its graded cells, and mark what a human should see."""

from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor


class RestoreCells(NbGraderPreprocessor):
    """Deleted cells come back, copies lose their claim to marks, damaged metadata is repaired.

    nbgrader's own OverwriteCells does a part of this, but gives up on a submission whose exercise *and* check cell
    were deleted, or whose metadata is damaged, and with it on all of the student's marks.
    """

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            released = gradebook.find_notebook(names["notebook"], names["assignment"])
            points = {cell.name: cell.max_score for cell in released.grade_cells}
            solutions = {cell.name for cell in released.solution_cells}
            wanted = [(cell, points.get(cell.name), cell.name in solutions) for cell in released.source_cells]
        wanted = [w for w in wanted if w[1] is not None or w[2]]
        ids = [grade_id(cell) for cell in nb.cells]
        for cell in nb.cells:
            cell.metadata.pop("nbgrader", None)
        place = 0  # where the next missing cell goes: after the one before it
        for source, max_score, is_solution in wanted:
            if source.name not in ids:
                place = place_beside_partner(source.name, ids, place)
                make = new_code_cell if source.cell_type == "code" else new_markdown_cell
                nb.cells.insert(place, make(source.source))
                ids.insert(place, source.name)
            at = len(ids) - 1 - ids[::-1].index(source.name)  # of several the last, which ran last
            nb.cells[at].metadata.pop("tags", None)  # "skip-execution" would keep a check from running
            nb.cells[at].metadata["nbgrader"] = metadata(source, max_score, is_solution)
            place = at + 1
        return nb, resources


def place_beside_partner(name, ids, otherwise):
    """Where a missing cell goes: a check below its exercise, an exercise above its check."""
    exercise = name.removeprefix("check_")
    if exercise != name and exercise in ids:
        return len(ids) - ids[::-1].index(exercise)
    if f"check_{name}" in ids:
        return ids.index(f"check_{name}")
    return otherwise


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
