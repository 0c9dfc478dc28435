"""For cases that ask how an answer computes, and not only what."""

import torch
from torch.overrides import TorchFunctionMode


class WatchesOperations(TorchFunctionMode):
    """Counts the calls of torch while it is entered, and notes the size of the largest tensor that they make."""

    def __init__(self):
        super().__init__()
        self.calls = self.largest = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        self.calls += 1
        if isinstance(result, torch.Tensor):
            self.largest = max(self.largest, result.numel())
        return result


def largest_tensor(function, *inputs):
    """How many numbers the largest tensor has that `function` makes of these inputs."""
    with WatchesOperations() as watch:
        function(*inputs)
    return watch.largest
