"""`make bench`: Baton's main jobs on real servers against the bare thing. Writes docs/bench.md and bench.json."""

import argparse
import logging
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from tests.bench import form_to_slack, front_door, service_jobs
from tests.bench.figures import Figure, Setting, as_json, as_page, show

from runtime.clock import wall

ROOT = Path(__file__).parents[2]


def _jobs(options: argparse.Namespace) -> list[Figure]:
    with service_jobs.open_place(options.events, options.leads) as place:
        return service_jobs.bench(place, options.rounds)


PARTS: dict[str, Callable[[argparse.Namespace], Sequence[Figure]]] = {
    "jobs": _jobs,
    "door": lambda options: front_door.bench(options.seconds, options.rounds),
    "slack": lambda options: form_to_slack.bench(options.forms),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="|".join(PARTS), help="some of them (default: all, and write)")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many counts")
    parser.add_argument("--events", type=int, default=20_000, help="of marketing, whose house is recorded")
    parser.add_argument("--leads", type=int, default=2_000, help="whose events they are")
    parser.add_argument("--seconds", type=float, default=3.0, help="of load on the front door, each time")
    parser.add_argument("--forms", type=int, default=100, help="on their way to Slack")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}: say {', '.join(PARTS)}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.disable(logging.ERROR)  # aiokafka tells of each topic that is a moment old
    setting = _setting()
    figures: list[Figure] = []
    try:
        for part in options.parts or PARTS:
            sys.stderr.write(f"measuring {part} ...\n")
            figures += PARTS[part](options)
    finally:
        show(figures, setting)
    if not options.parts:
        (ROOT / "docs" / "bench.md").write_text(as_page(figures, setting))
        (ROOT / "bench.json").write_bytes(as_json(figures, setting))


def _setting() -> Setting:
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return Setting(wall().date(), machine, commit, os.getloadavg()[0])


if __name__ == "__main__":
    main()
