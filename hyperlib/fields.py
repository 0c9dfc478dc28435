"""Images as weights: sine networks that are images, and a hypernetwork from a short latent to them (lesson 14)."""

import math

import torch
from torch import nn

from .counting import count_parameters, mlp_sizes
from .slicing import flatten, unflatten
from .target import target_forward
from .validate import check_int_list, check_tensor, describe, positive_int


def coordinates(side):
    """The centres (x, y) of side x side pixels, row after row as an image is flattened: `[side * side, 2]`.

    Both go from -1 to 1 between the *edges* of the image; x grows to the right and y downwards.
    """
    centres = (2 * torch.arange(positive_int(side, "side")) + 1) / side - 1
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    return torch.stack([x, y], dim=-1).reshape(-1, 2)


def siren_start(n_in, n_out, w0, first):
    """The first weight `[out, in]` and bias `[out]` of a layer whose input or output goes through `sin(w0 * ...)`.

    Both are uniform between -a and a: a is `1 / n_in` for the first layer, and `sqrt(6 / n_in) / w0` for the others.

    Source: Sitzmann et al., "Implicit Neural Representations with Periodic Activation Functions" (NeurIPS 2020),
    section 3.2, for the weights.  Their code leaves the biases to PyTorch.
    """
    n_in, n_out = positive_int(n_in, "n_in"), positive_int(n_out, "n_out")
    bound = 1 / n_in if first else math.sqrt(6 / n_in) / w0
    return torch.empty(n_out, n_in).uniform_(-bound, bound), torch.empty(n_out).uniform_(-bound, bound)


class FieldHypernetwork(nn.Module):
    """A linear hypernetwork from a latent to a sine network, which gives the grey value of any place (x, y).

    Args:
        latent_size: how many numbers stand for an image.
        hidden_sizes: of the sine network, whose layers are 2 -> hidden_sizes -> 1.
        w0: how fast its sines go, `sin(w0 * (W x + b))`.

    At the start all latents make nearly the same network: `siren_start`, and a tenth of it for each number of z.

    Attributes:
        target_layer_sizes: of the sine network.
        generator: `[..., latent_size] -> [..., P]`.

    Source: Sitzmann et al. (2020), section 4.4; one linear map as in Dupont et al., "From data to functa" (ICML 2022),
    which makes biases only.
    """

    def __init__(self, latent_size, hidden_sizes=(16, 16), w0=6.0):
        super().__init__()
        self.latent_size, self.w0 = positive_int(latent_size, "latent_size"), float(w0)
        self.target_layer_sizes = sizes = mlp_sizes(2, check_int_list(hidden_sizes, "hidden_sizes"), 1)
        starts = [
            flatten([siren_start(*size, self.w0, first=i == 0) for i, size in enumerate(sizes)])
            for _ in range(latent_size + 1)
        ]
        self.generator = nn.Linear(latent_size, count_parameters(sizes))
        with torch.no_grad():
            self.generator.bias.copy_(starts[0])
            self.generator.weight.copy_(0.1 * torch.stack(starts[1:], dim=1))

    def generate(self, z):
        """The sine networks of `z [*B, latent_size]` as pairs `[(weight [*B, out, in], bias [*B, out]), ...]`."""
        check_tensor(z, "z", self.latent_size, " (latent_size)")
        return unflatten(self.generator(z), self.target_layer_sizes)

    def forward(self, z, coords):
        """Grey values between 0 and 1 at some places.

        Args:
            z: `[*B, latent_size]`, a latent for each image.
            coords: `[n, 2]` for all of them, or `[*B, n, 2]`.

        Returns:
            `[*B, n]`.
        """
        return draw(self.generate(z), coords, self.w0)


def draw(weights, coords, w0):
    """The values `[*B, n]` of sine networks at `coords [n, 2]` or `[*B, n, 2]`, between 0 and 1."""
    lead = weights[0][0].shape[:-2]
    if check_tensor(coords, "coords", 2, " (x and y)").dim() == 2:
        coords = coords.expand(*lead, *coords.shape)
    return target_forward(coords, weights, lambda h: torch.sin(w0 * h)).squeeze(-1).sigmoid()


def set_encode(coords, values, phi, rho):
    """A code for a set of pixels, whatever their number and order: `rho(mean of phi(x, y, value))`.

    `coords [..., n, 2]` and `values [..., n]` give `[..., code]`; phi takes `[..., n, 3]`.

    Source: Zaheer et al., "Deep Sets" (NeurIPS 2017); for neural fields Sitzmann et al. (2020), section 4.4.
    """
    check_tensor(coords, "coords", 2, " (x and y)"), check_tensor(values, "values")
    if coords.shape[:-1] != values.shape:
        raise ValueError(f"coords {list(coords.shape)} needs values {list(coords.shape[:-1])}, got {describe(values)}")
    return rho(phi(torch.cat([coords, values.unsqueeze(-1)], dim=-1)).mean(dim=-2))


def fit_latent(model, latent_size, coords, values, steps, lr):
    """Latents `[*B, latent_size]` for `values [*B, n]` at `coords`, by Adam from 0; the model stays as it is."""
    z = values.new_zeros(*values.shape[:-1], positive_int(latent_size, "latent_size")).requires_grad_()
    optimizer = torch.optim.Adam([z], lr=lr)
    for _ in range(steps):
        loss = (model(z, coords) - values).square().mean()
        (z.grad,) = torch.autograd.grad(loss, z)  # the model's own gradients stay as they were
        optimizer.step()
    return z.detach()


def inner_loop(model, z, coords, values, steps, lr, create_graph=True):
    """A few plain gradient steps for z `[*B, latent_size]`, through which the model can be trained.

    The loss is each image's mean squared error, summed over images.  Without `create_graph` the gradient of the result
    leaves out how the steps depend on the model ("first order").

    Source: Finn, Abbeel and Levine, "Model-Agnostic Meta-Learning" (ICML 2017); for latents Dupont et al. (2022).
    """
    if not z.requires_grad:
        z = z.clone().requires_grad_()
    for _ in range(steps):
        loss = (model(z, coords) - values).square().mean(dim=-1).sum()
        (gradient,) = torch.autograd.grad(loss, z, create_graph=create_graph)
        z = z - lr * gradient
    return z
