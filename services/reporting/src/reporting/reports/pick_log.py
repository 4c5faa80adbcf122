"""The log of a pool's picks, pure: its entries as anybody can read them, their hash chain, and the counts they give.

Who doubts a certificate replays it: `chain` of the entries is its hash, `replay` gives its counts, and `wrong` is empty
when each pick by turn went to whom its own candidate table says. For a certificate alone the log is not read: each pick
keeps the digest of its entry (`decide/picks.py`), and the same is made of these.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from reporting.decide.picks import LogEntry, credit_entry, digest_of, pick_entry, went_past
from reporting.store.conditions import DatabaseRow

FIRST: Final = ""
"""What stands before the first entry of a chain."""
_DIGEST: Final = 64
"""Signs of a digest."""


@dataclass(slots=True)
class RepTally:
    """Of one rep in one pool."""

    picks: int = 0
    turns: int = 0
    credits: int = 0

    @property
    def net(self) -> int:
        """Turns that count: taken, and not given back."""
        return self.turns - self.credits


@dataclass(frozen=True, slots=True)
class LogSummary:
    """What a certificate says of the log of one pool."""

    hash: str
    entries: int
    tallies: Mapping[str, RepTally]
    """By rep."""
    wrong: Sequence[str]


def log_of(rows: Iterable[DatabaseRow]) -> list[LogEntry]:
    """The entries in the order in which they happened; a credit comes after its pick, whatever the clocks say."""
    entries: list[tuple[datetime, int, str, LogEntry]] = []
    for row in rows:
        entries.append((row["at"], 0, row["assignment"], pick_entry(row)))
        if row["credited_at"] is not None:
            given = max(row["at"], row["credited_at"])
            entries.append((given, 1, row["assignment"], credit_entry(row, given)))
    return [entry for *_, entry in sorted(entries, key=lambda one: one[:3])]


def chain(entries: Iterable[LogEntry], before: str = FIRST) -> str:
    """The link of the last entry, in hex: SHA-256 of the link before (`before` the first) and the entry's own SHA-256.

    Of an entry that is of its JSON with sorted keys, in hex. No entries: `before`.
    """
    return _linked(map(digest_of, entries), before)


def _linked(digests: Iterable[str], link: str = FIRST) -> str:
    for digest in digests:
        link = sha256(f"{link}{digest}".encode()).hexdigest()
    return link


def replay(entries: Iterable[LogEntry]) -> dict[tuple[str, str], RepTally]:
    """By pool and rep what the entries add up to."""
    tallies: dict[tuple[str, str], RepTally] = {}
    for entry in entries:
        tally = tallies.setdefault((entry["pool"], entry["rep"]), RepTally())
        if entry["kind"] == "credit":
            tally.credits += 1
        else:
            tally.picks += 1
            tally.turns += bool(entry["turn"])
    return tallies


def wrong(entries: Iterable[LogEntry]) -> list[str]:
    """Assignments of picks by turn that went past somebody: another candidate could take it and was before in line."""
    return [entry["assignment"] for entry in entries if went_past(entry)]


def summary_of(log: Sequence[LogEntry]) -> LogSummary:
    """What the log of one pool, read whole, comes to."""
    return LogSummary(chain(log), len(log), {rep: tally for (_, rep), tally in replay(log).items()}, wrong(log))


def summary_of_digests(row: Mapping[str, Any] | None) -> LogSummary:
    """The same of what `store.digests` reads of one pool; None: it had no picks."""
    if row is None:
        return LogSummary(FIRST, 0, {}, [])
    instants, text = row["instants"], row["digests"]
    digests = [text[at : at + _DIGEST] for at in range(0, len(text), _DIGEST)]
    credits = sorted(zip(*(row[name] or () for name in ("credited_at", "credited", "credited_reps")), strict=True))
    for given, assignment, rep in reversed(credits):  # from the end, so that places before it stay what they are
        entry = credit_entry({"assignment": assignment, "pool": row["pool"], "rep": rep}, given)
        digests.insert(bisect_right(instants, given), digest_of(entry))
    takers, back = Counter(row["takers"].split("\n")), Counter(rep for *_, rep in credits)
    tallies = {
        rep: RepTally(takers[f"+{rep}"] + takers[f"-{rep}"], takers[f"+{rep}"], back[rep])
        for rep in {taker[1:] for taker in takers}
    }
    return LogSummary(_linked(digests), len(digests), tallies, row["past"] or [])
