"""One generator for all layers of a residual network on MNIST, against plainer ways of sharing (paper, section 4.2).

    python experiments/residual.py               (three epochs; half an hour for a seed of all networks, on two cores)

Twelve layers, six with 16 and six with 32 channels.  Where do their kernels come from?  *own*: each layer has its own.
*same*: one basic kernel, tiled, for all.  *generated*: the paper's generator, with an embedding for each tile.  *bank*:
a few stored basic kernels, of which each tile is a mixture of its own.  *narrow*: own kernels, and so few channels that
the whole network is about as large as the generated one.
"""

import torch
from common import parser
from mnist import RECIPES, race
from torch import nn

from hyperlib import OwnKernels, ResidualNetwork, TiledGenerator, basic_kernels, residual_layers, tile_kernels

WIDTHS, BLOCKS = (16, 32), 3
LAYERS = residual_layers(WIDTHS, BLOCKS)


class Bank(nn.Module):
    """Every tile is a mixture of `size` stored kernels; with size 1 and no mixing, the same one everywhere."""

    def __init__(self, size, mixed=True):
        super().__init__()
        self.stored = OwnKernels([(16, 16)] * size)
        self.mix = nn.Parameter(torch.randn(basic_kernels(LAYERS), size) * size**-0.5) if mixed else None

    def forward(self):
        stored = torch.stack(self.stored())
        count = basic_kernels(LAYERS)
        tiles = stored.expand(count, *stored.shape[1:]) if self.mix is None else torch.tensordot(self.mix, stored, 1)
        kernels, begin = [], 0
        for n_in, n_out in LAYERS:
            rows, cols = n_out // 16, n_in // 16
            kernels.append(tile_kernels(tiles[begin : begin + rows * cols], rows, cols) * cols**-0.5)
            begin += rows * cols
        return kernels


def network(kernels, widths=WIDTHS, first=16):
    return ResidualNetwork(kernels, n_in=1, widths=widths, blocks=BLOCKS, first=first)


NETWORKS = {
    "own": lambda: network(OwnKernels(LAYERS)),
    "same": lambda: network(Bank(1, mixed=False)),
    "generated": lambda: network(TiledGenerator(LAYERS, z_dim=16)),
    "bank": lambda: network(Bank(3)),
    "narrow": lambda: network(OwnKernels(residual_layers((6, 11), BLOCKS, 6)), (6, 11), 6),
}


def main():
    made = parser(__doc__.split("\n\n")[0])
    made.add_argument("--data", help="folder with MNIST's four files (default: they are downloaded)")
    race("residual", NETWORKS, RECIPES["quick"] | {"epochs": 3}, made.parse_args())


if __name__ == "__main__":
    main()
