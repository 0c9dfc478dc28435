"""A residual network that is given its kernels: its own, or generated ones (lesson 11)."""

import torch
import torch.nn.functional as F
from torch import nn

from .validate import check_int_list, check_module, positive_int


def residual_layers(widths, blocks, first=16):
    """The channels of a `ResidualNetwork`'s kernels, `[(n_in, n_out), ...]`; its first layer makes `first` channels."""
    widths, blocks = check_int_list(widths, "widths"), positive_int(blocks, "blocks")
    flow = [positive_int(first, "first"), *(width for width in widths for _ in range(2 * blocks))]
    return list(zip(flow[:-1], flow[1:], strict=True))


class OwnKernels(nn.Module):
    """Kernels of their own for the layers `[(n_in, n_out), ...]`: what generated ones are compared with."""

    def __init__(self, layers, size=3):
        super().__init__()
        kernels = (torch.empty(n_out, n_in, size, size) for n_in, n_out in layers)
        self.kernels = nn.ParameterList(nn.init.kaiming_normal_(kernel, nonlinearity="relu") for kernel in kernels)

    def forward(self):
        return list(self.kernels)


class ResidualNetwork(nn.Module):
    """Groups of residual blocks of two convolutions; each group after the first begins with half the resolution.

    A convolution is followed by a batch norm.  Where the channels change, the shortcut is padded with zeros, so that
    it has no parameters.

    Args:
        kernels: a module that is called without arguments and gives the kernels of
            `residual_layers(widths, blocks, first)`, such as `TiledGenerator` or `OwnKernels`.
        n_in: channels of the images.
        classes: how many numbers come out.
        widths: channels of each group.
        blocks: residual blocks in each group.
        first: channels of the first layer, which has a kernel of its own.

    Source: Ha, Dai and Le, "HyperNetworks" (2016), section 4.2 and Table 2: with blocks=6 and widths (16, 32, 64) or
    (32, 64, 128) the networks "Hyper Residual Network 40-1" and "40-2", of 96,570 and 147,578 numbers.
    """

    def __init__(self, kernels, n_in=3, classes=10, widths=(16, 32, 64), blocks=6, first=16):
        super().__init__()
        self.layers = residual_layers(widths, blocks, first)
        self.blocks, self.kernels = blocks, check_module(kernels, "kernels")
        self.first = nn.Conv2d(positive_int(n_in, "n_in"), first, 3, padding=1)
        self.norms = nn.ModuleList(nn.BatchNorm2d(n_out) for n_out in (first, *(n_out for _, n_out in self.layers)))
        self.biases = nn.ParameterList(torch.zeros(n_out) for _, n_out in self.layers)
        self.last = nn.Linear(self.layers[-1][1], positive_int(classes, "classes"))

    def forward(self, x):
        """Images `[B, n_in, height, width]` to `[B, classes]`."""
        kernels = self.kernels()
        shapes = [tuple(kernel.shape[1::-1]) for kernel in kernels]
        if shapes != self.layers:
            raise ValueError(f"kernels() gives kernels for {shapes}, but the network needs {self.layers}")
        x = self.norms[0](self.first(x)).relu()
        for i in range(0, len(kernels), 2):
            stride = 2 if i and i % (2 * self.blocks) == 0 else 1
            y = self._convolve(x, kernels, i, stride).relu()
            y = self._convolve(y, kernels, i + 1, 1)
            shortcut = x[..., ::stride, ::stride]
            x = (F.pad(shortcut, (0, 0, 0, 0, 0, y.shape[1] - x.shape[1])) + y).relu()
        return self.last(x.mean((-2, -1)))

    def _convolve(self, x, kernels, i, stride):
        return self.norms[i + 1](F.conv2d(x, kernels[i], self.biases[i], stride, padding=1))
