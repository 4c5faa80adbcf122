"""Raised hands of a period, each with how long it waited, for whom and where the time went."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Final, Literal

from events.vocabulary import Status
from reporting.decide.waits import HeldOffer, Hours, Wait, book, holder_at
from reporting.filters import ReportQuery
from reporting.reports.report import ReportScope
from reporting.store import speed as store
from reporting.store.conditions import DatabaseRow

WaitEnd = Literal["touch", "exit", "now"]
"""What a wait goes up to: the first touch, the decision that there will be none, or this moment."""
_NOBODYS: Final[tuple[Status, ...]] = ("suppressed", "disqualified")
_OUT_OF_WORK: Final[tuple[Status, ...]] = (*_NOBODYS, "nurture", "long_term", "archived", "unsubscribed", "joined")
"""Statuses in which no rep is asked to answer."""
_REMEMBERED: Final = 4096
"""Leads whose waits are kept under one agreement, a few kilobytes each."""


@dataclass(frozen=True, slots=True)
class LeadWaits:
    """What was read of a lead's hands and offers, and the rows of its waits that are made of it."""

    hands: Sequence[DatabaseRow]
    offers: Sequence[DatabaseRow]
    rows: Sequence[DatabaseRow]


class WaitMemory:
    """Waits that have ended, by lead: what is read of them again as it was is booked as it was."""

    def __init__(self) -> None:
        self._known: dict[str, LeadWaits] = {}

    def rows_of(
        self, lead: str, hands: Sequence[DatabaseRow], offers: Sequence[DatabaseRow], now: datetime, hours: Hours
    ) -> Sequence[DatabaseRow]:
        """One row for each wait of this lead. They are shared: nobody changes them."""
        known = self._known.get(lead)
        if known is not None and known.hands == hands and known.offers == offers:
            return known.rows
        rows = [_row(hand, wait, end, hours) for hand, wait, end in _waits(hands, offers, now)]
        if not any(row["waits"] for row in rows):
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[lead] = LeadWaits(hands, offers, rows)
        return rows


@lru_cache(2)
def memory_under(agreement: str) -> WaitMemory:
    """Of the agreement with this hash, by whose calendars waits are booked; the two last asked for are kept."""
    return WaitMemory()


async def waits_of(scope: ReportScope, query: ReportQuery) -> list[DatabaseRow]:
    """One row for each raised hand of the period, whoever had it: what report `speed` shows of it but who it is.

    `open_seconds`: of the whole wait, by the calendar of its rep; `on_shift`: whether the hand was raised in it.
    """
    kinds = sorted(scope.agreement.events.hand_raises)
    hands = _by_lead(await store.raises(scope.tx, scope.filters(query, kinds=kinds)))
    offers = _by_lead(await store.offers(scope.tx, list(hands)))
    memory, hours = memory_under(scope.agreement.hash), _hours(scope)
    return [
        row
        for lead, some in hands.items()
        for row in memory.rows_of(lead, some, offers.get(lead, []), scope.now, hours)
    ]


def _by_lead(rows: Iterable[DatabaseRow]) -> dict[str, list[DatabaseRow]]:
    return {lead: [*some] for lead, some in groupby(rows, key=itemgetter(0))}


def _waits(
    raises: Iterable[DatabaseRow], offers: Sequence[DatabaseRow], now: datetime
) -> Iterator[tuple[DatabaseRow, Wait, WaitEnd]]:
    """A hand that is raised again while the first still waits is the same wait."""
    until: datetime | None = None
    hands = [HeldOffer(one["rep"], one["start"], _heard(one), one["end"]) for one in offers]
    for hand in raises:
        start = hand["at"]
        if until is not None and start <= until:
            continue
        touch, decision = hand["touched"], hand["decided"]
        exit_ = None if touch else _end_without_touch(hand, offers, decision)
        until = touch or exit_ or max(now, start)
        since = max(start, hand["captured_at"])
        yield hand, Wait(start, until, since, decision, hands), "touch" if touch else "exit" if exit_ else "now"


def _end_without_touch(hand: DatabaseRow, offers: Sequence[DatabaseRow], decision: datetime | None) -> datetime | None:
    """When it was decided that nobody answers this hand: its last offer came back for good, or it is nobody's lead."""
    if hand["status"] not in _OUT_OF_WORK:
        return None
    last: datetime | None = offers[-1]["end"] if offers else None
    if last is not None and last >= hand["at"]:
        return last
    return decision if hand["status"] in _NOBODYS else None


def _heard(offer: DatabaseRow) -> datetime | None:
    """When the first notice arrived; an offer without any (history) was known at once."""
    instant: datetime | None = offer["heard"] if offer["notices"] else offer["start"]
    return instant


def _row(hand: DatabaseRow, wait: Wait, end: WaitEnd, hours: Hours) -> DatabaseRow:
    parts = book(wait, hours)
    holder = holder_at(wait, wait.end) or holder_at(wait, wait.end - timedelta(microseconds=1))
    rep = holder.rep if holder else None
    calendar = hours(rep)
    return {
        "id": hand["lead"],
        "kind": hand["kind"],
        "rep": rep,
        "raised_at": wait.start,
        "touched_at": wait.end if end == "touch" else None,
        "answered": end == "touch",
        "waits": end == "now",
        "seconds": (wait.end - wait.start).total_seconds(),
        "parts": {part: time.total_seconds() for part, time in parts.items()},
        "on_shift": calendar.is_open(wait.start),
        "open_seconds": calendar.elapsed(wait.start, wait.end).total_seconds(),
    }


def _hours(scope: ReportScope) -> Hours:
    """Of a rep; of nobody, or of somebody gone from the agreement, those of the first team of sales."""
    teams = scope.agreement.teams
    calendars = scope.agreement.calendars
    home = next((team.id for team in teams.teams if team.side == "sales"), teams.teams[0].id)
    return lambda rep: calendars.of_rep(rep) if rep in teams.rep_by_id else calendars.of_team(home)
