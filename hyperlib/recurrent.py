"""Weights that change at every step: recurrent cells whose rows are scaled by a smaller cell (lesson 12)."""

import torch
import torch.nn.functional as F
from torch import nn

from .counting import count_parameters
from .validate import check_tensor, positive_int


def scaled_rows(weight, d, x):
    """`diag(d) W x` for each row, without making a weight: `weight [out, in]`, `d [..., out]`, `x [..., in]`.

    Source: Ha, Dai and Le, "HyperNetworks" (2016), equation 8.
    """
    check_tensor(d, "d", weight.shape[0], " (out)"), check_tensor(x, "x", weight.shape[1], " (in)")
    return d * F.linear(x, weight)


class RowScale(nn.Module):
    """From the small cell's state to scales d: a short embedding z of the state, and from it a scale for each row.

    At the start d is `start` whatever the state: z is 1 and its weight 0, and d's weight is `start / z_dim`.

    Source: Ha, Dai and Le (2016), appendix A.2.3; 0.1 after Cooijmans et al., "Recurrent batch normalization" (2016).
    """

    def __init__(self, hyper_size, z_dim, rows, start=0.1):
        super().__init__()
        self.z, self.d = nn.Linear(hyper_size, z_dim), nn.Linear(z_dim, rows, bias=False)
        nn.init.zeros_(self.z.weight), nn.init.ones_(self.z.bias)
        nn.init.constant_(self.d.weight, start / z_dim)

    def forward(self, state):
        return self.d(self.z(state))


class RowBias(nn.Module):
    """From the small cell's state to a generated bias, 0 at the start (Ha, Dai and Le, 2016, appendix A.2.3)."""

    def __init__(self, hyper_size, z_dim, rows):
        super().__init__()
        self.z, self.b = nn.Linear(hyper_size, z_dim, bias=False), nn.Linear(z_dim, rows)
        nn.init.normal_(self.z.weight, std=0.01)
        nn.init.zeros_(self.b.weight), nn.init.zeros_(self.b.bias)

    def forward(self, state):
        return self.b(self.z(state))


class HyperRNNCell(nn.Module):
    """A basic RNN whose weights are scaled, row by row and at every step, by a smaller RNN that reads along.

    `h = tanh(d_h * W_h h + d_x * W_x x + b)`, where d_h, d_x and b come from the small cell's new state.

    Args:
        input_size, hidden_size: of the cell.
        hyper_size: units of the small cell, whose input is x and h.
        z_dim: length of the embeddings between the small cell and the scales.
        start: of all scales.

    Source: Ha, Dai and Le, "HyperNetworks" (2016), equations 7 and 8.
    """

    def __init__(self, input_size, hidden_size, hyper_size=16, z_dim=4, start=0.1):
        super().__init__()
        self.hidden_size, self.hyper_size = positive_int(hidden_size, "hidden_size"), positive_int(hyper_size, "hyper")
        self.small = nn.RNNCell(positive_int(input_size, "input_size") + hidden_size, hyper_size)
        self.w_h = nn.Parameter(nn.init.orthogonal_(torch.empty(hidden_size, hidden_size)))
        self.w_x = nn.Parameter(nn.init.xavier_uniform_(torch.empty(hidden_size, input_size)))
        self.d_h, self.d_x = (RowScale(hyper_size, positive_int(z_dim, "z_dim"), hidden_size, start) for _ in range(2))
        self.b = RowBias(hyper_size, z_dim, hidden_size)

    def begin(self, batch):
        """The states of so many sequences before their first step: `(h [batch, hidden], small [batch, hyper])`."""
        return self.w_h.new_zeros(batch, self.hidden_size), self.w_h.new_zeros(batch, self.hyper_size)

    def forward(self, x, states):
        """One step: `x [batch, in]` and the states; gives the new states."""
        h, small = states
        small = self.small(torch.cat([x, h], dim=-1), small)
        d_h, d_x, bias = self.d_h(small), self.d_x(small), self.b(small)
        return torch.tanh(scaled_rows(self.w_h, d_h, h) + scaled_rows(self.w_x, d_x, x) + bias), small


