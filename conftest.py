"""One plugin for all tests, and a run that keeps its bytecode.

A run starts some sixty Pythons (workers, houses, services). Where the surroundings forbid bytecode, each of them
compiles a thousand modules anew, which is more than half of what a start costs.
"""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

pytest_plugins = ["testing.servers", "testing.service", "testing.world"]
