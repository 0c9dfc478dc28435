"""One network for each row: the library's ways agree with one after the other, and say what does not fit."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from hyperlib import (
    HyperNet,
    TargetNet,
    bytes_of_generated_weights,
    count_parameters,
    group_by_condition,
    multiply_adds,
    target_vmap,
)

fast = settings(max_examples=30, deadline=None)


@fast
@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_vmap_of_a_shell_equals_the_target_network(batch, n_in, hidden, n_out):
    hypernet = HyperNet(3, n_in, hidden, n_out)
    x, weights = torch.randn(batch, n_in), hypernet(torch.randn(batch, 3))
    shell = nn.Sequential(nn.Linear(n_in, hidden, device="meta"), nn.ReLU(), nn.Linear(hidden, n_out, device="meta"))
    out, needed = target_vmap(shell, x, weights), TargetNet()(x, weights)
    assert torch.allclose(out, needed, atol=1e-5)
    parameters = list(hypernet.parameters())
    ours, theirs = (torch.autograd.grad(o.square().sum(), parameters, retain_graph=True) for o in (out, needed))
    assert all(torch.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in zip(ours, theirs, strict=True))


def test_any_module_will_do():
    net = nn.Sequential(nn.Conv1d(1, 2, 3), nn.Tanh(), nn.Flatten(0), nn.LayerNorm(12), nn.Linear(12, 1))
    weights, x = [torch.randn(3, *p.shape) for p in net.parameters()], torch.randn(3, 1, 8)
    out = target_vmap(net, x, weights)
    names = [name for name, _ in net.named_parameters()]
    for b in range(3):
        one = {name: w[b] for name, w in zip(names, weights, strict=True)}
        assert torch.allclose(out[b], torch.func.functional_call(net, one, (x[b],)), atol=1e-5)


@fast
@given(st.integers(1, 9), st.sampled_from([torch.float16, torch.float32, torch.float64]))
def test_bytes_are_those_of_the_tensor(batch, dtype):
    sizes = [(3, 4), (4, 2)]
    flat = torch.zeros(batch, count_parameters(sizes), dtype=dtype)
    assert bytes_of_generated_weights(batch, sizes, dtype) == flat.nbytes


def test_multiply_adds_are_the_weights_without_the_biases():
    assert multiply_adds([(3, 4), (4, 2)]) == 20


@fast
@given(st.lists(st.lists(st.integers(-2, 2), min_size=2, max_size=2), min_size=1, max_size=12))
def test_groups_are_the_distinct_rows(rows):
    conditioning = torch.tensor(rows, dtype=torch.float32)
    needed = torch.unique(conditioning, dim=0, return_inverse=True)
    for asked in (conditioning, conditioning.clone().requires_grad_()):
        conditions, index = group_by_condition(asked)
        assert torch.equal(conditions, needed[0]) and torch.equal(index, needed[1])
        assert torch.equal(conditions[index], conditioning)


def test_the_gradient_of_learned_conditions_is_that_without_grouping():
    embedding, labels = nn.Embedding(3, 4), torch.tensor([2, 0, 2, 2, 1, 0])
    conditioning = embedding(labels)
    conditions, index = group_by_condition(conditioning)
    assert len(conditions) == 3
    grads = [
        torch.autograd.grad(c.sin().mul(torch.arange(24.0).view(6, 4)).sum(), embedding.weight, retain_graph=True)[0]
        for c in (conditioning, conditions[index])
    ]
    assert torch.allclose(*grads, atol=1e-5)


LAYER, X = nn.Linear(3, 2), torch.zeros(4, 3)
ERRORS = [
    (lambda: target_vmap(LAYER, X, [torch.zeros(4, 2, 3)]), ValueError, "weights has 1 tensors, but the module has 2"),
    (
        lambda: target_vmap(LAYER, X, [torch.zeros(4, 2, 3), torch.zeros(5, 2)]),
        ValueError,
        "weights[1] has shape [5, 2], but bias needs [4, 2]",
    ),
    (lambda: target_vmap(LAYER, X, torch.zeros(4, 8)), TypeError, "weights must be a list of tensors"),
    (lambda: target_vmap(LAYER, torch.tensor(1.0), []), ValueError, "needs a batch axis"),
    (lambda: target_vmap("Linear", X, []), TypeError, "module must be an nn.Module, got a str ('Linear')"),
    (lambda: bytes_of_generated_weights(0, [(1, 1)]), ValueError, "batch must be at least 1, got 0"),
    (lambda: bytes_of_generated_weights(1, [(1, 1)], 32), TypeError, "dtype must be a torch.dtype"),
    (lambda: bytes_of_generated_weights(1, [(1, 2), (3, 1)]), ValueError, "target_layer_sizes[1] takes 3 inputs"),
    (lambda: multiply_adds([]), ValueError, "layer_sizes is empty"),
    (lambda: group_by_condition(torch.zeros(3)), ValueError, "conditioning has shape [3], but it must be [batch, C]"),
    (lambda: group_by_condition([[1.0]]), TypeError, "conditioning must be a torch.Tensor, got a list"),
]


@pytest.mark.parametrize("act, kind, words", ERRORS, ids=[words[:40] for _, _, words in ERRORS])
def test_errors_name_the_item(act, kind, words):
    with pytest.raises(kind) as caught:
        act()
    assert words in str(caught.value) and "\n" not in str(caught.value)
