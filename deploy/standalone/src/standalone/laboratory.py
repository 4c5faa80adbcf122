"""Virtual time: moves the clock from due timer to due timer, and waits each time until every lane is idle."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from events import Fact
from events.handoffs import LeadAssigned
from events.topics import TOPICS
from runtime.clock import LaboratoryClock
from runtime.database.connect import ADMIN_SESSION
from runtime.database.connection import open_connection
from runtime.database.connection_pool import ConnectionPool
from runtime.emit.wire_tap import WireTap
from runtime.http.access import near, require
from runtime.http.lazy_route import LazyRoute
from runtime.http.problems import Malformed
from runtime.lanes.lane_status import LanesSeen, WaitingLane, seen, waiting_lanes
from runtime.process.reloading import ReloadingAssembly
from standalone.driver import PATIENCE, PAUSE, Driver, NotIdle

CLOCK: Final = "laboratory"
"""File in DATA with the instant at which the clock stands."""


class ClockStep(BaseModel):
    """How far to move: `seconds` from now, or `to` an instant."""

    model_config = ConfigDict(extra="forbid")

    seconds: Annotated[float, Field(ge=0)] | None = None
    to: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one_of(self) -> "ClockStep":
        if (self.seconds is None) == (self.to is None):
            raise ValueError("say either seconds or to")
        return self


class Laboratory:
    """Moves the clock of one assembly. The instant is a file in DATA, so a house opened again goes on from there."""

    def __init__(
        self, assembly: ReloadingAssembly, clock: LaboratoryClock, data: Path, *, tap: WireTap | None = None
    ) -> None:
        """`tap`: the one the assembly was made with, which is driven by it: nothing in it works by itself."""
        self._assembly = assembly
        self._driver = Driver(assembly, self._look) if tap is not None else None
        self._tap = tap
        self._clock = clock
        self._clock_file = data / CLOCK
        self._pool = ConnectionPool(lambda: open_connection(assembly.dsn, ADMIN_SESSION), size=2, keep=1)
        self._names = [one.service.name for one in assembly.running]
        self._one_at_a_time = asyncio.Lock()
        self._moved = False

    @property
    def driven(self) -> bool:
        """Nothing works in it by itself."""
        return self._driver is not None

    @property
    def now(self) -> datetime:
        """The laboratory's instant."""
        return self._clock.instant

    async def advance(self, to: datetime) -> datetime:
        """Everything due on the way happens at its own time."""
        async with self._one_at_a_time:
            if to < self.now:
                raise Malformed(f"the laboratory's clock stands at {self.now.isoformat()}; it only moves forward")
            await self._settle()
            while (due := await self._next_due()) is not None and due <= to:
                self._move(max(due, self.now))
                await self._settle()
            self._move(to)
            await self._settle()
            await self._show()
            return self.now

    def move(self, to: datetime) -> None:
        """The clock alone, in one step: `settle` works what falls due on the way, each at its own instant
        (`LaboratoryClock.overtaken`), but services see what others did on the way only then. For months at a time, with
        a `settle` after each: the instant is in its file once the laboratory is closed."""
        self._clock.advance(max(to, self.now))
        self._moved = True

    def _move(self, to: datetime) -> None:
        """Writes the instant to the file first: a house that is opened again must not be earlier than what happened."""
        self._write(to)
        self._clock.advance(to)

    def _write(self, to: datetime) -> None:
        self._clock_file.parent.mkdir(parents=True, exist_ok=True)
        new = self._clock_file.with_suffix(".new")
        new.write_text(to.astimezone(UTC).isoformat())
        new.replace(self._clock_file)

    async def settle(self, *, views: bool = True) -> datetime:
        """Waits until all lanes are idle and nothing is due; returns the laboratory's time. Raises NotIdle.

        Without `views` those of a driven assembly may stay behind, and cards: nobody decides by them.
        """
        async with self._one_at_a_time:
            await self._settle()
            if views:
                await self._show()
            return self.now

    async def _show(self) -> None:
        if self._driver:
            await self._driver.show(self.now)

    def take_handoffs(self) -> Sequence[Fact]:
        """What the lanes have said on `handoffs` since this was last called; nothing where nobody drives them."""
        return self._tap.take(LeadAssigned.topic) if self._tap is not None else ()

    async def _next_due(self) -> datetime | None:
        moments = [one.due for one in await self._waiting_lanes()] + [await self._assembly.waiting()]
        return min((moment for moment in moments if moment is not None), default=None)

    async def _settle(self) -> None:
        """Until nothing is unread, nothing due and nothing at work; lanes with something to do are called."""
        if self._driver:
            await self._driver.settle(self.now)
            return
        patience = monotonic() + PATIENCE
        while not await self._idle():
            if monotonic() > patience:
                raise NotIdle
            await asyncio.sleep(PAUSE)

    async def _idle(self) -> bool:
        """Lanes are asked before and after the outward loops: what a loop says as it ends is unread by then, or was
        worked meanwhile, which is a visit."""
        visits = self._assembly.visits
        if not self._assembly.is_quiet or await self._lanes_called():
            return False
        waiting = await self._assembly.waiting()
        if (waiting is not None and waiting <= self.now) or await self._lanes_called():
            return False
        return self._assembly.is_quiet and self._assembly.visits == visits

    async def _lanes_called(self) -> bool:
        """Whether something waits in a lane; where nobody works at the moment these lanes are called."""
        lanes = [
            one
            for one in await self._waiting_lanes()
            if one.behind or one.retry or (one.due is not None and one.due <= self.now)
        ]
        if lanes and self._assembly.is_quiet:
            await self._assembly.call(lanes, self.now)
        return bool(lanes)

    async def _waiting_lanes(self) -> list[WaitingLane]:
        async with self._pool.borrow() as connection:
            return await waiting_lanes(connection, self._names)

    async def _look(self) -> LanesSeen:
        async with self._pool.borrow() as connection:
            topics = [name for name in TOPICS if not self._assembly.knows_heads(name)]
            return await seen(connection, topics, self._names)

    async def close(self) -> None:
        """Keeps where the clock stands, and closes the connections to the database."""
        if self._moved:
            self._write(self.now)
        await self._pool.close()


