"""The HyperLSTM on Shakespeare's comedies, character by character, at equal parameters (paper, section 4.3).

    python experiments/text.py --quick           (one epoch)
    python experiments/text.py                   (six epochs)
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

SYMBOLS, LENGTH, BATCH, EPOCHS = 78, 100, 32, 6
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
    """Reads characters [length, batch] with a cell of `hyperlib.recurrent`; gives logits [length, batch, symbols]."""

    def __init__(self, cell):
        super().__init__()
        self.cell, self.last = cell, nn.Linear(cell.hidden_size, SYMBOLS)

    def forward(self, text):
        states, outputs = self.cell.begin(text.shape[1]), []
        for x in F.one_hot(text, SYMBOLS).to(self.last.weight.dtype):
            states = self.cell(x, states)
            outputs.append(states[0])
        return self.last(torch.stack(outputs))


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
