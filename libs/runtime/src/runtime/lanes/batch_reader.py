"""Reads what a lane has not seen yet: checks numbers and chain, decodes events, puts aside what cannot be worked."""

from collections.abc import Sequence
from typing import Final

import structlog

from events import Event
from events.codec import NO_EVENT, NewerVersion, decode, decoders_of, head, kind_of
from events.leads import LeadErased, lets_go
from events.topics import TYPES
from events.upcast import is_newer, newest, with_older
from runtime.chain import UNKNOWN
from runtime.database.connection import Connection
from runtime.database.fates import is_poison
from runtime.errors import ForeignRecord, Fork
from runtime.lanes.dead_letters import FOLLOWS, DeadLetter
from runtime.lanes.forks import EXIT
from runtime.lanes.lane import Lane
from runtime.lanes.read_batch import ReadBatch
from runtime.lanes.sequence import Progress, SequenceCheck
from runtime.observe import metrics
from runtime.observe.describe import describe
from runtime.service import Components, Service
from runtime.settings import Settings
from runtime.transport.base import NO_NUMBER, Record, Transport

log = structlog.get_logger()
_ERASED: Final = LeadErased.type_name()


class BatchReader:
    """Of one worker, for whichever lane; what it has read is gone through by `BatchProcessor`."""

    def __init__(self, service: Service, components: Components, transport: Transport, settings: Settings) -> None:
        self._service = service
        self._transport = transport
        self._settings = settings
        handles = components.handler.handles if components.handler else ()
        self._types = with_older(one.type_name() for one in handles if not isinstance(one, str))
        self._newest = newest(self._types)
        self._decoders = decoders_of(self._types - {_ERASED})
        self._skips = set[bytes]()
        """Types known to be of no interest, as they stand in a record (`kind_of`)."""

    async def read(self, tx: Connection, lane: Lane, limit: int | None = None) -> ReadBatch:
        """Reads what the lane has not seen yet and checks the numbers; nothing is consumed by it."""
        limit = limit or max(1, self._settings.batch_records >> lane.failures)  # what was too much at once is cut
        lane.beginnings |= (begin := self._transport.restarts(lane.p))
        lane.scans |= begin
        start = {**lane.offsets, **lane.scans}
        records = await self._transport.read(tx, lane.p, start, records=limit, size=self._settings.batch_bytes)
        lane.more = not self._transport.is_all(records, most=limit, size=self._settings.batch_bytes)
        return self._checked(lane, records, limit)

    def _checked(self, lane: Lane, records: Sequence[Record], limit: int) -> ReadBatch:
        read = ReadBatch()
        for record in records:
            if read.count >= limit:
                lane.more = True
                break
            progress = _progress(lane, read, record.topic)
            if record.seq == NO_NUMBER:
                _pass(lane, read, record)
                read.dead_letter(DeadLetter.of_record(record, None, None, "no number: it was not written by Baton"))
                continue
            if progress.last_seq == 0 and lane.beginnings.get(record.topic, 0) > 0:
                progress.take(record.seq - 1, UNKNOWN, record.generation)  # a late reader: what came before is gone
            check = self._judge(record, progress)
            if check is SequenceCheck.GAP:
                self._gap(lane, record, progress.last_seq + 1)
                continue
            if check is SequenceCheck.REPEAT:
                _pass(lane, read, record)
                read.repeats += 1
                continue
            if not self._known(lane, read, record):
                lane.more = True
                break
            _pass(lane, read, record)
            progress.take(record.seq, record.hash, record.generation)
            read.count += 1
        for topic, offset in list(read.offsets.items()):
            if offset == lane.offsets[topic] and read.progress[topic].last_seq == lane.progress[topic].last_seq:
                del read.offsets[topic]
        return read

    def _judge(self, record: Record, progress: Progress) -> SequenceCheck:
        """What becomes of a record with a number. Raises ForeignRecord and Fork: both stop the lane."""
        if record.house and self._transport.house and record.house != self._transport.house:
            raise ForeignRecord(
                f"{record.topic}/{record.p} at offset {record.offset} was written by house {record.house}, this is "
                f"{self._transport.house}: two databases share the topics. Give one of them a BATON_TOPIC_PREFIX"
            )
        check = progress.check(record.seq, record.prev, record.hash, record.generation)
        if check is SequenceCheck.FORK:
            raise Fork(f"{record.topic}/{record.p}/{record.seq} does not fit the chain: {EXIT}")
        return check

    def _gap(self, lane: Lane, record: Record, missing: int) -> None:
        if self._transport.ships:
            lane.scans[record.topic] = record.after
        if lane.gaps.get(record.topic) != missing:
            lane.gaps[record.topic] = missing
            log.error(
                "gap: the stream waits",
                service=self._service.name,
                topic=record.topic,
                p=lane.p,
                missing=missing,
                found=record.seq,
            )

    def _known(self, lane: Lane, read: ReadBatch, record: Record) -> bool:
        """Sorts the record. False when it is newer than this code and what stands before it must be worked first."""
        try:
            self.sort(lane, read, record)
        except NewerVersion:
            if not read.count:
                raise
            return False
        return True

    def sort(self, lane: Lane, read: ReadBatch, record: Record) -> None:
        """Decode what is handled; what cannot be read, and what follows a dead letter, goes to the dead letters.

        Raises NewerVersion for a handled name in a version that this code does not know: the lane waits for the next
        release, because a record that is skipped is never seen again.
        """
        written = kind_of(record.value)
        if self._sort_quickly(lane, read, record, written):
            return
        kind = subject = None
        try:
            top = head(record.value)
            kind, subject = top.type, top.subject
            if kind == _ERASED:
                read.erase(subject)
            if kind not in self._types:
                if is_newer(kind, self._newest):
                    raise NewerVersion(f"{record.topic}/{record.p}/{record.seq} is {kind}, newer than this code")
                read.skipped += 1
                if written and kind in TYPES and kind != _ERASED:
                    self._skips.add(written)
                return
            event = decode(record.value)
        except Exception as error:
            if not is_poison(error):
                raise
            read.dead_letter(DeadLetter.of_record(record, subject, kind, describe(error)))
            return
        if event is None:
            metrics.UNKNOWN.labels(self._service.name).inc()
        else:
            self._take(lane, read, record, event)

    def _sort_quickly(self, lane: Lane, read: ReadBatch, record: Record, written: bytes) -> bool:
        """Whether type and bytes of the record are as usual: nothing else of it needs to be looked at."""
        if written in self._skips:
            read.skipped += 1
            return True
        decode_known = self._decoders.get(written)
        if decode_known is None:
            return False
        try:
            event = decode_known(record.value)
        except NO_EVENT:
            return False
        self._take(lane, read, record, event)
        return True

    def _take(self, lane: Lane, read: ReadBatch, record: Record, event: Event) -> None:
        """For the handler, unless it follows a dead letter."""
        if read.waits(event.subject, lane.blocked) and not lets_go(event):
            letter = DeadLetter.of_record(record, event.subject, head(record.value).type, FOLLOWS, follows=True)
            read.dead_letter(letter)
        else:
            read.add(record, event)


def _progress(lane: Lane, read: ReadBatch, topic: str) -> Progress:
    """How far the read has come on a topic: the lane's own progress, copied when the read first meets the topic."""
    if topic not in read.progress:
        read.progress[topic] = lane.progress[topic].copy()
    return read.progress[topic]


def _pass(lane: Lane, read: ReadBatch, record: Record) -> None:
    """The read moves on behind the record, and so does the search for a missing number."""
    read.offsets[record.topic] = record.after
    if record.topic in lane.scans:
        lane.scans[record.topic] = record.after
