"""Speed: from a raised hand to the first touch, where the minutes went, and how often the answer goal was reached."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from statistics import median
from typing import Annotated, Final, Literal

from pydantic import Field

from agreement.calendar import Calendar
from events.vocabulary import Status, humanize_first
from reporting.decide import rates
from reporting.decide.answer_times import add_up, hour_of_week
from reporting.decide.waits import WAIT_PARTS, HeldOffer, Wait, book, holder_at
from reporting.filters import NONE, ListQuery, ReportQuery, page_of, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import speed as store
from reporting.store.conditions import DatabaseRow

SPEED_LIST: Final = "/api/speed"
Hours = Callable[[str | None], Calendar]
WaitEnd = Literal["touch", "exit", "now"]
"""What a wait goes up to: the first touch, the decision that there will be none, or this moment."""
_NOBODYS: Final[tuple[Status, ...]] = ("suppressed", "disqualified")
_OUT_OF_WORK: Final[tuple[Status, ...]] = (*_NOBODYS, "nurture", "long_term", "archived", "unsubscribed", "joined")
"""Statuses in which no rep is asked to answer."""


class SpeedQuery(ListQuery):
    """All raised hands of the period, or only these of them."""

    holder: str | None = None
    """Rep who had it when it was answered, or has it; `-`: nobody."""
    holder_team: str | None = None
    """That rep's team."""
    hour: Annotated[int, Field(ge=0, le=167)] | None = None
    """Of the week in which it was raised, in the house's zone: 0 is Monday from 0:00 to 1:00."""
    state: Literal["answered", "waiting", "untouched"] | None = None
    """`untouched`: it ended without a touch."""


async def speed(scope: ReportScope, query: SpeedQuery) -> Answer:
    """One row for each raised hand of the period, the longest wait first: answered, waiting, or ended without a touch.

    `parts` sum up to `seconds`, for each and for all. The goal is counted in the open hours of the rep, for hands that
    were raised in them. Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    rows = [row for row in await waits_of(scope, query) if _is_meant(scope, query, row)]
    times = add_up(rows)
    answer: Answer = {
        **scope.period(query).parameters,
        "answered": times.answered,
        "waiting": times.waiting,
        "ended_untouched": times.untouched,
        "seconds": times.seconds,
        "median_seconds": times.median,
        "p90_seconds": times.p90,
        "parts": [
            {"part": part, "seconds": time, "share": time / times.seconds if times.seconds else None}
            for part, time in times.parts.items()
        ],
        "goal": _goal(scope, [row for row in rows if row["answered"]]),
        "items": sorted(rows, key=itemgetter("seconds"), reverse=True),
    }
    page = page_of(answer, query)
    names = await store.names(scope.tx, (row["id"] for row in page["items"]))
    hours = _hours(scope)
    return {**page, "items": [_item(row, names.get(row["id"], {}), hours) for row in page["items"]]}


def _item(row: DatabaseRow, known: DatabaseRow, hours: Hours) -> DatabaseRow:
    """With what only a list shows; `known` is empty for who was merged or erased meanwhile."""
    calendar, start = hours(row["rep"]), row["raised_at"]
    shown = {name: value for name, value in row.items() if name != "until"}
    return {
        **{"id": row["id"], "name": known.get("name"), "company": known.get("company")},
        **shown,
        "on_shift": calendar.is_open(start),
        "open_seconds": calendar.elapsed(start, row["until"]).total_seconds(),
    }


def _is_meant(scope: ReportScope, query: SpeedQuery, row: DatabaseRow) -> bool:
    """Whether the query asks for this wait, by who had it, when it was raised, and how it ended."""
    rep = scope.agreement.teams.rep_by_id.get(row["rep"] or "")
    state = "answered" if row["answered"] else "waiting" if row["waits"] else "untouched"
    return (
        query.holder in (None, row["rep"] or NONE)
        and query.holder_team in (None, rep.team if rep else NONE)
        and query.hour in (None, hour_of_week(row["raised_at"], scope.zone))
        and query.state in (None, state)
    )


def _goal(scope: ReportScope, replies: list[DatabaseRow]) -> DatabaseRow:
    """Of hands that were raised on shift: how many were answered within the goal, and the median of open time."""
    goal = scope.agreement.service_levels.answer_goal
    hours = _hours(scope)
    open_seconds = [
        hours(row["rep"]).elapsed(row["raised_at"], row["until"]).total_seconds()
        for row in replies
        if hours(row["rep"]).is_open(row["raised_at"])
    ]
    within = sum(1 for one in open_seconds if one <= goal.timedelta.total_seconds())
    return {
        "goal": str(goal),
        "seconds": goal.timedelta.total_seconds(),
        "met": within,
        "total": len(open_seconds),
        "share": rates.rate(within, len(open_seconds)),
        "median_seconds": median(open_seconds) if open_seconds else None,
    }


async def waits_of(scope: ReportScope, query: ReportQuery) -> list[DatabaseRow]:
    """One row for each raised hand of the period, whoever had it: what `speed` shows of it without looking it up, and
    `until` when it waited.
    """
    kinds = sorted(scope.agreement.events.hand_raises)
    raises = await store.raises(scope.tx, scope.filters(query, kinds=kinds))
    leads = sorted({row["lead"] for row in raises})
    offers = {lead: [*some] for lead, some in _by_lead(await store.offers(scope.tx, leads))}
    hours = _hours(scope)
    return [
        _row(hand, wait, end, hours)
        for lead, some in _by_lead(raises)
        for hand, wait, end in _waits(some, offers.get(lead, []), scope.now)
    ]


def _by_lead(rows: Iterable[DatabaseRow]) -> Iterator[tuple[str, Iterator[DatabaseRow]]]:
    return groupby(rows, key=itemgetter("lead"))


def _waits(
    raises: Iterable[DatabaseRow], offers: list[DatabaseRow], now: datetime
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


def _end_without_touch(hand: DatabaseRow, offers: list[DatabaseRow], decision: datetime | None) -> datetime | None:
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
        "until": wait.end,
    }


def _hours(scope: ReportScope) -> Hours:
    """Of a rep; of nobody, or of somebody gone from the agreement, those of the first team of sales."""
    teams = scope.agreement.teams
    calendars = scope.agreement.calendars
    home = next((team.id for team in teams.teams if team.side == "sales"), teams.teams[0].id)
    return lambda rep: calendars.of_rep(rep) if rep in teams.rep_by_id else calendars.of_team(home)


def _flat(answer: Answer) -> Iterable[DatabaseRow]:
    """For the file: a column for each part."""
    return ({**row, **{f"{part}_seconds": row["parts"][part] for part in WAIT_PARTS}} for row in answer["items"])


SPEED = Report(
    "speed",
    SpeedQuery,
    speed,
    columns=(
        Column("name", "Lead", "lead"),
        Column("id"),
        Column("company", "Company", wide=True),
        Column("kind", "Raised by", "words"),
        Column("rep", "Rep", "rep"),
        Column("raised_at", "At", "when"),
        Column("touched_at"),
        Column("waits"),
        Column("seconds", "Waited", "duration"),
        *(Column(f"{part}_seconds", humanize_first(part), "duration") for part in WAIT_PARTS),
        Column("on_shift"),
        Column("open_seconds"),
    ),
    summary="From a raised hand to the first touch: where the minutes went",
    title="How fast we answer",
    note="Each minute from a raised hand to the first touch is booked to one part.",
    rows=_flat,
)
