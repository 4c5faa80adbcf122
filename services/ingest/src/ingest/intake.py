"""The micro-batcher: requests queue up, a batch of them is one transaction, and each is answered after the commit.

It stands where other services have handler.py: ingest reads no stream, what it decides on comes over HTTP.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from logging import getLogger
from typing import Final

from ingest import store
from ingest.decide import (
    Outcome,
    Reading,
    Receipt,
    Request,
    Submission,
    Vocabulary,
    decide,
    divide,
    mentions,
    read,
    unknown_events,
)
from ingest.decide.resubmission import kept_raw
from ingest.store import LeftOut, Reject
from runtime.database.connection import Connection
from runtime.database.fates import is_transient
from runtime.errors import Refused
from runtime.http.problems import Malformed, Overloaded
from runtime.service import Context

LINGER: Final = 0.005
"""Seconds that the first request waits for company at most: for as many as came together last time."""
MOST_REQUESTS: Final = 200
MOST_SUBMISSIONS: Final = 1000
"""In one transaction; a single larger request goes alone."""
MOST_WAITING: Final = 10_000
"""Submissions in the queue; beyond that, requests are refused."""
MOST_BYTES: Final = 64 * 1024 * 1024
FRESH: Final = 1.0
"""Seconds for which the database's clock is carried on by the event loop's."""
PATIENCE: Final = 12.0
"""Seconds after which a request is asked to come again; if it was kept by then, its repeat is a duplicate."""
COUNTED_AFTER: Final = 1.0
"""Seconds after which counts of what is left out are written; those of a process that is killed are lost."""
MOST_COUNTS: Final = 1000
"""Different reasons that are told apart within that time."""
TIDY_EVERY: Final = timedelta(hours=1)
TIDY_MOST: Final = 5000
log = getLogger(__name__)


@dataclass(slots=True)
class QueuedRequest:
    """One request, all of it kept or nothing, until it is answered."""

    submissions: Sequence[Submission]
    rejects: Sequence[Reject]
    lenient: bool
    """What cannot be kept is put aside with its reason, and the rest is kept all the same."""
    answer: "asyncio.Future[Receipt]"
    readings: Request | None = None
    """Of the submissions, when they were read before the transaction."""
    size: int = field(init=False)
    """Bytes."""

    def __post_init__(self) -> None:
        self.size = sum(len(submission.raw or b"") for submission in self.submissions)


class Intake:
    """One for each process; all processes pass one after the other through the row `door`."""

    def __init__(self, context: Context) -> None:
        self.vocabulary = Vocabulary.of(context.agreement)
        self._database = context.database
        self._clock = context.clock
        self._writer = context.writer
        self._queue: deque[QueuedRequest] = deque()
        self._submissions = 0
        self._bytes = 0
        self._worker: asyncio.Task[None] | None = None
        self._usual = 1
        """Requests of the last transaction: where one came alone, the next one waits for nobody."""
        self._looked_at: tuple[datetime, float] | None = None
        """The database's clock in the last transaction, and the event loop's at that moment."""
        self._complete: asyncio.Future[None] | None = None
        """Somebody waits until so many have come."""
        self._tidy_at: datetime | None = None
        self._left_out = Counter[LeftOut]()
        """Not written yet."""
        self._counting: asyncio.TimerHandle | None = None
        self._count_now = False

    async def submit(
        self, submissions: Sequence[Submission], *, rejects: Sequence[Reject] = (), lenient: bool = False
    ) -> Receipt:
        """Returns after the commit. Raises Overloaded, or Malformed for an unknown lead or the future."""
        if self._submissions > MOST_WAITING or self._bytes > MOST_BYTES:
            raise Overloaded(f"{self._submissions} submissions are waiting")
        answer = asyncio.get_running_loop().create_future()
        request = QueuedRequest(submissions, rejects, lenient, answer, self._read_ahead(submissions))
        self._enqueue(request)
        late = Overloaded("the database is slow", retry_after=5)
        timer = asyncio.get_running_loop().call_later(PATIENCE, _refuse, [request], late)
        try:
            receipt = await request.answer  # cancelled with us, when the client goes away
        finally:
            timer.cancel()
        if receipt.wrong:
            raise Malformed(errors=[{"pointer": one.pointer, "detail": one.detail} for one in receipt.wrong])
        return receipt

    def _enqueue(self, request: QueuedRequest) -> None:
        self._queue.append(request)
        self._submissions += len(request.submissions)
        self._bytes += request.size
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        elif self._complete and self._is_complete:
            _finish(self._complete)

    def leave_out(self, what: str, reason: str, source: str = "", count: int = 1) -> None:
        """Counts what is not kept, or worth nothing, by its reason: for those who are told 200, or drop what we say."""
        full = len(self._left_out) >= MOST_COUNTS
        self._left_out[LeftOut(what, "others", "") if full else LeftOut(what, reason, source)] += count
        if self._counting is None:
            self._counting = asyncio.get_running_loop().call_later(COUNTED_AFTER, self._count)

    def _count(self) -> None:
        """The next transaction writes the counts: that of an empty request, if nobody else comes."""
        self._counting, self._count_now = None, True
        alone = _alone([])
        alone.answer.add_done_callback(lambda answer: answer.exception())
        self._enqueue(alone)

    def _read(self, submissions: Sequence[Submission], received: datetime) -> Request:
        return [read(each, self.vocabulary, received) for each in submissions]

    def _read_ahead(self, submissions: Sequence[Submission]) -> Request | None:
        """While the last transaction still knows what time it is: then the next one need not wait for the reading."""
        if self._looked_at is None:
            return None
        database, then = self._looked_at
        passed = asyncio.get_running_loop().time() - then
        if passed > FRESH:
            return None
        try:
            return self._read(submissions, self._clock.read(database + timedelta(seconds=passed)))
        except Exception:  # noqa: BLE001  it is raised again where it is answered
            return None

    async def _work(self) -> None:
        while self._queue:
            if not self._is_complete:
                await self._linger()
            batch = self._next()
            self._usual = len(batch)
            await self._process(batch)

    @property
    def _is_complete(self) -> bool:
        most = min(self._usual, MOST_REQUESTS)
        return len(self._queue) >= most or self._submissions >= MOST_SUBMISSIONS

    async def _linger(self) -> None:
        loop = asyncio.get_running_loop()
        self._complete = loop.create_future()
        timer = loop.call_later(LINGER, _finish, self._complete)
        await self._complete
        timer.cancel()
        self._complete = None

    def _next(self) -> list[QueuedRequest]:
        batch: list[QueuedRequest] = []
        size = 0
        while self._queue and len(batch) < MOST_REQUESTS:
            if batch and size + len(self._queue[0].submissions) > MOST_SUBMISSIONS:
                break
            request = self._queue.popleft()
            self._submissions -= len(request.submissions)
            self._bytes -= request.size
            size += len(request.submissions)
            if not request.answer.done():
                batch.append(request)
        return batch

    async def _process(self, batch: Sequence[QueuedRequest]) -> None:
        """One transaction; if it fails for what is in it, each request alone, so that neighbours do not suffer."""
        try:
            receipts = await self._commit(batch)
        except Exception as error:  # noqa: BLE001  whatever is wrong with one request is answered to that one
            if is_transient(error):
                _refuse(batch, Overloaded("the database is away", retry_after=5))
            elif len(batch) > 1:
                for request in batch:
                    await self._process([request])
            else:
                await self._isolate(batch[0], error)
            return
        for request, receipt in zip(batch, receipts, strict=True):
            if not request.answer.done():
                request.answer.set_result(receipt)

    async def _commit(self, batch: Sequence[QueuedRequest]) -> Sequence[Receipt]:
        """Load, decide, save, emit. Whose memory is needed shows in the outcome: then it decides a second time."""
        async with self._database.begin_by_keys() as tx:
            database = await store.lock(tx)
            now = self._clock.read(database)
            self._looked_at = database, asyncio.get_running_loop().time()
            every = [request.readings or self._read(request.submissions, now) for request in batch]
            divisions = [divide(request, self.vocabulary.spam) for request in every]
            requests = [one.kept for one in divisions]
            registry = await store.load(tx, mentions(requests))
            outcome = decide(registry, requests, now=now)
            if unread := outcome.unread(registry):
                registry = await store.load_memory(tx, registry, unread)
                outcome = decide(registry, requests, now=now)
            await store.save(tx, registry, outcome, now)
            rejects = [reject for request in batch for reject in request.rejects]
            rejects += [_spam(reading, reason) for one in divisions for reading, reason in one.spam]
            if rejects:
                await store.save_rejects(tx, rejects, now)
            counts = dict(self._left_out) if self._count_now else {}
            if counts:
                await store.save_left_out(tx, counts, now)
            await self._tidy(tx, now)
            await self._writer.append(tx, outcome.facts, now)
        if counts:
            self._left_out = +(self._left_out - Counter(counts))
            self._count_now = False
        self._note(requests, outcome)
        for receipt, one in zip(outcome.receipts, divisions, strict=True):
            receipt.accepted += len(one.spam)
        return outcome.receipts

    def _note(self, requests: Sequence[Request], outcome: Outcome) -> None:
        """What of the batch was here before, and what it calls by a name that nobody knows."""
        for request, receipt in zip(requests, outcome.receipts, strict=True):
            if receipt.duplicates:
                self.leave_out("duplicate", "was here before", request[0].submission.source, receipt.duplicates)
        for (source, name), count in unknown_events(requests, outcome.message_times).items():
            self.leave_out("unknown event", name, source, count)

    async def _isolate(self, request: QueuedRequest, error: Exception) -> None:
        """Nothing of the request was kept. A lenient one is tried piece by piece, and what fails is put aside."""
        log.error("a request could not be decided: %s", type(error).__name__)
        if not request.lenient:
            _refuse([request], Malformed("it holds something that cannot be kept"))
            return
        total = Receipt()
        rejects = list(request.rejects)
        for submission in request.submissions:
            try:
                (receipt,) = await self._commit([_alone([submission])])
            except Exception as failure:  # noqa: BLE001  as above
                if is_transient(failure):
                    _refuse([request], Overloaded("the database is away", retry_after=5))
                    return
                reason = f"cannot be kept: {type(failure).__name__}"
                rejects.append(Reject(submission.source, submission.message_id[:100], reason, kept_raw(submission)))
            else:
                total.accepted += receipt.accepted
                total.duplicates += receipt.duplicates
        last = _alone([], rejects)
        await self._process([last])
        if request.answer.done():
            return
        if failed := last.answer.exception():
            request.answer.set_exception(failed)
        else:
            request.answer.set_result(total)

    async def _tidy(self, tx: Connection, now: datetime) -> None:
        if self._tidy_at is None or now >= self._tidy_at:
            removed = await store.tidy(tx, now - self.vocabulary.remembered, TIDY_MOST)
            self._tidy_at = now if removed == TIDY_MOST else now + TIDY_EVERY


def _finish(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


def _spam(reading: Reading, reason: str) -> Reject:
    submission = reading.submission
    return Reject(submission.source, submission.message_id[:100], reason, None, "spam", submission)


def _alone(submissions: Sequence[Submission], rejects: Sequence[Reject] = ()) -> QueuedRequest:
    return QueuedRequest(submissions, rejects, False, asyncio.get_running_loop().create_future())


def _refuse(batch: Sequence[QueuedRequest], refusal: Refused) -> None:
    for request in batch:
        if not request.answer.done():
            request.answer.set_exception(refusal)
