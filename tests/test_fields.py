"""Images as weights: coordinates, the start of sine networks, encoders, and latents fitted in two ways."""

import math

import pytest
import torch
from torch import nn

from hyperlib import FieldHypernetwork, coordinates, digits, fit_latent, inner_loop, set_encode, siren_start


def test_coordinates_are_pixel_centres_in_the_order_of_the_pixels():
    assert coordinates(2).tolist() == [[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]]
    places = coordinates(5)
    assert places.shape == (25, 2) and places[1, 0] > places[0, 0] and places[5, 1] > places[0, 1]
    torch.testing.assert_close(places.mean(0), torch.zeros(2))
    with pytest.raises(ValueError, match="side must be at least 1, got 0"):
        coordinates(0)


def test_grid_sample_means_the_same_places():
    images = digits("train")[0][:3]
    places = coordinates(8).expand(3, 1, 64, 2)
    found = nn.functional.grid_sample(images.reshape(3, 1, 8, 8), places, align_corners=False)
    torch.testing.assert_close(found.reshape(3, 64), images)


@pytest.mark.parametrize("first, bound", [(True, 1 / 24), (False, math.sqrt(6 / 24) / 30)])
def test_the_start_of_a_sine_layer(first, bound):
    torch.manual_seed(0)
    weight, bias = siren_start(24, 50, 30, first)
    assert weight.shape == (50, 24) and bias.shape == (50,)
    for part in (weight, bias):
        assert 0.9 * bound < part.abs().max() <= bound


def test_signals_keep_their_size_through_many_layers():
    torch.manual_seed(0)
    h = coordinates(16)
    for depth in range(8):
        weight, bias = siren_start(h.shape[1], 64, 30, first=depth == 0)
        h = torch.sin(30 * nn.functional.linear(h, weight, bias))
        assert 0.5 < h.std() < 0.9


def test_a_network_for_each_latent_at_any_place():
    torch.manual_seed(0)
    model = FieldHypernetwork(3, (5, 4), w0=6)
    z, places = torch.randn(2, 6, 3), torch.rand(2, 6, 7, 2)
    assert [list(part.shape) for part in model.generate(z)[0]] == [[2, 6, 5, 2], [2, 6, 5]]
    values = model(z, places)
    assert values.shape == (2, 6, 7) and 0 < values.min() and values.max() < 1
    torch.testing.assert_close(model(z[1, 2], places[1, 2]), values[1, 2])
    torch.testing.assert_close(model(z, places[0, 0])[1, 2], model(z[1, 2], places[0, 0]))
    w1, w2, w3 = model.generate(z[0, 0])
    h = torch.sin(6 * (places[0, 0] @ w1[0].T + w1[1]))
    h = torch.sin(6 * (h @ w2[0].T + w2[1]))
    torch.testing.assert_close(values[0, 0], torch.sigmoid(h @ w3[0].T + w3[1]).squeeze(-1))


def test_wrong_arguments_are_named():
    model = FieldHypernetwork(3)
    with pytest.raises(ValueError, match=r"z has shape \[2\], but its last axis must be 3 \(latent_size\)"):
        model(torch.zeros(2), coordinates(8))
    with pytest.raises(ValueError, match=r"coords has shape \[4, 3\], but its last axis must be 2 \(x and y\)"):
        model(torch.zeros(3), torch.zeros(4, 3))
    with pytest.raises(ValueError, match=r"coords \[5, 2\] needs values \[5\], got a tensor of shape \[4\]"):
        set_encode(torch.zeros(5, 2), torch.zeros(4), nn.Identity(), nn.Identity())


def test_the_order_and_the_number_of_pixels_do_not_matter():
    torch.manual_seed(0)
    phi, rho = nn.Sequential(nn.Linear(3, 8), nn.ReLU()), nn.Linear(8, 4)
    places, values = torch.rand(2, 5, 2), torch.rand(2, 5)
    code, order = set_encode(places, values, phi, rho), torch.tensor([3, 0, 4, 1, 2])
    assert code.shape == (2, 4)
    torch.testing.assert_close(set_encode(places[:, order], values[:, order], phi, rho), code)
    torch.testing.assert_close(set_encode(places.repeat(1, 3, 1), values.repeat(1, 3), phi, rho), code)


def test_a_fitted_latent_draws_its_image_and_the_model_stays():
    torch.manual_seed(0)
    model = FieldHypernetwork(4)
    with torch.no_grad():
        model.generator.weight.mul_(5)
        values = model(0.5 * torch.randn(3, 4), coordinates(8))
    before = model.generator.weight.clone()
    z = fit_latent(model, 4, coordinates(8), values, 150, 0.05)
    assert z.shape == (3, 4) and not z.requires_grad and model.generator.weight.grad is None
    assert torch.equal(model.generator.weight, before)
    error = (model(z, coordinates(8)) - values).square().mean()
    assert error < 0.1 * (model(torch.zeros(3, 4), coordinates(8)) - values).square().mean()


def test_the_inner_loop_by_hand_and_its_two_gradients():
    """For model(z, coords) = coords @ (a z) one step is known, and so is its derivative by a."""

    class Line(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Parameter(torch.tensor(2.0))

        def forward(self, z, coords):
            return (self.a * z) @ coords.T

    model, coords, values = Line(), torch.tensor([[1.0], [3.0]]), torch.tensor([[2.0, 4.0]])
    z = inner_loop(model, torch.zeros(1, 1), coords, values, 1, 0.1)
    # loss = ((a z - 2)^2 + (3 a z - 4)^2) / 2, so at z = 0 its slope is -a (2 + 12) and z becomes 1.4 a
    torch.testing.assert_close(z, torch.tensor([[2.8]]))
    (slope,) = torch.autograd.grad(z.sum(), model.a)
    torch.testing.assert_close(slope, torch.tensor(1.4))
    z = inner_loop(model, torch.zeros(1, 1), coords, values, 1, 0.1, create_graph=False)
    torch.testing.assert_close(z, torch.tensor([[2.8]]))
    assert torch.autograd.grad(z.sum(), model.a, allow_unused=True) == (None,)
