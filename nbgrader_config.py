"""Stock nbgrader, pointed at this repository; how to teach with it stands in classroom/README.md.

Everything that grading writes goes into grading/, which git ignores; the notebooks of the course are only read.
"""

import os
import warnings

from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    ComputeChecksums,
    DeduplicateIds,
    LimitOutput,
    LockCells,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
    SaveCells,
)

from classroom import places
from classroom.assignments import leave_out_the_unreadable, make_assignments
from classroom.execute import ExecuteToTheEnd
from classroom.preprocessors import MarkForReview, RestoreCells

make_assignments(places.NOTEBOOKS, places.SOURCE)

c = get_config()  # noqa: F821 (nbgrader's)
course = c.CourseDirectory
course.course_id = "hypernetworks"
course.root = str(places.ROOT)
course.db_url = places.DB_URL
for step in ("source", "release", "submitted", "autograded", "feedback", "source_with_tests", "solution"):
    setattr(course, f"{step}_directory", f"grading/{step}")
c.ZipCollectApp.downloaded_directory = "grading/downloaded"
# anna_02_name.ipynb, or Anna Berg_1234_file/02_name.ipynb: the student up to the first _, and the lesson.
c.ZipCollectApp.collector_plugin = "classroom.collect.Collector"
c.GenerateFeedback.force = True  # or a page stays as it was when a mark has changed
c.ExportPlugin.to = str(places.GRADING / "marks.csv")

# What is handed in beside a notebook must not be imported instead of torch or hyperlib.
course.ignore = [
    ".ipynb_checkpoints",
    "__pycache__",
    "feedback",
    *("*.py", "*.pyc", "*.so", "*.pyd", "*.dll", "*.dylib", "*.pth"),
    *("hyperlib", "torch", "sitecustomize*", "usercustomize*"),
]

# Without ClearSolutions, which would put its own text in the place of the course's blanks.
c.GenerateAssignment.preprocessors = [
    LockCells,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    CheckCellMetadata,
]

c.Autograde.pre_convert_hook = leave_out_the_unreadable
c.Autograde.sanitize_preprocessors = [
    ClearOutput,
    RestoreCells,
    DeduplicateIds,
    OverwriteKernelspec,
    OverwriteCells,
    CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    ExecuteToTheEnd,
    LimitOutput,
    SaveAutoGrades,
    MarkForReview,
    AssignLatePenalties,
    CheckCellMetadata,
]
c.Execute.timeout = int(
    os.environ.get("GRADING_TIMEOUT", 60)
)  # seconds for one cell; the slowest of the course's own takes 8
c.ExecuteToTheEnd.whole = os.environ.get("GRADING_WHOLE") == "1"
c.ExecuteToTheEnd.sandbox = os.environ.get("GRADING_SANDBOX", "auto")  # see "What is safe against what"

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core for each kernel: there are as many kernels as cores
warnings.filterwarnings("ignore", message="Object of type", module="nbgrader")  # of nbgrader's about its database
