"""What a condition changes of a layer, against the weight that it stands for."""

import pytest
import torch
import torch.nn.functional as F

import hyperlib
from hyperlib import ModulatedLinear, ModulatedNetwork, film, low_rank_linear, rank_one_linear
from hyperlib.modulation import KINDS, generated_numbers


def trained(model):
    """With numbers as training might leave them, so that a mistake would show."""
    torch.manual_seed(0)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(0.5 * torch.randn(p.shape))
    return model


def weight_of(layer, conditioning):
    """The weight [out, in] and bias [out] that one condition [C] makes of a layer, formed as the rungs are defined."""
    weight, bias = layer.layer.weight, layer.layer.bias
    n_out, n_in = weight.shape
    shift, rest = layer.generator(conditioning).split([n_out, layer.generator[-1].out_features - n_out])
    if layer.kind == "bias":
        return weight, bias + shift
    if layer.kind == "film":
        return (1 + rest)[:, None] * weight, (1 + rest) * bias + shift
    if layer.kind == "rank_one":
        return (1 + rest[:n_out])[:, None] * (1 + rest[n_out:]) * weight, bias + shift
    if layer.kind == "low_rank":
        a, b = rest.split([layer.rank * n_in, layer.rank * n_out])
        return weight + b.view(n_out, layer.rank) @ a.view(layer.rank, n_in), bias + shift
    return weight + rest.view(n_out, n_in), bias + shift


@pytest.mark.parametrize("hidden", [(), (6,)], ids=["linear generator", "hidden layer"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_equals_the_weight_that_it_stands_for(kind, hidden):
    layer = trained(ModulatedLinear(3, 5, 4, kind, rank=2, hidden_sizes=hidden))
    conditioning, rows = torch.randn(2, 7, 3), torch.randn(2, 7, 6, 5)
    expected = torch.stack(
        [F.linear(x, *weight_of(layer, c)) for c, x in zip(conditioning.flatten(0, 1), rows.flatten(0, 1), strict=True)]
    ).view(2, 7, 6, 4)
    torch.testing.assert_close(layer(conditioning, rows), expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(layer(conditioning, rows[..., 0, :]), expected[..., 0, :], atol=1e-5, rtol=1e-4)
    one = layer(conditioning[0, 0], rows)  # one condition for all rows, however many axes they have
    torch.testing.assert_close(one[0, 0], expected[0, 0], atol=1e-5, rtol=1e-4)
    assert one.shape == (2, 7, 6, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_starts_by_changing_nothing_and_learns(kind):
    model = ModulatedNetwork(3, [(5, 4), (4, 2)], kind, rank=2, activation="tanh")
    conditioning, x = torch.randn(7, 3), torch.randn(7, 5)
    plain = model.layers[1].layer(torch.tanh(model.layers[0].layer(x)))
    torch.testing.assert_close(model(conditioning, x), plain)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(2):  # the factor a of a low rank gets no gradient before b has moved
        optimizer.zero_grad()
        model(conditioning, x).square().sum().backward()
        optimizer.step()
    assert all(p.grad.any() for p in model.parameters())
    assert not torch.allclose(model(conditioning, x), model(-conditioning, x))


@pytest.mark.parametrize("kind", KINDS)
def test_generated_numbers_counts_what_the_generator_makes(kind):
    layer = ModulatedLinear(3, 5, 4, kind, rank=2)
    assert layer.generator(torch.zeros(3)).numel() == generated_numbers(kind, 5, 4, rank=2)


def test_the_functions_take_one_row_or_many():
    x, weight, bias = torch.randn(7, 6, 5), torch.randn(4, 5), torch.randn(4)
    r, s, a, b = torch.randn(7, 4), torch.randn(7, 5), torch.randn(7, 2, 5), torch.randn(7, 4, 2)
    for function, numbers in ((rank_one_linear, (r, s)), (low_rank_linear, (a, b))):
        many = function(x, weight, bias, *numbers)
        torch.testing.assert_close(function(x[:, 0], weight, bias, *numbers), many[:, 0])
    y = torch.randn(7, 6, 4)
    torch.testing.assert_close(film(y[:, 0], r, r), film(y, r, r)[:, 0])


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: ModulatedLinear(3, 5, 4, "filem"), ValueError, "kind must be one of bias, film, rank_one, low_rank"),
        (lambda: ModulatedLinear(0, 5, 4, "film"), ValueError, "conditioning_size must be at least 1"),
        (lambda: ModulatedLinear(3, 5, 4, "low_rank", rank=0), ValueError, "rank must be at least 1"),
        (lambda: ModulatedNetwork(3, [(5, 4), (3, 2)], "film"), ValueError, r"target_layer_sizes\[1\] takes 3 inputs"),
        (
            lambda: ModulatedLinear(3, 5, 4, "film")(torch.zeros(7, 3), torch.zeros(6, 5)),
            ValueError,
            r"conditioning \[7, 3\] needs data \[7, 5\]",
        ),
        (lambda: film(torch.zeros(7, 3), torch.zeros(7, 4), torch.zeros(7, 4)), ValueError, "its last axis must be 4"),
        (
            lambda: low_rank_linear(
                torch.zeros(5), torch.zeros(4, 5), torch.zeros(4), torch.zeros(2, 5), torch.zeros(4, 3)
            ),
            ValueError,
            "b has shape .* must be 2, the rank of a",
        ),
        (
            lambda: rank_one_linear(torch.zeros(5), torch.zeros(4, 5), torch.zeros(4), torch.zeros(5), torch.zeros(5)),
            ValueError,
            r"r has shape \[5\], but its last axis must be 4 \(out\)",
        ),
    ],
)
def test_bad_input_is_told_what_was_needed(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_concatenation_is_a_generated_bias():
    """The identity of lesson 10, with the library's own layer: its generator takes the condition's columns."""
    joined, layer = torch.nn.Linear(5 + 3, 4), ModulatedLinear(3, 5, 4, "bias")
    with torch.no_grad():
        layer.layer.weight.copy_(joined.weight[:, :5]), layer.layer.bias.copy_(joined.bias)
        layer.generator[0].weight.copy_(joined.weight[:, 5:])
    x, conditioning = torch.randn(7, 5), torch.randn(7, 3)
    torch.testing.assert_close(layer(conditioning, x), joined(torch.cat([x, conditioning], -1)))
    assert hyperlib.count_module(layer) == hyperlib.count_module(joined)
