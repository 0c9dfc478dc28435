"""Kernels that the tests start use one thread each: several at once would wait for each other's threads for ever."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
