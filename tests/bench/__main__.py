"""`make bench`: Baton's main jobs on real servers against the bare thing. Writes docs/bench.md and bench.json."""

import argparse
import gc
import logging
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from inspect import getdoc
from pathlib import Path
from types import ModuleType

import structlog
from tests.bench import (
    attribution,
    burst,
    form_to_slack,
    form_to_slack_kafka,
    front_door,
    growth,
    idle,
    new_agreement,
    panels,
    peers,
    service_jobs,
)
from tests.bench.figures import Figure, Measured, Setting, as_json, as_page, show
from tests.bench.service_jobs import RecordedHouse

from runtime.clock import wall

ROOT = Path(__file__).parents[2]


class Run:
    """What the parts of one run are given: sizes, and the place of the recorded streams, opened when first needed."""

    def __init__(self, options: argparse.Namespace, stack: ExitStack) -> None:
        self.options = options
        self._stack = stack
        self._place: RecordedHouse | None = None

    @property
    def place(self) -> RecordedHouse:
        """Stays open until the run ends."""
        if self._place is None:
            recorded = service_jobs.open_recorded_house(self.options.events, self.options.leads)
            self._place = self._stack.enter_context(recorded)
        return self._place


@dataclass(frozen=True, slots=True)
class Part:
    """One module of this folder; its docstring says how its figures are taken."""

    module: ModuleType
    bench: Callable[[Run], Sequence[Figure]]

    def measure(self, name: str, run: Run) -> Measured:
        """Whatever fails is told in place of the figures: the other parts go on."""
        how = getdoc(self.module) or ""
        try:
            return Measured(name, how, self.bench(run))
        except Exception as error:  # noqa: BLE001  (of servers, peers, processes: the reason is shown)
            return Measured(name, how, failure=repr(error)[:500])


PARTS = {
    "jobs": Part(service_jobs, lambda run: service_jobs.bench(run.place, run.options.rounds)),
    "peers": Part(peers, lambda run: peers.bench(run.place, run.options.peer_rounds)),
    "door": Part(front_door, lambda run: front_door.bench(run.options.seconds, run.options.rounds)),
    "slack": Part(form_to_slack, lambda run: form_to_slack.bench(run.options.forms)),
    "kafka": Part(
        form_to_slack_kafka, lambda run: form_to_slack_kafka.bench(run.options.kafka_forms, run.options.views)
    ),
    "burst": Part(burst, lambda run: burst.bench(run.options.burst, run.options.behind)),
    "growth": Part(
        growth,
        lambda run: growth.bench(
            run.options.pasts, (10_000, run.options.grown_leads), (10_000, run.options.grown_timers)
        ),
    ),
    "panels": Part(
        panels, lambda run: panels.bench(run.options.panel_leads, run.options.panel_events, run.options.panel_times)
    ),
    "attribution": Part(
        attribution, lambda run: attribution.bench(run.options.credited_deals, run.options.credited_times)
    ),
    "agreement": Part(new_agreement, lambda run: new_agreement.bench(run.options.edits)),
    "idle": Part(idle, lambda run: idle.bench(run.options.rest, run.options.idle_seconds)),
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="|".join(PARTS), help="some of them (default: all, and write)")
    sizes: dict[str, tuple[float, str]] = {
        "--panel-leads": (100_000, "panels: that the views know"),
        "--panel-events": (1_000_000, "panels: in their stories"),
        "--panel-times": (20, "panels: that each is asked for"),
        "--credited-deals": (100_000, "attribution: won in a year"),
        "--credited-times": (20, "attribution: that each answer is asked for"),
        "--rounds": (3, "jobs, door: the best of so many counts"),
        "--peer-rounds": (2, "peers: the best of so many counts"),
        "--events": (20_000, "jobs, peers: of marketing, whose house is recorded"),
        "--leads": (2_000, "jobs, peers: whose events they are"),
        "--seconds": (3.0, "door: of load, each time"),
        "--forms": (100, "slack: on their way"),
        "--kafka-forms": (60, "kafka: on their way, one a second"),
        "--views": (500, "kafka: page views a second beside them"),
        "--burst": (20_000, "burst: events"),
        "--behind": (2_000, "burst: unread events when the killed house starts again"),
        "--pasts": (60, "growth: leads with a past of 500 engagements"),
        "--grown-leads": (1_000_000, "growth: leads, against 10,000"),
        "--grown-timers": (5_000_000, "growth: timers, against 10,000"),
        "--edits": (10, "agreement: one after the other"),
        "--rest": (20.0, "idle: seconds after the start"),
        "--idle-seconds": (60.0, "idle: over which processor time is counted"),
    }
    for name, (size, what) in sizes.items():
        parser.add_argument(name, type=type(size), default=size, help=f"{what} (default: {size:,})")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}: say {', '.join(PARTS)}")
    return options


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what a part has started is stopped
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.disable(logging.ERROR)  # aiokafka tells of each topic that is a moment old
    setting = _setting()
    parts: list[Measured] = []
    try:
        with ExitStack() as stack:
            run = Run(options, stack)
            for name in options.parts or PARTS:
                sys.stderr.write(f"measuring {name} ...\n")
                parts.append(PARTS[name].measure(name, run))
                gc.unfreeze()  # a job has told the collector to leave alone what was there before it
    finally:
        show(parts, setting)
    if not options.parts:
        (ROOT / "docs" / "bench.md").write_text(as_page(parts, setting))
        (ROOT / "bench.json").write_bytes(as_json(parts, setting))
    if any(part.failure for part in parts):
        sys.exit(1)


def _setting() -> Setting:
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return Setting(wall().date(), machine, commit, os.getloadavg()[0])


if __name__ == "__main__":
    main()
