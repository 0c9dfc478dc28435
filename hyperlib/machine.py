"""Is this machine ready for the course?  Lesson 00 asks."""

import importlib.metadata
import platform
import re
from pathlib import Path

import torch

REQUIREMENTS = Path(__file__).parents[1] / "requirements.txt"


def pinned_versions(path=REQUIREMENTS):
    """The exact versions that the course was tested with, by package name."""
    if not path.is_file():
        return {}  # not installed from the course's folder, so there is nothing to compare with
    return dict(re.findall(r"^([\w-]+)==([\w.]+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def machine_problems():
    """A sentence for each thing that is wrong; an empty list if nothing is."""
    problems = []
    for name, needed in pinned_versions().items():
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found = "missing"
        if found.split("+")[0] != needed:
            problems.append(f"{name} is {found}, but the course was tested with {needed}")
    return problems


def machine_report():
    """Versions, device and problems, as text to print."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "the CPU, which is all the course needs"
    lines = [f"Python {platform.python_version()}, torch {torch.__version__}, device: {device}"]
    problems = machine_problems()
    lines += [f"Not as expected: {problem}." for problem in problems]
    if problems:
        lines.append(
            "To fix this, run pip install -r requirements.txt in the course's folder, then restart the kernel."
        )
    else:
        lines.append("Everything is installed.")
    return "\n".join(lines)
