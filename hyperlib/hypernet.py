"""Networks that generate the weights of another network (lessons 04 and 08)."""

import torch
from torch import nn

from .batching import check_index, run_shared
from .counting import count_parameters, layer_parameters, mlp_sizes
from .init import initialise_generator
from .slicing import cut
from .target import resolve_activation, run_layers
from .validate import check_layer_sizes, check_module, check_same_dtype, check_tensor, positive_int


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
        # Each by its own name first, so that an error speaks of the argument and not of a list made from it.
        positive_int(target_in, "target_in"), positive_int(target_out, "target_out")
        widths = [positive_int(width, "target_hidden") for width in widths]
        self.target_layer_sizes = mlp_sizes(target_in, widths, target_out)
        self.total_target_params = count_parameters(self.target_layer_sizes)
        layers = []
        for n_in, n_out in mlp_sizes(z_dim, hidden_sizes, self.total_target_params):
            layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        self.generator = nn.Sequential(*layers[:-1])  # no activation after the last: weights may be negative

    def forward(self, z):
        """Generate weights: `z [..., z_dim]` gives `(w1 [..., out, in], b1 [..., out], w2, b2, ...)`."""
        check_tensor(z, "z", self.z_dim, " (z_dim)")
        flat = self.generator(z)  # [..., z_dim] -> [..., total_target_params]
        return tuple(part for pair in cut(flat, self.target_layer_sizes) for part in pair)


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
    *hidden, last = mlp_sizes(conditioning_size, hidden_sizes, layer_parameters(*size))
    generator = nn.Sequential()
    for i, (n_in, n_out) in enumerate(hidden):
        generator.add_module(f"{name}_hidden_{i}", nn.Linear(n_in, n_out))
        generator.add_module(f"{name}_relu_{i}", nn.ReLU())
    generator.add_module(f"{name}_params", nn.Linear(*last))
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
        check_conditioning(conditioning, self.conditioning_size, next(self.parameters()))
        flat_weights = [generator(conditioning) for generator in self.generators]
        return [cut(flat, [size])[0] for flat, size in zip(flat_weights, self.target_layer_sizes, strict=True)]

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
        pairs = self.generate(conditioning)
        check_data(data, self.input_size, conditioning, index)
        return run_target(data, pairs, self.activation, index)


def check_conditioning(conditioning, size, parameter):
    """An error unless `conditioning [..., size]` is what a hypernetwork with such a parameter can take."""
    check_tensor(conditioning, "conditioning", size, " (conditioning_size)")
    if not conditioning.is_floating_point():
        raise TypeError(
            f"conditioning is {conditioning.dtype}; numbers of classes or tasks must be made vectors first, by"
            " F.one_hot(...).float() or nn.Embedding"
        )
    check_same_dtype(conditioning, "conditioning", parameter, "the hypernetwork")


def run_target(data, pairs, activation, index=None, scales=None):
    """Checked data through generated networks, each row through its own or through the one that the index names."""
    if index is None:
        return run_layers(data, pairs, activation, scales)
    return run_shared(data, pairs, activation, index, scales)


def check_data(data, input_size, conditioning, index=None):
    """An error unless `data` has one row, or n rows, or an index's rows, of `input_size` numbers for each condition."""
    check_tensor(data, "data", input_size, " (input_size)")
    check_same_dtype(data, "data", conditioning, "conditioning")
    if index is not None:
        return check_index(index, conditioning, data)
    batch = conditioning.shape[:-1]
    if batch and batch not in (data.shape[:-1], data.shape[:-2]):
        lead = ", ".join(map(str, batch))
        raise ValueError(
            f"conditioning {list(conditioning.shape)} needs data [{lead}, {input_size}] (one row for each condition)"
            f" or [{lead}, n, {input_size}] (n rows for each), got {list(data.shape)}"
        )


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
        grads = torch.autograd.grad(loss, named.values(), allow_unused=True, retain_graph=True)
        reached |= {name: grad is not None for name, grad in zip(named, grads, strict=True)}
    return reached
