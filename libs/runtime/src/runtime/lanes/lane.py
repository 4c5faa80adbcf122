"""One lane as its worker knows it, and the statements that keep it true: fence, positions, what is shipped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final, NoReturn

from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement
from runtime.emit.stored import Stored
from runtime.errors import Fenced, Fork, Stale
from runtime.lanes.forks import astray, forks
from runtime.lanes.outputs import Outputs
from runtime.lanes.sequence import Progress

CRASHES: Final = 2
"""Workers that may die on a lane before it is worked in a child process."""
REST: Final = 0.05
"""Seconds without a batch after which the database is told what was sent; sooner, the next batch tells it too."""
ROUND_BYTES: Final = 2 * 1024 * 1024
"""Read at once to be shipped; a stored batch has 900 KB at most."""

_POSITIONS = statement("SELECT topic, next_offset, last_seq, last_hash, generation FROM lane_input WHERE p = :p")
_BLOCKED = statement(
    "SELECT DISTINCT subject FROM dead_letter WHERE p = :p AND state IN ('open', 'retry') AND subject IS NOT NULL"
)
_FENCE = statement("""
    UPDATE lane SET lease_until = clock_timestamp() + make_interval(secs => :lease), stopped = NULL,
                    crashes = CASE WHEN :probation THEN crashes ELSE 0 END
    WHERE p = :p AND token = :token RETURNING poison_run, clock_timestamp() AS at
""")
ADVANCE: Final = """
    UPDATE lane_input i SET next_offset = w.after, last_seq = w.seq, last_hash = w.hash, generation = w.generation
    FROM unnest(CAST(:topics AS text[]), CAST(:befores AS bigint[]), CAST(:hads AS bigint[]), CAST(:afters AS bigint[]),
                CAST(:seqs AS bigint[]), CAST(:hashes AS bytea[]), CAST(:generations AS int[]))
            AS w(topic, before, had, after, seq, hash, generation)
    WHERE i.p = :p AND i.topic = w.topic AND i.next_offset = w.before AND i.last_seq = w.had AND NOT ({astray})
"""
"""Moves inputs with compare and set, never past their writers: parameters `p` and those of `Lane.moves`."""
_UNSHIPPED = statement("""
    SELECT topic, first_seq, prev, generation, body, shipped_seq FROM (
        SELECT page.*, sum(octet_length(body)) OVER (ORDER BY turn, topic) - octet_length(body) AS ahead FROM (
            SELECT b.topic, b.first_seq, b.prev, b.generation, b.body, o.shipped_seq,
                   row_number() OVER (PARTITION BY b.topic ORDER BY b.first_seq) AS turn
            FROM lane_output o, LATERAL (
                SELECT * FROM stream_batch
                WHERE topic = o.topic AND p = o.p
                  AND first_seq >= coalesce((SELECT max(first_seq) FROM stream_batch
                                             WHERE topic = o.topic AND p = o.p AND first_seq <= o.shipped_seq + 1), 0)
                ORDER BY first_seq LIMIT 64) AS b
            WHERE o.p = :p AND o.last_seq > o.shipped_seq) AS page) AS sized
    WHERE ahead < :size ORDER BY turn, topic
""")
_SHIPPED = statement("""
    UPDATE lane_output o SET shipped_seq = w.now
    FROM unnest(CAST(:topics AS text[]), CAST(:befores AS bigint[]), CAST(:nows AS bigint[])) AS w(topic, before, now)
    WHERE o.p = :p AND o.topic = w.topic AND o.shipped_seq = w.before
      AND EXISTS (SELECT 1 FROM lane WHERE p = :p AND token = :token)
""")
_CLOCK = statement("SELECT clock_timestamp() AS at FROM lane WHERE p = :p AND token = :token")
_TRUSTED = statement("UPDATE lane SET crashes = 0 WHERE p = :p AND token = :token")
_STOP = statement("UPDATE lane SET stopped = :why WHERE p = :p AND token = :token")
_DUE_LANES = statement("""
    SELECT p FROM lane WHERE EXISTS (SELECT 1 FROM timer WHERE timer.p = lane.p AND timer.due_at <= :now)
