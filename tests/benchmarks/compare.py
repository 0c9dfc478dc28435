"""hyperlib beside PyTorch's own ways and the other hypernetwork libraries: time and memory, in one table.

    python tests/benchmarks/compare.py [--seconds 10] [--threads 1] [--only WORD] [--save]
    python tests/benchmarks/compare.py --device cuda --peak-tflops 60 --peak-gbs 4800

Every way computes the same function with the same weights; outputs and gradients are compared before anything is
measured.  The ways take turns, in a random order each round; a figure is the median over the rounds, and a ratio the
median of the ratios within one round, so that a disturbance that lasts longer than a round hits both sides of it.
Each case runs in a process of its own, so that it does not find the heap that another has left.

Peak memory is what PyTorch's allocator handed out on top of what was there before the call, at its highest: on the CPU
from the profiler's record of every allocation, on a GPU from `max_memory_allocated`.
"""

import argparse
import gc
import json
import os
import platform
import random
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

os.environ.setdefault("KINETO_LOG_LEVEL", "5")  # the profiler tells of every start

import torch  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from peers import PACKAGES, available, missing  # noqa: E402
from ways import OWN_WAYS, all_cases, takes_part  # noqa: E402

MODES = ("forward", "with backward")


def contestants(case, peers):
    """{name: (run, parameters)} of all ways that take part in a case."""
    ways = OWN_WAYS | peers
    return {name: way(case) for name, way in ways.items() if takes_part(name, case)}


def step(run, parameters, mode):
    """One call, as in use or as in training."""
    if mode == "forward":
        with torch.no_grad():
            return run(), ()
    out = run()
    return out.detach(), torch.autograd.grad(out.square().mean(), parameters)


def check_agreement(case, ways):
    """An AssertionError unless all ways give the output and the gradients of the floor's products."""
    out, grads = step(*ways["floor"], MODES[1])
    for name, way in ways.items():
        other, theirs = step(*way, MODES[1])
        assert other.shape == out.shape, f"{name}: output {list(other.shape)}, but needed is {list(out.shape)}"
        pairs = [("output", other, out)]
        if name != "own weights":  # whose parameters are others
            assert len(theirs) == len(grads), f"{name}: {len(theirs)} gradients, but needed are {len(grads)}"
            pairs += [(f"gradient {i}", a, b) for i, (a, b) in enumerate(zip(theirs, grads, strict=True))]
        for what, got, needed in pairs:
            if name == "hypnettorch" and case.kind == "chunked" and what == "gradient 1":
                continue  # its columns stand in another order
            assert got.shape == needed.shape, f"{name}: {what} {list(got.shape)}, but needed is {list(needed.shape)}"
            worst, size = (got - needed).abs().max().item(), needed.abs().max().item()
            assert worst <= 2e-4 * size, f"{name}: {what} is off by {worst:.2g}; the largest number is {size:.2g}"


class Clock:
    """Seconds of a call: of the wall, of the processor (for one thread: other programs do not count), or of a GPU."""

    def __init__(self, device, kind):
        self.device, self.read = device, time.process_time if kind == "cpu" else time.perf_counter

    def seconds(self, job):
        if self.device.type == "cuda":
            start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            job()
            stop.record()
            stop.synchronize()
            return start.elapsed_time(stop) / 1000
        start = self.read()
        job()
        return self.read() - start


def measure(ways, mode, clock, budget, fewest=5, most=400, skip_slow=True):
    """{name: [seconds in each round]}; of a way that takes ten times the fastest's, three rounds have to do."""
    jobs = {name: (lambda way=way: step(*way, mode)) for name, way in ways.items()}
    times = {name: [] for name in jobs}
    for job in jobs.values():
        job()
    gc.collect()
    gc.disable()
    try:
        began, rounds, order, names = time.perf_counter(), 0, random.Random(0), list(jobs)
        while rounds < fewest or (rounds < most and time.perf_counter() - began < budget):
            if skip_slow and rounds >= 3:
                fastest = min(median(t) for t in times.values())
                names = [name for name in names if median(times[name]) < 10 * fastest]
            for name in order.sample(names, len(names)):
                times[name].append(clock.seconds(jobs[name]))
            rounds += 1
            gc.collect(0)
    finally:
        gc.enable()
    return times


def ratio(times, name, other):
    """The median over the rounds of one way's time in relation to another's."""
    return median(a / b for a, b in zip(times[name], times[other], strict=False))


def peak_bytes(way, mode, device):
    """The highest number of bytes that a call holds on top of what was there before."""
    step(*way, mode)
    if device.type == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step(*way, mode)
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated() - before
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        step(*way, mode)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        profile.export_chrome_trace(str(path))
        events = json.loads(path.read_text())["traceEvents"]
    held = highest = 0
    for event in sorted((e for e in events if e["name"] == "[memory]"), key=lambda e: e["ts"]):
        held += event["args"]["Bytes"]
        highest = max(highest, held)
    return highest


class Traffic(TorchDispatchMode):
    """Bytes that the operations read and write, each operation for itself; views move nothing."""

    def __init__(self):
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if not func.is_view:
            tensors = [t for t in torch.utils._pytree.tree_leaves((args, kwargs, out)) if isinstance(t, torch.Tensor)]
            self.bytes += sum(t.nbytes for t in tensors)
        return out


def count(way, mode):
    """(multiply-adds of the matrix products, bytes read and written) of a call."""
    with FlopCounterMode(display=False) as flops:
        step(*way, mode)
    with Traffic() as traffic:
        step(*way, mode)
    return flops.get_total_flops() // 2, traffic.bytes


