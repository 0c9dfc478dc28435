"""Lesson 11: all kernels of a layer, moved by the few numbers of an embedding."""

import torch

from ..convolution import static_kernel
from . import words
from .live import Explorer, HeatMaps, LivePicture, between


def kernel_explorer(generator):
    """The kernels that a `KernelGenerator` makes of an embedding, and beside them the same numbers viewed wrongly.

    Args:
        generator: with the embedding of its first layer to start from; each number of it gets a slider.
    """
    parts = [p.detach() for p in (generator.w_in, generator.b_in, generator.w_out, generator.b_out)]
    start = generator.embeddings[0].detach().tolist()
    reach = max(2.0, *(abs(number) for number in start))

    def kernels(z):
        kernel = static_kernel(torch.tensor(z), *parts, generator.size)
        n_out, n_in = kernel.shape[:2]
        return kernel, kernel.transpose(0, 1).reshape(n_out, n_in, generator.size, generator.size)

    def mosaic(kernel):
        """Every kernel a tile, with an empty line between two: a row for each output, a column for each input."""
        tiles = torch.nn.functional.pad(kernel, (0, 1, 0, 1))
        return tiles.permute(0, 2, 1, 3).flatten(0, 1).flatten(1, 2)[:-1, :-1]

    def numbers(**z):
        right, wrong = kernels(list(z.values()))
        return {"kernels": {"tensors": {"as it should be": mosaic(right), "viewed, not moved": mosaic(wrong)}}}

    def sentence(numbers, **z):
        kernel, _ = kernels(list(z.values()))
        n_out, n_in, size = kernel.shape[:3]
        at = ", ".join(words.spoken(number) for number in z.values())
        return (
            f"{n_out} x {n_in} kernels of {size} x {size} for z = ({at}): {words.tensor('kernel', kernel)}. Beside them"
            " the same numbers with inputs and outputs mixed up."
        )

    ends = [[sign * reach if k == i else 0.0 for k in range(len(start))] for i in range(len(start)) for sign in (-1, 1)]
    limit = max(float(kernels(z)[0].abs().max()) for z in [start, *ends])
    controls = {f"z{i + 1}": between(f"z{i + 1}", number, -reach, reach) for i, number in enumerate(start)}
    panels = {"kernels": HeatMaps(limit, "kernels, outputs down, inputs across: orange < 0 < blue", shapes=False)}
    return LivePicture(Explorer(controls, numbers, panels, sentence, size=(6.2, 3.4)))
