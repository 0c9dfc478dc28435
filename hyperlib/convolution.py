"""Generated kernels: one for each image, one layer's by a static hypernetwork, many layers' by tiles (lesson 11)."""

import torch
import torch.nn.functional as F
from torch import nn

from .validate import check_same_dtype, check_tensor, describe, positive_int


def conv_per_row(x, kernels, bias=None, padding=0):
    """Image b through convolution b, all of them at once.

    Args:
        x: `[B, in, height, width]`.
        kernels: `[B, out, in, k, k]`, one kernel for each image.
        bias: `[B, out]`, or None.
        padding: as for `F.conv2d`, also "same".

    Returns:
        `[B, out, height', width']`.  All images become the channels of a single one, each a group by itself.
    """
    check_tensor(x, "x"), check_tensor(kernels, "kernels"), check_same_dtype(kernels, "kernels", x, "x")
    if x.dim() != 4 or kernels.dim() != 5 or kernels.shape[:3:2] != x.shape[:2]:
        raise ValueError(
            f"x [B, in, h, w] needs kernels [B, out, in, k, k], got {list(x.shape)}, {list(kernels.shape)}"
        )
    if bias is not None and check_tensor(bias, "bias").shape != kernels.shape[:2]:
        raise ValueError(f"bias has shape {list(bias.shape)}, but kernels {list(kernels.shape)} need [B, out]")
    if not len(x):
        return F.conv2d(x, kernels.sum(0), None, padding=padding)  # no images: only the shape counts
    rows = F.conv2d(
        x.flatten(0, 1), kernels.flatten(0, 1), None if bias is None else bias.flatten(), padding=padding, groups=len(x)
    )
    return rows.unflatten(0, kernels.shape[:2])


def static_kernel(z, w_in, b_in, w_out, b_out, size):
    """The kernel that the paper's static hypernetwork makes of an embedding.

    Each input channel i gets `a_i = W_i z + B_i`, and its slice of the kernel is `W_out a_i + B_out`, with the same
    W_out and B_out for all i.

    Args:
        z: `[..., N_z]`.
        w_in, b_in: `[n_in, d, N_z]` and `[n_in, d]`.
        w_out, b_out: `[n_out * size * size, d]` and `[n_out * size * size]`.
        size: height and width of the kernel.

    Returns:
        `[..., n_out, n_in, size, size]`, in the order of PyTorch's convolutions.

    Source: Ha, Dai and Le, "HyperNetworks" (2016), equation 2.
    """
    a = (w_in @ z[..., None, :, None]).squeeze(-1) + b_in  # [..., n_in, d]
    slices = a @ w_out.T + b_out  # [..., n_in, n_out * size * size]
    # Here the input channels come first. To view them as [n_out, n_in, ...] would mix them up.
    return slices.unflatten(-1, (-1, size, size)).transpose(-4, -3)


def static_parameters(n_in, n_out, size, z_dim, layers=1):
    """How many numbers a static hypernetwork stores for the kernels of so many layers (paper, section 3.1)."""
    n_in, n_out, size = positive_int(n_in, "n_in"), positive_int(n_out, "n_out"), positive_int(size, "size")
    z_dim, layers = positive_int(z_dim, "z_dim"), positive_int(layers, "layers")
    return layers * z_dim + n_in * z_dim * (z_dim + 1) + n_out * size * size * (z_dim + 1)


def kernel_rank(kernel):
    """The rank of a kernel `[n_out, n_in, k, k]` as a matrix with a row for each input channel."""
    if check_tensor(kernel, "kernel").dim() != 4:
        raise ValueError(f"kernel must be [n_out, n_in, k, k], got shape {list(kernel.shape)}")
    matrix = kernel.detach().transpose(0, 1).flatten(1).double()
    return int(torch.linalg.matrix_rank(matrix, rtol=1e-5))


