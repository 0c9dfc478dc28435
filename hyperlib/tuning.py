"""A dial for training: hyperparameters as the condition of a generator (lesson 15)."""

import math

import torch
from torch import nn

from .validate import as_numbers, check_tensor, describe, positive_int


def ridge(x, y, lam):
    """The weight that minimises `penalised_loss`, exactly.

    Args:
        x, y: `[n, in]` and `[n, out]`.  There is no bias: subtract the means of both first.
        lam: the penalty, a positive number or a tensor `[*K]`.

    Returns:
        `[*K, out, in]`.

    Source: Hoerl and Kennard, "Ridge regression" (Technometrics, 1970), for a mean over the rows.
    """
    _check_rows(x, y)
    lam = as_numbers(lam, "lam", x)
    if not (lam > 0).all():
        raise ValueError(f"lam must be positive, got {float(lam.min())}")
    n, n_in = x.shape
    gram = x.T @ x + n * lam[..., None, None] * torch.eye(n_in, dtype=x.dtype, device=x.device)
    return torch.linalg.solve(gram, (x.T @ y).expand(*lam.shape, -1, -1)).mT


def penalised_loss(weight, x, y, lam):
    """The mean squared error over the rows, plus `lam` times the sum of the squared weights.

    Args:
        weight: `[*K, out, in]`, a network for each penalty.
        x, y: `[n, in]` and `[n, out]`, for all of them.
        lam: `[*K]`, or a number for all of them.

    Returns:
        `[*K]`.  A row's squared error is the sum over its outputs.
    """
    _check_rows(x, y), check_tensor(weight, "weight", x.shape[-1], " (in)")
    if weight.dim() < 2 or weight.shape[-2] != y.shape[-1]:
        raise ValueError(f"weight must be [*K, {y.shape[-1]}, {x.shape[-1]}], got {list(weight.shape)}")
    error = (x @ weight.mT - y).square().sum(-1).mean(-1)
    return error + as_numbers(lam, "lam", weight) * weight.square().sum((-2, -1))


def response(log_lam, base, directions, places):
    """Weights for any penalty, from gates that close one after another as it grows.

    Args:
        log_lam: `[*K]`, natural logarithms of the penalty.
        base: `[P]`, the weights with all gates closed.
        directions: `[r, P]`, what each gate adds.
        places: `[r]`, the `log_lam` at which each gate is half closed.

    Returns:
        `[*K, P]`: `base` and the sum of the directions, each times `sigmoid(place - log_lam)`.
    Ridge regression's exact answer has this form, with a gate for each singular value of x.

    Source: such gates are derived in MacKay et al., "Self-Tuning Networks" (ICLR 2019).
    """
    check_tensor(log_lam, "log_lam"), check_tensor(base, "base"), check_tensor(places, "places")
    check_tensor(directions, "directions", base.shape[-1], ", as base has")
    if directions.shape[:-1] != places.shape:
        raise ValueError(f"directions {list(directions.shape)} needs as many places, got {list(places.shape)}")
    return base + torch.sigmoid(places - log_lam.unsqueeze(-1)) @ directions


class BestResponse(nn.Module):
    """A hypernetwork from dials, logarithms of hyperparameters, to all weights of a target network.

    A `response` for each dial, added up.  Where the dials act on each other, that is an approximation.

    Args:
        dials: how many hyperparameters there are.
        size: how many weights the target has, P.
        gates: of each dial.
        low, high: the range of each dial, as natural logarithms; the gates are spread over it.
        base: `[P]`, where the weights start, such as those of a network that was just initialised; default 0.

    Source: Lorraine and Duvenaud, "Stochastic hyperparameter optimization through hypernetworks" (2018), with the
    gates of MacKay et al. (2019).
    """

    def __init__(self, dials, size, gates, low, high, base=None):
        super().__init__()
        dials, gates = positive_int(dials, "dials"), positive_int(gates, "gates")
        if not low < high:
            raise ValueError(f"low must be less than high, got {low} and {high}")
        base = torch.zeros(positive_int(size, "size")) if base is None else check_tensor(base, "base", size, " (size)")
        middles = low + (high - low) * (torch.arange(gates) + 0.5) / gates
        self.places = nn.Parameter(middles.repeat(dials, 1))
        self.base = nn.Parameter(base.detach().clone())
        self.directions = nn.Parameter(torch.zeros(dials * gates, size))

    def forward(self, log_lam):
        """Generate weights: `log_lam [*K, dials]` gives `[*K, P]`."""
        check_tensor(log_lam, "log_lam", len(self.places), " (dials)")
        gates = torch.sigmoid(self.places - log_lam.unsqueeze(-1))  # [*K, dials, gates]
        return self.base + gates.flatten(-2) @ self.directions


def tune(generate, val_loss, log_lam, steps, lr, low=-math.inf, high=math.inf):
    """Turn the dials downhill on the validation loss, by its gradient through the generator.

    Args:
        generate: from dials to weights, such as a `BestResponse`.  It isn't changed.
        val_loss: from weights to a scalar tensor.  It must not hold the penalty: that would turn every dial down.
        log_lam: where the dials start, a tensor of any shape that `generate` takes.
        steps, lr: of plain gradient descent.
        low, high: a dial that would leave this range stays at its end; beyond it no weights were trained.

    Returns:
        A tensor of the shape of `log_lam`, without a graph.
    """
    log_lam = check_tensor(log_lam, "log_lam").detach().clone()
    for _ in range(steps):
        dial = log_lam.requires_grad_()
        loss = val_loss(generate(dial))
        if not isinstance(loss, torch.Tensor) or loss.numel() != 1 or not loss.requires_grad:
            raise ValueError(f"val_loss must give a number with a gradient, got {describe(loss)}")
        (slope,) = torch.autograd.grad(loss, dial)
        log_lam = (dial.detach() - lr * slope).clamp(low, high)
    return log_lam


def _check_rows(x, y):
    check_tensor(x, "x"), check_tensor(y, "y")
    if x.dim() != 2 or y.dim() != 2 or len(x) != len(y):
        raise ValueError(f"x and y must be [n, in] and [n, out], got {list(x.shape)} and {list(y.shape)}")
