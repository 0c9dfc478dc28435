"""For cases that ask how an answer computes, and not only what."""

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


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


class WatchesMemory(TorchDispatchMode):
    """Notes the size of the largest tensor that is made while it is entered, also inside `einsum` and `vmap`.

    Views of what is given don't count, and neither do copies of it.
    """

    def __init__(self, given):
        super().__init__()
        self.given = [t for t in given if isinstance(t, torch.Tensor)]  # kept, so that no other gets their memory
        self.largest = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = operation(*args, **(kwargs or {}))
        for made in (t for t in tree_leaves(result) if isinstance(t, torch.Tensor)):
            if self.is_given(made) and not operation._schema.is_mutable:
                continue
            if operation in COPIES and self.is_given(args[0]) and made.nbytes <= args[0].untyped_storage().nbytes():
                self.given.append(made)
                continue
            self.largest = max(self.largest, made.numel())
        return result

    def is_given(self, tensor):
        return any(tensor.untyped_storage().data_ptr() == t.untyped_storage().data_ptr() for t in self.given)


COPIES = torch.ops.aten.clone.default, torch.ops.aten._to_copy.default


def largest_tensor(function, *inputs):
    """How many numbers the largest tensor has that `function` makes of these inputs."""
    with WatchesMemory(inputs) as watch:
        function(*inputs)
    return watch.largest
