"""How many examples a property is tried with: all of them on the build machine, a third at everybody's desk."""

import os


def examples(full: int) -> int:
    """Number for Hypothesis' `max_examples`: `full` where CI=true, else a third of it; each run draws others."""
    return full if os.environ.get("CI") == "true" else full // 3
