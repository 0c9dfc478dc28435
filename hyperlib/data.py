"""The data of the lessons: what ships, what is generated, and (`load_mnist`) what is downloaded on request.

Ships inside the package: 1,797 handwritten digits, `digits.gz`; `digits.md` tells their source and licence.
"""

import gzip
import math
from pathlib import Path

import torch
import torch.nn.functional as F

from .mnist import load_mnist
from .validate import check_tensor, describe, positive_int

__all__ = ["digits", "load_mnist", "rotate", "rotated_moons", "sample_sines", "sines"]

DIGITS = Path(__file__).with_name("digits.gz")  # 65 bytes an image: 64 grey values from 0 to 16, then its label
DIGITS_TEST = 500


# What ships


def digits(split):
    """Handwritten digits of 8x8 pixels: `(images [N, 64] float32 in [0, 1], labels [N] int64)`.

    `split` is "train" (1,297 images) or "test" (500, of each class 50).  All of them are the *test* part of the UCI
    data set, whose 13 writers are mixed between these two splits: a test image is a new image, not a new writer.

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits" (1998), UCI Machine Learning
    Repository, doi 10.24432/C50P49, licence CC BY 4.0.
    """
    if not isinstance(split, str):
        raise TypeError(f'split must be "train" or "test", got {describe(split)}')
    if split not in ("train", "test"):
        raise ValueError(f'split must be "train" or "test", got {split!r}')
    rows = torch.frombuffer(bytearray(gzip.decompress(DIGITS.read_bytes())), dtype=torch.uint8).reshape(-1, 65)
    rows = rows[-DIGITS_TEST:] if split == "test" else rows[:-DIGITS_TEST]
    return rows[:, :64] / 16, rows[:, 64].long()


def rotate(images, degrees):
    """Turn square images counter-clockwise; bilinear between pixels, zeros outside.

    Args:
        images: `[..., side * side]`, rows of pixels one after another, as `digits` and `load_mnist` give them.
        degrees: a number, or a tensor that broadcasts against the leading axes of `images`.

    Returns:
        `[..., side * side]`, with the leading axes of both.
    """
    check_tensor(images, "images")
    side = math.isqrt(images.shape[-1]) if images.dim() else 0
    if side < 2 or side * side != images.shape[-1]:
        raise ValueError(f"images has shape {list(images.shape)}, but its last axis must be a square, such as 64 (8x8)")
    if not images.is_floating_point():
        raise TypeError(f"images must be floating point, got {images.dtype}")
    degrees = as_numbers(degrees, "degrees", images)
    lead = broadcast(images.shape[:-1], degrees.shape, "degrees", "the leading axes of images")
    if 0 in lead:
        return images.expand(*lead, side * side)  # no images: grid_sample would not have it
    angle = torch.deg2rad(degrees).expand(lead).reshape(-1)
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    # grid_sample wants to know where each pixel comes from, hence the inverse rotation; y points downwards.
    back = torch.stack([cos, -sin, zero, sin, cos, zero], dim=-1).reshape(-1, 2, 3)
    flat = images.expand(*lead, side * side).reshape(-1, 1, side, side)
    turned = F.grid_sample(flat, F.affine_grid(back, flat.shape, align_corners=False), align_corners=False)
    return turned.reshape(*lead, side * side)


# What is generated


def rotated_moons(angles, n, noise=0.1, generator=None):
    """Two interleaved half circles around the origin, turned counter-clockwise by each angle.

    Args:
        angles: in radians, a number or a tensor of any shape `[...]`.
        n: points for each angle; every other one belongs to class 1.
        noise: standard deviation of what is added to each coordinate.
        generator: a torch.Generator, for the same points again.

    Returns:
        `(points [..., n, 2], labels [..., n] int64)`.
    """
    angles, n = as_numbers(angles, "angles"), positive_int(n, "n")
    shape = (*angles.shape, n)
    labels = (torch.arange(n, device=angles.device) % 2).expand(shape).clone()
    options = dict(generator=generator, dtype=angles.dtype, device=angles.device)
    place = math.pi * torch.rand(shape, **options)
    side = 1 - 2 * labels  # class 1 is class 0 turned by half a circle about the origin
    points = torch.stack([side * (place.cos() - 0.5), side * (place.sin() - 0.25)], dim=-1)
    points = points + noise * torch.randn(points.shape, **options)
    cos, sin = angles.cos(), angles.sin()
    turn = torch.stack([cos, -sin, sin, cos], dim=-1).unflatten(-1, (2, 2))
    return points @ turn.mT, labels


def sines(conditioning, x):
    """The family `amplitude * sin(x + phase)`: a condition picks the function.

    Args:
        conditioning: `[..., 2]`, amplitude and phase.
        x: `[..., n, 1]`; its leading axes broadcast against those of `conditioning`.

    Returns:
        `[..., n, 1]`.
    """
    check_tensor(conditioning, "conditioning", 2, " (amplitude, phase)"), check_tensor(x, "x", 1)
    if x.dim() < 2:
        raise ValueError(f"x must be [..., n, 1], got shape {list(x.shape)}")
    broadcast(x.shape[:-2], conditioning.shape[:-1], "conditioning", "x, as far as the axes before n go")
    amplitude, phase = conditioning.unsqueeze(-2).split(1, dim=-1)  # [..., 1, 1] each
    return amplitude * torch.sin(x + phase)


def sample_sines(tasks, n, generator=None, amplitude=(0.5, 2.0), phase=(0.0, math.pi), x=(-4.0, 4.0)):
    """Draw functions of the family `sines`, and n points of each; all uniformly from the given ranges.

    Returns:
        `(conditioning [tasks, 2], x [tasks, n, 1], y [tasks, n, 1])`.

    Source: the sine waves of Finn, Abbeel and Levine, "Model-Agnostic Meta-Learning" (2017), section 5.1, in smaller
    ranges.
    """
    tasks, n = positive_int(tasks, "tasks"), positive_int(n, "n")

    def uniform(name, ends, *shape):
        if not isinstance(ends, (list, tuple)) or len(ends) != 2:
            raise TypeError(f"{name} must be a (lowest, highest) pair, got {describe(ends)}")
        return ends[0] + (ends[1] - ends[0]) * torch.rand(shape, generator=generator)

    conditioning = torch.cat([uniform("amplitude", amplitude, tasks, 1), uniform("phase", phase, tasks, 1)], dim=-1)
    x = uniform("x", x, tasks, n, 1)
    return conditioning, x, sines(conditioning, x)


def as_numbers(value, name, like=None):
    """A number or tensor as a floating-point tensor; of the type and on the device of `like`, if given."""
    if not isinstance(value, (int, float, torch.Tensor)) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number or a torch.Tensor, got {describe(value)}")
    if like is not None:
        return torch.as_tensor(value, dtype=like.dtype, device=like.device)
    value = torch.as_tensor(value)
    return value if value.is_floating_point() else value.to(torch.get_default_dtype())


def broadcast(shape, other, name, means):
    try:
        return torch.broadcast_shapes(shape, other)
    except RuntimeError:
        needed = f"which do not broadcast against {list(shape)}, {means}"
        raise ValueError(f"{name} has axes {list(other)}, {needed}") from None
