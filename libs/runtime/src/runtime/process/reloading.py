"""The assembly of a process, replaced by a new one when the folder of the agreement was edited and is well (D85)."""

import asyncio
import contextlib
import gc
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

import structlog
from starlette.types import Receive, Scope, Send

from agreement import Agreement
from agreement.changes import changes
from runtime import signatures
from runtime.clock import wall
from runtime.database.fates import is_transient
from runtime.errors import Misconfigured
from runtime.http.app import forget_endpoints
from runtime.lanes.lane_status import WaitingLane
from runtime.observe.describe import describe
from runtime.process.agreement_watch import POLL, AgreementWatch
from runtime.process.assembly import Assembly, Running
from runtime.process.collector import calm_collector
from runtime.service import AgreementNotice, TakenEdit

log = structlog.get_logger()
_FAREWELL: Final = 10.0
"""Seconds that requests under way at a change have to end, before their connections are closed."""
_RETRY: Final = 1.0
Build = Callable[[Agreement, AgreementNotice], Assembly]


class ReloadingAssembly:
    """Start it, serve it (it is an ASGI application), stop it.

    A new agreement makes a new assembly: what is under way ends as it began, then the lanes change hands, as they do
    when a process is replaced by another. Requests go to whichever assembly is in office when they come.
    """

    def __init__(self, build: Build, agreement: Agreement) -> None:
        """`build` makes an assembly that is not started. Raises what it raises."""
        self._build = build
        self.notice = AgreementNotice()
        self.current = build(agreement, self.notice)
        self._agreed = agreement
        """In force, as it is in the folder or the database: `build` may make something else of it."""
        self.stopping = asyncio.Event()
        """The process is to end: asked for, or because something broke."""
        self._visits = WeakKeyDictionary[Assembly, int]()
        self._left = asyncio.Condition()
        self._watching: asyncio.Task[None] | None = None
        self._broken: BaseException | None = None
        self._farewells = set[asyncio.Task[None]]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        one = self.current
        self._visits[one] = self._visits.get(one, 0) + 1
        try:
            await one.asgi(scope, receive, send)
        finally:
            self._visits[one] -= 1
            async with self._left:
                self._left.notify_all()

    @property
    def failed(self) -> BaseException | None:
        """What broke it; None while it works, and after a stop that was asked for."""
        return self._broken or self.current.failed

    @property
    def dsn(self) -> str:
        """Of the database."""
        return self.current.dsn

    @property
    def running(self) -> Sequence[Running]:
        """The services as they are built now."""
        return self.current.running

    @property
    def is_quiet(self) -> bool:
        """See Assembly."""
        return self.current.is_quiet

    @property
    def visits(self) -> int:
        """See Assembly."""
        return self.current.visits

    async def call(self, lanes: Sequence[WaitingLane], now: datetime) -> None:
        """See Assembly."""
        await self.current.call(lanes, now)

    async def rested(self) -> None:
        """See Assembly."""
        await self.current.rested()

    async def catch_up(self) -> bool:
        """See Assembly."""
        return await self.current.catch_up()

    async def catch_up_views(self) -> None:
        """See Assembly."""
        await self.current.catch_up_views()

    def unread(self, service: str, heads: Mapping[str, Mapping[int, int]]) -> list[int]:
        """See Assembly."""
        return self.current.unread(service, heads)

    def knows_heads(self, topic: str) -> bool:
        """See Assembly."""
        return self.current.knows_heads(topic)

    async def waiting(self) -> datetime | None:
        """See Assembly."""
        return await self.current.waiting()

    async def start(self) -> None:
        """Starts the assembly, and to watch the folder of its settings.

        Raises Misconfigured where this code cannot read what is in force, and the folder is not signed.
        """
        watch = AgreementWatch.of(self.current.settings.agreement, self.notice)
        await self._keep_what_is_signed()
        await self.current.start()
        self._watching = asyncio.create_task(self._watch(watch), name="agreement")
        self._watching.add_done_callback(self._ended)

    async def _keep_what_is_signed(self) -> None:
        """An edit made while the process was down waits for its signatures, too. Raises what `last_agreed` raises."""
        folder = self._agreed
        async with self.current.running[0].context.database.begin() as tx:
            agreed = await signatures.last_agreed(tx, folder)
            if not await signatures.take(tx, folder, agreed):
                self.notice.waiting = await signatures.unsigned(tx, folder, agreed)
                await signatures.take(tx, agreed, agreed)
        if self.notice.waiting is not None:
            await self.current.close()
            self._agreed, self.current = agreed, self._build(agreed, self.notice)
            log.warning(
                "the agreement of the folder is not signed by all", in_force=agreed.version, folder=folder.version
            )

    async def stop(self) -> None:
        """A change that is under way is finished first. Then as Assembly.stop."""
        self.stopping.set()
        if self._watching:
            await asyncio.gather(self._watching, return_exceptions=True)
        await self.current.stop()
        for task in self._farewells:
            task.cancel()
        await asyncio.gather(*self._farewells, return_exceptions=True)

    def _ended(self, watching: asyncio.Task[None]) -> None:
        """An error there leaves nothing that works: the process ends by it."""
        if not watching.cancelled() and (error := watching.exception()):
            self._broken = error
            log.error("crash", part="agreement", exc_info=error)
        self.stopping.set()

    async def _watch(self, watch: AgreementWatch) -> None:
        while not self.stopping.is_set():
            if self.current.stopping.is_set():
                self.stopping.set()
                return
            if watch.at_rest_and_edited():
                await self._follow(watch)
            elif self.notice.waiting is not None:
                await self._enter(self.notice.waiting.agreement, watch)
            await _either(self.stopping, self.current.stopping)

    async def _follow(self, watch: AgreementWatch) -> None:
        """Reads what was edited and takes it; whatever stands in the way, the house goes on under what it has."""
        self.notice.waiting = None
        try:
            edited = await watch.read(self.current.agreement.version)
        except Exception as error:  # noqa: BLE001  (as below)
            self._refuse(error)
            return
        if edited is not None:
            await self._enter(edited, watch)

    async def _enter(self, edited: Agreement, watch: AgreementWatch) -> None:
        """Takes it when it is signed by all who are to sign it; else it waits, and is shown."""
        if not await self._is_signed(edited, watch):
            return
        try:
            new = self._build(edited, self.notice)
        except Exception as error:  # noqa: BLE001  (an agreement that no code foresaw is no reason to end the house)
            self._refuse(error)
            return
        await self._take(new, edited, watch)

    def _refuse(self, error: Exception) -> None:
        self.notice.refusal = str(error) if isinstance(error, Misconfigured) else describe(error)
        in_force = self.current.agreement.version
        log.error("the edited agreement is not taken", in_force=in_force, why=self.notice.refusal)

    async def _is_signed(self, edited: Agreement, watch: AgreementWatch) -> bool:
        """By all who are to sign it. Where the database is away that is asked for it, not now."""
        try:
            async with self.current.running[0].context.database.begin() as tx:
                waiting = await signatures.unsigned(tx, edited, self._agreed)
        except Exception as error:
            if not is_transient(error):
                raise
            watch.again()
            return False
        before = self.notice.waiting
        if waiting is None or before is None or before.agreement is not edited or before.was != waiting.was:
            self.notice.waiting = waiting
            if waiting is not None:
                log.warning("the edited agreement waits for signatures", version=edited.version)
        return waiting is None

    async def _take(self, new: Assembly, edited: Agreement, watch: AgreementWatch) -> None:
        """The new assembly in the place of the old one."""
        old = self.current
        try:
            await new.introduce()
            async with new.running[0].context.database.begin() as tx:
                taken = await signatures.take(tx, edited, self._agreed)
        except Exception as error:
            await new.close()
            if not is_transient(error):
                raise
            log.warning("the edited agreement waits for the database", error=describe(error))
            watch.again()
            return
        if not taken:  # another came into force while this one was made
            await new.close()
            watch.again()
            return
        await old.rest()
        if old.failed:
            await new.close()
            return
        await self._begin(new)
        self.current, self._agreed = new, edited
        changed = tuple(changes(old.agreement, new.agreement))
        self.notice.taken.appendleft(TakenEdit(wall(), old.agreement.version, new.agreement.version, changed))
        farewell = asyncio.create_task(self._close(old), name="farewell")
        self._farewells.add(farewell)
        farewell.add_done_callback(self._forget)
        log.info("agreement in force", version=new.agreement.version, was=old.agreement.version)

    def _forget(self, farewell: asyncio.Task[None]) -> None:
        """What the old assembly was made of is let go, also by a collector that was told to leave it alone."""
        self._farewells.discard(farewell)
        forget_endpoints()
        if gc.get_freeze_count():
            calm_collector()

    async def _begin(self, new: Assembly) -> None:
        """Nothing is decided until it has begun, so it goes on trying while the database is away."""
        while True:
            try:
                await new.start()
            except Exception as error:
                if not is_transient(error) or self.stopping.is_set():
                    raise
                log.warning("database is away", error=describe(error))
                await asyncio.sleep(_RETRY)
            else:
                return

    async def _close(self, old: Assembly) -> None:
        """Once its last request is answered, or after a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL), self._left:
                await self._left.wait_for(lambda: not self._visits.get(old))
        await old.close()


async def _either(first: asyncio.Event, second: asyncio.Event) -> None:
    """Waits for one of them, or for the next look at the folder."""
    waits = [asyncio.ensure_future(one.wait()) for one in (first, second)]
    await asyncio.wait(waits, timeout=POLL, return_when=asyncio.FIRST_COMPLETED)
    for one in waits:
        one.cancel()
