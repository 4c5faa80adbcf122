"""The log of a pool's picks, pure: its entries as anybody can read them, their hash chain, and the counts they give.

Who doubts a certificate replays it: `chain` of the entries is its hash, `replay` gives its counts, and `wrong` is empty
when each pick by turn went to whom its own candidate table says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import orjson

from reporting.store.conditions import DatabaseRow

LogEntry = dict[str, Any]
"""Plain JSON. `kind` is `pick` (with its candidate table) or `credit` (a turn was given back)."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
FIRST: Final = ""
"""What stands before the first entry of a chain."""
_TABLE: Final = ("rep", "eligible", "reason", "assigned", "credits", "weight", "ratio", "last_picked_at")


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


def log_of(rows: Iterable[DatabaseRow]) -> list[LogEntry]:
    """The entries in the order in which they happened; a credit comes after its pick, whatever the clocks say."""
    entries: list[tuple[datetime, int, str, LogEntry]] = []
    for row in rows:
        at = _text(row["at"])
        same = {"assignment": row["assignment"], "pool": row["pool"], "rep": row["rep"]}
        table = [{name: one.get(name) for name in _TABLE} for one in _of_pool(row)]
        pick = {"kind": "pick", **same, "event": row["event"], "at": at, "rule": row["rule"], "cause": row["cause"]}
        entries.append((row["at"], 0, row["assignment"], {**pick, "turn": row["turn"], "candidates": table}))
        if row["credited_at"] is not None:
            given = max(row["at"], row["credited_at"])
            entries.append((given, 1, row["assignment"], {"kind": "credit", **same, "at": _text(given)}))
    return [entry for *_, entry in sorted(entries, key=lambda one: one[:3])]


def _of_pool(row: DatabaseRow) -> list[DatabaseRow]:
    """The rows of the candidate table that are about seats of the pool itself."""
    return [one for one in row["candidates"] or () if (one.get("pool") or row["pool"]) == row["pool"]]


def chain(entries: Iterable[LogEntry], before: str = FIRST) -> str:
    """SHA-256 in hex: each link hashes the one before and the entry, as JSON with sorted keys. No entries: `before`."""
    link = before
    for entry in entries:
        link = sha256(link.encode() + orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)).hexdigest()
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
    return [
        entry["assignment"]
        for entry in entries
        if entry["kind"] == "pick"
        and entry["cause"] == "turn"
        and not _first_in_line(entry["rep"], entry["candidates"])
    ]


def _first_in_line(rep: str, table: Sequence[Mapping[str, Any]]) -> bool:
    """An offer without a table cannot be judged."""
    able = [one for one in table if one["eligible"] or one["reason"] == "picked"]
    return not able or min(able, key=_order_of)["rep"] == rep


def _order_of(one: Mapping[str, Any]) -> tuple[float, datetime, str]:
    last = one["last_picked_at"]
    return line_order(one["ratio"], datetime.fromisoformat(last) if isinstance(last, str) else last, one["rep"])


def line_order(ratio: float, last: datetime | None, rep: str) -> tuple[float, datetime, str]:
    """Who has the least is next: lowest ratio, then longest since the last pick, then id."""
    return ratio, last or _NEVER, rep


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
