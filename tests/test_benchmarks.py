"""The benchmarks run, compare the same thing, and show what does not depend on the machine."""

import importlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import torch

from hyperlib.plots import fitted_slope, plot_growth

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent / "benchmarks"


def load(name):
    """A module of the benchmarks' folder, and the import path as it was."""
    path = list(sys.path)
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module(name)
    finally:
        sys.path[:] = path


@pytest.fixture(scope="module")
def compare():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield load("compare")
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
    kept, course = json.loads((FOLDER / "course.json").read_text()), load("course")
    assert sorted(kept["lessons"]) == [f"{number:02}" for number in range(10)]
    assert course.tables(kept) in (FOLDER / "course.md").read_text()
    assert (FOLDER / "growth.png").read_bytes()[:4] == b"\x89PNG" and "slope" in (FOLDER / "growth.md").read_text()


def test_the_command_says_what_is_missing():
    """`--only` with a word that no case has: it starts, names the machine and the peers that are not there."""
    command = [sys.executable, str(FOLDER / "compare.py"), "--only", "no such case"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "1 thread" in shown
    assert ("Not installed, so left out" in shown) == any(
        importlib.util.find_spec(package) is None for package in ("hypernn", "hypnettorch", "hyperlight")
    )


def test_the_fitted_slope_is_the_power():
    sizes = [3, 10, 40, 200]
    assert fitted_slope(sizes, [5 * size**1.7 for size in sizes]) == pytest.approx(1.7)
    assert fitted_slope(sizes, [2.0] * 4) == pytest.approx(0)
    # As least squares have it: two points at each of two places, a factor e apart.
    assert fitted_slope([1, 1, 10, 10], [1, 4, 10, 40]) == pytest.approx(1)


def test_the_picture_of_growth_says_its_slopes():
    sizes = [1, 2, 4, 8, 16]
    lines = {"square": [size**2 for size in sizes], "short": [100, 1, 2, 4]}
    picture = plot_growth({("seconds", "rows"): (sizes, lines), ("MB", "rows"): (sizes, {"flat": [1] * 5})})
    for words in ("seconds over rows, square: slope 2.00", "short: slope 1.00", "MB over rows, flat: slope 0.00"):
        assert words in picture.description  # "short" begins with an outlier, which the three largest sizes leave out


def test_growth_in_a_tiny_form(compare):
    growth = load("growth")
    for ways, over in (
        (growth.over_batch(64), "batch"),
        (growth.over_target(32), "P"),
        (growth.over_tasks(8), "tasks"),
    ):
        found = growth.panels(ways, over, clock(compare), 0, 1)
        assert list(found) == [("milliseconds", over), ("peak MB", over)]
        for sizes, lines in found.values():
            assert set(lines) == set(ways) and all(0 < len(values) <= len(sizes) for values in lines.values())
    assert all(run().shape == (16, 32) for run, _ in (of_name[16] for of_name in growth.over_batch(64).values()))


def test_the_course_s_timings(tmp_path):
    """A small notebook with a picture that moves and an exercise; and a wrong right answer is noticed."""
    course = load("course")
    cells = [
        nbformat.v4.new_code_cell(source)
        for source in (
            "import time\ntime.sleep(0.3)  # waits",
            "from hyperlib.widgets import cost_explorer\n\ncost_explorer()",
            "...",
        )
    ]
    cells[2].metadata["nbgrader"] = {"grade_id": "layer_parameters"}
    path = tmp_path / "01_small.ipynb"
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": ""}}), path
    )
    found = course.time_lesson(path, course.all_exercises())
    assert found["seconds"] > found["cells"][0][0] > 0.3 and set(found["checks"]) == {"layer_parameters"}
    assert len(found["pictures"]["cost_explorer"]) == 8 and 0 < min(found["pictures"]["cost_explorer"]) < 3
    found["cells"] = [(seconds, course.first_line(source)) for seconds, source in found["cells"]]
    table = course.tables({"lessons": {"01": found}, "imports": {"torch": 1.0}})
    for words in ("| `time.sleep(0.3)  # waits` | 01 | 0.3", "| `layer_parameters` |", "| `cost_explorer` | 01 |"):
        assert words in table
