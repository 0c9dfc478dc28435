"""The benchmarks run, compare the same thing, and show what does not depend on the machine."""

import importlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent / "benchmarks"


@pytest.fixture(scope="module")
def compare():
    threads, path = torch.get_num_threads(), list(sys.path)
    torch.set_num_threads(1)
    sys.path.insert(0, str(FOLDER))
    yield importlib.import_module("compare")
    sys.path[:] = path
    torch.set_num_threads(threads)


def clock(compare):
    return compare.Clock(torch.device("cpu"), "cpu")


def test_the_comparison_in_a_tiny_form(compare):
    """All cases: outputs and gradients agree (`compare` asserts it), and the table is complete."""
    cases = compare.all_cases(tiny=True)
    results = {name: compare.compare(make(), {}, clock(compare), 0, 1) for name, make in cases.items()}
    kinds = ("per row", "one generator", "per task", "repeated", "one network", "chunked")
    assert all(any(kind in name for name in results) for kind in kinds)
    for name, figures in results.items():
        assert {"hyperlib", "vmap", "floor"} <= set(figures)
        assert ("own weights" in figures) == ("one network" in name)
        for of_way in figures.values():
            for figure in of_way.values():
                assert all(value > 0 for value in figure.values()) and len(figure) == 7
        text = compare.table(name, figures, peaks=(1e12, 1e11))
        assert len(text.splitlines()) == 4 + len(figures) and "%" in text
        work = {way: [of_way[mode]["multiply-adds"] for mode in compare.MODES] for way, of_way in figures.items()}
        assert work["hyperlib"] == work["floor"], name  # not one product more than needed
    assert len(compare.summary(results).splitlines()) == 2 + len(results)


def test_a_way_that_computes_something_else_is_refused(compare):
    case = compare.all_cases(tiny=True)["per row, batch 4"]()
    ways = compare.contestants(case, {})
    run, parameters = ways["vmap"]
    with pytest.raises(AssertionError, match="vmap: output is off"):
        compare.check_agreement(case, ways | {"vmap": (lambda: run() * 1.01, parameters)})
    with pytest.raises(AssertionError, match="vmap: gradient 0 is off"):
        detached = run().detach()
        compare.check_agreement(case, ways | {"vmap": (lambda: detached + (run() - detached) * 1.01, parameters)})
    with pytest.raises(AssertionError, match="vmap: output \\[4\\]"):
        compare.check_agreement(case, ways | {"vmap": (lambda: run()[:, 0], parameters)})


def test_peak_memory_is_counted(compare):
    small, large = (
        compare.peak_bytes((lambda n=n: torch.zeros(n), []), "forward", torch.device("cpu")) for n in (250, 10**6)
    )
    assert large == 4 * 10**6 and small < 2000


def test_sharing_is_much_faster_than_a_network_for_each_row(compare):
    """The margin is some thirty times on a quiet machine; five hold on any."""
    case = next(make for name, make in compare.all_cases().items() if "repeated" in name)()
    ways = {name: compare.OWN_WAYS[name](case) for name in ("hyperlib", "loop, unbind")}
    for mode in compare.MODES:
        times = compare.measure(ways, mode, clock(compare), 0, 3)
        assert compare.ratio(times, "loop, unbind", "hyperlib") > 5, mode


def test_the_last_runs_stand_beside_the_commands(compare):
    """The figures kept are those of whole runs, with all libraries, and the Markdown is made from the JSON."""
    for name in ("compare", "compare_threads"):
        kept = json.loads((FOLDER / f"{name}.json").read_text())
        assert "hyper-nn, hypnettorch, hyperlight" in kept["machine"] and set(kept["cases"]) == set(compare.all_cases())
        assert (FOLDER / f"{name}.md").read_text() == compare.report(kept["machine"], kept["cases"])


def test_the_command_says_what_is_missing():
    """`--only` with a word that no case has: it starts, names the machine and the peers that are not there."""
    command = [sys.executable, str(FOLDER / "compare.py"), "--only", "no such case"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "1 thread" in shown
    assert ("Not installed, so left out" in shown) == any(
        importlib.util.find_spec(package) is None for package in ("hypernn", "hypnettorch", "hyperlight")
    )
