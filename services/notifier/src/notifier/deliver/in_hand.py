"""What one channel has in hand, from the claim to the record: a bounded queue, the calls under way, what they said."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from notifier.channels.base import AnswerLost, Delivered, SendOutcome
from notifier.deliver.claim import Claims, Delivery
from notifier.deliver.policy import AttemptResults, OutcomePolicy
from notifier.store import holds, queue
from runtime.database.connection import Connection
from runtime.database.fates import is_transient
from runtime.errors import BatonError
from runtime.service import Context

_MOST: Final = 100
"""Deliveries in hand: claimed, being sent, and not recorded yet."""
_RENEWALS: Final = 4
"""In the time of the shortest hold."""
_log = structlog.get_logger()


class HoldLost(BatonError):
    """Somebody else took over some of what was held too long; `ours` are the ids of the others."""

    def __init__(self, ours: set[str]) -> None:
        super().__init__("a notice was taken over while it was being sent")
        self.ours = ours


async def save(context: Context, tx: Connection, results: AttemptResults, now: datetime, *, outbox: bool) -> None:
    """Numbers are drawn first: everybody locks streams before notices. Raises HoldLost when some are not ours."""
    await context.writer.append(tx, list(results.facts.values()), now)
    if results.records:
        ours = await queue.record(tx, results.records, outbox=outbox, now=now)
        if len(ours) < len(results.records):
            raise HoldLost(ours)
    if results.others:
        await queue.send_otherwise(tx, results.others, now)
    if results.paces:
        await queue.save_paces(tx, results.paces)


class InHand:
    """Each step is a short transaction of its own; never a call inside one. A step that fails leaves all in hand."""

    def __init__(self, context: Context, claims: Claims) -> None:
        self.claims = claims
        self.closed = False
        self.changed = asyncio.Event()
        """A call has ended, or something was handed over."""
        self._context = context
        self._channel = claims.channel
        self._deliveries = dict[str, Delivery]()
        """By the id of its message."""
        self._waiting = deque[Delivery]()
        self._calls = dict[asyncio.Task[SendOutcome], Delivery]()
        self._ended = list[tuple[Delivery, SendOutcome]]()
        self._renew_at = 0.0
        """By the event loop's clock."""
        self.quiet = timedelta.max
        """How long after the last claim that found nothing time alone makes nothing due."""

    @property
    def has_room(self) -> bool:
        """Half of it is free: claims are made by the dozen, not one by one."""
        return not self.closed and len(self._deliveries) <= _MOST // 2

    @property
    def idle(self) -> bool:
        """Whatever is claimed now is sent at once."""
        return not self.closed and not self._waiting and len(self._calls) < self._channel.calls

    @property
    def calls(self) -> list[asyncio.Task[SendOutcome]]:
        """Those under way."""
        return list(self._calls)

    def __bool__(self) -> bool:
        """Something is in hand."""
        return bool(self._deliveries)

    def take_over(self, deliveries: Sequence[Delivery]) -> None:
        """Deliveries that are claimed for this channel; their calls begin with the next `begin`."""
        if not self._deliveries:
            self._renew_at = self._next_renewal()
        for delivery in deliveries:
            self._deliveries[delivery.message.id] = delivery
            self._waiting.append(delivery)
        self.changed.set()

    async def claim(self) -> bool:
        """Takes what is due, as far as there is room; True when something was due."""
        if not self.has_room:
            return False
        ours = [row.id for delivery in self._deliveries.values() for row in delivery.rows]
        async with self._context.database.begin_by_keys() as tx:
            now = await self._context.clock.now(tx)
            claimed = await self.claims.claim(tx, now, _MOST - len(self._deliveries), ours)
            policy = self._policy(now)
            results = policy.doubt_orphans(claimed.orphans)
            results.add(policy.fail_unreadable(claimed.unreadable))
            results.records.extend(claimed.records)
            await save(self._context, tx, results, now, outbox=self._channel.outbox)
            if not claimed:
                change = await queue.next_change(tx, self._channel.name, now)
                self.quiet = change - now if change else timedelta.max
        self.take_over(claimed.deliveries)
        return bool(claimed)

    async def begin(self) -> bool:
        """Marks what waits as being sent, as far as calls are free, and starts the calls; True when there were any."""
        free = self._channel.calls - len(self._calls)
        if self.closed or free <= 0 or not self._waiting:
            return False
        chosen = [self._waiting.popleft() for _ in range(min(free, len(self._waiting)))]
        try:
            async with self._context.database.begin_by_keys() as tx:
                now = await self._context.clock.now(tx)
                marks = [delivery.marks for delivery in chosen]
                marked = await holds.begin_calls(tx, marks, hold=self._channel.hold, now=now)
                changed = [delivery for delivery in chosen if delivery.rows[0].id not in marked]
                if changed:
                    await holds.give_back(tx, [held for delivery in changed for held in _claimed(delivery)])
        except BaseException:
            self._waiting.extendleft(reversed(chosen))
            raise
        for delivery in chosen:
            if delivery.rows[0].id in marked:
                self._start(delivery)
            else:
                del self._deliveries[delivery.message.id]
        return True

    def _start(self, delivery: Delivery) -> None:
        name = f"notifier/{self._channel.name}"
        task = asyncio.create_task(self._call(delivery), name=name)
        self._calls[task] = delivery
        task.add_done_callback(self._end)

    async def _call(self, delivery: Delivery) -> SendOutcome:
        try:
            return await self._channel.send(delivery.message, delivery.body)
        except Exception as error:
            if not is_transient(error):
                raise
            return AnswerLost(type(error).__name__)

    def _end(self, task: asyncio.Task[SendOutcome]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._ended.append((self._calls.pop(task), task.result()))
        self.changed.set()

    async def record(self) -> bool:
        """Writes down what ended calls have said; True when there was something. Raises what a call raised: a bug."""
        for task in self._calls:
            if task.done() and not task.cancelled():
                task.result()
        if not self._ended:
            return False
        place = {identity: number for number, identity in enumerate(self._deliveries)}
        ended, self._ended = sorted(self._ended, key=lambda one: place.get(one[0].message.id, 0)), []
        try:
            await self._record(ended)
        except BaseException:
            self._ended[:0] = ended
            raise
        for delivery, _ in ended:
            self._deliveries.pop(delivery.message.id, None)
        return True

    async def _record(self, ended: Sequence[tuple[Delivery, SendOutcome]]) -> None:
        """What was lost is left out, one by one; the rest is written all the same."""
        ours: set[str] | None = None
        while True:
            try:
                async with self._context.database.begin_by_keys() as tx:
                    now = await self._context.clock.now(tx)
                    policy, results = self._policy(now), AttemptResults()
                    for delivery, outcome in ended:
                        results.add(policy.apply(delivery, outcome))
                    if ours is not None:
                        results.keep(ours)
                    await save(self._context, tx, results, now, outbox=self._channel.outbox)
                break
            except HoldLost as lost:
                ours = lost.ours
                _log.warning("hold lost", channel=self._channel.name, notices=len(results.records) - len(ours))
        for delivery, outcome in ended:
            if not isinstance(outcome, Delivered):
                _log.warning(
                    "notice", channel=self._channel.name, id=delivery.message.id, to=delivery.message.recipient,
                    became=type(outcome).__name__.lower(), error=outcome.error,
                )  # fmt: skip

    async def renew(self) -> None:
        """Holds all that is in hand for longer, well before the holds run out; does nothing in between."""
        now = asyncio.get_running_loop().time()
        if now < self._renew_at or not self._deliveries:
            return
        self._renew_at = self._next_renewal()
        async with self._context.database.begin_by_keys() as tx:
            await holds.renew(tx, list(self._holds()))

    def _next_renewal(self) -> float:
        return asyncio.get_running_loop().time() + self.claims.hold.total_seconds() / _RENEWALS

    def _holds(self) -> Iterator[tuple[str, int, timedelta]]:
        waiting = {delivery.message.id for delivery in self._waiting}
        for identity, delivery in self._deliveries.items():
            begun = identity not in waiting
            for row in delivery.rows:
                attempts = row.attempts + (begun and not row.is_redraw)
                yield row.id, attempts, self._channel.hold if begun else self.claims.hold

    async def give_back(self) -> None:
        """What waits for its call: anybody may claim it again at once."""
        given, self._waiting = list(self._waiting), deque()
        if given:
            async with self._context.database.begin_by_keys() as tx:
                await holds.give_back(tx, [held for delivery in given for held in _claimed(delivery)])
        for delivery in given:
            self._deliveries.pop(delivery.message.id, None)

    async def cut_off(self) -> None:
        """Ends the calls under way. A file or a new look is done again; of the rest nobody knows whether it arrived."""
        late = dict(self._calls)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        again = list[tuple[str, int, str]]()
        for task, delivery in late.items():
            if not task.cancelled():
                continue
            del self._calls[task]
            if self._channel.outbox or delivery.rows[0].is_redraw:
                again += [(row.id, row.attempts + (not row.is_redraw), row.state) for row in delivery.rows]
                self._deliveries.pop(delivery.message.id, None)
            else:
                self._ended.append((delivery, AnswerLost("a stop cut the call off")))
        if again:
            async with self._context.database.begin_by_keys() as tx:
                await holds.give_back(tx, again)

    def _policy(self, now: datetime) -> OutcomePolicy:
        return OutcomePolicy(self._channel, self.claims.terms, now)


def _claimed(delivery: Delivery) -> list[tuple[str, int, str]]:
    return [(row.id, row.attempts, row.state) for row in delivery.rows]
