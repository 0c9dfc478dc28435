"""hyperlib's core: what must hold for any sizes, and what each wrong input is told."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import hyperlib
from hyperlib import (
    HyperNet,
    TargetNet,
    count_module,
    count_parameters,
    flatten,
    generator_parameters,
    gradient_reaches,
    largest_hidden,
    linear,
    parameter_offsets,
    target_forward,
    unflatten,
)

widths = st.lists(st.integers(1, 6), min_size=2, max_size=5)
leads = st.lists(st.integers(1, 3), max_size=3).map(tuple)
dtypes = st.sampled_from([torch.float32, torch.float64])
fast = settings(max_examples=60, deadline=None)


def sizes_of(widths):
    return list(zip(widths[:-1], widths[1:], strict=True))


def sequential(widths, dtype=torch.float32):
    layers = []
    for n_in, n_out in sizes_of(widths):
        layers += [nn.Linear(n_in, n_out, dtype=dtype), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def weights_of(net):
    return [p.detach() for p in net.parameters()]


# Counting


@fast
@given(widths)
def test_counts_equal_those_of_pytorch(widths):
    needed = sum(p.numel() for p in sequential(widths).parameters())
    assert count_parameters(sizes_of(widths)) == needed == count_module(sequential(widths))


@fast
@given(widths, st.integers(1, 8), st.lists(st.integers(1, 8), max_size=3))
def test_the_generators_bill_is_that_of_the_network_itself(widths, conditioning_size, hidden):
    P = count_parameters(sizes_of(widths))
    generator = sequential([conditioning_size, *hidden, P])
    assert generator_parameters(conditioning_size, hidden, sizes_of(widths)) == count_module(generator)


@fast
@given(st.integers(1, 10_000), st.integers(1, 50), st.integers(1, 50))
def test_the_largest_hidden_fits_and_one_more_does_not(budget, n_in, n_out):
    def cost(h):
        return count_parameters([(n_in, h), (h, n_out)])

    if cost(1) > budget:
        with pytest.raises(ValueError, match="is too small"):
            largest_hidden(budget, n_in, n_out)
    else:
        h = largest_hidden(budget, n_in, n_out)
        assert cost(h) <= budget < cost(h + 1)


def test_a_shared_tensor_counts_once():
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    assert count_module(nn.Sequential(first, second)) == 15


# Slicing


@fast
@given(widths, leads, dtypes)
def test_cut_then_join_is_the_identity(widths, lead, dtype):
    sizes = sizes_of(widths)
    flat = torch.arange(torch.Size((*lead, count_parameters(sizes))).numel(), dtype=dtype)
    flat = flat.reshape(*lead, count_parameters(sizes))
    layers = unflatten(flat, sizes)
    assert [tuple(w.shape) for w, _ in layers] == [(*lead, n_out, n_in) for n_in, n_out in sizes]
    assert [tuple(b.shape) for _, b in layers] == [(*lead, n_out) for _, n_out in sizes]
    assert torch.equal(flatten(layers), flat)
    assert all(
        part.untyped_storage().data_ptr() == flat.untyped_storage().data_ptr() for pair in layers for part in pair
    )


@fast
@given(widths)
def test_offsets_cover_the_vector_without_gap_or_overlap(widths):
    offsets = parameter_offsets(sizes_of(widths))
    assert offsets[0][0] == 0 and offsets[-1][1] == count_parameters(sizes_of(widths))
    assert all(a[1] == b[0] for a, b in zip(offsets, offsets[1:], strict=False))


@fast
@given(widths)
def test_the_order_is_that_of_pytorch(widths):
    net = sequential(widths)
    flat = nn.utils.parameters_to_vector(net.parameters())
    for (weight, bias), layer in zip(unflatten(flat, sizes_of(widths)), net[::2], strict=True):
        assert torch.equal(weight, layer.weight) and torch.equal(bias, layer.bias)


# The target network


@fast
@given(widths, leads, dtypes)
def test_outputs_equal_those_of_pytorch(widths, lead, dtype):
    net = sequential(widths, dtype)
    x = torch.randn(*lead, widths[0], dtype=dtype)
    out = TargetNet()(x, weights_of(net))
    assert out.dtype == dtype and torch.allclose(out, net(x), rtol=1e-5, atol=1e-6)


@fast
@given(widths, leads.filter(len), st.integers(1, 4), dtypes)
def test_a_batch_of_networks_equals_one_after_the_other(widths, lead, rows, dtype):
    sizes = sizes_of(widths)
    flat = torch.randn(*lead, count_parameters(sizes), dtype=dtype)
    many, one = torch.randn(*lead, rows, widths[0], dtype=dtype), torch.randn(*lead, widths[0], dtype=dtype)
    out_many, out_one = (target_forward(x, unflatten(flat, sizes), "tanh") for x in (many, one))
    assert out_many.shape == (*lead, rows, widths[-1]) and out_one.shape == (*lead, widths[-1])
    for index in torch.cartesian_prod(*map(torch.arange, lead)).reshape(-1, len(lead)).tolist():
        at = tuple(index)
        alone = unflatten(flat[at], sizes)
        assert torch.allclose(out_many[at], target_forward(many[at], alone, "tanh"), atol=1e-5)
        assert torch.allclose(out_one[at], target_forward(one[at], alone, "tanh"), atol=1e-5)


@fast
@given(widths, leads.filter(len), st.integers(0, 4), st.sampled_from(["x", "flat", "both"]))
def test_gradients_of_a_batch_of_networks_are_those_of_the_plain_loop(widths, lead, rows, wanted):
    """With 0 rows a row for each network; whatever asks for a gradient, since that decides which product is taken."""
    sizes, rest = sizes_of(widths), [rows] if rows else []
    flat = torch.randn(*lead, count_parameters(sizes), requires_grad=wanted != "x")
    x = torch.randn(*lead, *rest, widths[0], requires_grad=wanted != "flat")
    flats, xs = flat.flatten(0, -2).unbind(), x.flatten(0, len(lead) - 1).unbind()
    one_by_one = []
    for own, row in zip(flats, xs, strict=True):
        for i, (weight, bias) in enumerate(unflatten(own, sizes)):
            row = row @ weight.T + bias
            row = row.tanh() if i < len(sizes) - 1 else row
        one_by_one.append(row)
    out = target_forward(x, unflatten(flat, sizes), "tanh")
    needed = torch.stack(one_by_one).view(out.shape)
    sources = [tensor for tensor in (flat, x) if tensor.requires_grad]
    assert torch.allclose(out, needed, rtol=1e-4, atol=1e-5)
    for ours, theirs in zip(*(torch.autograd.grad(o.sin().sum(), sources) for o in (out, needed)), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-3, atol=1e-4)


def test_weights_in_pairs_or_in_a_row_mean_the_same():
    net = sequential([2, 3, 1])
    w1, b1, w2, b2 = weights_of(net)
    x = torch.randn(4, 2)
    assert torch.equal(TargetNet()(x, (w1, b1, w2, b2)), TargetNet()(x, [(w1, b1), (w2, b2)]))


@pytest.mark.parametrize("activation, same", [("tanh", torch.tanh), ("sin", torch.sin), (torch.abs, torch.abs)])
def test_activations_by_name_or_as_a_callable(activation, same):
    w1, b1, w2, b2 = weights_of(sequential([2, 3, 1]))
    x = torch.randn(4, 2)
    needed = same(x @ w1.T + b1) @ w2.T + b2
    assert torch.allclose(TargetNet(activation)(x, (w1, b1, w2, b2)), needed)


# The hypernetwork


@fast
@given(leads, st.integers(1, 4), st.lists(st.integers(1, 4), min_size=1, max_size=3), dtypes)
def test_a_hypernetwork_of_any_depth_and_batch(lead, z_dim, hidden, dtype):
    net = HyperNet(z_dim, 2, hidden, 3).to(dtype)
    weights = net(torch.randn(*lead, z_dim, dtype=dtype))
    assert flatten(weights).shape == (*lead, net.total_target_params)
    x = torch.randn(*lead, 5, 2, dtype=dtype)
    assert TargetNet()(x, weights).shape == (*lead, 5, 3)


def test_the_starter_codes_signatures():
    hypernet, target = HyperNet(4, 2, 8, 3), TargetNet()
    assert hypernet.total_target_params == 51
    w1, b1, w2, b2 = hypernet(torch.randn(4))
    assert [list(w.shape) for w in (w1, b1, w2, b2)] == [[8, 2], [8], [3, 8], [3]]
    assert isinstance(hypernet.generator, nn.Sequential) and not list(target.parameters())
    loss = target(torch.randn(10, 2), (w1, b1, w2, b2)).pow(2).mean()
    loss.backward()
    assert all(p.grad is not None for p in hypernet.parameters())


def test_gradients_by_finite_differences():
    torch.manual_seed(0)
    hypernet, target = HyperNet(2, 2, [3, 2], 1, hidden_sizes=[4]).double(), TargetNet("tanh")
    names = [name for name, _ in hypernet.named_parameters()]
    x = torch.randn(3, 5, 2, dtype=torch.float64, requires_grad=True)
    z = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)

    def out(x, z, *parameters):
        named = dict(zip(names, parameters, strict=True))
        return target(x, torch.func.functional_call(hypernet, named, (z,)))

    assert torch.autograd.gradcheck(out, (x, z, *hypernet.parameters()))


def test_gradient_reaches_leaves_everything_as_it_was():
    hypernet = HyperNet(2, 1, 3, 1)
    weights = hypernet(torch.randn(2))
    loss = TargetNet()(torch.randn(4, 1), weights).sum()
    assert set(gradient_reaches(loss, hypernet).values()) == {True}
    assert all(p.grad is None for p in hypernet.parameters())
    loss.backward()
    cut = TargetNet()(torch.randn(4, 1), [w.detach() for w in weights]).sum()
    assert set(gradient_reaches(cut, hypernet).values()) == {False}


@pytest.mark.parametrize("device", ["cpu"] + ["cuda"] * torch.cuda.is_available())
def test_on_every_device_there_is(device):
    hypernet = HyperNet(2, 2, 4, 1).to(device)
    out = TargetNet()(torch.randn(3, 2, device=device), hypernet(torch.randn(3, 2, device=device)))
    assert out.device.type == device and out.shape == (3, 1)


# Errors: what came, what was needed, which item

WEIGHTS = (torch.zeros(4, 2), torch.zeros(4), torch.zeros(1, 4), torch.zeros(1))
ERRORS = [
    (lambda: count_parameters([(128, 64), (10, 3)]), ValueError, "layer_sizes[1] takes 10 inputs but layer 0 gives 64"),
    (lambda: count_parameters([]), ValueError, "layer_sizes is empty"),
    (lambda: count_parameters([(3, 2, 1)]), ValueError, "layer_sizes[0] must be an (in, out) pair, got 3 numbers"),
    (lambda: count_parameters([3, 2]), TypeError, "layer_sizes[0] must be an (in, out) pair, got an int (3)"),
    (lambda: count_parameters([(3, 2.0)]), TypeError, "layer_sizes[0][1] must be a whole number, got a float (2.0)"),
    (lambda: count_parameters([(3, 0)]), ValueError, "layer_sizes[0][1] must be at least 1, got 0"),
    (lambda: count_parameters("3-2"), TypeError, "layer_sizes must be a list of (in, out) pairs, got a str"),
    (lambda: hyperlib.layer_parameters(True, 2), TypeError, "n_in must be a whole number, got a bool"),
    (lambda: generator_parameters(4, 64, [(1, 1)]), TypeError, "hidden_sizes must be a list"),
    (lambda: generator_parameters(4, [], [(2, 3), (4, 1)]), ValueError, "target_layer_sizes[1] takes 4 inputs"),
    (lambda: largest_hidden(3, 1, 1), ValueError, "budget 3 is too small: 1 -> 1 -> 1 already has 4 parameters"),
    (lambda: count_module([1]), TypeError, "module must be an nn.Module, got a list ([1])"),
    (
        lambda: unflatten(torch.zeros(14), [(2, 3), (3, 1)]),
        ValueError,
        "flat has shape [14], but its last axis must be 13",
    ),
    (lambda: unflatten([0.0] * 13, [(2, 3), (3, 1)]), TypeError, "flat must be a torch.Tensor, got a list"),
    (
        lambda: flatten([(torch.zeros(3, 2), torch.zeros(2))]),
        ValueError,
        "layer 0's bias has shape [2], but its weight",
    ),
    (
        lambda: flatten(torch.zeros(3)),
        TypeError,
        "weights must be (w1, b1, w2, b2, ...) or [(w1, b1), ...], got a tensor",
    ),
    (lambda: flatten([]), ValueError, "weights is empty"),
    (
        lambda: flatten([(torch.zeros(2, 3, 2), torch.zeros(2, 3)), (torch.zeros(1, 3), torch.zeros(1))]),
        ValueError,
        "layer 1's weight has leading axes [], but layer 0's has [2]",
    ),
    (
        lambda: TargetNet()(torch.zeros(3, 2), WEIGHTS[:3]),
        ValueError,
        "weights has 3 tensors; each weight needs its bias",
    ),
    (
        lambda: TargetNet()(torch.zeros(3, 5), WEIGHTS),
        ValueError,
        "layer 0: x has shape [3, 5], but its last axis must be 2",
    ),
    (
        lambda: TargetNet()(torch.zeros(3, 2), (*WEIGHTS[:2], torch.zeros(1, 5), torch.zeros(1))),
        ValueError,
        "layer 1's weight takes 5 inputs but layer 0 gives 4",
    ),
    (
        lambda: TargetNet()(torch.zeros(3, 2).double(), WEIGHTS),
        TypeError,
        "weight is torch.float32 but x is torch.float64",
    ),
    (lambda: TargetNet("rleu"), ValueError, "activation 'rleu' is not known"),
    (lambda: TargetNet(3), TypeError, "activation must be a name or a callable, got an int (3)"),
    (
        lambda: linear(torch.zeros(4, 2), torch.zeros(3, 5, 2), torch.zeros(3, 5)),
        ValueError,
        "x has shape [4, 2], but weights of shape [3, 5, 2] need data [3, 2] (one row each) or [3, n, 2]",
    ),
    (lambda: linear(torch.zeros(2), torch.zeros(2), torch.zeros(2)), ValueError, "weight must be [..., out, in]"),
    (lambda: linear([1.0], *WEIGHTS[:2]), TypeError, "x must be a torch.Tensor, got a list"),
    (lambda: HyperNet(4, 2, 0, 1), ValueError, "target_hidden must be at least 1, got 0"),
    (lambda: HyperNet("4", 2, 3, 1), TypeError, "z_dim must be a whole number, got a str ('4')"),
    (lambda: HyperNet(4, 2, 3, 1)(torch.zeros(5)), ValueError, "z has shape [5], but its last axis must be 4 (z_dim)"),
    (lambda: gradient_reaches(torch.zeros(3), nn.Linear(1, 1)), ValueError, "loss must be a single number, got [3]"),
    (lambda: gradient_reaches(torch.zeros(()), 3), TypeError, "module must be an nn.Module, got an int (3)"),
    # Found by trying what is reported of such libraries
    (lambda: hyperlib.Hypernetwork(2, [(1, 1)], activation=nn.ReLU), TypeError, "the class ReLU; ReLU() makes one"),
    (lambda: TargetNet(nn.Tanh), TypeError, "the class Tanh; Tanh() makes one"),
    (lambda: count_module(nn.Linear), TypeError, "the class Linear; Linear(...) makes one"),
    (lambda: HyperNet(2, 1, 1, 1)(torch.zeros(2).double()), TypeError, "z is torch.float64 but the hypernetwork is"),
    (lambda: HyperNet(2, 1, 1, 1)(torch.zeros(2).long()), TypeError, "z is torch.int64 but the hypernetwork is"),
    (lambda: in_autocast(torch.float64), TypeError, "data is torch.float64 but conditioning is torch.float32"),
    (lambda: in_autocast(torch.int64), TypeError, "data is torch.int64 but conditioning is torch.float32"),
    (lambda: flatten([(torch.zeros(1, 1), torch.zeros(1).double())]), TypeError, "layer 0's bias is torch.float64"),
    (
        lambda: flatten([*WEIGHTS[2:], *doubles()]),
        TypeError,
        "layer 1's weight is torch.float64",
    ),
    (lambda: hyperlib.ChunkedGenerator(False, [(1, 1)], 1), TypeError, "conditioning_size must be a whole number"),
    (
        lambda: hyperlib.group_by_condition(torch.tensor([[0.0], [torch.nan], [0.0]])),
        ValueError,
        "conditioning[1] holds NaN",
    ),
    (lambda: hyperlib.hyperfan_in_std(1, 1, nn.ReLU), TypeError, "the class ReLU"),
    (lambda: hyperlib.hyperfan_in_std(1, 1, lambda x: x), ValueError, "hyperfan_in can't judge the activation"),
    (lambda: start(nn.utils.parametrizations.weight_norm(nn.Linear(1, 2))), ValueError, "has no weight of its own"),
    (
        lambda: start(nn.Sequential(nn.utils.parametrizations.orthogonal(nn.Linear(2, 2)), nn.Linear(2, 2))),
        ValueError,
        "has no weight of its own",
    ),
    (lambda: start(nn.LazyLinear(2)), ValueError, "has no weight of its own"),
    (
        lambda: row_by_row(nn.Sequential(nn.Linear(2, 1), nn.Dropout())),
        ValueError,
        "Dropout is in training mode",
    ),
    (lambda: row_by_row(nn.BatchNorm1d(2)), ValueError, "BatchNorm1d is in training mode"),
    (lambda: row_by_row(nn.GRU(2, 3)), ValueError, "GRU cannot take x [4, 2] row by row"),
    (lambda: row_by_row(nn.Linear(2, 1).double()), ValueError, "Linear cannot take x [4, 2] row by row"),
    (
        lambda: row_by_row(nn.BatchNorm1d(2, device="meta").eval()),
        ValueError,
        "BatchNorm1d cannot take x",
    ),
    (lambda: gradient_reaches(checkpointed(True), nn.Linear(1, 1)), ValueError, "re-entrant checkpoint"),
]


def in_autocast(dtype):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hyperlib.Hypernetwork(1, [(1, 1)])(torch.zeros(2, 1), torch.zeros(2, 1, dtype=dtype))


def doubles():
    return torch.zeros(1, 1).double(), torch.zeros(1).double()


def start(layer):
    hyperlib.initialise_generator(layer, [(1, 1)])


def row_by_row(module):
    parameters = [torch.zeros(4, *p.shape, dtype=p.dtype) for p in module.parameters()]
    hyperlib.target_vmap(module, torch.zeros(4, 2), parameters)


def checkpointed(reentrant):
    layer, x = nn.Linear(1, 1), torch.zeros(1, 1, requires_grad=True)
    return torch.utils.checkpoint.checkpoint(layer, x, use_reentrant=reentrant).sum()


@pytest.mark.parametrize("act, kind, words", ERRORS, ids=[words[:40] for _, _, words in ERRORS])
def test_errors_name_the_item(act, kind, words):
    with pytest.raises(kind) as caught:
        act()
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_everything_public_is_listed():
    assert set(hyperlib.__all__) <= set(dir(hyperlib))


def test_a_generator_without_parameters_of_its_own():
    model = hyperlib.Hypernetwork(2, [(1, 1)])
    model.generators[0] = nn.Identity()  # the condition is the flat vector itself
    assert model(torch.tensor([[2.0, 1.0]]), torch.tensor([[3.0]])).tolist() == [[7.0]]


@pytest.mark.slow
def test_importing_hyperlib_costs_little():
    """At most 100 ms more than torch, and neither pictures nor exercises come along."""
    code = (
        "import time; import torch; start = time.perf_counter(); import hyperlib;"
        "print(time.perf_counter() - start);"
        "import sys; print(sys.modules.keys() & {'matplotlib', 'ipywidgets', 'IPython', 'hyperlib.checking'})"
    )
    seconds, extra = [], ""
    for _ in range(3):
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        first, extra = out.splitlines()
        seconds.append(float(first))
    assert min(seconds) < 0.1 and extra == "set()"
