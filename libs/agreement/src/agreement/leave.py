"""Leave by what was said of a rep (`rep.availability`): when somebody is away, beside the leave of chapter `teams`."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter
from typing import Final

from msgspec import Struct

from events.sales import RepAvailability

LONGEST: Final = timedelta(days=366)
"""A leave that is longer is as one without an end."""
KEPT: Final = 50
"""So many words of a rep are remembered, and as many of the rep's calendar."""

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
    feed: bool = False
    """The rep's calendar says so, and speaks of what stands there alone."""
    left: bool = False
    """For good."""

    @property
    def begins(self) -> datetime:
        """When the absence begins, which is at once where nobody said when."""
        return self.at if self.since is None else self.since

    @property
    def ends(self) -> datetime | None:
        """When it ends; None where nobody knows, or it is longer than anybody waits."""
        return None if self.until is None or self.until - self.begins > LONGEST else self.until


def word_of(event: RepAvailability) -> RepWord:
    """Who has left is away, and nobody knows until when."""
    data = event.data
    if data.state == "away":
        return RepWord(event.occurred, True, data.since, data.until, data.feed)
    return RepWord(event.occurred, data.state == "left", feed=data.feed, left=data.state == "left")


def remember(words: Iterable[RepWord], word: RepWord) -> tuple[RepWord, ...]:
    """With one word more, in the order in which they occurred; the last ones of people, and of the calendar."""
    every = sorted((*words, word), key=attrgetter("at"))
    by_feed = [one for one in every if one.feed][-KEPT:]
    by_hand = [one for one in every if not one.feed][-KEPT:]
    return tuple(one for one in every if one in (by_feed if one.feed else by_hand))


def leave_of(words: Iterable[RepWord]) -> AwayTimes:
    """When the rep is away, by all that was said, in whatever order it was heard of; of one instant, by that order.

    Absences are a set. One that is said later ends none that was said before: only what is said of the same absence
    takes the place of it, which is the one of now, or the one to come with the same first instant. Whoever is here
    again ends the absence of now; said at work, it takes back those to come. Who has left is away until then. A
    calendar speaks of its own absences alone: what it says last holds, from then on or from the earlier day on which
    that begins; where the rep has said to be here, it does not hold. What was before stays: somebody was away.
    """
    absences = _Absences()
    for word in sorted(words, key=attrgetter("at")):
        if word.feed:
            absences.by_feed(word)
        elif word.left:
            absences.gone = absences.gone or word.at
        elif word.away:
            absences.by_hand(word)
        else:
            absences.here(word.at)
    return absences.leave()


def has_left(words: Iterable[RepWord]) -> bool:
    """Whether the rep is gone for good: since then nobody said that the rep is here."""
    spoken = [word for word in sorted(words, key=attrgetter("at")) if not word.feed and (word.left or not word.away)]
    return bool(spoken) and spoken[-1].left


class _Absences:
    """The absences by what was said so far, apart by who said it."""

    def __init__(self) -> None:
        self.gone: datetime | None = None
        self._over: list[AwayTime] = []
        self._hand: list[AwayTime] = []
        self._feed: list[AwayTime] = []
        self._here: datetime | None = None

    def by_hand(self, word: RepWord) -> None:
        """An absence more, or the same one with another end."""
        begins, ends = word.begins, word.ends
        same = [one for one in self._hand if _is_same(one, word)]
        self._hand = [one for one in self._hand if one not in same]
        self._add(self._hand, min((begins, *(since for since, _ in same))), ends)

    def by_feed(self, word: RepWord) -> None:
        """The calendar's absence that is next, or (not `away`) that it has none."""
        self._feed = _cut(self._feed, min(word.at, word.begins))
        ends = word.ends
        if word.away:
            if self._here and word.begins < self._here:
                ends = min(ends or self._here, self._here)
            self._add(self._feed, word.begins, ends)

    def here(self, at: datetime) -> None:
        """At work: the absence of now is over; where there is none, those to come are taken back."""
        self._here = at
        left = [(self.gone, None)] if self.gone else []
        if not any(_covers(one, at) for one in (*left, *self._hand, *self._feed)):
            self._hand = _cut(self._hand, at)
            return
        self._over += _cut(left, at)
        self.gone = None
        self._hand, self._feed = ([_ended(one, at) for one in some] for some in (self._hand, self._feed))

    @staticmethod
    def _add(some: list[AwayTime], since: datetime, until: datetime | None) -> None:
        if until is None or since < until:
            some.append((since, until))

    def leave(self) -> AwayTimes:
        """All of them, those that touch or overlap as one."""
        left: list[AwayTime] = [(self.gone, None)] if self.gone else []
        whole: list[AwayTime] = []
        known = (one for one in (*self._over, *self._hand, *self._feed, *left) if one[1] is None or one[0] < one[1])
        for since, until in sorted(known, key=itemgetter(0)):
            if whole and (whole[-1][1] is None or since <= whole[-1][1]):
                last = whole.pop()
                ends = None if until is None or last[1] is None else max(until, last[1])
                whole.append((last[0], ends))
            else:
                whole.append((since, until))
        return tuple(whole)


def _is_same(one: AwayTime, word: RepWord) -> bool:
    """The absence of now, of which a word speaks that begins by now; or one to come, with the same first instant."""
    since, until = one
    if word.begins > word.at:
        return since == word.begins
    reaches = (until is None or word.begins <= until) and (word.until is None or since <= word.until)
    return _covers(one, word.at) and reaches


def _covers(one: AwayTime, at: datetime) -> bool:
    since, until = one
    return since <= at and (until is None or at < until)


def _ended(one: AwayTime, at: datetime) -> AwayTime:
    return (one[0], at) if _covers(one, at) else one


def _cut(some: Iterable[AwayTime], at: datetime) -> list[AwayTime]:
    """As far as they were before this instant."""
    return [(since, until if until and until <= at else at) for since, until in some if since < at]


def away_at(leave: AwayTimes, at: datetime) -> bool:
    """Whether the rep is away just before and just after this instant."""
    return any(since < at and (until is None or at < until) for since, until in leave)


def within(leave: AwayTimes, start: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """The absences that take time from between these instants; not those of which nobody knows the end."""
    return tuple((since, until) for since, until in leave if until is not None and since < end and start < until)
