"""How many generated networks run at once: any module through `vmap`, a chain of common layers by batched products."""

import warnings
from contextlib import contextmanager, nullcontext

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils._pytree import tree_flatten, tree_unflatten

from .target import linear

_CONVOLUTIONS = {nn.Conv1d: F.conv1d, nn.Conv2d: F.conv2d, nn.Conv3d: F.conv3d}
_CHANNEL_BY_CHANNEL = (  # layers for which channels, too, are rows like any others
    *(nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.Softplus, nn.Identity, nn.Dropout),
    *(nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d),
)
_ROW_BY_ROW = (  # layers that treat each row of their first axis alike, so that all networks' rows can go in together
    *(nn.Flatten, nn.LayerNorm, nn.GroupNorm, nn.BatchNorm1d, nn.BatchNorm2d, nn.Linear),
    *(*_CONVOLUTIONS, *_CHANNEL_BY_CHANNEL),
)


def check_rows(module):
    """An error if a module can't go row by row."""
    for name, part in module.named_modules():
        if isinstance(part, _BatchNorm) and part.training and part.track_running_stats:
            kind = f"{type(part).__name__} {name}".strip()
            raise ValueError(
                f"the module's {kind} is in training mode, in which it mixes rows and keeps statistics that all"
                " networks would share; call .eval() on it, or use a GroupNorm"
            )


@contextmanager
def _quiet():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "There is a performance drop")  # nobody who sees it could do anything
        yield


def run_rows(module, call, weights, inputs, options, many):
    """`call(weights, inputs, options)` for each network: tensors have its axis first, `many` as in the caller."""
    leaves, structure = tree_flatten((inputs, options))
    places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)]
    returned, networks = [], len(next(iter(weights.values())))

    def one(weights, tensors):
        row = dict(enumerate(leaves)) | {i: t if many else t.unsqueeze(0) for i, t in zip(places, tensors, strict=True)}
        out, shape = tree_flatten(call(weights, *tree_unflatten(list(row.values()), structure)))
        returned[:] = [out, shape]
        return [t if many or not t.dim() else t.squeeze(0) for t in out if isinstance(t, torch.Tensor)]

    tensors = [leaves[i] for i in places]
    device = next(iter(weights.values())).device.type
    if torch.is_autocast_enabled(device):  # which doesn't reach the convolutions in a vmap: full precision for all
        full = [t.float() if t.dtype in (torch.float16, torch.bfloat16) else t for t in (*weights.values(), *tensors)]
        weights, tensors = dict(zip(weights, full, strict=False)), full[len(weights) :]
    try:
        with torch.autocast(device, enabled=False):
            if any(isinstance(part, nn.RNNBase) for part in module.modules()):  # vmap has no rule for these
                rows = [one({k: w[b] for k, w in weights.items()}, [t[b] for t in tensors]) for b in range(networks)]
                tensors = [torch.stack(parts) for parts in zip(*rows, strict=True)]
            else:  # each network with a dropout mask of its own
                with nullcontext() if torch.compiler.is_compiling() else _quiet():
                    tensors = torch.vmap(one, randomness="different")(weights, tensors)
    except (RuntimeError, NotImplementedError, TypeError, ValueError, IndexError) as error:
        shapes = ", ".join(str(list(leaves[i].shape)) for i in places)
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"{type(module).__name__} cannot take {shapes} row by row: {reason}") from error
    out, shape = returned  # in which the tensors are one row's
    tensors = iter(tensors)
    return tree_unflatten([next(tensors) if isinstance(t, torch.Tensor) else t for t in out], shape)


def chain_of(module, generated, prefix=""):
    """`[(name., layer), ...]` if the module is a chain of layers that `run_chain` knows, else None."""
    if module._forward_hooks or module._forward_pre_hooks:
        return None
    if type(module) is nn.Sequential:
        chains = [chain_of(layer, generated, f"{prefix}{name}.") for name, layer in module._modules.items()]
        return None if None in chains else [layer for chain in chains for layer in chain]
    known = type(module) in _ROW_BY_ROW and getattr(module, "start_dim", 1) > 0
    known &= getattr(module, "track_running_stats", True)
    known &= getattr(module, "padding_mode", "zeros") == "zeros"
    if any(prefix + name in generated for name in module._parameters):
        known &= type(module) is nn.Linear or type(module) in _CONVOLUTIONS
    return [(prefix, module)] if known else None


def run_chain(chain, weights, x):
    """`x [B, n, ...]` through a chain with `weights {name: [B, *shape]}`, or None if it needs `run_rows` after all."""
    networks, n = x.shape[:2]
    grouped = False  # whether x is [n, B * channels, ...], each network's channels a group, as the convolutions want it
    for prefix, layer in chain:
        parts = {name: weights.get(prefix + name) for name in layer._parameters}
        generated = any(part is not None for part in parts.values())
        if grouped and not (generated or type(layer) in _CHANNEL_BY_CHANNEL):
            x, grouped = x.unflatten(1, (networks, -1)).transpose(0, 1), False
        if not generated:
            x = layer(x) if grouped else layer(x.flatten(0, 1)).unflatten(0, (networks, n))
            continue
        own = {name: p.expand(networks, *p.shape) for name, p in layer._parameters.items() if p is not None}
        weight, bias = (own.get(name, parts[name]) for name in ("weight", "bias"))
        if type(layer) is not nn.Linear:
            if not grouped:
                if x.dim() != weight.dim():
                    return None  # images without a batch axis
                x, grouped = x.transpose(0, 1).flatten(1, 2), True
            bias = None if bias is None else bias.flatten()
            options = layer.stride, layer.padding, layer.dilation, networks * layer.groups
            x = _CONVOLUTIONS[type(layer)](x, weight.flatten(0, 1), bias, *options)
            continue
        bias = weight.new_zeros(weight.shape[:-1]) if bias is None else bias
        rows = x.flatten(1, -2) if x.dim() > 3 else x
        # A single row goes the way that is fastest for it, see `linear`.
        y = linear(rows, weight, bias) if rows.shape[1] != 1 else linear(rows[:, 0], weight, bias).unsqueeze(1)
        x = y.unflatten(1, x.shape[1:-1]) if x.dim() > 3 else y
    return x.unflatten(1, (networks, -1)).transpose(0, 1) if grouped else x
