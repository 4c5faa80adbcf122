"""Months that the simulation lived, as fixtures: made once a run, shared by all tests that only read them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from runtime.settings import Settings
from standalone.simulate import Quarter, Size, simulate
from testing.service import SHIPPED

UNTIL: Final = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
"""Where they end: the same instant in every run, so that the numbers are the same."""


@dataclass(frozen=True, slots=True)
class SimulatedMonths:
    """A house that is closed again, in `data`, with what its simulation left."""

    data: Path
    size: Size
    quarter: Quarter


def simulated(folder: Path, *, days: int, leads: int, seed: int = 7) -> SimulatedMonths:
    """Lets months pass in a folder that does not exist yet; in a thread, for a test may have a loop of its own."""
    size = Size(days, leads, seed, UNTIL)
    settings = Settings(data=folder, agreement=SHIPPED, port=0, _env_file=None)
    with ThreadPoolExecutor(1) as thread:
        quarter = thread.submit(asyncio.run, simulate(settings, size, lambda share, day: None)).result()
    return SimulatedMonths(folder, size, quarter)


@pytest.fixture(scope="session")
def fortnight(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMonths:
    """14 days with 60 people."""
    return simulated(tmp_path_factory.mktemp("fortnight") / "house", days=14, leads=60)


@pytest.fixture(scope="session")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMonths:
    """90 days with 2,000 people: minutes of work, for tests that are marked slow."""
    return simulated(tmp_path_factory.mktemp("quarter") / "house", days=90, leads=2000)
