"""Speed: from a raised hand to the first touch, where the minutes went, and how often the answer goal was reached."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from statistics import median, quantiles

from agreement.calendar import Calendar, Calendars
from events.vocabulary import humanize_first
from reporting.decide import rates
from reporting.decide.waits import WAIT_PARTS, HeldOffer, Wait, book, holder_at
from reporting.filters import ListQuery, page_of, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import speed as store
from reporting.store.conditions import DatabaseRow

Hours = Callable[[str | None], Calendar]


async def speed(scope: ReportScope, query: ListQuery) -> Answer:
    """One row for each raised hand of the period that was answered, or still waits; the longest wait first.

    `parts` sum up to `seconds`, for each and for all. The goal is counted in the open hours of the rep, for hands that
    were raised in them. Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    rows = await _rows_of(scope, query)
    replies = [row for row in rows if row["answered"]]
    seconds = sorted(row["seconds"] for row in replies)
    total = sum(seconds)
    parts = {part: sum(row["parts"][part] for row in replies) for part in WAIT_PARTS}
    answer: Answer = {
        **scope.period(query).parameters,
        "answered": len(replies),
        "waiting": len(rows) - len(replies),
        "seconds": total,
        "median_seconds": median(seconds) if seconds else None,
        "p90_seconds": quantiles(seconds, n=10, method="inclusive")[-1] if len(seconds) > 1 else (seconds or [None])[0],
        "parts": [
            {"part": part, "seconds": time, "share": time / total if total else None} for part, time in parts.items()
        ],
        "goal": _goal(scope, replies),
        "items": sorted(rows, key=itemgetter("seconds"), reverse=True),
    }
    return page_of(answer, query)


def _goal(scope: ReportScope, replies: list[DatabaseRow]) -> DatabaseRow:
    """Of hands that were raised on shift: how many were answered within the goal, and the median of open time."""
    goal = scope.agreement.service_levels.answer_goal
    open_seconds = [row["open_seconds"] for row in replies if row["on_shift"]]
    within = sum(1 for one in open_seconds if one <= goal.timedelta.total_seconds())
    return {
        "goal": str(goal),
        "met": within,
        "total": len(open_seconds),
        "share": rates.rate(within, len(open_seconds)),
        "median_seconds": median(open_seconds) if open_seconds else None,
    }


async def _rows_of(scope: ReportScope, query: ListQuery) -> list[DatabaseRow]:
    kinds = sorted(scope.agreement.events.hand_raises)
    raises = await store.raises(scope.tx, scope.filters(query, kinds=kinds))
    leads = sorted({row["lead"] for row in raises})
    touches = {lead: [row["at"] for row in some] for lead, some in _by_lead(await store.touches(scope.tx, leads))}
    offers = {lead: [*some] for lead, some in _by_lead(await store.offers(scope.tx, leads))}
    decisions = {lead: [row["at"] for row in some] for lead, some in _by_lead(await store.decisions(scope.tx, leads))}
    hours = _hours(scope)
    return [
        _row(hand, wait, reply, hours)
        for lead, some in _by_lead(raises)
        for hand, wait, reply in _waits(
            some, touches.get(lead, []), offers.get(lead, []), decisions.get(lead, []), scope.now
        )
    ]


def _by_lead(rows: Iterable[DatabaseRow]) -> Iterator[tuple[str, Iterator[DatabaseRow]]]:
    return groupby(rows, key=itemgetter("lead"))


def _waits(
    raises: Iterable[DatabaseRow],
    touches: list[datetime],
    offers: list[DatabaseRow],
    decisions: list[datetime],
    now: datetime,
) -> Iterator[tuple[DatabaseRow, Wait, bool]]:
    """A hand that is raised again while the first still waits is the same wait."""
    until: datetime | None = None
    for hand in raises:
        start = hand["at"]
        if until is not None and start <= until:
            continue
        touch = next((at for at in touches if at >= start), None)
        until = touch or max(now, start)
        hands = [HeldOffer(one["rep"], one["start"], _heard(one), one["end"]) for one in offers]
        since, decision = max(start, hand["captured_at"]), next((at for at in decisions if at >= start), None)
        yield hand, Wait(start, until, since, decision, hands), touch is not None


def _heard(offer: DatabaseRow) -> datetime | None:
    """When the first notice arrived; an offer without any (history) was known at once."""
    instant: datetime | None = offer["heard"] if offer["notices"] else offer["start"]
    return instant


def _row(hand: DatabaseRow, wait: Wait, reply: bool, hours: Hours) -> DatabaseRow:
    parts = book(wait, hours)
    holder = holder_at(wait, wait.end) or holder_at(wait, wait.end - timedelta(microseconds=1))
    calendar = hours(holder.rep if holder else None)
    return {
        "id": hand["lead"],
        "name": hand["name"],
        "company": hand["company"],
        "kind": hand["kind"],
        "rep": holder.rep if holder else None,
        "raised_at": wait.start,
        "touched_at": wait.end if reply else None,
        "answered": reply,
        "seconds": (wait.end - wait.start).total_seconds(),
        "parts": {part: time.total_seconds() for part, time in parts.items()},
        "on_shift": calendar.is_open(wait.start),
        "open_seconds": calendar.elapsed(wait.start, wait.end).total_seconds(),
    }


def _hours(scope: ReportScope) -> Hours:
    """Of a rep; of nobody, or of somebody gone from the agreement, those of the first team of sales."""
    teams = scope.agreement.teams
    calendars = Calendars(teams)
    home = next((team.id for team in teams.teams if team.side == "sales"), teams.teams[0].id)
    return lambda rep: calendars.of_rep(rep) if rep in teams.rep_by_id else calendars.of_team(home)


def _flat(answer: Answer) -> Iterable[DatabaseRow]:
    """For the file: a column for each part."""
    return ({**row, **{f"{part}_seconds": row["parts"][part] for part in WAIT_PARTS}} for row in answer["items"])


SPEED = Report(
    "speed",
    ListQuery,
    speed,
    columns=(
        Column("name", "Lead", "lead"),
        Column("id"),
        Column("company", "Company", wide=True),
        Column("kind", "Raised by", "words"),
        Column("rep", "Rep", "rep"),
        Column("raised_at", "At", "when"),
        Column("touched_at"),
        Column("seconds", "Waited", "duration"),
        *(Column(f"{part}_seconds", humanize_first(part), "duration") for part in WAIT_PARTS),
        Column("on_shift"),
        Column("open_seconds"),
    ),
    summary="From a raised hand to the first touch: where the minutes went",
    title="How fast we answer",
    note="Each minute from a raised hand to the first touch is booked to one part.",
    rows=_flat,
    page=True,
)
