"""A lane on which workers died is worked by a child process; its parent knows what it held when it dies.

Kills from outside dead-letter nothing: an input is blamed only when it killed every child that tried it, one after the
other, and each child between them that held the same input without trying it lived on.
"""

import asyncio
import contextlib
import os
import pickle
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, cast

import orjson
import structlog

from agreement import Agreement
from runtime.clock import LaboratoryClock
from runtime.errors import ChildStopped, Fenced, Interrupted
from runtime.lanes.lane import Lane
from runtime.lanes.probation import InputId
from runtime.service import Context, Service
from runtime.settings import Settings

log = structlog.get_logger()
_MODULE: Final = "runtime.process.lane_child"
TRIES: Final = 3
"""Children that an input must kill, one after the other, before it is blamed,"""
TRIES_BY_KILL: Final = 6
"""and when one of them died of SIGKILL, which the kernel sends when memory runs out, but people send it too."""
_POLITE: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Always from outside."""
_SILENCE: Final = 240.0
"""Seconds beyond `stuck_seconds` without a word from a child that does not die: it was frozen, or cannot start."""
_LINGER: Final = (1.0, 10.0)
"""A child that tries nothing stays twice as long as the one that died, within these seconds."""


@dataclass(frozen=True, slots=True)
class ChildTask:
    """All that a child is told, over its standard input; it finds the service's value by name in PACKAGE.service."""

    package: str
    name: str
    settings: Settings
    agreement: Agreement
    dsn: str
    instant: datetime | None
    """Where the laboratory's clock stands."""
    p: int
    token: str
    crashes: int
    killer: InputId | None = None
    """The input to be dead-lettered untried."""
    linger: float | None = None
    """Announce the first input, do not try it, and stay for so many seconds."""


@dataclass(frozen=True, slots=True)
class _End:
    """How a child ended."""

    word: str | None
    """`well`, `stopped`, `fenced`, `transient` or `bug`; None when it died."""
    detail: str
    place: InputId | None
    """The input that was announced last."""
    seconds: float
    """Between its announcement and the end."""
    code: int
    """Exit code; negative: the signal it died of."""


class Children:
    """Of one worker: at most one child at a time."""

    def __init__(self, service: Service, context: Context, stopping: asyncio.Event) -> None:
        self.service = service
        self.context = context
        self.busy = False
        self._stopping = stopping

    async def work(self, lane: Lane) -> None:
        """Has the lane worked by children until there is nothing left, or enough was worked to trust it again.

        Raises Fenced, Interrupted (try again later), ChildStopped (a bug: the lane stops).
        """
        self.busy = True
        try:
            async with _nursery(self._stopping) as nursery:
                await self._until_well(nursery, lane)
        finally:
            self.busy = False
            lane.certain = False  # the child moved it

    async def _until_well(self, nursery: Process, lane: Lane) -> None:
        suspect: InputId | None = None
        deaths: list[int] = []
        while True:
            killer = suspect if len(deaths) >= (TRIES_BY_KILL if -signal.SIGKILL in deaths else TRIES) else None
            end = await self._child(nursery, replace(self._task(lane), killer=killer))
            if end.word is not None:
                _raise(end)
                return
            if end.place is None or -end.code in _POLITE or self._stopping.is_set():
                raise Interrupted(f"a child of lane {lane.p} was ended, or had tried nothing (exit {end.code})")
            deaths = [*deaths, end.code] if end.place == suspect else [end.code]
            suspect = end.place
            log.warning("child died", service=self.service.name, p=lane.p, place=suspect, exit=end.code, of=len(deaths))
            await self._lives_on(nursery, lane, end)

    async def _lives_on(self, nursery: Process, lane: Lane, death: _End) -> None:
        """The control: a child that holds the input and does not try it. Raises Interrupted when it dies too."""
        shortest, longest = _LINGER
        linger = min(max(2 * death.seconds, shortest), longest)
        end = await self._child(nursery, replace(self._task(lane), linger=linger))
        if end.word is None:
            raise Interrupted(f"somebody kills the children of lane {lane.p} (exit {end.code})")
        _raise(end)

    def _task(self, lane: Lane) -> ChildTask:
        clock = self.context.clock
        return ChildTask(
            package=self.service.package,
            name=self.service.name,
            settings=self.context.settings,
            agreement=self.context.agreement,
            dsn=self.context.database.dsn,
            instant=clock.instant if isinstance(clock, LaboratoryClock) else None,
            p=lane.p,
            token=lane.token,
            crashes=lane.crashes,
        )

    async def _child(self, nursery: Process, task: ChildTask) -> _End:
        """One child, from its task to its end. Raises Interrupted when the nursery dies or is silent for long."""
        loop = asyncio.get_running_loop()
        stdin, stdout = cast(asyncio.StreamWriter, nursery.stdin), cast(asyncio.StreamReader, nursery.stdout)
        word, detail, place, announced_at = None, "", None, loop.time()
        with contextlib.suppress(OSError):  # it is dead: there is nothing to read then
            stdin.write(pickle.dumps(task))
            await stdin.drain()
        try:
            while True:
                async with asyncio.timeout(_SILENCE + self.context.settings.stuck_seconds):
                    line = await stdout.readline()
                if not line.endswith(b"\n"):
                    raise Interrupted(f"the nursery of lane {task.p} was ended")
                message = orjson.loads(line)
                if "code" in message:
                    return _End(word, detail, place, loop.time() - announced_at, message["code"])
                if "end" in message:
                    word, detail = message["end"], message["detail"]
                else:
                    place, announced_at = message["place"], loop.time()
        except TimeoutError:
            raise Interrupted(f"a child of lane {task.p} said nothing for long") from None


def _raise(end: _End) -> None:
    match end.word:
        case "fenced":
            raise Fenced(end.detail)
        case "stopped" | "transient":
            raise Interrupted(end.detail)
        case "bug":
            raise ChildStopped(end.detail)


@asynccontextmanager
async def _nursery(stopping: asyncio.Event) -> AsyncIterator[Process]:
    """An interpreter of its own that forks children; the end of its standard input stops them: we stop, or are dead."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", _MODULE,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "BATON_FAIL_AT": ""},
    )  # fmt: skip
    stdin = cast(asyncio.StreamWriter, process.stdin)
    asking = asyncio.create_task(_ask_to_stop(stdin, stopping))
    try:
        yield process
    finally:
        asking.cancel()
        stdin.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _ask_to_stop(stdin: asyncio.StreamWriter, stopping: asyncio.Event) -> None:
    await stopping.wait()
    stdin.close()
