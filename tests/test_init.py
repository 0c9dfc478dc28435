"""How generators start: the rules hold when they are measured, and the wrong thing is told what it should be."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hyperlib import (
    HyperNet,
    build_weight_generator,
    count_parameters,
    generated_variance,
    hyperfan_in_std,
    init,
    initialise_generator,
    signal_moments,
    target_forward,
    unflatten,
    widgets,
)

SIZES = [(3, 5), (5, 4), (4, 2)]


def conditions(n, z_dim=8):
    """Of mean square 1."""
    z = torch.randn(n, z_dim)
    return z / z.square().mean(-1, keepdim=True).sqrt()


def mlp(*widths):
    layers = [part for pair in zip(widths, widths[1:], strict=False) for part in (nn.Linear(*pair), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def started(method, width=48, depth=8, seed=0, activation="relu"):
    torch.manual_seed(seed)
    net = HyperNet(8, width, [width] * (depth - 1), width, hidden_sizes=[128])
    initialise_generator(net.generator, net.target_layer_sizes, method, activation)
    return net, conditions(16), torch.randn(16, 50, width)


def test_the_variance_of_generated_numbers_is_the_predicted_one():
    torch.manual_seed(0)
    generator = mlp(4, 32, 20_000)
    z = torch.cat([conditions(5, 4), 3 * conditions(5, 4)])
    with torch.no_grad():
        predicted = generated_variance(generator[:-1](z), 1 / (3 * 32), 1 / (3 * 32))
        measured = generator(z).var(-1)
    assert predicted.shape == (10,) and ((predicted / measured).log().abs() < 0.1).all()


@pytest.mark.parametrize("activation, level", [("relu", 2.0), (nn.ReLU(), 2.0), (F.relu, 2.0), (nn.Identity(), 1.0)])
def test_hyperfan_in_keeps_the_signal_through_depth(activation, level):
    """Mean over conditions and seeds, behind every one of 8 layers; without an activation as well."""
    runs = []
    for seed in range(8):
        net, z, x = started("hyperfan_in", seed=seed, activation=activation)
        runs.append(signal_moments(x, net(z), activation))
    means = torch.tensor(runs)[..., 0].mean(0)
    assert ((means / level).log().abs() < math.log(1.35)).all(), means


@pytest.mark.parametrize("sizes", [[(2, 64), (64, 16), (16, 100), (100, 1)], [(100, 3), (3, 100), (100, 100)]])
def test_hyperfan_in_goes_by_each_layers_own_fan_in(sizes):
    runs = []
    for seed in range(20):
        torch.manual_seed(seed)
        generator = initialise_generator(mlp(8, 128, count_parameters(sizes)), sizes)
        x = conditions(8 * 20, sizes[0][0]).reshape(8, 20, -1)
        runs.append(signal_moments(x, unflatten(generator(conditions(8)), sizes)))
    means = torch.tensor(runs)[..., 0].mean(0)
    assert ((means / 2).log().abs() < math.log(1.5)).all(), means


@pytest.mark.parametrize("hidden", [[], [200], [200, 300]])
def test_features_have_a_mean_square_of_1(hidden):
    torch.manual_seed(0)
    generator = initialise_generator(mlp(64, *hidden, count_parameters(SIZES)), SIZES)
    features = generator[:-1](conditions(100, 64))
    assert features.square().mean().item() == pytest.approx(1, rel=0.15)
    assert all(not layer.bias.any() for layer in generator[::2])


def test_the_other_methods_do_not_keep_it():
    def last(method, width):
        runs = [signal_moments(x, net(z))[-1] for net, z, x in (started(method, width, seed=s) for s in range(3))]
        return torch.tensor(runs).mean(0).tolist()

    assert last("default", 96)[0] > 100 and last("default", 12)[0] < 1
    assert last("small", 48)[0] < 0.01 and last("last_bias", 48)[0] < 0.1
    assert last("small", 48)[1] < 1e-8  # what differs between rows of data
    assert 1e-4 < last("hyperfan_in", 48)[1] < 0.2  # biases get half of the variance in each of 8 layers


def test_small_is_edifices():
    generator = initialise_generator(mlp(4, 64, count_parameters(SIZES)), SIZES, "small")
    last = generator[-1].weight
    assert last.abs().max() <= 0.01 and last.std().item() == pytest.approx(0.01 / 3**0.5, rel=0.1)
    assert not generator[-1].bias.any() and generator[0].bias.any()


def test_last_bias_is_a_standard_start_of_the_target():
    sizes = [(100, 40), (40, 60)]
    generator = initialise_generator(mlp(4, 16, count_parameters(sizes)), sizes, "last_bias")
    for (weight, bias), (n_in, _) in zip(unflatten(generator[-1].bias.detach(), sizes), sizes, strict=True):
        bound = n_in**-0.5
        assert weight.abs().max() <= bound and weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.1)
        assert bias.abs().max() <= bound and bias.any()
    assert generator[-1].weight.abs().max() <= 0.01


@pytest.mark.parametrize("method", init.METHODS)
def test_in_place_and_still_the_same_parameters(method):
    generator = mlp(4, 16, count_parameters(SIZES)).double()
    generator.requires_grad_()
    before = list(generator.parameters())
    assert initialise_generator(generator, SIZES, method) is generator
    assert all(a is b and b.dtype == torch.float64 for a, b in zip(before, generator.parameters(), strict=True))
    assert all(p.is_leaf and p.requires_grad for p in generator.parameters())
    target_forward(torch.randn(3, dtype=torch.float64), unflatten(generator(before[0][0]), SIZES)).sum().backward()


@pytest.mark.parametrize("method", init.METHODS)
def test_one_generator_a_layer(method):
    torch.manual_seed(0)
    generator = build_weight_generator(4, 30, 20, hidden_sizes=(64,), init=method)
    flat = generator(conditions(8, 4))
    assert flat.shape == (8, 620) and flat.isfinite().all()


@pytest.mark.parametrize("method", ["default", "small", "hyperfan_in"])
def test_without_biases(method):
    generator = nn.Sequential(nn.Linear(4, 8, bias=False), nn.ReLU(), nn.Linear(8, count_parameters(SIZES), bias=False))
    initialise_generator(generator, SIZES, method)


def test_zero_weights_and_biases_are_a_trap_and_a_good_last_bias_is_not():
    torch.manual_seed(0)
    net = HyperNet(4, 2, [8, 8], 1)

    def learns():
        weights = net(torch.randn(3, 4))
        loss = (target_forward(torch.randn(3, 20, 2), weights) - 1).square().mean()
        return [bool(g.any()) for g in torch.autograd.grad(loss, weights)]

    nn.init.zeros_(net.generator[-1].weight), nn.init.zeros_(net.generator[-1].bias)
    assert learns() == [False] * 5 + [True]
    initialise_generator(net.generator, net.target_layer_sizes, "last_bias")
    nn.init.zeros_(net.generator[-1].weight)
    assert learns() == [True] * 6


def test_signal_moments():
    weights = [(torch.eye(2), torch.zeros(2)), (torch.tensor([[1.0, 1.0]]), torch.tensor([1.0]))]
    x = torch.tensor([[1.0, -1.0], [3.0, 1.0]])
    # behind layer 0: x itself; behind layer 1: 1 + 0 + 1 and 3 + 1 + 1
    assert signal_moments(x, weights) == [(3.0, 1.0), (14.5, 2.25)]


ERRORS = [
    (lambda: initialise_generator(nn.ReLU(), SIZES), ValueError, "generator must end in an nn.Linear with 54 outputs"),
    (lambda: initialise_generator(mlp(3, 53), SIZES), ValueError, "its last one puts out 53"),
    (lambda: initialise_generator(mlp(3, 54), SIZES, "he"), ValueError, "method must be one of default, small, hyper"),
    (lambda: initialise_generator(None, SIZES), TypeError, "generator must be an nn.Module"),
    (lambda: initialise_generator(mlp(3, 54), [(3, 5), (4, 2)]), ValueError, "target_layer_sizes[1] takes 4 inputs"),
    (lambda: initialise_generator(mlp(3, 54), SIZES, activation="rleu"), ValueError, "activation 'rleu' is not known"),
    (
        lambda: initialise_generator(nn.Linear(3, 54, bias=False), SIZES, "last_bias"),
        ValueError,
        "method 'last_bias' needs a generator whose last nn.Linear has a bias",
    ),
    (lambda: hyperfan_in_std(0, 3), ValueError, "n_in must be at least 1, got 0"),
    (lambda: hyperfan_in_std(3, 2.5), TypeError, "n_features must be a whole number, got a float (2.5)"),
    (lambda: generated_variance([1.0], 1, 1), TypeError, "features must be a torch.Tensor, got a list"),
    (lambda: signal_moments(torch.zeros(2), [(torch.eye(2), torch.zeros(2))]), ValueError, "x must be [..., n, in]"),
    (lambda: signal_moments(torch.zeros(4, 3), [(torch.eye(2), torch.zeros(2))]), ValueError, "x has shape [4, 3]"),
]


@pytest.mark.parametrize("act, kind, words", ERRORS, ids=[words[:40] for _, _, words in ERRORS])
def test_errors_name_the_item(act, kind, words):
    with pytest.raises(kind) as caught:
        act()
    assert words in str(caught.value) and "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def explorer():
    return widgets.variance_explorer(deepest=5, seeds=2)


def test_the_explorer_shows_the_first_layers_of_what_was_measured(explorer):
    total, differs = explorer.fig.axes[0].lines[:2]
    axis = explorer.fig.axes[0].get_ylim()
    explorer.sliders["method"].value = "hyperfan_in"
    explorer.sliders["depth"].value = 5
    deep = list(total.get_ydata())
    before = explorer.picture.value
    explorer.sliders["depth"].value = 3
    assert list(total.get_ydata()) == deep[:3] and len(differs.get_ydata()) == 3
    assert all(0.7 < q < 4 for q in deep) and (differs.get_ydata() <= total.get_ydata()).all()
    assert explorer.picture.value != before and explorer.fig.axes[0].get_ylim() == axis
    explorer.sliders["method"].value = "small"
    assert total.get_ydata()[-1] < 0.01 and "small" in explorer.description


def test_the_explorer_leaves_the_random_state_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    widgets.variance_explorer(deepest=2, seeds=1)
    assert torch.equal(torch.get_rng_state(), before)
