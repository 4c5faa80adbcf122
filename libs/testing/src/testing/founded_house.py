"""A house that was founded before, for tests of what comes after: founding one takes longer than most of them."""

import fcntl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.house import Process
from testing.ports import free_port


class FoundedHouse:
    """A data folder of `baton up` that has been started and stopped once, to be copied."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def copy_to(self, data: Path) -> Path:
        """Makes the folder, with such a house in it, and returns it; owners and modes are those of the first."""
        subprocess.run(["cp", "-a", "--reflink=auto", str(self._data), str(data)], check=True)
        (data / "postgres.log").unlink(missing_ok=True)
        return data


@pytest.fixture(scope="session")
def founded_house(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> FoundedHouse:
    """One for all workers of a run: the first who asks founds it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "founded"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            assert Process(folder / "baton", free_port()).start().stop() == 0
            (folder / "done").touch()
    return FoundedHouse(folder / "baton")


@pytest.fixture
def process(tmp_path: Path, founded_house: FoundedHouse) -> Iterator[Process]:
    """Not started yet; it has been started once before."""
    one = Process(founded_house.copy_to(tmp_path / "baton"), free_port())
    yield one
    if one.running is not None and one.running.poll() is None:
        one.stop()
