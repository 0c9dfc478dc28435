"""Which student and which lesson a downloaded file belongs to, for `nbgrader zip_collect`."""

import re
from collections import defaultdict
from pathlib import Path

from nbgrader.plugins import FileNameCollectorPlugin

from .places import NOTEBOOKS


class Collector(FileNameCollectorPlugin):
    """Takes one notebook for each student and lesson, and says of every other one why it was left out."""

    def collect(self, submitted_file):
        path = Path(submitted_file)
        if not hasattr(self, "_chosen"):
            app = self.parent
            self._chosen, left_out = choose(Path(app._format_collect_path(app.extracted_directory)))
            for file, why in left_out:
                self.log.warning("Left out: %s: %s", file, why)
        if path not in self._chosen:
            return None
        student, lesson = self._chosen[path]
        return {"student_id": student, "file_id": lesson}


def choose(folder):
    """({path: (student, lesson)}, [(path, why it is left out)]) for all notebooks below a folder."""
    lessons = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    found, left_out = defaultdict(list), []
    for path in sorted(folder.rglob("*.ipynb")):
        parts = path.relative_to(folder).parts
        if "__MACOSX" in parts or any(part.startswith(".") for part in parts):
            continue  # what an operating system leaves in zip files
        lesson = next((lesson for lesson in lessons if lesson in path.name), None)
        owner = lesson and (path.name.partition(lesson)[0].strip("_- ") or whose(parts[:-1]))
        if not owner:
            left_out.append(
                (path, "its name has no lesson's name in it" if not lesson else "no student's name is there")
            )
        else:
            found[owner, lesson].append(path)
    owners = defaultdict(set)  # two students may have one name: then the LMS's number tells them apart
    for owner, _ in found:
        owners[owner.partition("_")[0]].add(owner)
    chosen = {}
    for (owner, lesson), paths in found.items():
        *older, newest = sorted(paths, key=lambda path: (path.stat().st_mtime, copy_number(path), path))
        left_out += [(path, f"{newest.name} of the same student is newer") for path in older]
        name = owner.partition("_")[0]
        if len(owners[name]) > 1:
            name = "-".join(owner.split("_")[:2])
        chosen[newest] = name, lesson
    return chosen, left_out


def whose(folders):
    """The folder that names the student, as in ('week1', 'Anna Berg_1234_assignsubmission_file', 'sub')."""
    named = [folder for folder in folders if re.search(r"_\d+_|_assignsubmission", folder)]
    return (named or folders[1:2] or folders or [""])[0]


def copy_number(path):
    """2 for `01_name (2).ipynb` and for `01_name-2.ipynb`."""
    number = re.search(r"(?: ?\((\d+)\)|-(?:Copy)?(\d+))$", path.stem)
    return int(number[1] or number[2]) if number else 0
