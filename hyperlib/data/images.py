"""Handwritten digits, which ship with the package, and how to turn them.

`digits.md` beside this file tells their source and licence.
"""

import gzip
import math
from pathlib import Path

import torch
import torch.nn.functional as F

from ..validate import as_numbers, broadcast, check_tensor, describe

DIGITS = Path(__file__).with_name("digits.gz")  # 65 bytes an image: 64 grey values from 0 to 16, then its label
DIGITS_TEST = 500


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
