"""The experiments: stopped and resumed, on one process and on two, they are the same; lessons quote their results."""

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from hyperlib import count_module, hyperlstm_parameters

ROOT = Path(__file__).parents[1]
EXPERIMENTS = ROOT / "experiments"


DRIVER = """
import sys

import torch

import hyperlib

sys.path.insert(0, {experiments!r})
g = torch.Generator().manual_seed(0)
images, labels = torch.rand(1000, 784, generator=g), torch.randint(10, (1000,), generator=g)
hyperlib.load_mnist = lambda _: (images.repeat(60, 1), labels.repeat(60), images.repeat(10, 1), labels.repeat(10))
import mnist

mnist.main()
"""


def run(folder, *options, processes=1):
    """Run mnist.py on noise in the place of images; its results."""
    folder.mkdir()
    script = folder / "driver.py"
    script.write_text(DRIVER.format(experiments=str(EXPERIMENTS)), encoding="utf-8")
    start(script, "--quick", "--out", str(folder), *options, processes=processes)
    return json.loads((folder / "mnist_quick.json").read_text())["runs"]


def start(script, *options, processes):
    """Run a script on so many processes; what it prints."""
    begin = [sys.executable]
    if processes > 1:
        begin += ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [*begin, str(script), *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_two_processes_take_the_steps_of_one(tmp_path):
    """The test error after eight steps is the same: 10,000 decisions of the trained network."""
    options = "--seeds", "1", "--only", "hyper", "--steps", "8"
    one, two = (run(tmp_path / str(n), *options, processes=n)["hyper"]["seeds"]["0"] for n in (1, 2))
    (step, error), (same_step, same_error) = one["history"][-1], two["history"][-1]
    assert step == same_step == 8
    assert abs(error - same_error) < 0.5, "in points; sums in another order move a few images at most"


@pytest.mark.slow
def test_the_gradients_of_two_processes_are_those_of_one(tmp_path):
    """`Group.share` and `average_gradients`, to the last digits."""
    script = tmp_path / "gradients.py"
    script.write_text(
        "import sys, torch\n"
        f"sys.path.insert(0, {str(EXPERIMENTS)!r})\n"
        "from common import Group\n"
        "group = Group()\n"
        "torch.manual_seed(0)\n"
        "model, x = torch.nn.Linear(5, 3), torch.randn(12, 5)\n"
        "model(group.share(x)).square().mean().backward()\n"
        "group.average_gradients(list(model.parameters()))\n"
        "whole = torch.autograd.grad(model(x).square().mean(), list(model.parameters()))\n"
        "for p, needed in zip(model.parameters(), whole):\n"
        "    torch.testing.assert_close(p.grad, needed)\n"
        "print('process', group.rank, 'of', group.world)\n"
        "group.close()\n",
        encoding="utf-8",
    )
    printed = start(script, processes=2)
    assert "process 0 of 2" in printed and "process 1 of 2" in printed


def test_a_resumed_run_is_the_run_that_was_never_stopped(tmp_path, monkeypatch):
    """`fit`, stopped in the middle: weights, optimizer and history go on as if nothing had happened."""
    monkeypatch.syspath_prepend(str(EXPERIMENTS))
    from common import Group, fit, generator

    def train(path, resume=False, stop=None):
        torch.manual_seed(0)
        model, group = torch.nn.Linear(4, 2), Group()

        def loss(step):
            return model(torch.randn(8, 4, generator=generator(0, step))).square().mean()

        options = dict(lr=lambda step: 0.01 * 0.9**step, path=path, evaluate=lambda: model.weight.sum().item(), every=5)
        return model, fit(model, loss, 20, group, resume=resume, stop=stop, **options)

    whole, run_whole = train(tmp_path / "whole.pt")
    train(tmp_path / "stopped.pt", stop=7)
    resumed, run_resumed = train(tmp_path / "stopped.pt", resume=True)
    assert torch.equal(whole.weight, resumed.weight)
    assert [step for step, _ in run_whole["history"]] == [5, 10, 15, 20]
    assert [pair for pair in run_resumed["history"] if pair[0] != 7] == run_whole["history"]  # 7: where it was stopped


def test_distorted_images_keep_their_size_and_their_content(monkeypatch):
    monkeypatch.syspath_prepend(str(EXPERIMENTS))
    from common import generator
    from mnist import distorted

    images = torch.arange(28.0).view(1, 1, 28, 1).expand(50, 1, 28, 28) + 100 * torch.arange(28.0)
    made = distorted(images, generator(0))
    assert made.shape == images.shape
    rows = made[..., 0] % 100  # each image's row numbers
    steps = rows.diff(dim=-1)
    assert ((steps == 0) | (steps == 1)).all() and ((steps == 0).sum(-1) <= 2).all()
    assert not torch.equal(made[0], made[1])


def test_the_residual_networks_are_of_a_size_and_take_images(monkeypatch):
    monkeypatch.syspath_prepend(str(EXPERIMENTS))
    from residual import NETWORKS

    sizes = {name: count_module(build()) for name, build in NETWORKS.items()}
    assert all(abs(sizes[name] / sizes["generated"] - 1) < 0.05 for name in ("bank", "narrow")), sizes
    assert sizes["same"] < sizes["generated"] / 2 < sizes["own"] / 10
    for build in NETWORKS.values():
        assert build()(torch.randn(2, 1, 28, 28)).shape == (2, 10)


def test_the_text_networks_are_of_a_size(monkeypatch):
    monkeypatch.syspath_prepend(str(EXPERIMENTS))
    from text import CELLS, CharacterModel

    sizes = {name: count_module(CharacterModel(build())) for name, build in CELLS.items()}
    assert list(sizes.values()) == [223_182, 223_166, 223_940, 223_742]
    assert sizes["HyperLSTM"] == hyperlstm_parameters(78, 173, 24, 4)


def test_the_text_networks_are_the_cells_of_the_library(monkeypatch):
    """The model joins matrices to be faster; outputs and gradients are those of the cell, character by character."""
    monkeypatch.syspath_prepend(str(EXPERIMENTS))
    from text import CELLS, SYMBOLS, CharacterModel

    for build in CELLS.values():
        torch.manual_seed(0)
        model, text = CharacterModel(build()).double(), torch.randint(SYMBOLS, (6, 3))
        parameters = list(model.parameters())
        with torch.no_grad():  # away from the start, where all scales are equal
            [p.add_(torch.randn_like(p) * 0.1) for p in parameters]
        states, outputs = [state.double() for state in model.cell.begin(3)], []
        for x in torch.nn.functional.one_hot(text, SYMBOLS).double():
            states = model.cell(x, states)
            outputs.append(states[0])
        needed, got = model.last(torch.stack(outputs)), model(text)
        torch.testing.assert_close(got, needed)
        for pair in zip(*(torch.autograd.grad(y.square().mean(), parameters) for y in (got, needed)), strict=True):
            torch.testing.assert_close(*pair)


def test_the_text_and_its_bits(monkeypatch):
    """What ships is what its page says, windows foretell the next character, and bits are those of the logits."""
    monkeypatch.syspath_prepend(str(EXPERIMENTS))
    from text import BATCH, LENGTH, SYMBOLS, bits, comedies, windows

    plays = comedies()
    assert [len(play) for play in plays] == [810_715, 126_451, 97_591] and max(p.max() for p in plays) == SYMBOLS - 1
    made = windows(torch.arange(5000), BATCH, torch.Generator().manual_seed(0))
    assert made.shape == (LENGTH + 1, BATCH) and (made.diff(dim=0) == 1).all()

    def sure(text):  # of the character that comes next in 0, 1, 2, 0, 1, 2, ...: with probability 1/2, so at one bit
        return torch.nn.functional.one_hot((text + 1) % 3, 3) * math.log(2)

    assert bits(sure, torch.arange(1000) % 3) == pytest.approx(1)


def text_runs(monkeypatch, folder, *options):
    """Run text.py on a short text, with tiny networks; its results."""
    monkeypatch.syspath_prepend(str(EXPERIMENTS))
    import text

    from hyperlib.recurrent import HyperLSTMCell, LSTMCell

    play = torch.arange(8000) ** 2 % 7
    cells = {"LSTM": lambda: LSTMCell(78, 8), "HyperLSTM": lambda: HyperLSTMCell(78, 6, 4)}
    monkeypatch.setattr(text, "CELLS", cells)
    monkeypatch.setattr(text, "RATES", [0.01, 0.1])
    monkeypatch.setattr(text, "comedies", lambda: [play, play[:500], play[:500]])
    monkeypatch.setattr(sys, "argv", ["text.py", "--out", str(folder), *options])
    text.main()
    name = "text_rates" if "--tune" in options else "text"
    return json.loads((folder / f"{name}.json").read_text())["runs"]


def test_rates_are_picked_and_missing_runs_are_added(tmp_path, monkeypatch):
    rates = text_runs(monkeypatch, tmp_path, "--tune")
    from text import best_rates

    errors = {name: found["seeds"]["100"]["history"][-1][1] for name, found in rates.items()}
    assert len(errors) == 4
    for cell, rate in best_rates(tmp_path).items():
        assert errors[f"{cell} {rate}"] == min(errors[f"{cell} {other}"] for other in (0.01, 0.1))

    first = text_runs(monkeypatch, tmp_path, "--seeds", "1", "--only", "LSTM")
    added = text_runs(monkeypatch, tmp_path, "--seeds", "2", "--resume")
    assert added["LSTM"]["seeds"]["0"] == first["LSTM"]["seeds"]["0"], "kept, and not run again"
    assert all(list(added[name]["seeds"]) == ["0", "1"] for name in ("LSTM", "HyperLSTM"))
    (tmp_path / "text.json").unlink()
    again = text_runs(monkeypatch, tmp_path, "--seeds", "2")
    for name, found in again.items():
        for seed, run in found["seeds"].items():
            assert run["history"] == added[name]["seeds"][seed]["history"]


def test_the_lesson_quotes_the_results_that_are_kept():
    """The table in lesson 11 is the one in experiments/results, number by number."""
    kept = (EXPERIMENTS / "results" / "mnist_quick.md").read_text(encoding="utf-8")
    (lesson,) = ROOT.glob("notebooks/11_*.ipynb")
    cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    rows = re.findall(r"^\|.*\|$", kept, flags=re.M)
    assert len(rows) == 5 and all(row in text for row in rows)
    runs = json.loads((EXPERIMENTS / "results" / "mnist_quick.json").read_text())["runs"]
    assert {name: found["parameters"] for name, found in runs.items()} == {
        "plain": 21_210,
        "hyper": 12_910,
        "rank 5": 12_666,
    }
    for found in runs.values():
        errors = [run["history"][-1][1] for run in found["seeds"].values()]
        assert len(errors) == 3 and sum(errors) / 3 < 1
