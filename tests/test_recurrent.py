"""Recurrent cells whose weights change at every step, against the paper's equations and its counts."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hyperlib import HyperLSTMCell, HyperRNNCell, count_module, gradient_reaches, hyperlstm_parameters, scaled_rows
from hyperlib.recurrent import LSTMCell


def trained(cell):
    torch.manual_seed(0)
    with torch.no_grad():
        for p in cell.parameters():
            p.copy_(0.4 * torch.randn(p.shape))
    return cell


def test_the_count_of_the_paper_s_hyperlstm():
    """Table 3: 4.91 M against 4.25 M for 50 symbols, 1000 units, a small cell of 128 and N_z = 4."""
    output = nn.Linear(1000, 50)
    assert count_module(HyperLSTMCell(50, 1000)) + count_module(output) == 4_911_874
    assert count_module(LSTMCell(50, 1000)) + count_module(output) == 4_254_050
    assert hyperlstm_parameters(50, 1000, 128, 4) == 4_911_874
    for sizes in ((7, 5, 3, 2), (9, 4, 6, 1)):
        symbols, hidden, hyper, z_dim = sizes
        cell = HyperLSTMCell(symbols, hidden, hyper, z_dim)
        assert hyperlstm_parameters(*sizes) == count_module(cell) + count_module(nn.Linear(hidden, symbols))


def test_scaled_rows_are_a_diagonal_matrix_times_the_weight():
    weight, d, x = torch.randn(4, 3), torch.randn(6, 4), torch.randn(6, 3)
    expected = torch.stack([torch.diag(d[b]) @ weight @ x[b] for b in range(6)])
    torch.testing.assert_close(scaled_rows(weight, d, x), expected)
    with pytest.raises(ValueError, match=r"d has shape \[3\], but its last axis must be 4"):
        scaled_rows(weight, torch.zeros(3), x)


def test_a_step_of_the_rnn_by_the_paper_s_equations():
    cell = trained(HyperRNNCell(3, 5, hyper_size=4, z_dim=2))
    x, h, small = torch.randn(6, 3), torch.randn(6, 5), torch.randn(6, 4)
    new_h, new_small = cell(x, (h, small))
    expected_small = cell.small(torch.cat([x, h], -1), small)
    torch.testing.assert_close(new_small, expected_small)
    for b in range(6):
        state = expected_small[b]
        w_h = (cell.d_h.d.weight @ (cell.d_h.z.weight @ state + cell.d_h.z.bias)).diag() @ cell.w_h
        w_x = (cell.d_x.d.weight @ (cell.d_x.z.weight @ state + cell.d_x.z.bias)).diag() @ cell.w_x
        bias = cell.b.b.weight @ cell.b.z.weight @ state + cell.b.b.bias
        torch.testing.assert_close(new_h[b], torch.tanh(w_h @ h[b] + w_x @ x[b] + bias))


def test_without_scales_the_lstm_is_a_plain_one():
    """At the start all scales are 0.1 and the bias is the forget gate's: an LSTM with a tenth of the weights."""
    torch.manual_seed(0)
    cell = HyperLSTMCell(3, 5, hyper_size=4, z_dim=2)
    plain = nn.LSTMCell(3, 5)  # gates i, f, g, o
    order = torch.tensor([0, 2, 1, 3])
    with torch.no_grad():
        plain.weight_hh.copy_(0.1 * cell.w_h.view(4, 5, 5)[order].flatten(0, 1))
        plain.weight_ih.copy_(0.1 * cell.w_x.view(4, 5, 3)[order].flatten(0, 1))
        plain.bias_ih.zero_(), plain.bias_hh.zero_()
        plain.bias_ih[5:10] = 1
    states, theirs = cell.begin(6), (torch.zeros(6, 5), torch.zeros(6, 5))
    for _ in range(3):
        x = torch.randn(6, 3)
        states, theirs = cell(x, states), plain(x, theirs)
    torch.testing.assert_close(states[:2], theirs)


def test_the_plain_cell_is_pytorch_s():
    cell, plain = trained(LSTMCell(3, 5)), nn.LSTMCell(3, 5)
    order = torch.tensor([0, 2, 1, 3])
    with torch.no_grad():
        weight = cell.linear.weight.view(4, 5, 8)[order].flatten(0, 1)
        plain.weight_ih.copy_(weight[:, :3]), plain.weight_hh.copy_(weight[:, 3:])
        plain.bias_ih.copy_(cell.linear.bias.view(4, 5)[order].flatten()), plain.bias_hh.zero_()
    x, states = torch.randn(6, 3), (torch.randn(6, 5), torch.randn(6, 5))
    torch.testing.assert_close(cell(x, states), plain(x, states))


@pytest.mark.parametrize(
    "build",
    [
        lambda: HyperRNNCell(3, 8),
        lambda: HyperLSTMCell(3, 8, 4),
        lambda: HyperLSTMCell(3, 8, 4, layer_norm=True),
        lambda: LSTMCell(3, 8, layer_norm=True),
    ],
    ids=["rnn", "lstm", "lstm with layer norm", "plain with layer norm"],
)
def test_a_cell_learns_to_remember(build):
    """The first of four inputs decides the class, and nothing comes after it."""
    torch.manual_seed(0)
    cell, out = build(), nn.Linear(8, 2)
    parameters = [*cell.parameters(), *out.parameters()]
    optimizer = torch.optim.Adam(parameters, 0.02)
    for _ in range(60):
        x, states = torch.randn(4, 64, 3), cell.begin(64)
        x[1:] = 0
        for step in x:
            states = cell(step, states)
        loss = F.cross_entropy(out(states[0]), (x[0, :, 0] > 0).long())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.45, "0.69 is a guess"
    fresh = cell(x[0], [state.detach() for state in states])
    assert all(gradient_reaches(fresh[0].square().sum(), cell).values())


def test_a_start_at_zero_never_moves():
    """Both factors of a scale are zero then, and neither gets a gradient: the start at 0.1 is there for a reason."""
    cell = HyperRNNCell(3, 5, hyper_size=4, z_dim=2)
    with torch.no_grad():
        for part in (cell.d_h, cell.d_x):
            part.z.bias.zero_(), part.d.weight.zero_()
    x, states = torch.randn(6, 3), (torch.randn(6, 5), torch.randn(6, 4))
    cell(x, states)[0].sum().backward()
    assert not cell.w_h.grad.any() and not cell.d_h.d.weight.grad.any() and not cell.d_h.z.weight.grad.any()
