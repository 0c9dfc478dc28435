"""One small generator for many layers: the target's weights are made chunk by chunk (lesson 09)."""

import torch
from torch import nn

from ._sharing import run_shared
from .counting import count_parameters
from .hypernet import mlp
from .slicing import unflatten
from .target import linear, resolve_activation
from .validate import check_conditioning, check_data, check_layer_sizes, positive_int


def count_chunks(total, chunk_size):
    """How many chunks of `chunk_size` numbers it takes to make at least `total` numbers."""
    total, chunk_size = positive_int(total, "total"), positive_int(chunk_size, "chunk_size")
    return -(-total // chunk_size)  # the last one may have a surplus


class ChunkedGenerator(nn.Module):
    """Generates all weights of a target network with one small MLP that is asked once for each chunk.

    The MLP gets the condition and a learned embedding that says which chunk is needed, and puts out `chunk_size`
    numbers.  The chunks are joined, the last one's surplus is dropped, and the flat vector is the target's, w1, b1,
    w2, b2, ...: a chunk may hold the end of one layer and the beginning of the next.

    Args:
        conditioning_size: length C of the condition; 0 if there is none, and the chunk embeddings are all that differs.
        target_layer_sizes: the target's `[(in, out), ...]`, with P parameters in all; or P itself, for any target.
        chunk_size: how many numbers the MLP makes at a time.
        embedding_size: length of each chunk's embedding.
        hidden_sizes: widths of the MLP's hidden layers.

    Attributes:
        embeddings: `[chunks, embedding_size]`, learned.
        generator: the MLP `[..., C + embedding_size] -> [..., chunk_size]`.

    The MLP starts out so that the numbers it makes have a variance of about 1, whatever layer they are for.

    Source: Ha, Dai and Le, "HyperNetworks" (2016), section 3.1 (a learned embedding for each layer, one generator for
    all); von Oswald et al., "Continual learning with hypernetworks" (ICLR 2020), section 2 (chunks).
    """

    def __init__(self, conditioning_size, target_layer_sizes, chunk_size, embedding_size=8, hidden_sizes=(64,)):
        super().__init__()
        none = type(conditioning_size) is int and conditioning_size == 0
        self.conditioning_size = 0 if none else positive_int(conditioning_size, "conditioning_size")
        sizes = target_layer_sizes
        self.target_layer_sizes = None if isinstance(sizes, int) else check_layer_sizes(sizes, "target_layer_sizes")
        self.total_target_params = sizes if isinstance(sizes, int) else count_parameters(sizes)
        chunks = count_chunks(self.total_target_params, chunk_size)
        self.embeddings = nn.Parameter(torch.randn(chunks, positive_int(embedding_size, "embedding_size")))
        self.generator = nn.Sequential(*mlp(self.conditioning_size + embedding_size, hidden_sizes, chunk_size))
        for layer in self.generator[::2]:
            # Inputs have a second moment of 1. Each ReLU halves it, and the layer in front of it makes up for that.
            gain = 1 if layer is self.generator[-1] else 2
            nn.init.normal_(layer.weight, std=(gain / layer.in_features) ** 0.5)
            nn.init.zeros_(layer.bias)

    def forward(self, conditioning=None):
        """The flat weights `[*B, P]` for `conditioning [*B, C]`; without an argument `[P]`, if C is 0."""
        if conditioning is None:
            conditioning = self.embeddings.new_empty(0)
        check_conditioning(conditioning, self.conditioning_size, self)
        batch, chunks = conditioning.shape[:-1], len(self.embeddings)
        conditions = conditioning.unsqueeze(-2).expand(*batch, chunks, -1)
        embeddings = self.embeddings.expand(*batch, chunks, -1)
        made = self.generator(torch.cat([conditions, embeddings], dim=-1))  # -> [*B, chunks, chunk_size]
        flat = made.flatten(-2)  # [*B, chunks * chunk_size]
        return flat[..., : self.total_target_params]


class ChunkedHypernetwork(nn.Module):
    """A `Hypernetwork` whose weights all come from one `ChunkedGenerator`; data and conditions have the same shapes.

    Args:
        conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes: see `ChunkedGenerator`.
        activation: between the target's layers, none after the last; a name such as "relu" or a callable.

    Attributes:
        scales: sqrt(2 / in) for each layer, by which its generated numbers are multiplied; fixed.  One generator makes
            the numbers of all layers and so starts out with one variance for all of them; this brings each layer to
            the size it needs (He et al., "Delving Deep into Rectifiers", 2015).
    """

    def __init__(
        self,
        conditioning_size,
        target_layer_sizes,
        chunk_size,
        embedding_size=8,
        hidden_sizes=(64,),
        activation="relu",
    ):
        super().__init__()
        self.generator = ChunkedGenerator(
            conditioning_size, target_layer_sizes, chunk_size, embedding_size, hidden_sizes
        )
        self.target_layer_sizes = self.generator.target_layer_sizes
        self.activation = resolve_activation(activation)
        self.scales = [(2 / n_in) ** 0.5 for n_in, _ in self.target_layer_sizes]

    def generate(self, conditioning):
        """The target's weights for `conditioning [*B, C]`, as `[(weight [*B, out, in], bias [*B, out]), ...]`."""
        pairs = unflatten(self.generator(conditioning), self.target_layer_sizes)
        return [(weight * scale, bias * scale) for (weight, bias), scale in zip(pairs, self.scales, strict=True)]

    def forward(self, conditioning, data, index=None):
        """Each condition's network applied to its data; see `Hypernetwork.forward` for the shapes."""
        check_conditioning(conditioning, self.generator.conditioning_size, self)
        check_data(data, self.target_layer_sizes[0][0], conditioning, index)
        weights = [self.generator(conditioning)]
        return self._apply_flat(data, weights) if index is None else run_shared(self._apply_flat, data, weights, index)

    def _apply_flat(self, x, weights):
        """`target_forward` in which a scale multiplies the data and not the weights: the same, and less work."""
        for i, (weight, bias) in enumerate(unflatten(weights[0], self.target_layer_sizes)):
            x = linear(x * self.scales[i], weight, bias * self.scales[i])
            if i < len(self.scales) - 1:
                x = self.activation(x)
        return x
