"""More that may happen to the model's one stream: its database goes back, its log's beginning moves, a wake-up is lost.

The leases live on, as they do in a database that was put back. An operator adopts what forks.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from enum import Enum
from typing import Final

from probe.model import Reader, Rec, Rows, Simulation, Worker, check
from runtime.chain import START
from runtime.lanes.sequence import Progress, SequenceCheck


class Rule(Enum):
    BATON = "chain, writer's position, generations, the log's own beginning, a look each second"
    NUMBERS_ONLY = "an old number is a repeat, whatever it holds"
    TOKENS = "an old number under the token it was written with is a repeat; the token is the lease's"
    NO_GENERATION = "after a fork the stream is sent again as it was"
    NO_LOOK = "who is not woken does not look; what was shipped is not sent again"
    FROM_ZERO = "an offset that the log does not have any more means: read at 0"


SIMPLER: Final = tuple(rule for rule in Rule if rule is not Rule.BATON)


class PastWorld(Simulation):
    """Its reader lives in the writer's database, as in a house, or keeps its rows elsewhere, by the seed."""

    def __init__(self, seed: int, rule: Rule = Rule.BATON, *, steps: int = 400) -> None:
        super().__init__(seed, steps=steps)
        self.rule = rule
        self.together = self.chance(0.7)
        self.saved: tuple[Rows, Reader] | None = None
        self.begin_of_log = 0
        self.asleep = False
        self.tokens_taken: list[str] = []
        self.excused: set[str] = set()
        """What the reader took of a time that was lost: said at the adoption."""
        self.adoptions = 0

    def doings(self) -> list[tuple[Callable[[], None], int]]:
        return [
            *super().doings(),
            (self.write, 5),
            (self.work, 10),
            (self.save, 1),
            (self.go_back, 2),
            (self.adopt, 1),
            (self.move_beginning, 1),
            (self.look, 3),
        ]

    def work(self) -> None:
        """Most of the time all goes well."""
        for worker in self.workers:
            if worker.token == self.rows.token:
                self.begin(worker)
                self.commit(worker)
                self.ship(worker)

    # -- the database -------------------------------------------------------------------------------------------------

    def save(self) -> None:
        if self.saved is None:
            self.saved = deepcopy((self.rows, self.reader))

    def go_back(self) -> None:
        """Commits are lost, leases live on: a worker whose token is the saved one goes on as if nothing had been."""
        if self.saved is None:
            return
        (self.rows, reader), self.saved = self.saved, None
        if self.together:
            self.reader = replace(reader, scan=reader.offset, forked=False)

    # -- the log ------------------------------------------------------------------------------------------------------

    def move_beginning(self) -> None:
        """Retention: what the reader has taken may go, and now and then what it has not."""
        end = len(self.broker) if self.chance(0.3) else self.reader.offset
        self.begin_of_log = max(self.begin_of_log, min(end, len(self.broker)))

    def lose_tail(self) -> None:
        """Seldom: else nothing of a lost time would be left to be read."""
        if self.chance(0.1):
            super().lose_tail()

    def land(self) -> None:
        super().land()
        self.wake()

    def ship(self, worker: Worker, *, safely: bool = False) -> None:
        super().ship(worker, safely=safely)
        self.wake()

    def wake(self) -> None:
        """Something arrived; now and then nobody hears of it."""
        self.asleep = self.asleep and self.chance(0.2)

    # -- the reader ---------------------------------------------------------------------------------------------------

    def read(self) -> None:
        if self.asleep or self.reader.forked:
            return
        reader = self.reader
        if reader.scan < self.begin_of_log:
            if self.rule is Rule.FROM_ZERO:
                reader.scan = 0
                return
            reader.scan = self.begin_of_log
        progress, offset, taken = reader.progress.copy(), reader.offset, len(reader.taken)
        super().read()
        if reader.progress.last_seq > progress.last_seq:
            if self.beside_writer(reader.progress):  # the commit is refused
                reader.progress, reader.offset, reader.forked = progress, offset, True
                del reader.taken[taken:]
            else:
                self.tokens_taken[progress.last_seq :] = [self.broker[reader.scan - 1].token]
        self.asleep = reader.scan >= len(self.broker)

    def judge(self, record: Rec) -> SequenceCheck:
        progress = self.reader.progress
        if self.rule not in (Rule.NUMBERS_ONLY, Rule.TOKENS):
            return check(progress, record)
        if record.seq > progress.last_seq:
            return SequenceCheck.NEXT if record.seq == progress.last_seq + 1 else SequenceCheck.GAP
        known = self.tokens_taken[record.seq - 1 : record.seq]
        if self.rule is Rule.TOKENS and known and known[0] != record.token:
            return SequenceCheck.FORK
        return SequenceCheck.REPEAT

    def beside_writer(self, progress: Progress) -> bool:
        """The rule of runtime.lanes.forks: never ahead of the writer, nor elsewhere between two of its batches."""
        if self.rule in (Rule.NUMBERS_ONLY, Rule.TOKENS):
            return False
        if progress.last_seq > len(self.rows.written) or progress.generation > self.rows.generation:
            return True
        ends = {batch[-1].seq: batch[-1].hash for batch in self.rows.batches}
        return ends.get(progress.last_seq, progress.last_hash) != progress.last_hash

    def look(self) -> None:
        """Each second: beside the writer; and what was shipped and is not seen is sent again."""
        if self.rule is Rule.NO_LOOK:
            return
        self.asleep = False
        reader = self.reader
        if not reader.forked and self.beside_writer(reader.progress):
            reader.forked = True
        if reader.scan >= len(self.broker) and not self.flying:
            self.rows.shipped = min(self.rows.shipped, reader.progress.last_seq)

    # -- the operator -------------------------------------------------------------------------------------------------

    def adopt(self) -> None:
        """The reader goes back to what it shares with the writer; all after it is sent again in a new generation."""
        reader, rows = self.reader, self.rows
        if not reader.forked:
            return
        self.adoptions += 1
        common = self.common()
        seen = [*self.broker, *rows.written, *(record for batch in self.flying for record in batch)]
        newest = max([reader.progress.generation, rows.generation, *(record.generation for record in seen)])
        if self.rule is not Rule.NO_GENERATION:
            rows.generation = newest + 1
        rows.batches = [
            tuple(replace(one, generation=rows.generation) for one in batch) if batch[-1].seq > common else batch
            for batch in rows.batches
        ]
        rows.written = [record for batch in rows.batches for record in batch]
        rows.shipped = min(rows.shipped, common)
        rows.token = ""
        self.excused |= set(reader.taken) - {record.value for record in rows.written}
        shared = rows.written[common - 1].hash if common else START
        reader.progress, reader.forked, reader.missing = Progress(common, shared, rows.generation), False, 0
        reader.scan = reader.offset

    def common(self) -> int:
        """The last number at which the reader's history, as the log tells it, is the writer's."""
        hashes = {record.hash: record.prev for record in (*self.broker, *self.rows.written)}
        seq, at = self.reader.progress.last_seq, self.reader.progress.last_hash
        ours = [START, *(record.hash for record in self.rows.written)]
        while seq and (seq >= len(ours) or ours[seq] != at):
            seq, at = seq - 1, hashes[at]
        return seq

    # -- the end ------------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        for _ in range(3):
            self.look()
            while self.reader.scan < len(self.broker) and not self.reader.forked and not self.asleep:
                before = self.reader.scan
                self.read()
                if self.reader.scan <= before:
                    break
            self.adopt()
        if self.rule is not Rule.NO_LOOK:
            self.rows.shipped = min(self.rows.shipped, self.reader.progress.last_seq)

    def wrong(self) -> str | None:
        reader = self.reader
        reader.taken = [value for value in reader.taken if value not in self.excused]
        return super().wrong()
