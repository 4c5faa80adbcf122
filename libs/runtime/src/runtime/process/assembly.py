"""Services put together in one process: a worker and the outward loops of each, and one HTTP application for all."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from fastapi import FastAPI
from starlette.types import ASGIApp

from agreement import Agreement
from agreement.people import People
from events.topics import TOPICS, reads
from runtime.clock import BusinessClock, DatabaseClock
from runtime.database.connect import Database, patience
from runtime.database.statement import statement
from runtime.emit.stream_writer import StreamWriter
from runtime.emit.timers import Timers
from runtime.emit.wire_tap import WireTap
from runtime.http.access import Doorkeeper
from runtime.http.access_keys import Keys
from runtime.http.app import Limits, application
from runtime.lanes.lane_status import WaitingLane
from runtime.lanes.worker import Worker
from runtime.observe.describe import describe
from runtime.process import dead_letter_routes
from runtime.process.migrated import house_id
from runtime.service import AgreementNotice, Components, Context, Service
from runtime.settings import Settings
from runtime.transport.base import Transport
from runtime.transport.kafka import KafkaTransport
from runtime.transport.postgres import PostgresTransport, Wakeups

log = structlog.get_logger()
_SENTENCES: Final = 5
"""That the answer to "are you ready?" gives as reasons."""
_IMPATIENT: Final = 2
"""Signals that are answered with patience."""


@dataclass(frozen=True, slots=True)
class Running:
    """One service, built."""

    service: Service
    components: Components
    context: Context
    worker: Worker


class Assembly:
    """Start it, serve `app`, stop it. Several assemblies on one database share its lanes between them."""

    def __init__(
        self, settings: Settings, agreement: Agreement, dsn: str, services: Sequence[Service], *,
        clock: BusinessClock | None = None, concurrency: int | None = None, notice: AgreementNotice | None = None,
        tap: WireTap | None = None,
    ) -> None:  # fmt: skip
        """`notice`: what is known of the folder of the agreement, for the pages; `tap`: it is driven, lanes
        and outward loops work when they are told to (`call`, `catch_up`), not when they hear of something; what lanes
        say is copied to it.
        """
        self.settings = settings
        self.agreement = agreement
        self.dsn = dsn
        self.clock = clock or DatabaseClock()
        self._notice = notice or AgreementNotice()
        self._tap = tap
        self.stopping = asyncio.Event()
        self.failed: BaseException | None = None
        self._wakeups = Wakeups(dsn, settings.answer_seconds)
        self._loops: list[asyncio.Task[None]] = []
        self._workers: list[asyncio.Task[None]] = []
        self._halting = asyncio.Event()
        """Set once the loops have ended: what they said last is still shipped."""
        self.running = [self._build(service, concurrency or settings.concurrency) for service in services]
        self._workers_by_name = {one.service.name: one.worker for one in self.running}
        self._keys = Keys(self.running[0].context.database)
        self.app, self.asgi = self._http()

    def _build(self, service: Service, concurrency: int) -> Running:
        context = Context(
            settings=self.settings,
            agreement=self.agreement,
            database=Database(
                self.dsn,
                service.schema,
                settings=patience(self.settings.lease_seconds),
                answer_seconds=self.settings.answer_seconds,
            ),
            clock=self.clock,
            writer=StreamWriter(service.name, agreement=self.agreement.version, partitions=self.settings.partitions),
            timers=Timers(self.settings.partitions),
            notice=self._notice,
            tap=self._tap,
        )
        components = service.build(context)
        worker = Worker(service, components, context, self._transport(service), self._wakeups, concurrency=concurrency)
        return Running(service, components, context, worker)

    def _transport(self, service: Service) -> Transport:
        if self.settings.kafka:
            return KafkaTransport(
                self.settings.kafka, service.reads, writes=service.writes, partitions=self.settings.partitions,
                group=f"baton-{service.name}", prefix=self.settings.topic_prefix,
                answer_seconds=self.settings.answer_seconds,
            )  # fmt: skip
        return PostgresTransport(service.reads)

    def _http(self) -> tuple[FastAPI, ASGIApp]:
        app = application(
            title="Baton" if len(self.running) > 1 else self.running[0].service.name,
            settings=self.settings,
            keys=self._keys,
            routers=[
                *(router for one in self.running for router in one.components.routers),
                *(dead_letter_routes.router(one.service.name, one.context.database) for one in self.running),
            ],
            ready={"database": self._database_ready, "transport": self._transport_ready, "lanes": self._lanes_ready},
            doorkeeper=Doorkeeper(People(self.agreement.teams), self.running[0].context.database),
            automatic=len(self.running) > 1,
            refusal_page=next(
                (one.components.refusal_page for one in self.running if one.components.refusal_page), None
            ),
            docs_page=next((one.components.docs_page for one in self.running if one.components.docs_page), None),
            paths={path: schema for one in self.running for path, schema in one.components.paths.items()},
        )
        fast = {prefix: asgi for one in self.running for prefix, asgi in one.components.fast.items()}
        return app, Limits(app, fast=fast)

    async def _database_ready(self) -> str | None:
        try:
            async with asyncio.timeout(2):
                for one in self.running:
                    async with one.context.database.begin() as tx:
                        await tx.execute(statement("SELECT 1"))
        except Exception as error:  # noqa: BLE001  (whatever it is, the answer is the same: not ready)
            return f"the database does not answer: {describe(error)}"
        return None

    async def _transport_ready(self) -> str | None:
        """What is wrong, or None. A process that reads no topic is ready without the broker: it only commits."""
        servers = (self.settings.kafka or "").split(",")
        if not self.settings.kafka or not any(one.service.reads for one in self.running):
            return None
        for server in servers:
            host, _, port = server.strip().rpartition(":")
            with contextlib.suppress(OSError, TimeoutError, ValueError):
                async with asyncio.timeout(2):
                    _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
                writer.close()
                return None
        return f"no broker answers at {self.settings.kafka}"

    async def _lanes_ready(self) -> str | None:
        """Held and served: every lane of these services, by this process or by another one that lives."""
        wrong = [sentence for one in self.running for sentence in one.worker.unready()]
        return "; ".join([*wrong[:_SENTENCES], *(["..."] if len(wrong) > _SENTENCES else [])]) or None

    async def start(self) -> None:
        """Starts every worker and every outward loop; returns at once, they work in tasks."""
        await self.introduce()
        if self._tap is None:
            await self._wakeups.start()
        for one in self.running:
            self._workers.append(self._spawn(one.worker.run(self._halting), one.service.name))
            for loop in () if self._tap is not None and one.components.catch_up else one.components.loops:
                self._loops.append(self._spawn(loop(self.stopping), f"{one.service.name}/loop"))  # type: ignore[arg-type]

    async def introduce(self) -> None:
        """Tells the transports which house this is: what they send names it, and what another sent is refused."""
        async with self.running[0].context.database.begin() as tx:
            house = await house_id(tx)
        for one in self.running:
            one.worker.transport.house = house

    def _spawn(self, work: "asyncio._CoroutineLike[None]", name: str) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[arg-type]
        task.set_name(name)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task that ends before `stop`, or by an error, is a bug: logs it; the process stops and exits with 1."""
        if task.cancelled():
            return
        error = task.exception()
        if error is None and self.stopping.is_set():
            return
        self.failed = self.failed or error or RuntimeError(f"{task.get_name()} ended by itself")
        log.error("crash", part=task.get_name(), exc_info=error or self.failed)
        self.stopping.set()

    async def stop(self) -> None:
        """Loops end, batches are finished, what was said is shipped, lanes given back, connections closed."""
        await self.rest()
        await self.close()

    async def rest(self) -> None:
        """All of that but the connections: requests are still answered."""
        self.stopping.set()
        await _end(self._loops, within=5)
        self._halting.set()
        await _end(self._workers, within=25)
        await self._wakeups.stop()

    async def close(self) -> None:
        """Closes the connections to the database."""
        for one in self.running:
            await one.context.database.close()

    @property
    def is_quiet(self) -> bool:
        """No worker has a lane in hand or waiting, as far as this process knows."""
        return all(one.worker.ready.quiet for one in self.running)

    @property
    def visits(self) -> int:
        """How many lanes the workers have taken in hand so far: the same number twice means that none was between."""
        return sum(one.worker.ready.visits for one in self.running)

    async def look(self) -> None:
        """Every worker looks for work."""
        await asyncio.gather(*(one.worker.look() for one in self.running))

    async def call(self, lanes: Sequence[WaitingLane], now: datetime) -> None:
        """Wakes these lanes; all workers look where that does not help: a lane is not held yet, or is to try again."""
        called = [
            self._worker(one.service).call(one.p, timers=one.due is not None and one.due <= now) and not one.retry
            for one in lanes
        ]
        if not all(called):
            await self.look()

    async def rested(self) -> None:
        """Waits until every worker has worked what was called."""
        for one in self.running:
            await one.worker.ready.rested()

    async def catch_up(self) -> bool:
        """The outward loops of a driven assembly do what they have to do now; False when there was nothing."""
        return any([await one.components.catch_up() for one in self.running if one.components.catch_up])

    async def catch_up_views(self) -> None:
        """What they left meanwhile, because nobody decides by it."""
        for one in self.running:
            if one.components.catch_up_views:
                await one.components.catch_up_views()

    def unread(self, service: str, heads: Mapping[str, Mapping[int, int]]) -> list[int]:
        """Lanes of a service that have not read all there is, or are in doubt. Of topics that only lanes of this
        process write, it is known what there is; of others `heads` says it, by topic and lane.
        """
        lanes = self._worker(service).lanes
        there = {topic: {**heads.get(topic, {}), **self._last_numbers(topic)} for topic in reads(service)}
        return [
            p
            for p in range(self.settings.partitions if there else 0)
            if p not in lanes
            or not lanes[p].certain
            or any(last.get(p, 0) > lanes[p].progress[topic].last_seq for topic, last in there.items())
        ]

    def knows_heads(self, topic: str) -> bool:
        """Whether this process has the last number of each stream of the topic in memory: its lanes alone write it."""
        return len(self._last_numbers(topic)) == self.settings.partitions

    def _last_numbers(self, topic: str) -> dict[int, int]:
        """By lane the last number of the topic, of lanes of this process that alone write it."""
        lanes = self._worker(TOPICS[topic].producer).lanes
        known = {p: lane.outputs for p, lane in lanes.items() if lane.certain and lane.outputs is not None}
        return {p: out.streams[topic].head.last_seq for p, out in known.items() if topic in out.streams}

    def _worker(self, service: str) -> Worker:
        return self._workers_by_name[service]

    async def waiting(self) -> datetime | None:
        """The earliest instant at which some outward loop has something to do."""
        moments = [await one.components.waiting() for one in self.running if one.components.waiting]
        return min((moment for moment in moments if moment is not None), default=None)


async def _end(tasks: Sequence[asyncio.Task[None]], *, within: float) -> None:
    """Waits so many seconds for them to end, then cancels the rest."""
    if tasks:
        _, unfinished = await asyncio.wait(tasks, timeout=within)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until_signalled(stopping: asyncio.Event) -> None:
    """SIGTERM and SIGINT ask for a clean stop. While it goes on, a second one is noted; a third ends the process."""
    loop = asyncio.get_running_loop()
    received: list[int] = []

    def ask(number: int) -> None:
        received.append(number)
        if len(received) > _IMPATIENT:
            os._exit(128 + number)
        if len(received) > 1:
            log.warning("stopping already", do="wait half a minute at most, or ask a third time to end at once")
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, ask, number)
    await stopping.wait()