def compare(case, peers, clock, budget, fewest=5):
    """The figures of one case: `{way: {mode: {"ms", "to floor", "to hyperlib", "MB", "multiply-adds", "bytes"}}}`."""
    ways = contestants(case, peers)
    check_agreement(case, ways)
    figures = {name: {} for name in ways}
    for mode in MODES:
        times = measure(ways, mode, clock, budget, fewest)
        for name, way in ways.items():
            multiply_adds, traffic = count(way, mode)
            figures[name][mode] = {
                "ms": 1000 * median(times[name]),
                "to floor": ratio(times, name, "floor"),
                "hyperlib to it": ratio(times, "hyperlib", name),
                "MB": peak_bytes(way, mode, clock.device) / 1e6,
                "multiply-adds": multiply_adds,
                "bytes": traffic,
                "rounds": len(times[name]),
            }
    return figures


def compare_alone(name, device, threads, clock_kind, budget):
    """`compare` for the case of this name, for a process of its own."""
    torch.set_num_threads(threads)
    device = torch.device(device)
    return compare(all_cases(device)[name](), available(), Clock(device, clock_kind), budget)


def table(name, figures, peaks=None):
    """The figures of one case as a Markdown table."""
    head = ["", "forward ms", "x floor", "with backward ms", "x floor", "MB", "with backward MB", "M mult-adds"]
    if peaks:
        head += ["GB moved", "share of the possible"]
    lines = [f"### {name}", "", "| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for way, of_way in figures.items():
        forward, backward = (of_way[mode] for mode in MODES)
        cells = [f"{of_mode[what]:.2f}" for of_mode in (forward, backward) for what in ("ms", "to floor")]
        cells += [f"{of_mode['MB']:.1f}" for of_mode in (forward, backward)]
        cells += [f"{backward['multiply-adds'] / 1e6:,.0f}"]
        if peaks:
            flops, bandwidth = peaks
            least = max(2 * backward["multiply-adds"] / flops, backward["bytes"] / bandwidth)
            cells += [f"{backward['bytes'] / 1e9:.2f}", f"{1000 * least / backward['ms']:.0%}"]
        lines.append("| " + " | ".join([way, *cells]) + " |")
    return "\n".join(lines)


def summary(results):
    """hyperlib beside the fastest of PyTorch's own ways, the fastest library, and the floor: a line for each case."""
    head = [""]
    for mode in MODES:
        head += [f"{mode}: to PyTorch's fastest", "to the fastest library", "to the floor"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---|---|---:|" * len(MODES)]
    for name, figures in results.items():
        cells = [name]
        for mode in MODES:
            own = [way for way in figures if way not in ("hyperlib", "floor", "own weights", *PACKAGES)]
            for ways in (own, [way for way in figures if way in PACKAGES]):
                fastest = max(ways, key=lambda way: figures[way][mode]["hyperlib to it"], default=None)
                cells.append(f"{figures[fastest][mode]['hyperlib to it']:.2f} ({fastest})" if ways else "not installed")
            cells.append(f"{figures['hyperlib'][mode]['to floor']:.2f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def report(head, results, peaks=None):
    """What is kept of a run, as Markdown."""
    tables = [table(name, figures, peaks) for name, figures in results.items()]
    return "\n\n".join([f"# The last run of compare.py\n\n{head}", summary(results), *tables]) + "\n"


def machine(device, threads, clock_kind):
    """The machine's kind in words."""
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name()}, torch {torch.__version__}, times by CUDA events"
    cores = torch.multiprocessing.cpu_count()
    clocks = {"cpu": "processor time", "wall": "wall-clock time"}
    return (
        f"{platform.system()} on {platform.machine()}, {cores} cores, {threads} thread{'s' * (threads > 1)},"
        f" torch {torch.__version__.split('+')[0]}, Python {platform.python_version()}, {clocks[clock_kind]}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=10, help="for each case and mode (default 10)")
    parser.add_argument("--threads", type=int, default=1, help="default 1, as in the lessons; 0: PyTorch's own number")
    parser.add_argument(
        "--clock", choices=("wall", "cpu"), default="wall", help="cpu: processor time, where it is busy"
    )
    parser.add_argument("--only", default="", help="only the cases with this word in their name")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--peak-tflops", type=float, help="of the device in float32, for the share of the possible")
    parser.add_argument("--peak-gbs", type=float, help="memory bandwidth of the device in GB/s")
    parser.add_argument("--save", metavar="NAME", help="write NAME.json and NAME.md beside this file")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    if args.clock == "cpu" and torch.get_num_threads() > 1:
        parser.error("processor time adds up the threads: --clock cpu needs --threads 1")
    device = torch.device(args.device)
    peaks = (args.peak_tflops * 1e12, args.peak_gbs * 1e9) if args.peak_tflops and args.peak_gbs else None
    results = {}
    where = machine(device, torch.get_num_threads(), args.clock)
    print(where)
    if missing():
        print(f"Not installed, so left out: {', '.join(missing())} (tests/benchmarks/requirements.txt)")
    for name in (name for name in all_cases() if args.only in name):
        with ProcessPoolExecutor(1, torch.multiprocessing.get_context("spawn")) as process:
            job = process.submit(compare_alone, name, args.device, torch.get_num_threads(), args.clock, args.seconds)
            results[name] = job.result()
        print("\n" + table(name, results[name], peaks), flush=True)
    print("\n" + summary(results))
    if args.save:
        head = f"{where}; libraries: {', '.join(available()) or 'none'}."
        (HERE / f"{args.save}.json").write_text(json.dumps({"machine": head, "cases": results}, indent=1) + "\n")
        (HERE / f"{args.save}.md").write_text(report(head, results, peaks))


if __name__ == "__main__":
    main()
