"""One process of `python -m classroom grade`: reads students' names, grades each, answers with a line of JSON.

It does what `nbgrader autograde ASSIGNMENT --student=NAME --force` does, without starting nbgrader again each time,
which would take as long as the grading itself.
"""

import contextlib
import json
import os
import sys

from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import capture_log
from traitlets.config.loader import PyFileConfigLoader

from .places import ROOT, SUBMITTED


def main():
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else is printed must not get between the answers
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    for line in sys.stdin:  # until the process that asks is done, or was killed
        answers.write(json.dumps(grade(config, *json.loads(line))) + "\n")
        answers.flush()


def grade(config, assignment, student):
    """Grade one student; what came of it."""
    course = CourseDirectory(config=config, assignment_id=assignment, student_id=student)
    if not any((SUBMITTED / student / assignment).glob("*.ipynb")):  # a row in the list of marks, all the same
        with Gradebook(course.db_url, course.course_id) as gradebook:
            gradebook.update_or_create_student(student)
            submission = gradebook.update_or_create_submission(assignment, student)
            return {"points": submission.score, "most": submission.max_score}
    course.get_existing_timestamp = readable(course.get_existing_timestamp)
    # force: what a killed run has left behind is half done, and nbgrader would take it for finished.
    result = capture_log(Autograde(coursedir=course, config=config, force=True))
    if not result["success"]:
        return {"log": result.get("log", "") + result["error"]}
    with Gradebook(course.db_url, course.course_id) as gradebook:
        submission = gradebook.find_submission(assignment, student)
        return {"points": submission.score, "most": submission.max_score}


def readable(timestamp):
    """The time at which a student handed in, or None where `timestamp.txt` holds something else."""

    def read(path):
        with contextlib.suppress(
            AttributeError, ValueError, OverflowError
        ):  # nbgrader calls a `fail` that is not there
            return timestamp(path)

    return read


if __name__ == "__main__":
    main()
