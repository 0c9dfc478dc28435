"""What all experiments share: one process or many, checkpoints, a progress bar, and results that are kept.

An experiment trains several networks with several seeds.  Each of these runs saves a checkpoint once a minute and is
written to the results when it ends, so that `--resume` goes on wherever it was stopped.  Everything random in a step
depends on the seed and the number of the step alone, so that a resumed run is the run that was never stopped.

Under `torchrun` each process takes its share of every batch, and the gradients are averaged: the steps are those of a
single process.
"""

import argparse
import json
import os
import platform
import time
from pathlib import Path

import torch
import torch.distributed as dist

from hyperlib import count_module
from hyperlib.train import bar

HERE = Path(__file__).parent
MINUTE = 60


def parser(description, seeds=3):
    """An argument parser with what every experiment takes."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--seeds", type=int, default=seeds, help=f"how many, from 0 on (default {seeds})")
    made.add_argument("--only", nargs="+", help="names of the networks to train (default all)")
    made.add_argument("--device", default="cpu", help="cpu (default) or cuda")
    made.add_argument("--resume", action="store_true", help="go on with what was stopped, and skip what is finished")
    made.add_argument("--out", type=Path, default=HERE / "results", help="folder of results and checkpoints")
    made.add_argument("--steps", type=int, help="stop each run after so many steps, to try things out")
    return made


class Group:
    """The processes that work together: `rank` of `world`, and this one's device.  A single one without torchrun."""

    def __init__(self, device="cpu"):
        self.rank, self.world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.device = torch.device(device)
        if self.device.type == "cuda":  # the rank on this machine, which is not the rank among all of them
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
            torch.cuda.set_device(self.device)
        if self.world > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")

    @property
    def first(self):
        return self.rank == 0

    def share(self, batch):
        """This process's rows of a batch: every world-th, so that all get as many if `world` divides the batch."""
        if len(batch) % self.world:
            raise ValueError(f"a batch of {len(batch)} cannot be shared equally by {self.world} processes")
        return batch[self.rank :: self.world]

    def average_gradients(self, parameters):
        """The mean of all processes' gradients, in one message."""
        if self.world == 1:
            return
        grads = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([grad.flatten() for grad in grads])
        dist.all_reduce(flat)
        for grad, mean in zip(grads, (flat / self.world).split([grad.numel() for grad in grads]), strict=True):
            grad.copy_(mean.view_as(grad))

    def same(self, value):
        """The first process's value, for all."""
        if self.world > 1:
            holder = [value]
            dist.broadcast_object_list(holder, device=self.device)
            return holder[0]
        return value

    def close(self):
        if self.world > 1:
            dist.destroy_process_group()


def generator(*numbers):
    """A torch.Generator that depends on these numbers alone, such as seed and step."""
    seed = 0
    for number in numbers:
        seed = (seed * 1_000_003 + number + 1) % 2**63
    return torch.Generator().manual_seed(seed)


