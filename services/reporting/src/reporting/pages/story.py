"""The story of a lead: its timeline folded to a sentence a day. Pure: rows of the report in, phrases out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from reporting.figures import duration
from reporting.pages.formats import instant
from reporting.pages.story_lines import GROUPS, StoryGroup, StoryLine, StoryReader, total_of
from reporting.store.conditions import DatabaseRow

SHOWN: Final[tuple[StoryGroup, ...]] = ("people", "sales")
"""Unless the address asks for others."""
_SENTENCE: Final = ("people", "sales")
"""Groups that make the day's sentence; each of the others has a line of its own below it."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing that happened on a day, once or several times."""

    text: str
    joined: str
    """What stands before it, unless it is the first: a comma, a semicolon or an arrow."""
    when: str
    """Times of the day with seconds, and how often."""
    event: str
    """The last of the events that it folds."""
    words: str | None
    """What the person, or the rep, wrote."""


@dataclass(frozen=True, slots=True)
class StoryDay:
    """A day of the story."""

    day: date
    sentence: tuple[Phrase, ...]
    """What the person did, then what became of it."""
    others: tuple[tuple[StoryGroup, tuple[Phrase, ...]], ...] = ()

    @property
    def text(self) -> str:
        """The sentence as plain text: `came by form demo, asked for a demo: “…”, 99 points → Frank (same company)`."""
        return plain(self.sentence)


def plain(phrases: Sequence[Phrase]) -> str:
    """Phrases as one line of text."""
    parts = [(one.joined if number else "") + one.text + (f": “{one.words}”" if one.words else "")
             for number, one in enumerate(phrases)]  # fmt: skip
    return "".join(parts)


def groups_of(show: str | None) -> tuple[StoryGroup, ...]:
    """The groups that `?show=people,clocks` names, in their order; the usual ones when it names none."""
    names = {name.strip() for name in (show or "").split(",")}
    return tuple(group for group in GROUPS if group in names) or SHOWN


def story_of(
    lead: DatabaseRow, name: Callable[[str], str], zone: str, shown: Sequence[StoryGroup] = SHOWN,
    channel: Callable[[str], str] = str,
) -> list[StoryDay]:  # fmt: skip
    """Days of a lead's answer (reports/lead.py), newest first, in the zone; within a day by time.

    `name` gives the name of a rep, `channel` the title of a channel of sales.
    """
    local = ZoneInfo(zone)
    offers = {one["event"]: one for one in lead["assignments"]}
    reader = StoryReader(
        engagements={one["event"]: one for one in lead["engagements"]},
        offers=offers,
        remarks={row["event"]: row["words"] for row in lead["timeline"] if row["words"]},
        name=name,
        channel=channel,
        silence=lambda row: _silence(row, list(offers.values()), lead["clocks"], local),
    )
    days: dict[date, list[StoryLine]] = {}
    total: int | None = None
    for row in reversed(lead["timeline"]):
        total = total_of(row["text"]) if total_of(row["text"]) is not None else total
        line = reader.read({**row, "at": instant(row["at"])}, total)
        if line.group in shown:
            days.setdefault(line.at.astimezone(local).date(), []).append(line)
    return [_day(day, lines, local, shown) for day, lines in sorted(days.items(), reverse=True)]


def _day(day: date, lines: Sequence[StoryLine], zone: ZoneInfo, shown: Sequence[StoryGroup]) -> StoryDay:
    of = {group: _phrases([one for one in lines if one.group == group], zone) for group in shown}
    sentence = tuple(phrase for group in _SENTENCE for phrase in of.get(group, ()))
    others = tuple((group, some) for group, some in of.items() if group not in _SENTENCE and some)
    return StoryDay(day, sentence, others)


def _phrases(lines: Sequence[StoryLine], zone: ZoneInfo) -> tuple[Phrase, ...]:
    """One for each key, where its first line stands."""
    by_key: dict[str, list[StoryLine]] = {}
    for line in lines:
        by_key.setdefault(line.key, []).append(line)
    return tuple(_phrase(some, zone) for some in by_key.values())


def _phrase(lines: Sequence[StoryLine], zone: ZoneInfo) -> Phrase:
    first, last = lines[0], lines[-1]
    details = ", ".join(dict.fromkeys(line.detail for line in lines if line.detail))
    text = first.alone if len(lines) == 1 else last.many.format(n=len(lines), details=details, last=last.detail)
    begin, end = (f"{line.at.astimezone(zone):%H:%M:%S}" for line in (first, last))
    when = begin if len(lines) == 1 else f"{begin} to {end}, {len(lines)} times"
    words = "” “".join(dict.fromkeys(line.words for line in lines if line.words)) or None
    return Phrase(text, first.joined, when, last.event, words)


def _silence(
    row: DatabaseRow, offers: Sequence[DatabaseRow], clocks: Sequence[DatabaseRow], zone: ZoneInfo
) -> str:  # fmt: skip
    """`silent, 1 h late`, when the offer that ended here ended without an answer; else empty."""
    at = row["at"]
    silent = (one for one in offers if one["answer"] == "accept_timeout" and instant(one["answered_at"]) == at)
    ended = next(silent, None)
    if ended is None:
        return ""
    due = min((_moment(one["due"]) for one in clocks if one["assignment"] == ended["id"]), default=at)
    if due >= at:
        return "silent"
    local = due.astimezone(zone)
    if local.date() == at.astimezone(zone).date():
        return f"silent, {_largest(duration((at - due).total_seconds()))} late"
    return f"silent, due {local:%a} {local.day} {local:%b %H:%M}"


def _largest(size: str) -> str:
    return " ".join(size.split(" ")[:2])


def _moment(value: datetime | str) -> datetime:
    moment = instant(value)
    assert moment is not None  # noqa: S101
    return moment
