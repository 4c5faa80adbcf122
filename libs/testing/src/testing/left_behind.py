"""Pytest plugin: a run that leaves a process behind has failed. What its tests started, they end, also when they fail.

Whatever a run starts inherits a word in its environment, by which it is found once its parents are gone. Only where
there is `/proc`.
"""

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from testing.waiting import until

RUN: Final = "BATON_TEST_RUN"
"""In the environment of all that a run starts; what takes it out watches the run, and ends by itself."""
_PROCESSES: Final = Path("/proc")
PATIENCE: Final = "left_behind_seconds"
"""Setting in pytest's own file: seconds that what was told to end has for it."""
_PYTHONS_OWN: Final = "from multiprocessing."
"""In the command of helpers that Python starts, and ends with itself."""
_LEFT: Final = pytest.StashKey[dict[int, str]]()


def environment() -> Mapping[str, str]:
    """For what outlives a run's last test and ends by itself: its own without the word."""
    return {name: value for name, value in os.environ.items() if name != RUN}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the setting."""
    parser.addini(PATIENCE, "seconds that what was told to end has for it", default="5")


def pytest_configure(config: pytest.Config) -> None:
    """Names the run, once for all its workers."""
    if not hasattr(config, "workerinput"):
        os.environ[RUN] = str(os.getpid())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """After the workers have ended: what runs still is ended, and is a failure of the run."""
    if hasattr(session.config, "workerinput"):
        return
    run = os.environ[RUN]
    ending = left_behind(run)
    with suppress(TimeoutError):
        until(lambda: not any(_runs(process, run) for process in ending), float(session.config.getini(PATIENCE)))
    left = session.config.stash[_LEFT] = left_behind(run)
    for process in left:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    if left:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each."""
    for process, command in terminalreporter.config.stash.get(_LEFT, {}).items():
        terminalreporter.write_line(f"!!! left behind by a test: process {process}, {command}", red=True, bold=True)


def left_behind(run: str) -> dict[int, str]:
    """Commands of the processes that a run started, by their numbers."""
    found = {int(one.name): _command(one) for one in _PROCESSES.glob("[0-9]*") if _runs(int(one.name), run)}
    return {process: command for process, command in found.items() if _PYTHONS_OWN not in command}


def _runs(process: int, run: str) -> bool:
    with suppress(OSError):
        return f"{RUN}={run}".encode() in (_PROCESSES / str(process) / "environ").read_bytes().split(b"\0")
    return False


def _command(process: Path) -> str:
    with suppress(OSError):
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""
