"""Leave by what was said of a rep (`rep.availability`): when somebody is away, beside the leave of chapter `teams`."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final

from msgspec import Struct

from events.sales import RepAvailability

LONGEST: Final = timedelta(days=366)
"""A leave that is longer is as one without an end."""

AwayTime = tuple[datetime, datetime | None]
"""From when until when, the end excluded; None: nobody knows when it ends."""
AwayTimes = tuple[AwayTime, ...]
"""In order, without overlap."""


class RepWord(Struct, frozen=True, omit_defaults=True):
    """One thing that was said of a rep: away, or (not `away`) here again."""

    at: datetime
    away: bool
    since: datetime | None = None
    """When the absence begins; null: at once."""
    until: datetime | None = None

    @property
    def begins(self) -> datetime:
        """When the absence begins, which is at once where nobody said when."""
        return self.at if self.since is None else self.since


def word_of(event: RepAvailability) -> RepWord:
    """Who has left is away, and nobody knows until when."""
    data = event.data
    if data.state == "away":
        return RepWord(event.occurred, True, data.since, data.until)
    return RepWord(event.occurred, data.state == "left")


def leave_of(words: Iterable[RepWord]) -> AwayTimes:
    """When the rep is away, by all that was said, in whatever order it was heard of; of one instant, by that order.

    What was said last (by when it occurred) holds from then on, or from the earlier day on which it says that the leave
    began, in place of all that was said before: who is here again ends the leave, and takes back one that had not
    begun; so does who will be away later. What was before stays: somebody was away.
    """
    known: list[AwayTime] = []
    for word in sorted(words, key=attrgetter("at")):
        cut = min(word.at, word.begins)
        known = [(since, until if until and until <= cut else cut) for since, until in known if since < cut]
        begins, until = word.begins, word.until
        if word.away and (until is None or begins < until):
            known.append((begins, until if until and until - begins <= LONGEST else None))
    return tuple(known)


def away_at(leave: AwayTimes, at: datetime) -> bool:
    """Whether the rep is away just before and just after this instant."""
    return any(since < at and (until is None or at < until) for since, until in leave)


def within(leave: AwayTimes, start: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """The absences that take time from between these instants; not those of which nobody knows the end."""
    return tuple((since, until) for since, until in leave if until is not None and since < end and start < until)
