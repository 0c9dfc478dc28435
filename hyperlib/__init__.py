"""The helper library of the hypernetworks course: one module per idea, each the destination of a lesson."""

from .batching import bytes_of_generated_weights, group_by_condition, multiply_adds, target_vmap
from .chunked import ChunkedGenerator, ChunkedHypernetwork, count_chunks
from .continual import break_even, forgetting_penalty, infer_task, learn_task, snapshot_targets
from .convolution import (
    KernelGenerator,
    TiledGenerator,
    basic_kernels,
    conv_per_row,
    kernel_rank,
    static_kernel,
    static_parameters,
    tile_kernels,
)
from .counting import (
    count_module,
    count_parameters,
    generator_parameters,
    largest_hidden,
    layer_parameters,
)
from .data import digits, load_mnist, rotate, rotated_moons, sample_sines, sines
from .fields import FieldHypernetwork, coordinates, fit_latent, inner_loop, set_encode, siren_start
from .hypernet import HyperNet, Hypernetwork, build_weight_generator, gradient_reaches
from .init import generated_variance, hyperfan_in_std, initialise_generator, signal_moments
from .modulation import ModulatedLinear, ModulatedNetwork, film, generated_numbers, low_rank_linear, rank_one_linear
from .modules import ModuleHypernetwork, flatten_parameters, parameter_shapes, unflatten_parameters
from .recurrent import HyperLSTMCell, HyperRNNCell, hyperlstm_parameters, scaled_rows
from .residual import OwnKernels, ResidualNetwork, residual_layers
from .slicing import flatten, parameter_offsets, unflatten
from .target import TargetNet, apply_generated_weights, linear, target_forward
from .tuning import BestResponse, penalised_loss, response, ridge, tune

__all__ = [
    "BestResponse",
    "ChunkedGenerator",
    "ChunkedHypernetwork",
    "FieldHypernetwork",
    "HyperLSTMCell",
    "HyperNet",
    "HyperRNNCell",
    "Hypernetwork",
    "KernelGenerator",
    "ModulatedLinear",
    "ModulatedNetwork",
    "ModuleHypernetwork",
    "OwnKernels",
    "ResidualNetwork",
    "TargetNet",
    "TiledGenerator",
    "apply_generated_weights",
    "basic_kernels",
    "break_even",
    "build_weight_generator",
    "bytes_of_generated_weights",
    "check",
    "conv_per_row",
    "coordinates",
    "count_chunks",
    "count_module",
    "count_parameters",
    "digits",
    "film",
    "fit_latent",
    "flatten",
    "flatten_parameters",
    "forgetting_penalty",
    "generated_numbers",
    "generated_variance",
    "generator_parameters",
    "gradient_reaches",
    "group_by_condition",
    "hyperfan_in_std",
    "hyperlstm_parameters",
    "infer_task",
    "initialise_generator",
    "inner_loop",
    "kernel_rank",
    "largest_hidden",
    "layer_parameters",
    "learn_task",
    "linear",
    "load_mnist",
    "low_rank_linear",
    "multiply_adds",
    "my_progress",
    "parameter_offsets",
    "parameter_shapes",
    "penalised_loss",
    "rank_one_linear",
    "residual_layers",
    "response",
    "ridge",
    "rotate",
    "rotated_moons",
    "sample_sines",
    "scaled_rows",
    "set_encode",
    "signal_moments",
    "sines",
    "siren_start",
    "snapshot_targets",
    "static_kernel",
    "static_parameters",
    "target_forward",
    "target_vmap",
    "tile_kernels",
    "tune",
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
