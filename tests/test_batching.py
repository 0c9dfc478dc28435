"""One network for each row: the library's ways agree with one after the other, and say what does not fit."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from hyperlib import (
    ChunkedHypernetwork,
    HyperNet,
    Hypernetwork,
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


@pytest.mark.parametrize(
    "rows, distinct",
    [
        ([[1.0, 1e-20], [1.0, 2e-20], [1.0, 1e-20]], 2),
        ([[0.0, 1.0], [-0.0, 1.0]], 1),
        ([[torch.inf, 1.0], [torch.inf, 1.0], [torch.inf, 2.0]], 2),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_groups_are_exact(rows, distinct, dtype):
    conditioning = torch.tensor(rows, dtype=dtype)
    conditions, index = group_by_condition(conditioning)
    assert len(conditions) == len(torch.unique(conditioning, dim=0)) == distinct
    torch.testing.assert_close(conditions[index], conditioning, rtol=0, atol=0, equal_nan=True)


def sharing_models():
    torch.manual_seed(0)
    sizes = [(3, 4), (4, 2)]
    return [Hypernetwork(2, sizes, [5], init="default"), ChunkedHypernetwork(2, sizes, 7, hidden_sizes=[5])]


def output_and_gradients(out, sources):
    return [out, *torch.autograd.grad(out.sin().sum(), sources)]


@settings(max_examples=60, deadline=None)
@given(index=st.lists(st.integers(0, 5), min_size=1, max_size=20), chunked=st.booleans())
def test_rows_that_share_networks_equal_rows_with_their_own(index, chunked):
    """However uneven the groups, and where conditions have no row at all."""
    model, index = sharing_models()[chunked], torch.tensor(index)
    embedding, data = torch.randn(6, 2, requires_grad=True), torch.randn(len(index), 3, requires_grad=True)
    sources = [embedding, data, *model.parameters()]
    shared = output_and_gradients(model(embedding, data, index), sources)
    for got, needed in zip(shared, output_and_gradients(model(embedding[index], data), sources), strict=True):
        torch.testing.assert_close(got, needed, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("model", sharing_models(), ids=["plain", "chunked"])
class TestIndex:
    index = torch.tensor([2, 0, 2, 2, 1, 2, 2])

    def test_every_network_is_generated_once(self, model):
        asked = []
        layer = next(part for part in model.modules() if isinstance(part, nn.Linear))
        hook = layer.register_forward_pre_hook(lambda _, inputs: asked.append(len(inputs[0])))
        model(torch.randn(3, 2), torch.randn(7, 3), self.index)
        hook.remove()
        assert asked == [3]

    def test_compile_makes_one_graph_of_it(self, model):
        torch.compiler.reset()
        compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
        conditions, data = torch.randn(3, 2), torch.randn(7, 3)
        torch.testing.assert_close(compiled(conditions, data, self.index), model(conditions, data, self.index))
        compiled(conditions, data, self.index).sum().backward()
        with pytest.raises(RuntimeError, match="index must not be negative"):
            compiled(conditions, data, -self.index)

    def test_vmap_jacrev_and_autocast(self, model):
        conditions, data = torch.randn(3, 2), torch.randn(4, 7, 3)
        several = torch.vmap(lambda x: model(conditions, x, self.index))(data)
        torch.testing.assert_close(several[1], model(conditions, data[1], self.index))
        jacobian = torch.func.jacrev(lambda c: model(c, data[0], self.index))(conditions)
        needed = torch.func.jacrev(lambda c: model(c[self.index], data[0]))(conditions)
        torch.testing.assert_close(jacobian, needed, rtol=1e-4, atol=1e-5)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = model(conditions, data[0], self.index)
        torch.testing.assert_close(out.float(), model(conditions, data[0], self.index), atol=0.1, rtol=0.1)

    def test_no_rows(self, model):
        assert model(torch.randn(3, 2), torch.zeros(0, 3), self.index[:0]).shape == (0, 2)

    @pytest.mark.parametrize(
        "conditions, data, index, error, words",
        [
            (3, 7, torch.tensor([0, 3] + [0] * 5), ValueError, "index goes from 0 to 3, but there are 3 conditions"),
            (3, 7, torch.tensor([0, -1] + [0] * 5), ValueError, "index goes from -1 to 0"),
            (3, 6, torch.zeros(7).long(), ValueError, r"index \[N\]; got \[3, 2\], \[6, 3\] and \[7\]"),
            (3, 7, torch.zeros(7), TypeError, "index is torch.float32, but the numbers of .* must be torch.int64"),
            (3, 7, [0] * 7, TypeError, "index must be a torch.Tensor, got a list"),
        ],
    )
    def test_a_wrong_index_is_told_what_was_needed(self, model, conditions, data, index, error, words):
        with pytest.raises(error, match=words):
            model(torch.zeros(conditions, 2), torch.zeros(data, 3), index)


def test_no_row_meets_a_network_that_is_not_its_own():
    """Row 0 is fine in its network and would overflow in network 1; its gradient there would be 0 times infinity."""
    model = Hypernetwork(1, [(3, 4), (4, 2)], hidden_sizes=[])
    for generator in model.generators:
        nn.init.ones_(generator[-1].weight)  # every generated number is the condition
    conditions, index = torch.tensor([[1.0], [1e15], [0.0]]), torch.tensor([2, 0, 2, 2, 1, 2, 2])
    data = torch.ones(7, 3)
    data[0], data[4] = 1e30, 1e-15
    out = model(conditions, data, index)
    grads = torch.autograd.grad(out.sum(), list(model.parameters()))
    assert out.isfinite().all() and all(grad.isfinite().all() for grad in grads)


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


def test_groups_where_new_tensors_are_made_elsewhere():
    rows = torch.randn(3, 23)[[0, 1, 0, 2]]  # 23: a length that no other test has, so that nothing is kept of it
    with torch.device("meta"):
        conditions, index = group_by_condition(rows)
    assert len(conditions) == 3 and torch.equal(conditions[index], rows)


def test_groups_of_whole_numbers_that_are_equal_as_floats():
    rows = torch.tensor([[2**53], [2**53 + 1], [2**53]])
    conditions, index = group_by_condition(rows)
    assert len(conditions) == 2 and torch.equal(conditions[index], rows)
