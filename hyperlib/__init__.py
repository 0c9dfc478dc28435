"""The helper library of the hypernetworks course: one module per idea, each the destination of a lesson."""

from .batching import bytes_of_generated_weights, group_by_condition, multiply_adds, target_vmap
from .chunked import ChunkedGenerator, ChunkedHypernetwork, count_chunks
from .counting import (
    count_module,
    count_parameters,
    generator_parameters,
    largest_hidden,
    layer_parameters,
)
from .data import digits, load_mnist, rotate, rotated_moons, sample_sines, sines
from .hypernet import HyperNet, Hypernetwork, build_weight_generator, gradient_reaches
from .init import generated_variance, hyperfan_in_std, initialise_generator, signal_moments
from .modulation import ModulatedLinear, ModulatedNetwork, film, generated_numbers, low_rank_linear, rank_one_linear
from .modules import ModuleHypernetwork, flatten_parameters, parameter_shapes, unflatten_parameters
from .slicing import flatten, parameter_offsets, unflatten
from .target import TargetNet, apply_generated_weights, linear, target_forward

__all__ = [
    "ChunkedGenerator",
    "ChunkedHypernetwork",
    "HyperNet",
    "Hypernetwork",
    "ModulatedLinear",
    "ModulatedNetwork",
    "ModuleHypernetwork",
    "TargetNet",
    "apply_generated_weights",
    "build_weight_generator",
    "bytes_of_generated_weights",
    "check",
    "count_chunks",
    "count_module",
    "count_parameters",
    "digits",
    "film",
    "flatten",
    "flatten_parameters",
    "generated_numbers",
    "generated_variance",
    "generator_parameters",
    "gradient_reaches",
    "group_by_condition",
    "hyperfan_in_std",
    "initialise_generator",
    "largest_hidden",
    "layer_parameters",
    "linear",
    "load_mnist",
    "low_rank_linear",
    "multiply_adds",
    "my_progress",
    "parameter_offsets",
    "parameter_shapes",
    "rank_one_linear",
    "rotate",
    "rotated_moons",
    "sample_sines",
    "signal_moments",
    "sines",
    "target_forward",
    "target_vmap",
    "unflatten",
    "unflatten_parameters",
]


def __dir__():
    return sorted({*globals(), *__all__})


def __getattr__(name):
    # Loaded on first use, so that importing hyperlib stays cheap.
    if name in ("check", "my_progress"):
        from . import checking

        return getattr(checking, name)
    raise AttributeError(f"module 'hyperlib' has no attribute {name!r}")
