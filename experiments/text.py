"""The HyperLSTM on Shakespeare's comedies, character by character, at equal parameters (paper, section 4.3).

    python experiments/text.py --quick           (one epoch)
    python experiments/text.py                   (three epochs)
    python experiments/text.py --tune            (picks the learning rates again)

Four networks of about 223,000 numbers each read a text and say what comes next: the LSTM and the HyperLSTM, which
scales the rows of its weights at every step, each without and with layer norm.  They learn seven plays.  The test is
*The Tempest*.  Each network has the learning rate that was best for it on *Love's Labour's Lost* (--tune, which keeps
what it found as `text_rates.json`).
"""

import gzip
import json
import math
from functools import partial

import torch
import torch.nn.functional as F
from common import HERE, Group, Results, fit, generator, parser
from torch import nn

from hyperlib.recurrent import HyperLSTMCell, LSTMCell

SYMBOLS, LENGTH, BATCH, EPOCHS = 78, 100, 32, 3
CELLS = {
    "LSTM": lambda: LSTMCell(SYMBOLS, 192),
    "layer-norm LSTM": lambda: LSTMCell(SYMBOLS, 191, layer_norm=True),
    "HyperLSTM": lambda: HyperLSTMCell(SYMBOLS, 173, hyper_size=24),
    "layer-norm HyperLSTM": lambda: HyperLSTMCell(SYMBOLS, 172, hyper_size=24, layer_norm=True),
}
RATES = [0.008, 0.016, 0.032, 0.064]  # the largest of a run, from where it falls to 0 along a cosine
TUNING_SEED, TUNING_EPOCHS = 100, 2


def comedies():
    """The plays [characters] as numbers below 78: seven to learn from, as one, one to pick the rates on, and the test.

    Source and licence: `data/comedies.md`.
    """
    text = gzip.decompress((HERE / "data" / "comedies.gz").read_bytes())
    symbols = sorted(set(text))
    numbers = torch.zeros(128, dtype=torch.long)
    numbers[symbols] = torch.arange(len(symbols))
    learnt, tuning, test = text.rsplit(b"\f", 2)
    return [numbers[torch.tensor(list(part))] for part in (learnt, tuning, test)]


class CharacterModel(nn.Module):
    """Reads characters [length, batch] with a cell of `hyperlib.recurrent`; gives logits [length, batch, symbols].

    The numbers are those of `cell(x, states)`, character by character, in about half the time: what the characters
    give is looked up for all of them before the loop, and matrices that meet the same input are joined.
    """

    def __init__(self, cell):
        super().__init__()
        self.cell, self.last = cell, nn.Linear(cell.hidden_size, SYMBOLS)

    def forward(self, text):
        read = read_hyper_lstm if isinstance(self.cell, HyperLSTMCell) else read_lstm
        return self.last(torch.stack(read(self.cell, text)))


def read_lstm(cell, text):
    """The h [batch, hidden] of every step of an `LSTMCell`."""
    (h, c), outputs = cell.begin(text.shape[1]), []
    w_x, w_h = cell.linear.weight.t().split([SYMBOLS, cell.hidden_size])
    normed = norms(cell)
    for x in F.embedding(text, w_x) + cell.linear.bias:
        h, c = update(torch.addmm(x, h, w_h), c, *normed)
        outputs.append(h)
    return outputs


def read_hyper_lstm(cell, text):
    """The h [batch, hidden] of every step of a `HyperLSTMCell`."""
    (h, c, small_h, small_c), outputs = cell.begin(text.shape[1]), []
    small_x, h_to_small, small_w = cell.small.linear.weight.t().split([SYMBOLS, cell.hidden_size, cell.hyper_size])
    from_h = torch.cat([h_to_small, cell.w_h.t()], 1)
    # From the small state to z and from z to the scales there is nothing in between: one matrix does both.
    pairs = [(part.z, part.d) for part in (*cell.d_h, *cell.d_x)] + [(part.z, part.b) for part in cell.b]
    weight = torch.cat([last.weight @ z.weight for z, last in pairs]).t()
    bias = torch.cat([last.bias if z.bias is None else last.weight @ z.bias for z, last in pairs])
    normed = norms(cell)
    both = zip(F.embedding(text, small_x) + cell.small.linear.bias, F.embedding(text, cell.w_x.t()), strict=True)
    for to_small, x in both:
        h_small, h_large = (h @ from_h).split([4 * cell.hyper_size, 4 * cell.hidden_size], 1)
        small_h, small_c = update(torch.addmm(to_small + h_small, small_h, small_w), small_c)
        d_h, d_x, b = torch.addmm(bias, small_h, weight).chunk(3, 1)
        h, c = update(torch.addcmul(torch.addcmul(b, d_x, x), d_h, h_large), c, *normed)
        outputs.append(h)
    return outputs


def norms(cell):
    """What `update` needs to know of a cell's layer norms: nothing, or weights and biases [4, hidden], and the last."""
    if cell.norms is None:
        return ()
    gates = cell.norms[:4]
    return torch.stack([norm.weight for norm in gates]), torch.stack([norm.bias for norm in gates]), cell.norms[4]


