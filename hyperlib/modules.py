"""Any `nn.Module` as the target network: its parameters' names and shapes say what to generate (lesson 11)."""

import copy
import itertools
import math

import torch
from torch import nn
from torch.func import functional_call
from torch.nn.modules.conv import _ConvTransposeNd
from torch.utils._pytree import tree_map

from ._rows import chain_of, check_rows, run_chain, run_rows
from .chunked import ChunkedGenerator
from .hypernet import mlp
from .init import hyperfan_in_std, initialise_generator
from .validate import check_conditioning, check_module, check_same_dtype, check_tensor, describe, positive_int


def parameter_shapes(module, only=None):
    """`{name: shape}` of a module's parameters, in their order; a tensor that several places share appears once.

    `only` picks some of them: a list of names or of prefixes, such as `["0.weight", "head"]`.
    """
    return {name: tuple(p.shape) for name, (p, _) in _chosen(check_module(module, "module"), only).items()}


def unflatten_parameters(flat, shapes):
    """Cut `flat [*B, P]` into `{name: [*B, *shape]}`, for the `shapes` of `parameter_shapes`; views, as `unflatten`."""
    sizes = [math.prod(shape) for shape in shapes.values()]
    check_tensor(flat, "flat", sum(sizes), f", the number of parameters of {', '.join(shapes)}")
    parts = zip(shapes.items(), flat.split(sizes, dim=-1), strict=True)
    return {name: part.reshape(*flat.shape[:-1], *shape) for (name, shape), part in parts}


def flatten_parameters(weights, shapes):
    """The flat vector `[*B, P]` of `{name: [*B, *shape]}`: the inverse of `unflatten_parameters`."""
    if list(weights) != list(shapes):
        raise ValueError(f"weights has {', '.join(weights)}, but shapes has {', '.join(shapes)}")
    first, parts = next(iter(weights)), []
    lead = weights[first].shape[: weights[first].dim() - len(shapes[first])]
    for name, tensor in weights.items():
        needed = [*lead, *shapes[name]]
        if list(check_tensor(tensor, name).shape) != needed:
            raise ValueError(f"{name} has shape {list(tensor.shape)}, but it needs {needed}")
        check_same_dtype(tensor, name, weights[first], first)
        parts.append(tensor.reshape(*lead, -1))
    return torch.cat(parts, dim=-1)


def _chosen(module, only):
    """`{name: (parameter, all names it goes by)}` of those that are to be generated."""
    names = {}
    for name, p in module.named_parameters(remove_duplicate=False):
        names.setdefault(p, []).append(name)
    if only is not None:
        if not isinstance(only, (list, tuple)) or not all(isinstance(one, str) for one in only):
            raise TypeError(f'only must be a list of names, such as ["0.weight"], got {describe(only)}')
        for i, one in enumerate(only):
            if not any(f"{name}.".startswith(f"{one}.") for all_names in names.values() for name in all_names):
                known = ", ".join(all_names[0] for all_names in names.values())
                raise ValueError(f"only[{i}] is {one!r}, but the module's parameters are {known or 'none'}")
    chosen = {
        all_names[0]: (p, all_names)
        for p, all_names in names.items()
        if only is None or any(f"{name}.".startswith(f"{one}.") for name in all_names for one in only)
    }
    for name, (p, _) in chosen.items():
        if isinstance(p, nn.UninitializedParameter):
            raise ValueError(f"{name} has no shape yet; run the lazy module on data once")
        if not p.is_floating_point():
            raise TypeError(f"{name} is {p.dtype}, but only floating-point parameters can be generated")
    return chosen


