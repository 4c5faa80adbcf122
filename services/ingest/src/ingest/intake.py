"""The door: requests queue up, a micro-batch is one transaction, and each request is answered after the commit."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from logging import getLogger
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ingest import store
from ingest.decide import Submission, Verdict, Words, decide, names, read
from ingest.store import Reject
from runtime.database.fates import is_transient
from runtime.errors import Refused
from runtime.http.problems import Malformed, Overloaded
from runtime.service import Context

LINGER: Final = 0.005
"""Seconds that the first request waits for company."""
MOST_REQUESTS: Final = 200
MOST_SUBMISSIONS: Final = 1000
"""In one transaction; a single larger request goes alone."""
MOST_WAITING: Final = 10_000
MOST_BYTES: Final = 64 * 1024 * 1024
PATIENCE: Final = 12.0
"""Seconds after which a request is asked to come again; if it was kept by then, its repeat is a duplicate."""
TIDY_EVERY: Final = timedelta(hours=1)
TIDY_MOST: Final = 5000
log = getLogger(__name__)


@dataclass(slots=True)
class Waiting:
    """One request, all of it kept or nothing, until it is answered."""

    submissions: Sequence[Submission]
    rejects: Sequence[Reject]
    lenient: bool
    """What cannot be kept is put aside with its reason, and the rest is kept all the same."""
    answer: "asyncio.Future[Verdict]"
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = sum(len(submission.raw or b"") for submission in self.submissions)


class Door:
    """One for each process; all processes pass one after the other through the row `door`."""

    def __init__(self, context: Context) -> None:
        self.words = Words(context.agreement)
        self._database = context.database
        self._clock = context.clock
        self._writer = context.writer
        self._queue: deque[Waiting] = deque()
        self._submissions = 0
        self._bytes = 0
        self._worker: asyncio.Task[None] | None = None
        self._tidy_at: datetime | None = None

    async def take(
        self, submissions: Sequence[Submission], *, rejects: Sequence[Reject] = (), lenient: bool = False
    ) -> Verdict:
        """Returns after the commit. Raises Overloaded when nothing can be promised, Malformed when it is wrong."""
        if self._submissions > MOST_WAITING or self._bytes > MOST_BYTES:
            raise Overloaded(f"{self._submissions} submissions are waiting")
        waiting = Waiting(submissions, rejects, lenient, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._submissions += len(submissions)
        self._bytes += waiting.size
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        try:
            done, _ = await asyncio.wait({waiting.answer}, timeout=PATIENCE)
        finally:
            if not waiting.answer.done():  # the client went away, or has waited long enough
                waiting.answer.cancel()
        if not done:
            raise Overloaded("the database is slow", retry_after=5)
        verdict = waiting.answer.result()
        if verdict.wrong:
            raise Malformed(errors=[{"pointer": wrong.pointer, "detail": wrong.detail} for wrong in verdict.wrong])
        return verdict

    async def _work(self) -> None:
        while self._queue:
            if len(self._queue) < MOST_REQUESTS and self._submissions < MOST_SUBMISSIONS:
                await asyncio.sleep(LINGER)
            await self._pass(self._next())

    def _next(self) -> list[Waiting]:
        batch: list[Waiting] = []
        size = 0
        while self._queue and len(batch) < MOST_REQUESTS:
            if batch and size + len(self._queue[0].submissions) > MOST_SUBMISSIONS:
                break
            waiting = self._queue.popleft()
            self._submissions -= len(waiting.submissions)
            self._bytes -= waiting.size
            size += len(waiting.submissions)
            if not waiting.answer.done():
                batch.append(waiting)
        return batch

    async def _pass(self, batch: Sequence[Waiting]) -> None:
        """One transaction; if it fails for what is in it, each request alone, so that neighbours do not suffer."""
        try:
            verdicts = await self._commit(batch)
        except Exception as error:  # noqa: BLE001  whatever is wrong with one request is answered to that one
            if is_transient(error):
                _answer(batch, Overloaded("the database is away", retry_after=5))
            elif len(batch) > 1:
                for waiting in batch:
                    await self._pass([waiting])
            else:
                await self._refuse(batch[0], error)
            return
        for waiting, verdict in zip(batch, verdicts, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(verdict)

    async def _commit(self, batch: Sequence[Waiting]) -> Sequence[Verdict]:
        async with self._database.begin() as tx:
            await store.enter(tx)
            now = await self._clock.now(tx)
            told = [[(each, read(each, self.words, now)) for each in waiting.submissions] for waiting in batch]
            book = await store.open_book(tx, names(told))
            outcome = decide(book, told, now)
            if unread := outcome.unread(book):
                book = await store.recall(tx, book, unread)
                outcome = decide(book, told, now)
            await store.write(tx, outcome, now)
            rejects = [one for waiting in batch for one in waiting.rejects]
            if rejects:
                await store.reject(tx, rejects, now)
            await self._tidy(tx, now)
            await self._writer.append(tx, outcome.facts, now)
        return outcome.verdicts

    async def _refuse(self, waiting: Waiting, error: Exception) -> None:
        """Nothing of the request was kept. A lenient one is tried piece by piece, and what fails is put aside."""
        log.error("a request could not be decided: %s", type(error).__name__)
        if not waiting.lenient:
            _answer([waiting], Malformed("it holds something that cannot be kept"))
            return
        total = Verdict()
        aside = list(waiting.rejects)
        for each in waiting.submissions:
            try:
                (verdict,) = await self._commit([_alone([each])])
            except Exception as failure:  # noqa: BLE001  as above
                if is_transient(failure):
                    _answer([waiting], Overloaded("the database is away", retry_after=5))
                    return
                reason = f"cannot be kept: {type(failure).__name__}"
                aside.append(Reject(each.source, each.message_id[:100], reason, each.raw))
            else:
                total.accepted += verdict.accepted
                total.duplicates += verdict.duplicates
        last = _alone([], aside)
        await self._pass([last])
        if waiting.answer.done():
            return
        if failed := last.answer.exception():
            waiting.answer.set_exception(failed)
        else:
            waiting.answer.set_result(total)

    async def _tidy(self, tx: AsyncConnection, now: datetime) -> None:
        if self._tidy_at is None or now >= self._tidy_at:
            gone = await store.tidy(tx, now - self.words.remembered, TIDY_MOST)
            self._tidy_at = now if gone == TIDY_MOST else now + TIDY_EVERY


def _alone(submissions: Sequence[Submission], rejects: Sequence[Reject] = ()) -> Waiting:
    return Waiting(submissions, rejects, False, asyncio.get_running_loop().create_future())


def _answer(batch: Sequence[Waiting], refusal: Refused) -> None:
    for waiting in batch:
        if not waiting.answer.done():
            waiting.answer.set_exception(refusal)
