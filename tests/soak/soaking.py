"""One soak: load, faults and samples at the same time, then rest, then the comparison of everything."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.soak import streams, verdict
from tests.soak.faults import Faults
from tests.soak.fleet import Member
from tests.soak.load import Load
from tests.soak.record import Recorder
from tests.soak.samples import Samples
from tests.soak.soak_house import SoakHouse

from events.topics import FLOW
from runtime.database.connect import admin
from runtime.database.driver_errors import DATABASE_ERRORS
from runtime.errors import Misconfigured
from runtime.http.client import AsyncClient, HTTPError
from runtime.http.client import client as http_client
from runtime.lanes.lane_status import unread
from testing.waiting import eventually

SAMPLE_EVERY: Final = 10.0
TELL_EVERY: Final = 30.0
REST_WITHIN: Final = 60.0
"""Seconds after the last fault in which everything is read, shipped and ready."""
WAITS: Final = 300.0
"""Seconds after which a house that does not come to rest is compared as it is."""
START_WITHIN: Final = 120.0


@dataclass
class Soak:
    """What a run is made of, and what it found."""

    house: SoakHouse
    members: Sequence[Member]
    seconds: float
    seed: int
    rate: float
    problems: list[str] = field(default_factory=list)
    samples: Samples = field(default_factory=Samples)
    counted: dict[str, float] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    """Requests by HTTP status, or by why no answer came."""
    faults: Faults = field(init=False)
    _begun: float = field(default_factory=time.monotonic)
    _last_fault_over: float = 0.0

    def __post_init__(self) -> None:
        self.faults = Faults(self.house, self.members, Random(self.seed))

    async def run(self) -> None:
        """Everything, in its order; what is wrong stands in `problems`."""
        async with http_client(timeout=15) as http:
            await eventually(lambda: self._ready(http), within=START_WITHIN, what="every service is ready")
            await self._suffer(http)
            await self._rest(http)
        await self._stop()
        found = await verdict.compare(self.house)
        self.problems += found.problems
        self.counted |= found.counted
        for growth in self.samples.growth():
            self.problems += growth.problems

    async def _suffer(self, http: AsyncClient) -> None:
        doors = [member.url for member in self.members if member.service == "ingest"]
        (pages,) = [member.url for member in self.members if member.service == "reporting"]
        keys = self.house.write_key, self.house.server_key
        with Recorder(self.house.folder / "requests.jsonl") as recorder:
            load = Load(http, doors, pages, *keys, recorder, Random(self.seed + 1), self.rate)
            async with (
                _repeated(self._nurse, 1.0),
                _repeated(self._sample, SAMPLE_EVERY),
                _repeated(lambda: self._tell(recorder), TELL_EVERY),
            ):
                sending = asyncio.create_task(load.run())
                self._begun = time.monotonic()
                try:
                    await self.faults.run(self._begun + self.seconds)
                except (Misconfigured, *DATABASE_ERRORS) as error:  # what was done so far is compared all the same
                    self.problems.append(f"the faults ended early, by {error!r}"[:500])
                self._last_fault_over = time.monotonic()
                load.stopped.set()
                await sending
            self.counted |= {"sent": recorder.sent, "left_out": load.left_out, "answered_2xx": recorder.accepted}
            self.answers = dict(recorder.answers)
        self.problems += sorted(set(load.wrong))

    async def _nurse(self) -> None:
        """Starts again whoever has ended by itself, as whoever runs the house would."""
        for member in self.members:
            code = member.ended()
            if code is not None:
                self.say(f"{member.name} has ended by itself with {code}")
                if code == 1:
                    self.problems.append(f"{member.name} has ended by itself with {code}: see {member.log.name}")
                member.start()

    async def _sample(self) -> None:
        now = time.monotonic()
        for member in self.members:
            if member.pid is not None:
                at = member.name, member.life, now - member.began, [member.pid]
                await asyncio.to_thread(self.samples.take, *at)

    async def _tell(self, recorder: Recorder) -> None:
        behind = "not known"
        with contextlib.suppress(*DATABASE_ERRORS):
            async with asyncio.timeout(5), admin(self.house.dsn) as tx:
                behind = f"{await unread(tx, FLOW):,}"
        happened = self.faults.counted.total()
        self.say(
            f"{recorder.sent:,} events sent, {recorder.accepted:,} accepted, lag {behind}, "
            f"{happened} faults, last {self.faults.last}, {self.samples.total:,.0f} MB"
        )

    def say(self, words: str) -> None:
        """One line with the minutes that have passed."""
        passed = int(time.monotonic() - self._begun)
        print(f"{passed // 60:3}:{passed % 60:02} {words}", flush=True)

    async def _rest(self, http: AsyncClient) -> None:
        """Waits until nothing is unread or unshipped and everybody is ready, and says how long that took."""
        last: list[str] = []

        async def quiet() -> bool:
            await self._nurse()
            async with admin(self.house.dsn) as tx:
                last[:] = await streams.lag(tx)
            return not last and await self._ready(http)

        try:
            async with asyncio.timeout(WAITS):
                while not await quiet():
                    await asyncio.sleep(0.2)
        except TimeoutError:
            self.problems += last or [f"not everybody was ready {WAITS:g} s after the last fault"]
        took = time.monotonic() - self._last_fault_over
        self.counted["rest_seconds"] = round(took, 1)
        self.say(f"at rest {took:.1f} s after the last fault")
        if took > REST_WITHIN:
            self.problems.append(f"at rest only {took:.1f} s after the last fault")

    async def _ready(self, http: AsyncClient) -> bool:
        try:
            return all([(await http.get(f"{member.url}/readyz")).status_code == 200 for member in self.members])
        except HTTPError:  # not there yet
            return False

    async def _stop(self) -> None:
        """The door first, so that everybody reads to its end; then the rest together."""
        door = [member for member in self.members if member.service == "ingest"]
        await self._end(door)
        readers = [member for member in self.members if member not in door]

        async def read() -> bool:
            async with admin(self.house.dsn) as tx:
                return not await unread(tx, ["ingest", "scoring"])

        await eventually(read, within=REST_WITHIN, what="everything of the door is read")
        await self._end(readers)

    async def _end(self, members: Sequence[Member]) -> None:
        codes = await asyncio.gather(*(asyncio.to_thread(member.stop) for member in members))
        for member, code in zip(members, codes, strict=True):
            if code:
                self.problems.append(f"{member.name} ended with {code} when it was asked to stop")


@asynccontextmanager
async def _repeated(work: Callable[[], Awaitable[None]], seconds: float) -> AsyncIterator[None]:
    """Does it at this interval, beside what happens inside; what it raises ends the run."""

    async def work_on() -> None:
        while True:
            await work()
            await asyncio.sleep(seconds)

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(work_on())
        yield
        task.cancel()