""")


@dataclass(frozen=True, slots=True)
class Fence:
    """What the first writing statement of a batch learns."""

    poison_run: int
    """Dead letters in a row so far."""
    at: datetime
    """The database's clock."""


@dataclass(slots=True)
class Lane:
    """One lane in its worker's memory: token, positions read, positions to scan, and why it may not go on."""

    p: int
    token: str
    crashes: int = 0
    """Workers that died one after the other holding this lane, without finishing a batch."""
    offsets: dict[str, int] = field(default_factory=dict)
    progress: dict[str, Progress] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    """Subjects with an open dead letter: their later inputs follow it."""
    certain: bool = False
    """False until positions were read from the database: after taking the lane, after any doubt about a commit."""
    gaps: dict[str, int] = field(default_factory=dict)
    """Topic to the number that is missing."""
    scans: dict[str, int] = field(default_factory=dict)
    """Where to look for the missing number, on a transport where it will appear further on."""
    beginnings: dict[str, int] = field(default_factory=dict)
    """Where the log of a topic begins, when it no longer had what was asked for."""
    fault: str | None = None
    """Why nobody works this lane until an operator has looked."""
    failures: int = 0
    """In a row; decides the back-off."""
    rests_until: float = 0.0
    """By the event loop's clock: nobody visits the lane before."""
    ship_failures: int = 0
    """Shipping rounds in a row that the transport did not take."""
    ships_from: float = 0.0
    """By the event loop's clock: nothing is shipped before."""
    moved_at: float = 0.0
    """By the event loop's clock: when it was last seen to move."""
    served: bool = False
    """This worker has visited it."""
    timers: bool = False
    """A timer of this lane is due."""
    more: bool = True
    """The last visit may have left something that nobody will tell of."""
    outputs: Outputs | None = None
    """What it writes, where nobody else writes it; None: the database is asked each time."""
    unshipped: bool = True
    """Where others write its streams too: there may be something to ship, so the database is asked."""
    retries: bool = False
    """Somebody asked for dead letters to be tried again."""

    @property
    def on_probation(self) -> bool:
        """Something in it may kill its process: it is worked in a child."""
        return self.crashes >= CRASHES

    def rests(self, now: float, *, moved: bool) -> bool:
        """Whether it has not moved for `REST` seconds; `moved`: it did so at this visit."""
        self.moved_at = now if moved else self.moved_at
        return now >= self.moved_at + REST

    async def learn(self, tx: Connection, *, alone: bool = False) -> None:
        """Loads positions and blocked subjects from the database; what memory held of them is replaced.

        `alone`: only this lane's worker writes its streams, so it remembers where they stand.
        """
        self.outputs = await Outputs.learn(tx, self.p) if alone else None
        self.progress, self.gaps, self.scans, self.beginnings = {}, {}, {}, {}
        for row in await tx.execute(_POSITIONS, {"p": self.p}):
            self.offsets[row.topic] = row.next_offset
            self.progress[row.topic] = Progress(row.last_seq, row.last_hash, row.generation)
        self.blocked = set((await tx.execute(_BLOCKED, {"p": self.p})).scalars())
        self.certain = self.unshipped = True

    async def fence(self, tx: Connection, lease: float) -> Fence:
        """Locks the lane's row until the transaction ends; raises Fenced when somebody else has taken it.

        A finished batch clears the count of crashes, except on probation: one input alone does not prove the lane well.
        """
        given = {"p": self.p, "token": self.token, "lease": lease, "probation": self.on_probation}
        row = (await tx.execute(_FENCE, given)).one_or_none()
        if row is None:
            raise self._fenced()
        return Fence(row.poison_run, row.at)

    async def clock(self, tx: Connection) -> datetime:
        """The database's clock; raises Fenced when somebody else has taken the lane."""
        row = (await tx.execute(_CLOCK, {"p": self.p, "token": self.token})).one_or_none()
        if row is None:
            raise self._fenced()
        at: datetime = row.at
        return at

    def _fenced(self) -> Fenced:
        return Fenced(f"lane {self.p} was taken by another worker")

    async def trusted(self, tx: Connection) -> None:
        """A child process worked what there was: the deaths of workers on this lane are forgotten."""
        await tx.execute(_TRUSTED, {"p": self.p, "token": self.token})
        self.crashes = 0

    async def advance(self, tx: Connection, offsets: Mapping[str, int], progress: Mapping[str, Progress]) -> None:
        """Moves the inputs from where we read to where we are, or raises Stale: a blind retry fails, not doubles.

        Raises Fork when the writer has not come as far, or went on from something else: what was read is of a time that
        its database does not know.
        """
        if offsets and (await tx.execute(_advance(self.topics), self.moves(offsets, progress))).rowcount != len(
            offsets
        ):
            await self.refuse(tx, offsets, progress)

    @property
    def topics(self) -> tuple[str, ...]:
        """What it reads, in order."""
        return tuple(sorted(self.offsets))

    def moves(self, offsets: Mapping[str, int], progress: Mapping[str, Progress]) -> dict[str, Any]:
        """Parameters of ADVANCE: where the inputs are by memory, and where they go."""
        topics = sorted(offsets)
        return {
            "p": self.p,
            "topics": topics,
            "befores": [self.offsets[topic] for topic in topics],
            "hads": [self.progress[topic].last_seq for topic in topics],
            "afters": [offsets[topic] for topic in topics],
            "seqs": [progress[topic].last_seq for topic in topics],
            "hashes": [progress[topic].last_hash for topic in topics],
            "generations": [progress[topic].generation for topic in topics],
        }

    async def refuse(self, tx: Connection, offsets: Mapping[str, int], progress: Mapping[str, Progress]) -> NoReturn:
        """After an ADVANCE that did not move all: raises Fork when a writer was never there, else Stale."""
        if forked := await forks(tx, {self.p: {topic: progress[topic] for topic in offsets}}):
            raise Fork(forked[self.p])
        raise Stale(f"lane {self.p}, or what its batch rests on, is not where it was read from")

    async def load_unshipped(self, tx: Connection, size: int = ROUND_BYTES) -> tuple[list[Stored], dict[str, int]]:
        """What was written and not yet sent, and the shipped number of each topic as it stands.

        Of each topic the oldest first, topics in turn: about `size` bytes, and one stored batch at least.
        """
        rows = (await tx.execute(_UNSHIPPED, {"p": self.p, "size": size})).all()
        return [Stored(r.topic, self.p, r.first_seq, r.prev, r.body, r.generation) for r in rows], {
            r.topic: r.shipped_seq for r in rows
        }

    async def shipped(self, tx: Connection, before: Mapping[str, int], now: Mapping[str, int]) -> int:
        """Compare and set, by the lane's holder: a re-ship asked for meanwhile is not forgotten. Returns how many of
        the topics were still where we thought."""
        topics = sorted(now)
        given = {"befores": [before[t] for t in topics], "nows": [now[t] for t in topics]}
        return (await tx.execute(_SHIPPED, {"p": self.p, "token": self.token, "topics": topics, **given})).rowcount

    async def stop(self, tx: Connection, why: str) -> None:
        """Shows the reason on the operations page; the next finished batch wipes it away."""
        await tx.execute(_STOP, {"p": self.p, "token": self.token, "why": why})


@cache
def _advance(topics: tuple[str, ...]) -> Statement:
    return statement(advance_of(topics))


def advance_of(topics: tuple[str, ...]) -> str:
    """SQL: ADVANCE for a lane that reads these topics."""
    return ADVANCE.format(astray=astray(topics).replace("w.p", ":p") if topics else "false")


async def due_lanes(tx: Connection, now: datetime) -> list[int]:
    """Lanes of this service with a timer that is due."""
    return (await tx.execute(_DUE_LANES, {"now": now})).scalars()
