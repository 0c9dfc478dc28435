"""Every interactive picture of the lessons, for `from hyperlib.widgets import ...`."""

from .pictures.lesson_01 import cost_explorer
from .pictures.lesson_02 import slicing_explorer
from .pictures.lesson_05 import family_explorer
from .pictures.lesson_06 import variance_explorer
from .pictures.lesson_07 import sharing_explorer
from .pictures.lesson_08 import moons_explorer
from .pictures.lesson_09 import chunk_explorer
from .pictures.lesson_10 import rank_explorer
from .pictures.lesson_11 import kernel_explorer
from .pictures.lesson_12 import scale_explorer
from .pictures.lesson_15 import dial_explorer
from .pictures.live import function_explorer

__all__ = [
    "chunk_explorer",
    "cost_explorer",
    "dial_explorer",
    "family_explorer",
    "function_explorer",
    "kernel_explorer",
    "moons_explorer",
    "rank_explorer",
    "scale_explorer",
    "sharing_explorer",
    "slicing_explorer",
    "variance_explorer",
]
