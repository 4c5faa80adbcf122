"""Virtual time: moves the clock from due timer to due timer, and waits each time until every lane is idle."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from runtime.clock import LaboratoryClock
from runtime.database.connect import ADMIN_SESSION
from runtime.database.connection import open_connection
from runtime.database.connection_pool import ConnectionPool
from runtime.errors import Refused
from runtime.http.access import near, require
from runtime.http.problems import Malformed
from runtime.lanes.lane_status import next_timer, unread
from runtime.process.assembly import Assembly

CLOCK: Final = "laboratory"
"""File in DATA with the instant at which the clock stands."""
PATIENCE: Final = 120.0
"""Seconds of real time after which a lane that does not come to rest is an error."""


class NotIdle(Refused):
    """Some lane does not come to rest."""

    status = 503


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

    def __init__(self, assembly: Assembly, clock: LaboratoryClock, data: Path) -> None:
        self._assembly = assembly
        self._clock = clock
        self._clock_file = data / CLOCK
        self._pool = ConnectionPool(lambda: open_connection(assembly.dsn, ADMIN_SESSION), size=2, keep=1)
        self._names = [one.service.name for one in assembly.running]
        self._schemas = [one.service.schema for one in assembly.running]
        self._one_at_a_time = asyncio.Lock()

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
            return self.now

    def _move(self, to: datetime) -> None:
        """Writes the instant to the file first: a house that is opened again must not be earlier than what happened."""
        self._clock_file.parent.mkdir(parents=True, exist_ok=True)
        new = self._clock_file.with_suffix(".new")
        new.write_text(to.astimezone(UTC).isoformat())
        new.replace(self._clock_file)
        self._clock.advance(to)

    async def settle(self) -> datetime:
        """Waits until all lanes are idle and nothing is due; returns the laboratory's time. Raises NotIdle."""
        async with self._one_at_a_time:
            await self._settle()
            return self.now

    async def _next_due(self) -> datetime | None:
        async with self._pool.begin() as connection:
            timer = await next_timer(connection, self._schemas)
        moments = [moment for moment in (timer, await self._assembly.waiting()) if moment is not None]
        return min(moments, default=None)

    async def _settle(self) -> None:
        """Idle twice in a row: nothing unread, nothing due, nothing at work."""
        patience = monotonic() + PATIENCE
        quiet = 0
        while quiet < 2:
            if await self._idle():
                quiet += 1
                continue
            quiet = 0
            if monotonic() > patience:
                raise NotIdle(
                    "after two minutes there is still work; see /operations for stopped lanes and dead letters"
                )
            await self._assembly.look()
            await asyncio.sleep(0.003)

    async def _idle(self) -> bool:
        async with self._pool.begin() as connection:
            if await unread(connection, self._names):
                return False
            timer = await next_timer(connection, self._schemas)
        waiting = await self._assembly.waiting()
        if any(moment is not None and moment <= self.now for moment in (timer, waiting)):
            return False
        return not await self._assembly.look()

    async def close(self) -> None:
        """Closes the connections to the database."""
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
    router = APIRouter(prefix="/lab", tags=["laboratory"])
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
