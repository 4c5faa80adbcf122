"""The protocol as a seeded model: one lane, several workers, a broker, a reader, and faults at every step.

It judges records with the real rule (runtime.lanes.sequence). `Variant` names the naive protocols.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Final

from runtime.chain import START, link, links
from runtime.lanes.sequence import Progress, SequenceCheck


class Variant(Enum):
    BATON = "numbers drawn in the transaction, shipped after it, only the next one taken, writers fenced"
    PUBLISH_FIRST = "the broker is told before the commit"
    NO_NUMBERS = "committed first, but records carry no number"
    IF_GREATER = "a reader takes any number above the last"
    NO_FENCE = "a commit does not ask whose lane it is"
    BLIND_RETRY = "a commit whose answer was lost is done again"


@dataclass(frozen=True, slots=True)
class Rec:
    seq: int
    token: str
    value: str
    prev: bytes = START
    generation: int = 1

    @property
    def hash(self) -> bytes:
        return link(self.prev, self.value.encode())


def check(progress: Progress, record: Rec) -> SequenceCheck:
    return progress.check(record.seq, record.prev, record.hash, record.generation)


def take(progress: Progress, record: Rec) -> None:
    progress.take(record.seq, record.hash, record.generation)


@dataclass(slots=True)
class Rows:
    """What the lane's database holds; changed only as a whole."""

    token: str = ""
    offset: int = 0
    progress: Progress = field(default_factory=Progress)
    worked: list[str] = field(default_factory=list)
    written: list[Rec] = field(default_factory=list)
    batches: list[tuple[Rec, ...]] = field(default_factory=list)
    shipped: int = 0
    generation: int = 1

    @property
    def last_hash(self) -> bytes:
        return self.written[-1].hash if self.written else START


@dataclass(slots=True)
class Transaction:
    before: int
    had: int
    after: int
    progress: Progress
    taken: list[str]
    outcome: list[str]


@dataclass(slots=True)
class Worker:
    token: str = ""
    certain: bool = False
    offset: int = 0
    progress: Progress = field(default_factory=Progress)
    open: Transaction | None = None
    again: bool = False
    """The answer to its commit was lost."""


@dataclass(slots=True)
class Reader:
    offset: int = 0
    scan: int = 0
    progress: Progress = field(default_factory=Progress)
    taken: list[str] = field(default_factory=list)
    forked: bool = False
    missing: int = 0


