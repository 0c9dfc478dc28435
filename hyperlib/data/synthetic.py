"""Data that are generated: moons turned by an angle, and a family of sine waves."""

import math

import torch

from ..validate import as_numbers, broadcast, check_tensor, describe, positive_int


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
        device = generator and generator.device
        return ends[0] + (ends[1] - ends[0]) * torch.rand(shape, generator=generator, device=device)

    conditioning = torch.cat([uniform("amplitude", amplitude, tasks, 1), uniform("phase", phase, tasks, 1)], dim=-1)
    x = uniform("x", x, tasks, n, 1)
    return conditioning, x, sines(conditioning, x)
