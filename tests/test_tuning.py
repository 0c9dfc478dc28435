"""A dial for training: exact solutions, generated ones, and dials that turn by themselves."""

import math

import pytest
import torch

from hyperlib import BestResponse, penalised_loss, response, ridge, tune
from hyperlib.train import train


def data(n=30, n_in=6, n_out=3, dtype=torch.float64):
    g = torch.Generator().manual_seed(0)
    x = torch.randn(n, n_in, generator=g, dtype=dtype)
    return x, x[:, :n_out] * 2 + torch.randn(n, n_out, generator=g, dtype=dtype)


def test_the_exact_weight_has_no_slope_left():
    x, y = data()
    lam = torch.tensor([0.01, 0.3, 10.0], dtype=torch.float64)
    weight = ridge(x, y, lam).requires_grad_()
    assert weight.shape == (3, 3, 6)
    penalised_loss(weight, x, y, lam).sum().backward()
    assert weight.grad.abs().max() < 1e-12
    torch.testing.assert_close(ridge(x, y, 0.3), weight[1].detach())
    assert ridge(x, y, lam.view(3, 1)).shape == (3, 1, 3, 6)


def test_the_loss_by_hand():
    weight, x, y = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 1.0], [2.0, 0.0]]), torch.tensor([[0.0], [1.0]])
    assert penalised_loss(weight, x, y, 10.0) == (3**2 + 1**2) / 2 + 10 * (1 + 4)
    many = penalised_loss(weight.expand(2, 1, 2), x, y, torch.tensor([0.0, 1.0]))
    assert many.tolist() == [5.0, 10.0]


def test_ridge_is_a_response_with_a_gate_for_each_singular_value():
    """The claim on which the generator rests: s^2 / (s^2 + n lam) is sigmoid(log(s^2 / n) - log lam)."""
    x, y = data()
    u, s, vt = torch.linalg.svd(x, full_matrices=False)
    directions = torch.stack([torch.outer(u[:, i] @ y / s[i], vt[i]).flatten() for i in range(6)])
    log_lam = torch.linspace(-5, 3, 9, dtype=torch.float64)
    places = (s.square() / len(x)).log()
    made = response(log_lam, torch.zeros(18, dtype=torch.float64), directions, places)
    torch.testing.assert_close(made.view(9, 3, 6), ridge(x, y, log_lam.exp()))


def test_one_training_comes_near_all_exact_solutions():
    torch.manual_seed(0)
    x, y = data(dtype=torch.float32)
    low, high = math.log(1e-3), math.log(10)
    model = BestResponse(1, 18, 5, low, high)

    def loss():
        log_lam = low + (high - low) * torch.rand(16, 1)
        lam = log_lam.squeeze(-1).exp()
        return (penalised_loss(model(log_lam).view(-1, 3, 6), x, y, lam) / (1 + lam)).mean()

    for lr in (0.03, 0.003):
        train(model.parameters(), loss, 300, lr, label=None)
    log_lam = torch.linspace(low, high, 20)
    lam = log_lam.exp()
    exact, made = ridge(x, y, lam), model(log_lam.unsqueeze(-1)).view(-1, 3, 6)
    more = penalised_loss(made, x, y, lam) - penalised_loss(exact, x, y, lam)
    assert -1e-4 < more.min() and more.max() < 0.1 and more.mean() < 0.01


def test_many_dials_add_up():
    model = BestResponse(2, 7, 3, -4, -1, base=torch.arange(7.0))
    assert torch.equal(model(torch.zeros(5, 4, 2)), torch.arange(7.0).expand(5, 4, 7)), "it starts as the base"
    with torch.no_grad():
        model.directions.normal_()
    log_lam = torch.tensor([-3.0, 2.0])
    first = response(log_lam[0], model.base, model.directions[:3], model.places[0])
    second = response(log_lam[1], torch.zeros(7), model.directions[3:], model.places[1])
    torch.testing.assert_close(model(log_lam), first + second)


def test_dials_are_turned_to_the_lowest_validation_loss_and_nothing_else_is_changed():
    model = BestResponse(2, 2, 1, -2, 2)
    with torch.no_grad():
        model.places.zero_(), model.directions.copy_(torch.eye(2))
    start, goal = torch.zeros(2), torch.tensor([0.25, 0.6])
    found = tune(model, lambda w: (w - goal).square().sum(), start, 200, 5.0)
    torch.testing.assert_close(found, -torch.logit(goal), atol=1e-3, rtol=0)
    assert not found.requires_grad and not start.any() and all(p.grad is None for p in model.parameters())
    at_the_end = tune(model, lambda w: (w - goal).square().sum(), start, 200, 5.0, low=-0.1, high=0.5)
    torch.testing.assert_close(at_the_end, torch.tensor([0.5, -0.1]))


def test_the_training_loss_turns_the_dial_down_everywhere():
    """Its slope along the exact solutions is lam times the squared weights, which is never negative."""
    x, y = data()
    for log_lam in (-5.0, -1.0, 2.0):
        dial = torch.tensor(log_lam, dtype=torch.float64, requires_grad=True)
        weight = ridge(x, y, dial.exp())
        penalised_loss(weight, x, y, dial.exp()).backward()
        torch.testing.assert_close(dial.grad, (dial.exp() * weight.square().sum()).detach())


def test_errors_name_what_does_not_fit():
    x, y = data()
    with pytest.raises(ValueError, match=r"x and y must be \[n, in\] and \[n, out\], got \[30, 6\] and \[29, 3\]"):
        ridge(x, y[1:], 1.0)
    with pytest.raises(ValueError, match="lam must be positive, got 0.0"):
        ridge(x, y, 0.0)
    with pytest.raises(ValueError, match=r"weight must be \[\*K, 3, 6\], got \[4, 6\]"):
        penalised_loss(torch.zeros(4, 6, dtype=torch.float64), x, y, 1.0)
    with pytest.raises(ValueError, match=r"directions \[2, 5\] needs as many places, got \[3\]"):
        response(torch.zeros(1), torch.zeros(5), torch.zeros(2, 5), torch.zeros(3))
    with pytest.raises(ValueError, match=r"log_lam has shape \[4\], but its last axis must be 2 \(dials\)"):
        BestResponse(2, 5, 1, 0, 1)(torch.zeros(4))
    with pytest.raises(ValueError, match="low must be less than high, got 2 and 1"):
        BestResponse(2, 5, 1, 2, 1)
    with pytest.raises(ValueError, match="val_loss must give a number with a gradient, got a tensor of shape"):
        tune(BestResponse(1, 2, 1, 0, 1), lambda w: w, torch.zeros(1), 1, 1.0)