def update(gates, c, weight=None, bias=None, last=None):
    """The new h and c from the gates i, g, f, o [batch, 4 hidden]."""
    gates = gates.unflatten(1, (4, -1))
    if last:
        gates = torch.addcmul(bias, F.layer_norm(gates, gates.shape[2:]), weight)
    i, g, f, o = gates.unbind(1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * torch.tanh(last(c) if last else c), c


def windows(text, count, g):
    """So many random stretches of the text, `[LENGTH + 1, count]`: each but the last character foretells the next."""
    begin = torch.randint(len(text) - LENGTH, (count,), generator=g)
    return text[begin + torch.arange(LENGTH + 1)[:, None]]


@torch.no_grad()
def bits(model, text):
    """Bits per character.  Each character is foretold from the 100 to 199 before it; the first 100 are not scored."""
    whole = (len(text) - 1) // LENGTH * LENGTH
    steps = torch.arange(2 * LENGTH)[:, None]
    total = 0.0
    for begin in torch.arange(0, whole - LENGTH, LENGTH).split(250):
        logits = model(text[begin + steps])[LENGTH:]
        total += F.cross_entropy(
            logits.flatten(0, 1), text[begin + steps[LENGTH:] + 1].flatten(), reduction="sum"
        ).item()
    return total / (whole - LENGTH) / math.log(2)


def race(name, networks, seeds, epochs, tested, args):
    """Train each of the networks with each seed, and keep the bits per character under this name.

    Args:
        name: of the results.
        networks: `{name: (a key of CELLS, learning rate)}`.
        seeds: numbers.
        epochs: how many.  Within one, a network sees as many characters as the plays have.
        tested: the play to test on: 1 of `comedies()` for the rates, 2 for the test.
        args: what the parser of `common` gave.
    """
    group = Group(args.device)
    plays = comedies()
    learnt, test = plays[0], plays[tested].to(group.device)
    per_epoch = len(learnt) // (BATCH * LENGTH)
    steps = epochs * per_epoch
    on = (None, "Love's Labour's Lost", "The Tempest")[tested]
    facts = dict(recipe=f"{epochs} epochs of {per_epoch} batches of {BATCH} times {LENGTH} characters", tested=on)
    results = Results(args.out, name, group, args.resume, **facts, what="bits per character", digits=3)

    todo = results.todo(args.only or networks, seeds)
    for number, (network, seed) in enumerate(todo, start=1):
        cell, rate = networks[network]
        torch.manual_seed(seed)
        model = CharacterModel(CELLS[cell]()).to(group.device)

        def loss(step, model=model, seed=seed):
            batch = windows(learnt, BATCH, generator(seed, step))
            mine = group.share(batch.t()).t().to(group.device)
            return F.cross_entropy(model(mine[:-1]).flatten(0, 1), mine[1:].flatten())

        def schedule(step, rate=rate):
            return rate / 2 * (1 + math.cos(math.pi * step / steps))

        path = results.checkpoint(network, seed)
        options = dict(lr=schedule, path=path, evaluate=partial(bits, model, test), every=per_epoch)
        options |= dict(label=f"run {number} of {len(todo)}, {network}, seed {seed}", resume=args.resume)
        results.add(network, seed, model, fit(model, loss, steps, group, stop=args.steps, **options))
    if group.first:
        print(results.table())
    group.close()


def best_rates(folder):
    """The rate of each network that came out best, `{network: rate}`, from a folder's `text_rates.json`."""
    path = folder / "text_rates.json"
    if not path.exists():  # --out names a new folder: the rates that come with the course
        path = HERE / "results" / "text_rates.json"
    if not path.exists():
        raise SystemExit("no learning rates have been picked yet; run this with --tune first")
    best = {}
    for network, of_network in json.loads(path.read_text(encoding="utf-8"))["runs"].items():
        cell, rate = network.rsplit(" ", 1)
        found = of_network["seeds"][str(TUNING_SEED)]["history"][-1][1]
        best[cell] = min(best.get(cell, (math.inf, 0)), (found, float(rate)))
    return {cell: rate for cell, (_, rate) in best.items()}


def main():
    made = parser(__doc__.split("\n\n")[0])
    made.add_argument("--quick", action="store_true", help="one epoch")
    made.add_argument("--tune", action="store_true", help="try learning rates, with a seed of its own")
    args = made.parse_args()
    if args.tune:
        networks = {f"{cell} {rate}": (cell, rate) for cell in CELLS for rate in RATES}
        race("text_rates", networks, [TUNING_SEED], TUNING_EPOCHS, 1, args)
    else:
        rates = best_rates(args.out)
        networks = {cell: (cell, rates[cell]) for cell in CELLS}
        race("text_quick" if args.quick else "text", networks, range(args.seeds), 1 if args.quick else EPOCHS, 2, args)


if __name__ == "__main__":
    main()
