"""Where things lie: the course is read, and all that grading writes goes into grading/, which git ignores."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
GRADING = ROOT / "grading"
SOURCE, RELEASE, SUBMITTED = GRADING / "source", GRADING / "release", GRADING / "submitted"
AUTOGRADED, FEEDBACK = GRADING / "autograded", GRADING / "feedback"
DB_URL = (
    f"sqlite:///{(GRADING / 'gradebook.db').as_posix()}?timeout=120"  # several students at once wait for each other
)