def _first_values(module, name, p):
    """(standard deviation, mean) of the generated numbers of one parameter at the start, by its fan-in in its layer.

    Weights and biases go by `hyperfan_in_std`.  A norm's or another scale starts near the values that it has, or near 1
    and 0 if it lies on the device "meta".
    """
    parent, _, leaf = name.rpartition(".")
    owner = module.get_submodule(parent)
    others = [q for q in owner._parameters.values() if q is not None]
    bias = p.dim() < 2 and "bias" in leaf
    if p.dim() < 2 and not (bias and any(q.dim() > 1 for q in others)):
        return 0.1, float(not bias) if p.is_meta else p.detach().mean().item()
    if isinstance(owner, nn.Embedding):
        return 1.0, 0.0  # a row is looked up and not summed over
    fan_in = math.prod(p.shape[1:])
    if isinstance(owner, _ConvTransposeNd):
        fan_in = p.shape[0] // owner.groups * math.prod(p.shape[2:]) / math.prod(owner.stride)
    weight_std, bias_std = hyperfan_in_std(max(int(fan_in), 1), 1)
    with_bias = any(q.dim() < 2 for q in others)  # without one its half of the variance goes to the weight
    return bias_std if bias else weight_std * (1 if with_bias else math.sqrt(2)), 0.0


