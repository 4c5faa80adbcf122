"""One plugin for all tests, and a run that keeps its bytecode.

A run starts some sixty Pythons (workers, houses, services). Where the surroundings forbid bytecode, each of them
compiles a thousand modules anew, which is more than half of what a start costs. And nothing is thrown away while tests
are collected: looking for it would take a tenth of the time.
"""

import gc
import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
gc.disable()

pytest_plugins = ["testing.left_behind", "testing.servers", "testing.service", "testing.world"]


def pytest_collection_finish() -> None:
    """What was collected stays until the end: no later look for garbage goes through it."""
    gc.freeze()
    gc.enable()