class Simulation:
    """`run` plays; the answer is what went wrong, or None."""

    def __init__(self, seed: int, variant: Variant = Variant.BATON, *, steps: int = 400) -> None:
        self.random = Random(seed)
        self.variant = variant
        self.steps = steps
        self.source: list[Rec] = []
        self.source_hash = START
        self.inputs = 0
        self.rows = Rows()
        self.broker: list[Rec] = []
        self.flying: list[tuple[Rec, ...]] = []
        self.workers = [Worker() for _ in range(3)]
        self.reader = Reader()
        self.tokens = 0
        self.nonce = 0

    def run(self) -> str | None:
        doings = self.doings()
        steps = self.random.choices([do for do, _ in doings], [weight for _, weight in doings], k=self.steps)
        for step in steps:
            step()
        self.calm()
        return self.wrong()

    def doings(self) -> list[tuple[Callable[[], None], int]]:
        """Everything that may happen next, and how often."""
        return [
            (self.write, 5),
            (lambda: self.take_lane(self.anyone()), 2),
            (lambda: self.begin(self.anyone()), 8),
            (lambda: self.commit(self.anyone()), 8),
            (lambda: self.ship(self.anyone()), 6),
            (self.land, 4),
            (self.read, 10),
            (self.crash, 2),
            (self.restart_reader, 1),
            (self.lose_tail, 2),
            (self.reship, 1),
        ]

    def anyone(self) -> Worker:
        return self.random.choice(self.workers)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # -- the writer ---------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Upstream: numbers are dense, and now and then something is sent again."""
        self.inputs += 1
        self.source.append(Rec(self.inputs, "up", f"in-{self.inputs}", self.source_hash))
        self.source_hash = self.source[-1].hash
        if self.chance(0.2):
            self.source += self.source[self.random.randrange(len(self.source)) :]

    def take_lane(self, worker: Worker) -> None:
        """The lease ran out, whether or not its holder is still alive; it does not learn of it."""
        self.tokens += 1
        self.rows.token = worker.token = f"t{self.tokens}"
        self.learn(worker)

    def learn(self, worker: Worker) -> None:
        worker.certain, worker.open, worker.again = True, None, False
        worker.offset, worker.progress = self.rows.offset, self.rows.progress.copy()

    def begin(self, worker: Worker) -> None:
        if not worker.token or worker.open:
            return
        if not worker.certain:
            self.learn(worker)
        progress, taken = worker.progress.copy(), []
        records = self.source[worker.offset : worker.offset + self.random.randint(1, 4)]
        for record in records:
            if check(progress, record) is SequenceCheck.NEXT:
                take(progress, record)
                taken.append(record.value)
        if not records:
            return
        outcome = [self.decide(value) for value in taken]
        after = worker.offset + len(records)
        worker.open = Transaction(worker.offset, worker.progress.last_seq, after, progress, taken, outcome)
        if self.variant is Variant.PUBLISH_FIRST:
            self.broker += self.as_records(worker, outcome)

    def decide(self, value: str) -> str:
        """A decision done twice comes out differently: the world has moved on."""
        self.nonce += 1
        return f"{value}:{self.nonce}"

    def as_records(self, worker: Worker, outcome: list[str]) -> list[Rec]:
        hashes = links(self.rows.last_hash, [value.encode() for value in outcome])
        first = len(self.rows.written) + 1
        return [Rec(first + n, worker.token, value, hashes[n], self.rows.generation) for n, value in enumerate(outcome)]

    def commit(self, worker: Worker) -> None:
        opened = worker.open
        if opened is None:
            return
        if self.chance(0.1):  # the connection breaks before the server hears of it
            worker.open, worker.certain = None, False
            return
        mine = self.rows.token == worker.token
        there = (self.rows.offset, self.rows.progress.last_seq) == (opened.before, opened.had)
        blind = self.variant is Variant.NO_FENCE or (self.variant is Variant.BLIND_RETRY and worker.again and mine)
        if not (mine and there) and not blind:
            worker.open, worker.certain = None, False
            worker.token = worker.token if mine else ""
            return
        written = tuple(self.as_records(worker, opened.outcome))
        self.rows.offset, self.rows.progress = opened.after, opened.progress.copy()
        self.rows.worked += opened.taken
        self.rows.written += written
        if written:
            self.rows.batches.append(written)
        if self.chance(0.15):  # done, but the answer is lost
            worker.again = True
            if self.variant is not Variant.BLIND_RETRY:
                worker.open, worker.certain = None, False
            return
        worker.open, worker.again = None, False
        worker.offset, worker.progress = opened.after, opened.progress

    def ship(self, worker: Worker, *, safely: bool = False) -> None:
        """The oldest batch that is not known to be there; a zombie may do it too."""
        if not worker.token or self.variant is Variant.PUBLISH_FIRST:
            return
        batch = next((one for one in self.rows.batches if one[-1].seq > self.rows.shipped), None)
        if batch is None:
            return
        fate = "acknowledged" if safely else self.random.choice(("acknowledged", "unanswered", "late", "lost"))
        if fate in ("acknowledged", "unanswered"):
            self.broker += batch
        elif fate == "late":
            self.flying.append(batch)
        if fate == "acknowledged":
            self.rows.shipped = batch[-1].seq

    def crash(self) -> None:
        self.workers[self.random.randrange(len(self.workers))] = Worker()

    # -- the broker ---------------------------------------------------------------------------------------------------

    def land(self) -> None:
        """A send that nobody waits for any more arrives after all."""
        if self.flying:
            self.broker += self.flying.pop(self.random.randrange(len(self.flying)))

    def lose_tail(self) -> None:
        """An unclean election: acknowledged records that nobody has read are gone."""
        if self.variant in (Variant.BATON, Variant.IF_GREATER):
            del self.broker[max(self.reader.scan, len(self.broker) - self.random.randint(1, 3)) :]

    # -- the reader ---------------------------------------------------------------------------------------------------

    def read(self) -> None:
        reader = self.reader
        if reader.forked or reader.scan >= len(self.broker):
            return
        record = self.broker[reader.scan]
        reader.scan += 1
        verdict = self.judge(record)
        if verdict is SequenceCheck.FORK:
            reader.forked = True
        elif verdict is SequenceCheck.GAP:
            reader.missing = reader.progress.last_seq + 1
        else:
            reader.offset = reader.scan
            if verdict is SequenceCheck.NEXT:
                take(reader.progress, record)
                reader.taken.append(record.value)
                reader.missing = 0

    def judge(self, record: Rec) -> SequenceCheck:
        if self.variant is Variant.NO_NUMBERS:
            return SequenceCheck.NEXT
        if self.variant is Variant.IF_GREATER:
            return SequenceCheck.NEXT if record.seq > self.reader.progress.last_seq else SequenceCheck.REPEAT
        return check(self.reader.progress, record)

    def restart_reader(self) -> None:
        self.reader.scan = self.reader.offset

    def reship(self) -> None:
        """What an operator does about a gap."""
        if self.reader.missing:
            self.rows.shipped = min(self.rows.shipped, self.reader.missing - 1)

    # -- the end ------------------------------------------------------------------------------------------------------

    def calm(self) -> None:
        """All faults are over: one worker does what is left, late sends land, gaps are healed."""
        self.random.random = lambda: 1.0  # type: ignore[method-assign]
        worker = self.workers[0]
        while self.flying:
            self.land()
        self.take_lane(worker)
        for _ in range(3):
            while worker.offset < len(self.source):
                self.begin(worker)
                self.commit(worker)
            while self.rows.shipped < len(self.rows.written) and self.variant is not Variant.PUBLISH_FIRST:
                self.ship(worker, safely=True)
            self.settle()

    def settle(self) -> None:
        """The reader reads what is there; what it misses is sent again."""
        while self.reader.scan < len(self.broker) and not self.reader.forked:
            self.read()
        self.rows.shipped = min(self.rows.shipped, self.reader.progress.last_seq)

    def wrong(self) -> str | None:
        inputs = [f"in-{n}" for n in range(1, self.inputs + 1)]
        if self.rows.worked != inputs:
            return f"worked {self.rows.worked}, said to it were {inputs}"
        if self.reader.forked:
            return "the reader saw a fork"
        written = [record.value for record in self.rows.written]
        if self.reader.taken != written:
            return f"read {self.reader.taken}, said were {written}"
        return None


NAIVE: Final = tuple(variant for variant in Variant if variant is not Variant.BATON)
