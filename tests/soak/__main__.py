"""`make soak`: the six services on three brokers and a PostgreSQL, random faults, and then every record compared."""

import argparse
import asyncio
import logging
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from random import SystemRandom

import orjson
import structlog
from rich.console import Console
from rich.table import Table
from tests.soak.fleet import open_fleet
from tests.soak.soak_house import open_soak_house
from tests.soak.soaking import Soak

from runtime.clock import wall
from testing.house import ROOT


def options() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long faults happen (default: 60)")
    parser.add_argument("--seed", type=int, help="of the faults and the load; drawn and printed when none is given")
    parser.add_argument("--rate", type=float, default=30.0, help="events a second (default: 30)")
    parser.add_argument("--figures", type=Path, default=ROOT / "soak.json", help="where the figures are written")
    parser.add_argument("--folder", type=Path, help="for data and logs, kept; else a new one, kept after a failure")
    return parser.parse_args()


def main() -> None:
    """Exits with 1 when anything was wrong; the folder with all logs is kept then."""
    given = options()
    seed = SystemRandom().randrange(10**6) if given.seed is None else given.seed
    folder = given.folder or Path(tempfile.mkdtemp(prefix="baton-soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"seed {seed}, {given.minutes:g} minutes, {given.rate:g} events a second, in {folder}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.disable(logging.ERROR)  # aiokafka tells of every broker that dies
    with open_soak_house(folder) as house, open_fleet(house) as members:
        soak = Soak(house, members, given.minutes * 60, seed, given.rate)
        asyncio.run(soak.run())
    figures = figures_of(soak, given.minutes)
    given.figures.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2) + b"\n")
    show(soak, figures)
    if soak.problems:
        sys.exit(1)
    if given.folder is None:
        shutil.rmtree(folder, ignore_errors=True)


def figures_of(soak: Soak, minutes: float) -> dict[str, object]:
    """All that the run found, for the file."""
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    return {
        "day": wall().date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}",
        "commit": subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip(),
        "seed": soak.seed,
        "minutes": minutes,
        **soak.counted,
        "answers": soak.answers,
        "faults": dict(soak.faults.counted),
        "ended_by_themselves": {one.name: one.ends for one in soak.members if one.ends},
        "lives": {one.name: one.life for one in soak.members},
        "growth": {
            f"{one.name} life {one.life}": {
                "seconds": round(one.seconds),
                "megabytes": one.megabytes,
                "files": one.files,
            }
            for one in soak.samples.growth()
        },
        "problems": soak.problems,
    }


def show(soak: Soak, figures: dict[str, object]) -> None:
    """To standard output: a table, then what was wrong."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(
        f"soak of {figures['minutes']} minutes, seed {soak.seed}, commit {figures['commit']}", highlight=False
    )
    table = Table("what", "figure")
    for name, value in {**soak.counted, **soak.answers}.items():
        table.add_row(name, f"{value:,}")
    for kind, times in sorted(soak.faults.counted.items()):
        table.add_row(f"fault: {kind}", str(times))
    for one in soak.samples.growth():
        (m1, m2), (f1, f2) = one.megabytes, one.files
        what = f"{one.name}, life {one.life}, {one.seconds / 60:.0f} min, third to last quarter"
        table.add_row(what, f"{m1:.1f} -> {m2:.1f} MB, {f1:.0f} -> {f2:.0f} files")
    console.print(table)
    for problem in soak.problems:
        console.print(f"  {problem}", style="red", highlight=False, markup=False)
    console.print("every record compared, nothing wrong" if not soak.problems else f"{len(soak.problems)} problems")


if __name__ == "__main__":
    main()
