"""How time and memory grow with the batch, the target's size and the number of tasks: a picture with fitted slopes.

    python tests/benchmarks/growth.py [--clock cpu] [--save]

Each point is a forward and a backward pass: time is the median of turns taken in a random order, memory what PyTorch's
allocator handed out at its highest (see compare.py).  The slope is that of a straight line through the logarithms of
the largest sizes: 1 means twice as much for twice the size, 2 four times as much.  --save writes growth.png and
growth.md, which is its alternative text, beside this file.
"""

import argparse
import base64
import re
import sys
from pathlib import Path
from statistics import median

import torch

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from compare import Clock, machine, measure, peak_bytes  # noqa: E402

from hyperlib import ChunkedHypernetwork, Hypernetwork, count_parameters  # noqa: E402
from hyperlib.plots import plot_growth  # noqa: E402

SIZES = [(128, 64), (64, 32)]


def way(model, *inputs):
    return (lambda: model(*inputs)), list(model.parameters())


def looped(model, conditioning, data):
    """Row after row, with `weight[b]`."""

    def run():
        pairs = model.generate(conditioning)
        return torch.stack([model_rows([(w[b], v[b]) for w, v in pairs], x) for b, x in enumerate(data)])

    return run, list(model.parameters())


def model_rows(pairs, x):
    for i, (weight, bias) in enumerate(pairs):
        x = torch.nn.functional.linear(x, weight, bias)
        x = torch.relu(x) if i < len(pairs) - 1 else x
    return x


def over_batch(largest):
    """{name: {batch: way}}: rows with networks of their own, the loop, and 8 networks for all rows."""
    model = Hypernetwork(64, SIZES, (64, 64))
    ways = {"a network for each row": {}, "the same, by a loop": {}, "8 networks, shared": {}}
    for batch in (2**k for k in range(4, largest.bit_length())):
        conditioning, data = torch.randn(batch, 64), torch.randn(batch, 128)
        ways["a network for each row"][batch] = way(model, conditioning, data)
        if batch <= largest // 4:
            ways["the same, by a loop"][batch] = looped(model, conditioning, data)
        ways["8 networks, shared"][batch] = way(model, conditioning[:8], data, torch.arange(batch) % 8)
    return ways


def over_target(largest):
    """{name: {P: way}} for targets of P parameters, 16 networks: a generator for each layer, and chunks."""
    ways = {"a generator for each layer": {}, "one generator, chunks": {}}
    for width in (2**k for k in range(3, largest.bit_length())):
        sizes = [(width, width), (width, width)]
        inputs, total = (torch.randn(16, 8), torch.randn(16, width)), count_parameters(sizes)
        ways["a generator for each layer"][total] = way(Hypernetwork(8, sizes, (64, 64)), *inputs)
        ways["one generator, chunks"][total] = way(ChunkedHypernetwork(8, sizes, 128), *inputs)
    return ways


def over_tasks(largest):
    """{name: {tasks: way}}: 16 rows for each task, and 1,024 rows shared out among the tasks."""
    model = Hypernetwork(64, SIZES, (64, 64))
    ways = {"16 rows for each task": {}, "1,024 rows in all": {}}
    for tasks in (2**k for k in range(1, largest.bit_length())):
        for name, rows in (("16 rows for each task", 16), ("1,024 rows in all", 1024 // tasks)):
            ways[name][tasks] = way(model, torch.randn(tasks, 64), torch.randn(tasks, rows, 128))
    return ways


def panels(ways, over, clock, budget, rounds):
    """The time and the memory of every way at every size, as `plot_growth` takes them."""
    all_ways = {(name, size): job for name, of_name in ways.items() for size, job in of_name.items()}
    times = measure(all_ways, "with backward", clock, budget, rounds, skip_slow=False)
    sizes = list(next(iter(ways.values())))
    seconds = {name: [1000 * median(times[name, size]) for size in of_name] for name, of_name in ways.items()}
    memory = {
        name: [peak_bytes(job, "with backward", clock.device) / 1e6 for job in of_name.values()]
        for name, of_name in ways.items()
    }
    return {("milliseconds", over): (sizes, seconds), ("peak MB", over): (sizes, memory)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=20, help="for each of the three (default 20)")
    parser.add_argument(
        "--clock", choices=("wall", "cpu"), default="wall", help="cpu: processor time, where it is busy"
    )
    parser.add_argument("--save", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    clock, found = Clock(torch.device("cpu"), args.clock), {}
    for ways, over in (
        (over_batch(1024), "batch"),
        (over_target(512), "parameters of the target"),
        (over_tasks(256), "tasks"),
    ):
        found |= panels(ways, over, clock, args.seconds, 5)
    picture = plot_growth(found, tail=3, columns=2, title="Forward and backward; slopes of the three largest sizes")
    where = machine(clock.device, 1, args.clock)
    print(f"{where}\n{picture.description}")
    for (what, over), (sizes, lines) in found.items():
        print(f"\n{what} over {over}: {', '.join(map(str, sizes))}")
        for name, values in lines.items():
            print(f"  {name:28}" + " ".join(f"{value:9.2f}" for value in values))
    if args.save:
        data = re.search(r"base64,([^\"]+)", picture.html)[1]
        (HERE / "growth.png").write_bytes(base64.b64decode(data))
        lines = "\n".join(f"- {line}" for line in picture.description.rstrip(".").split(". ", 1)[1].split("; "))
        text = f"# The last run of growth.py\n\n{where}.\n\n![{picture.description}](growth.png)\n\n{lines}\n"
        (HERE / "growth.md").write_text(text)


if __name__ == "__main__":
    main()
