"""The data of the lessons: what ships, what is generated, and (`load_mnist`) what is downloaded on request."""

from .images import digits, rotate
from .mnist import load_mnist
from .synthetic import rotated_moons, sample_sines, sines

__all__ = ["digits", "load_mnist", "rotate", "rotated_moons", "sample_sines", "sines"]
