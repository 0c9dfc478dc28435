"""Networks that generate the weights of another network (lesson 04)."""

import torch
from torch import nn

from .counting import count_parameters, mlp_sizes
from .slicing import unflatten
from .validate import check_module, check_tensor, positive_int


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
        return tuple(part for pair in unflatten(flat, self.target_layer_sizes) for part in pair)


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