class HyperLSTMCell(nn.Module):
    """An LSTM whose four gates' weights are scaled, row by row and at every step, by a smaller LSTM that reads along.

    Args:
        input_size, hidden_size, hyper_size, z_dim, start: see `HyperRNNCell`.
        layer_norm: normalise each gate, and the cell state before the output.

    The scales come from the small cell's new state, as in the authors' own code; equation 11 of the paper has the state
    before.  The forget gate's bias starts at 1.

    Source: Ha, Dai and Le, "HyperNetworks" (2016), appendix A.2.2 and A.2.3.
    """

    def __init__(self, input_size, hidden_size, hyper_size=128, z_dim=4, layer_norm=False, start=0.1):
        super().__init__()
        self.hidden_size, self.hyper_size = positive_int(hidden_size, "hidden_size"), positive_int(hyper_size, "hyper")
        self.small = LSTMCell(positive_int(input_size, "input_size") + hidden_size, hyper_size)
        blocks = [nn.init.orthogonal_(torch.empty(hidden_size, hidden_size)) for _ in range(4)]
        self.w_h = nn.Parameter(torch.cat(blocks))
        self.w_x = nn.Parameter(nn.init.xavier_uniform_(torch.empty(4 * hidden_size, input_size)))
        sizes = hyper_size, positive_int(z_dim, "z_dim"), hidden_size
        self.d_h, self.d_x = (nn.ModuleList(RowScale(*sizes, start) for _ in range(4)) for _ in range(2))
        self.b = nn.ModuleList(RowBias(*sizes) for _ in range(4))
        with torch.no_grad():
            self.b[2].b.bias.fill_(1)  # gates i, g, f, o
        self.norms = nn.ModuleList(nn.LayerNorm(hidden_size) for _ in range(5)) if layer_norm else None

    def begin(self, batch):
        """The states of so many sequences before their first step: h, c, and the small cell's h and c."""
        large, small = self.w_h.new_zeros(2, batch, self.hidden_size), self.w_h.new_zeros(2, batch, self.hyper_size)
        return *large, *small

    def forward(self, x, states):
        """One step: `x [batch, in]` and the states; gives the new states, h first."""
        h, c, small_h, small_c = states
        small_h, small_c = self.small(torch.cat([x, h], dim=-1), (small_h, small_c))
        d_h, d_x, bias = (torch.cat([part(small_h) for part in parts], -1) for parts in (self.d_h, self.d_x, self.b))
        gates = (scaled_rows(self.w_h, d_h, h) + scaled_rows(self.w_x, d_x, x) + bias).chunk(4, -1)
        if self.norms:
            gates = [norm(gate) for norm, gate in zip(self.norms, gates, strict=False)]
        i, g, f, o = gates
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * torch.tanh(self.norms[4](c) if self.norms else c)
        return h, c, small_h, small_c


class LSTMCell(nn.Module):
    """A plain LSTM cell with one bias and a forget gate that starts open: the baseline, and the small cell above."""

    def __init__(self, input_size, hidden_size, layer_norm=False):
        super().__init__()
        self.hidden_size = positive_int(hidden_size, "hidden_size")
        self.linear = nn.Linear(positive_int(input_size, "input_size") + hidden_size, 4 * hidden_size)
        with torch.no_grad():
            for block in self.linear.weight.chunk(4):
                nn.init.orthogonal_(block[:, input_size:])
                nn.init.xavier_uniform_(block[:, :input_size])
            self.linear.bias.zero_()[2 * hidden_size : 3 * hidden_size] = 1  # gates i, g, f, o
        self.norms = nn.ModuleList(nn.LayerNorm(hidden_size) for _ in range(5)) if layer_norm else None

    def begin(self, batch):
        """The states `(h, c)` of so many sequences before their first step."""
        return tuple(self.linear.weight.new_zeros(2, batch, self.hidden_size))

    def forward(self, x, states):
        """One step: `x [batch, in]` and the states `(h, c)`; gives the new states."""
        h, c = states
        gates = self.linear(torch.cat([x, h], dim=-1)).chunk(4, -1)
        if self.norms:
            gates = [norm(gate) for norm, gate in zip(self.norms, gates, strict=False)]
        i, g, f, o = gates
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * torch.tanh(self.norms[4](c) if self.norms else c), c


def hyperlstm_parameters(symbols, hidden_size, hyper_size, z_dim):
    """How many numbers a character model with a `HyperLSTMCell` stores, its output layer included."""
    lstm = count_parameters([(symbols + hidden_size, 4 * hidden_size)])
    small = count_parameters([(symbols + hidden_size + hyper_size, 4 * hyper_size)])
    embeddings = 4 * (2 * count_parameters([(hyper_size, z_dim)]) + hyper_size * z_dim)
    scales = 4 * 3 * z_dim * hidden_size
    return lstm + small + embeddings + scales + count_parameters([(hidden_size, symbols)])
