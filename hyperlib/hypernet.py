"""Networks that generate the weights of another network (lessons 04 and 08)."""

import torch
from torch import nn

from ._sharing import run_shared
from .counting import count_parameters, layer_parameters, mlp_sizes
from .init import initialise_generator
from .slicing import unflatten
from .target import apply_generated_weights, resolve_activation
from .validate import (
    check_conditioning,
    check_data,
    check_layer_sizes,
    check_module,
    check_same_dtype,
    check_tensor,
    positive_int,
)


def mlp(n_in, hidden_sizes, n_out):
    """The layers of a small MLP, with a ReLU after each but the last."""
    layers = [part for size in mlp_sizes(n_in, hidden_sizes, n_out) for part in (nn.Linear(*size), nn.ReLU())]
    return layers[:-1]


class HyperNet(nn.Module):
    """The exercise's hypernetwork: a small MLP from a latent z to all the weights of a target MLP.

    Args:
        z_dim: length of the latent vector z.
        target_in, target_hidden, target_out: the target network's widths.  `target_hidden` may be a list of widths
            for a deeper target.
        hidden_sizes: widths of the generator's own hidden layers; an empty list makes the generator linear.

    Attributes:
        target_layer_sizes: the target's `[(in, out), ...]`.
        total_target_params: how many numbers the generator has to produce for each z.
        generator: the MLP `[..., z_dim] -> [..., total_target_params]`.

    Source: Ha, Dai and Le, "HyperNetworks" (2016), section 3.1, with a plain MLP as the generator.
    """

    def __init__(self, z_dim, target_in, target_hidden, target_out, hidden_sizes=(64,)):
        super().__init__()
        self.z_dim = positive_int(z_dim, "z_dim")
        widths = target_hidden if isinstance(target_hidden, (list, tuple)) else [target_hidden]
        # Each is checked by its own name, so that an error speaks of the argument and not of a list made from it.
        widths = [positive_int(width, "target_hidden") for width in widths]
        sizes = mlp_sizes(positive_int(target_in, "target_in"), widths, positive_int(target_out, "target_out"))
        self.target_layer_sizes = sizes
        self.total_target_params = count_parameters(self.target_layer_sizes)
        self.generator = nn.Sequential(*mlp(z_dim, hidden_sizes, self.total_target_params))

    def forward(self, z):
        """Generate weights: `z [..., z_dim]` gives `(w1 [..., out, in], b1 [..., out], w2, b2, ...)`."""
        check_tensor(z, "z", self.z_dim, " (z_dim)")
        check_same_dtype(z, "z", next(self.parameters(), z), "the hypernetwork")
        flat = self.generator(z)  # [..., z_dim] -> [..., total_target_params]
        return tuple(part for pair in unflatten(flat, self.target_layer_sizes) for part in pair)


def build_weight_generator(
    conditioning_size,
    target_in,
    target_out,
    hidden_sizes=(256, 256),
    name="weight_gen",
    init="small",
    activation="relu",
):
    """The MLP that generates one layer of a target network, weight and bias, from a condition.

    Args:
        conditioning_size: length C of the condition.
        target_in, target_out: the generated layer's widths.
        hidden_sizes: widths of the generator's hidden layers, each followed by a ReLU; may be empty.
        name: its layers are called `{name}_hidden_0`, `{name}_hidden_1`, ..., `{name}_params`.
        init: how it starts out, a method of `initialise_generator`; "small" is the original's.
        activation: of the target network, which the method "hyperfan_in" asks for.

    Returns:
        A module `[..., C] -> [..., target_in * target_out + target_out]`.

    Source: Edifice, `Hypernetwork.build_weight_generator`.
    """
    positive_int(conditioning_size, "conditioning_size")
    size = (positive_int(target_in, "target_in"), positive_int(target_out, "target_out"))
    if not isinstance(name, str) or not name or "." in name:
        raise ValueError(f"name must be a text without dots, since modules are called by it, got {name!r}")
    *layers, last = mlp(conditioning_size, hidden_sizes, layer_parameters(*size))
    generator = nn.Sequential()
    for i, layer in enumerate(layers):
        generator.add_module(f"{name}_{'relu' if i % 2 else 'hidden'}_{i // 2}", layer)
    generator.add_module(f"{name}_params", last)
    return initialise_generator(generator, [size], init, activation)