class ModuleHypernetwork(nn.Module):
    """A hypernetwork whose target is any module: it generates the module's parameters, all of them or some.

    Args:
        module: the target network.  A copy is kept, and yours stays as it is.  It may lie on the device "meta" if all
            of its parameters are generated, since only their shapes count then.
        conditioning_size: length C of the condition.
        only: names of the parameters to generate, or prefixes; default all.  The others are the copy's own: they serve
            all generated networks, and train with the rest.
        hidden_sizes: widths of the generator's hidden layers.
        chunk_size: how many numbers the generator makes at a time, see `ChunkedGenerator`; default all at once.
        init: how it starts out, a method of `initialise_generator`; "hyperfan_in" goes by each tensor's own fan-in, and
            starts the scales of norms near 1.

    Attributes:
        shapes: `{name: shape}` of what is generated.
        generator: `[..., C] -> [..., P]`.
        module: the copy, without the parameters that are generated.

    Raises:
        TypeError or ValueError naming the parameter or buffer that does not fit.

    Source: Ha, Dai and Le, "HyperNetworks" (2016), section 3; the start by Chang, Flokas and Lipson (2020).
    """

    def __init__(self, module, conditioning_size, only=None, hidden_sizes=(64,), chunk_size=None, init="hyperfan_in"):
        super().__init__()
        self.conditioning_size = positive_int(conditioning_size, "conditioning_size")
        module = copy.deepcopy(check_module(module, "module"))
        chosen = _chosen(module, only)
        if not chosen:
            raise ValueError(f"{type(module).__name__} has no parameters to generate")
        self.shapes = {name: tuple(p.shape) for name, (p, _) in chosen.items()}
        self._names = {name: all_names for name, (_, all_names) in chosen.items()}
        self._build_generator(module, {name: p for name, (p, _) in chosen.items()}, hidden_sizes, chunk_size, init)
        for name in itertools.chain(*self._names.values()):
            parent, _, leaf = name.rpartition(".")
            setattr(module.get_submodule(parent), leaf, None)
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
            if tensor.is_meta:
                raise ValueError(f"{name} lies on the device 'meta' and isn't generated, so it has no values")
        self.module = module

    def _build_generator(self, module, parameters, hidden_sizes, chunk_size, init):
        """The generator at its start, and for a chunked one the scales of what it makes, `{name: (std, mean)}`."""
        first_name, first = next(iter(parameters.items()))
        for name, p in parameters.items():
            check_same_dtype(p, name, first, first_name)
        sizes = [p.numel() for p in parameters.values()]
        values = {name: _first_values(module, name, p) for name, p in parameters.items()}
        if init == "last_bias" and (chunk_size is not None or any(p.is_meta for p in parameters.values())):
            why = "a chunked generator has none for each number" if chunk_size is not None else "'meta' has no values"
            raise ValueError(f"init 'last_bias' puts the module's own values into the last bias, but {why}")
        self._scales = {}
        if chunk_size is not None:
            self.generator = ChunkedGenerator(self.conditioning_size, sum(sizes), chunk_size, hidden_sizes=hidden_sizes)
            if init == "hyperfan_in":  # which is how it starts, with a variance of 1
                self._scales = values
            else:
                initialise_generator(self.generator.generator, chunk_size, init)
        else:
            self.generator = nn.Sequential(*mlp(self.conditioning_size, hidden_sizes, sum(sizes)))
            last = initialise_generator(self.generator, sum(sizes), init)[-1]
            with torch.no_grad():
                if init == "hyperfan_in":
                    stds, means = torch.tensor(list(values.values())).repeat_interleave(torch.tensor(sizes), dim=0).T
                    last.weight.normal_().mul_(stds.unsqueeze(1) / math.sqrt(last.in_features))
                    last.bias.copy_(means)
                elif init == "last_bias":
                    last.bias.copy_(torch.cat([p.flatten() for p in parameters.values()]))
        self.generator.to(dtype=first.dtype, device=None if first.is_meta else first.device)

    def generate(self, conditioning):
        """The target's parameters for `conditioning [*B, C]`: `{name: [*B, *shape]}`, in the module's order."""
        check_conditioning(conditioning, self.conditioning_size, self)
        weights = unflatten_parameters(self.generator(conditioning), self.shapes)
        if self._scales:
            weights = {name: w * self._scales[name][0] + self._scales[name][1] for name, w in weights.items()}
        return weights

    def forward(self, conditioning, *inputs, many=False, **options):
        """Each condition's network applied to its inputs.

        Args:
            conditioning: `[*B, C]`, or `[C]` for one network, which gets the inputs as the module would.
            inputs, options: the module's own, by place or by name.  Every tensor among them has the axes B first, and
                network b gets row b as a batch of one, `x[b:b+1]`.  What is no tensor goes to all.
            many: whether each row is a batch by itself: `x [*B, n, ...]`, and network b gets `x[b]`, n rows.

        Returns:
            What the module returns, with the axes B first: `[*B, ...]`, or with `many` `[*B, n, ...]`.

        Raises:
            TypeError or ValueError if a tensor does not fit, or the module can't go row by row: batch norm in training
            mixes rows and keeps statistics, which all networks would share.
        """
        weights = self.generate(conditioning)
        lead = conditioning.shape[:-1]
        if not lead:
            return self._call(weights, inputs, options)
        check_rows(self.module)
        axes = len(lead)

        def fold(value):
            if not isinstance(value, torch.Tensor):
                return value
            if value.shape[:axes] != lead:
                needed = ", ".join([*map(str, lead), *["n"] * many, "..."])
                raise ValueError(
                    f"conditioning {list(conditioning.shape)} needs inputs [{needed}], got {list(value.shape)}"
                )
            value = value.flatten(0, axes - 1)
            return value if len(value) else value.sum(0, keepdim=True)  # no rows at all: one of zeros stands in

        weights, inputs, options = tree_map(fold, (weights, inputs, options))
        out = None
        if len(inputs) == 1 and not options and isinstance(inputs[0], torch.Tensor):
            out = self._run_chain(weights, inputs[0], many)
        if out is None:
            out = run_rows(self.module, self._call, weights, inputs, options, many)
        rows = math.prod(lead)
        return tree_map(lambda t: t[:rows].reshape(*lead, *t.shape[1:]) if isinstance(t, torch.Tensor) else t, out)

    def _run_chain(self, weights, x, many):
        """The faster way, or None where there is none."""
        weights = self._by_every_name(weights)
        chain = chain_of(self.module, weights)
        if chain is None or (many and x.dim() < 2):
            return None
        out = run_chain(chain, weights, x if many else x.unsqueeze(1))
        return out if many or out is None else out.squeeze(1)

    def _by_every_name(self, weights):
        return {other: tensor for name, tensor in weights.items() for other in self._names[name]}

    def _call(self, weights, inputs, options):
        """The module with these parameters, `{name: [*shape]}`."""
        return functional_call(self.module, self._by_every_name(weights), inputs, options)