def fit(model, loss, steps, group, *, lr, path, evaluate, every, clip=1.0, label="", resume=False, stop=None):
    """Train with Adam, from a checkpoint where there is one.

    Args:
        model: the network, on the group's device.
        loss: called with the number of the step; gives this process's loss.
        steps: how many.
        group: the processes.
        lr: called with the number of the step; gives Adam's learning rate.
        path: of the checkpoint.
        evaluate: called every `every` steps and at the end; its result is kept.
        clip: the largest norm of the gradient.
        label: what the progress bar says.
        resume: go on from the checkpoint.
        stop: end after so many steps.

    Returns:
        `{"history": [[step, result], ...], "seconds": training time}`.
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=lr(0))
    kept = torch.load(path, map_location=group.device) if resume and group.first and path.exists() else None
    kept = group.same(kept) or {"step": 0, "history": [], "seconds": 0.0}
    if kept["step"]:
        model.load_state_dict(kept["model"]), optimizer.load_state_dict(kept["optimizer"])
    begun = saved = time.monotonic()
    before, history = kept["seconds"], kept["history"]

    def save(step):
        state = {"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "history": history}
        state["seconds"] = before + time.monotonic() - begun
        torch.save(state, path.with_suffix(".new"))
        os.replace(path.with_suffix(".new"), path)  # at once: a checkpoint is never half written

    end = min(steps, stop or steps)
    show = bar(label, end) if group.first else lambda done: None
    for step in range(kept["step"], end):
        for options in optimizer.param_groups:
            options["lr"] = lr(step)
        optimizer.zero_grad()
        loss(step).backward()
        group.average_gradients(list(model.parameters()))
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        if (step + 1) % every == 0 or step + 1 == end:
            history.append([step + 1, evaluate()])
        if group.first and time.monotonic() - saved > MINUTE:
            save(step + 1)
            saved = time.monotonic()
        show(step + 1)
    if group.first:
        save(end)
    return {"history": history, "seconds": before + time.monotonic() - begun}


class Results:
    """What the runs of an experiment gave: `NAME.json`, and the same as a table in `NAME.md`."""

    def __init__(self, folder, name, group, resume, **facts):
        folder.mkdir(parents=True, exist_ok=True)
        self.path, self.group = folder / f"{name}.json", group
        self.found = {"machine": machine(group), **facts, "runs": {}}
        if resume and self.path.exists():
            self.found["runs"] = json.loads(self.path.read_text(encoding="utf-8"))["runs"]

    def has(self, network, seed):
        return str(seed) in self.found["runs"].get(network, {}).get("seeds", {})

    def todo(self, networks, seeds):
        """The runs that are still missing, `[(network, seed), ...]`, seed by seed."""
        missing = [(network, seed) for seed in seeds for network in networks if not self.has(network, seed)]
        return self.group.same(missing)  # other machines may not see the results of the first

    def checkpoint(self, network, seed):
        return self.path.with_name(f"{self.path.stem}-{network.replace(' ', '_')}-{seed}.pt")

    def add(self, network, seed, model, run):
        """Keep a run, and remove its checkpoint."""
        if self.group.first:
            of_network = self.found["runs"].setdefault(network, {"parameters": count_module(model), "seeds": {}})
            of_network["seeds"][str(seed)] = run
            self.path.write_text(json.dumps(self.found, indent=1) + "\n", encoding="utf-8")
            self.path.with_suffix(".md").write_text(self.table(), encoding="utf-8")
            self.checkpoint(network, seed).unlink(missing_ok=True)

    def table(self):
        """The last result of each run, and the mean over the seeds, as Markdown."""
        facts = [f"{key}: {value}" for key, value in self.found.items() if key not in ("runs", "what", "digits")]
        what, digits = self.found["what"], self.found["digits"]
        lines = [f"| network | parameters | {what}, each seed | mean | seconds a run |", "|---|---:|---|---:|---:|"]
        for network, of_network in self.found["runs"].items():
            runs = of_network["seeds"].values()
            last = [run["history"][-1][1] for run in runs]
            each = ", ".join(f"{value:.{digits}f}" for value in last)
            seconds = sum(run["seconds"] for run in runs) / len(last)
            mean = f"{sum(last) / len(last):.{digits}f}"
            lines.append(f"| {network} | {of_network['parameters']:,} | {each} | {mean} | {seconds:,.0f} |")
        return "\n".join([f"# {self.path.stem}", "", *facts, "", *lines, ""])


def machine(group):
    """The machine in words."""
    if group.device.type == "cuda":
        kind = torch.cuda.get_device_name(group.device)
    else:
        kind = f"{platform.machine()} CPU, {torch.get_num_threads()} threads"
    processes = "one process" if group.world == 1 else f"{group.world} processes"
    return f"{kind}, {processes}, torch {torch.__version__.split('+')[0]}, Python {platform.python_version()}"