class KernelGenerator(nn.Module):
    """The paper's static hypernetwork: a learned embedding for each layer, and one generator for all their kernels.

    Args:
        n_in, n_out, size: the kernels' channels, and their height and width.
        z_dim: length N_z of the embeddings, and of the `a_i` (the paper's d).
        layers: how many layers of this shape there are.

    Attributes:
        embeddings: `[layers, z_dim]`, learned.

    Kernels start with the variance 2 / fan-in that suits a ReLU (He et al., 2015), for embeddings of variance 1.
    """

    def __init__(self, n_in, n_out, size, z_dim=4, layers=1):
        super().__init__()
        static_parameters(n_in, n_out, size, z_dim, layers)  # checks them
        self.size, numbers = size, n_out * size * size
        self.embeddings = nn.Parameter(torch.randn(layers, z_dim))
        self.w_in = nn.Parameter(torch.randn(n_in, z_dim, z_dim) * z_dim**-0.5)
        self.b_in = nn.Parameter(torch.zeros(n_in, z_dim))
        self.w_out = nn.Parameter(torch.randn(numbers, z_dim) * (2 / (n_in * size * size * z_dim)) ** 0.5)
        self.b_out = nn.Parameter(torch.zeros(numbers))

    def forward(self):
        """The kernels of all layers, `[layers, n_out, n_in, size, size]`."""
        return static_kernel(self.embeddings, self.w_in, self.b_in, self.w_out, self.b_out, self.size)


def tile_kernels(kernels, rows, cols):
    """A large kernel from basic ones: `[rows * cols, b_out, b_in, k, k] -> [rows * b_out, cols * b_in, k, k]`.

    Row after row of tiles, each row making `b_out` output channels (paper, equation 3).
    """
    rows, cols = positive_int(rows, "rows"), positive_int(cols, "cols")
    if check_tensor(kernels, "kernels").dim() != 5 or len(kernels) != rows * cols:
        needed = f"[{rows * cols}, out, in, k, k] for {rows} x {cols} tiles"
        raise ValueError(f"kernels has shape {list(kernels.shape)}, but it needs {needed}")
    tiles = kernels.unflatten(0, (rows, cols))  # [rows, cols, b_out, b_in, k, k]
    return tiles.transpose(1, 2).flatten(0, 1).flatten(1, 2)


def basic_kernels(layers, base=16):
    """How many basic kernels `base x base` the layers `[(n_in, n_out), ...]` are made of."""
    return sum(rows * cols for rows, cols in _tiles(layers, base))


def _tiles(layers, base):
    """[(rows, cols), ...]: outputs and inputs of each layer, in tiles."""
    if not isinstance(layers, (list, tuple)) or not layers:
        raise TypeError(f"layers must be a list of (n_in, n_out) channels, got {describe(layers)}")
    tiles = []
    for i, (n_in, n_out) in enumerate(layers):
        for n in (positive_int(n_in, f"layers[{i}][0]"), positive_int(n_out, f"layers[{i}][1]")):
            if n % base:
                raise ValueError(f"layers[{i}] is ({n_in}, {n_out}), but channels must be multiples of {base}")
        tiles.append((n_out // base, n_in // base))
    return tiles


class TiledGenerator(nn.Module):
    """One `KernelGenerator` for all layers of a network: large kernels are tiled from basic ones.

    Every tile has an embedding of its own.

    Args:
        layers: `[(n_in, n_out), ...]`, multiples of `base`.
        base: channels of a basic kernel.
        size: height and width of all kernels.
        z_dim: length of the embeddings.

    Source: Ha, Dai and Le, "HyperNetworks" (2016), section 3.1 and equation 3; the residual networks of section 4.2.
    """

    def __init__(self, layers, base=16, size=3, z_dim=64):
        super().__init__()
        self.tiles = _tiles(layers, positive_int(base, "base"))
        self.generator = KernelGenerator(base, base, size, z_dim, basic_kernels(layers, base))
        # A layer of cols tiles sums over cols times as many inputs as a basic kernel does.
        self.scales = [cols**-0.5 for _, cols in self.tiles]

    def forward(self):
        """The kernels, `[[n_out, n_in, size, size], ...]`, a tensor for each layer."""
        parts = self.generator().split([rows * cols for rows, cols in self.tiles])
        made = zip(parts, self.tiles, self.scales, strict=True)
        return [tile_kernels(part, *tiles) * scale for part, tiles, scale in made]