def load_clock(data: Path) -> datetime | None:
    """Where the clock was left; None in a house that never moved it."""
    try:
        return datetime.fromisoformat((data / CLOCK).read_text())
    except FileNotFoundError:
        return None


async def at_the_bench(request: Request) -> None:
    """A key, or a program on this machine. A browser says where its page came from, and only our own may."""
    if not near(request) or {"authorization", "origin", "sec-fetch-site"} & set(request.headers):
        await require("admin")(request)


async def step_of(request: Request) -> ClockStep:
    """The body as a Step; the content type is not looked at (`curl -d` sends a wrong one). Raises 422's error."""
    try:
        return ClockStep.model_validate_json(await request.body())
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None


def routes(laboratory: Laboratory) -> APIRouter:
    """`/lab/*`: only in a house started with --laboratory."""
    router = APIRouter(route_class=LazyRoute, prefix="/lab", tags=["laboratory"])
    bench = [Depends(at_the_bench)]

    @router.get("/now", dependencies=[Depends(require("read"))])
    async def now() -> dict[str, datetime]:
        return {"now": laboratory.now}

    @router.post("/advance", dependencies=bench, openapi_extra=_OPENAPI)
    async def advance(step: Annotated[ClockStep, Depends(step_of)]) -> dict[str, datetime]:
        to = step.to or laboratory.now + timedelta(seconds=step.seconds or 0)
        return {"now": await laboratory.advance(to)}

    @router.post("/settle", dependencies=bench)
    async def settle() -> dict[str, datetime]:
        return {"now": await laboratory.settle()}

    return router


_OPENAPI: Final = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": ClockStep.model_json_schema()}}}
}
