"""What holds for every test and every kernel that the tests start."""

import os

import pytest

# One thread each: several kernels at once would wait for each other's threads forever.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What the tests pass is not the progress of whoever runs them.
os.environ["HYPERLIB_PROGRESS"] = os.devnull

# The stored reports show no solutions, which would stand open on GitHub.
os.environ.setdefault("HYPERLIB_SOLUTIONS", "0")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """As many tests at a time as there are cores, where pytest-xdist is installed (learners have no need of it).

    A file's or a class's tests stay together, as a notebook's cells must.
    """
    options, worker = config.option, hasattr(config, "workerinput")
    if getattr(options, "numprocesses", 0) is None and not (worker or options.collectonly or options.usepdb):
        options.numprocesses, options.maxprocesses, options.dist = "logical", 4, "loadscope"
        options.loadscopereorder = False


def pytest_collection_modifyitems(items):
    """What is neither a notebook's cell nor marked otherwise is quick."""
    for item in items:
        notebook = item.path.suffix == ".ipynb"
        if not notebook and not any(item.get_closest_marker(name) for name in ("full", "slow")):
            item.add_marker("quick")
