"""What holds for all kernels that the tests start."""

import os

# One thread each: several kernels at once would wait for each other's threads for ever.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What the tests pass is not the progress of whoever runs them.
os.environ["HYPERLIB_PROGRESS"] = os.devnull
