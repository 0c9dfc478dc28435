"""Every still picture of the lessons, for `from hyperlib.plots import ...`."""

from .pictures.diagrams import plot_diagram
from .pictures.lesson_02 import plot_strip
from .pictures.lesson_05 import plot_points, plot_spread
from .pictures.lesson_07 import fitted_slope, plot_growth, plot_times
from .pictures.lesson_08 import plot_classes
from .pictures.lesson_09 import plot_against, plot_images
from .pictures.still import plot_bars, plot_curves, plot_tensors, plot_weights

__all__ = [
    "fitted_slope",
    "plot_against",
    "plot_bars",
    "plot_classes",
    "plot_curves",
    "plot_diagram",
    "plot_growth",
    "plot_images",
    "plot_points",
    "plot_spread",
    "plot_strip",
    "plot_tensors",
    "plot_times",
    "plot_weights",
]