class Hypernetwork(nn.Module):
    """The full conditional hypernetwork: a weight generator for each layer of the target network.

    `Hypernetwork.build(...)` makes one; the options are the same here.

    Args:
        conditioning_size: length C of the condition.
        target_layer_sizes: the target's `[(in, out), ...]`.
        hidden_sizes: widths of the hidden layers of every generator.
        activation: between the target's layers, none after the last; a name such as "relu" or a callable.
        input_size: the data's last axis; there to be checked, since it has to be the first layer's `in`.
        init: how the generators start out, a method of `initialise_generator`; "small" is the original's.

    Attributes:
        generators: one module per target layer, see `build_weight_generator`; their names begin with `weight_gen_{i}`.

    Source: Edifice, `Hypernetwork`; Ha, Dai and Le, "HyperNetworks" (2016).
    """

    def __init__(
        self,
        conditioning_size,
        target_layer_sizes,
        hidden_sizes=(256, 256),
        activation="relu",
        input_size=None,
        init="small",
    ):
        super().__init__()
        self.conditioning_size = positive_int(conditioning_size, "conditioning_size")
        self.target_layer_sizes = check_layer_sizes(target_layer_sizes, "target_layer_sizes")
        first = self.target_layer_sizes[0][0]
        self.input_size = first if input_size is None else positive_int(input_size, "input_size")
        if self.input_size != first:
            raise ValueError(f"input_size is {self.input_size}, but target_layer_sizes[0] takes {first} inputs")
        self.activation = resolve_activation(activation)
        self.generators = nn.ModuleList(
            build_weight_generator(conditioning_size, n_in, n_out, hidden_sizes, f"weight_gen_{i}", init, activation)
            for i, (n_in, n_out) in enumerate(self.target_layer_sizes)
        )

    @classmethod
    def build(cls, *, conditioning_size, target_layer_sizes, **options):
        """A `Hypernetwork` with these options, by their names, as in Edifice."""
        return cls(conditioning_size, target_layer_sizes, **options)

    def generate(self, conditioning):
        """The target's weights for `conditioning [*B, C]`, as `[(weight [*B, out, in], bias [*B, out]), ...]`."""
        check_conditioning(conditioning, self.conditioning_size, self)
        flat_weights = [generator(conditioning) for generator in self.generators]
        return [unflatten(flat, [size])[0] for flat, size in zip(flat_weights, self.target_layer_sizes, strict=True)]

    def forward(self, conditioning, data, index=None):
        """Each condition's network applied to its data.

        Args:
            conditioning: `[*B, C]`, or `[C]` for one network that serves all rows.
            data: `[*B, in]`, one row for each condition; `[*B, n, in]`, n rows for each; any `[..., in]` for one.
            index: where rows share conditions, `[N]`, whole numbers: which of the conditions `[K, C]` each row of the
                data `[N, in]` has, as from `group_by_condition`.  Each network is then generated only once.

        Returns:
            `data` with its last axis replaced by the last target layer's `out`.
        """
        check_conditioning(conditioning, self.conditioning_size, self)
        check_data(data, self.input_size, conditioning, index)
        flat_weights = [generator(conditioning) for generator in self.generators]

        def apply(data, flat_weights):
            return apply_generated_weights(data, flat_weights, self.target_layer_sizes, self.activation)

        return apply(data, flat_weights) if index is None else run_shared(apply, data, flat_weights, index)


def _check_graph(loss):
    """An error if a part of the graph cannot be seen from outside, as with a re-entrant checkpoint."""
    nodes, seen = {loss.grad_fn} - {None}, set()
    while nodes:
        node = nodes.pop()
        if node.name() == "CheckpointFunctionBackward":
            raise ValueError("gradient_reaches cannot look into a re-entrant checkpoint; use use_reentrant=False")
        seen.add(node)
        nodes |= {one for one, _ in node.next_functions} - seen - {None}


def gradient_reaches(loss, module):
    """Which parameters of `module` a gradient of `loss` reaches: `{name: True or False}`.

    Leaves every `.grad` as it was and keeps the graph, so that `loss.backward()` still works afterwards.
    """
    check_tensor(loss, "loss"), check_module(module, "module")
    if loss.numel() != 1:
        raise ValueError(f"loss must be a single number, got {list(loss.shape)}; take its .mean() or .sum()")
    named = {name: p for name, p in module.named_parameters() if p.requires_grad}
    reached = dict.fromkeys((name for name, _ in module.named_parameters()), False)
    if loss.requires_grad and named:
        _check_graph(loss)
        grads = torch.autograd.grad(loss, named.values(), allow_unused=True, retain_graph=True)
        reached |= {name: grad is not None for name, grad in zip(named, grads, strict=True)}
    return reached
