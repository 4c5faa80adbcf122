"""The inbox: open work of a rep, most urgent first, and in which of its views each piece stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from agreement.calendar import Calendar
from events.vocabulary import OPEN_WORK
from reporting.filters import InboxQuery, malformed, next_of, offset_of, page_of
from reporting.reports.inbox_views import VIEWS, InboxView, TimeLeft, late_by, time_left, view_of
from reporting.reports.next_step import next_step_of
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import inbox as store
from reporting.store.conditions import DatabaseRow

MOST: Final = 500
"""Of one person's work, the most urgent pieces are read; nobody has more than a person can do."""


class WorkQuery(InboxQuery):
    """Also only what stands in one view; `now` is all that is not put off. And in which state."""

    view: Literal["now", "answer", "call", "waiting", "snoozed", "late"] | None = None
    """`late`: old breaches; of a manager also those of the reps who are managed."""
    state: Literal["offered"] | None = None
    """Only what waits for an answer."""


@dataclass(frozen=True, slots=True)
class WorkViews:
    """Somebody's open work, or everybody's, in views: each piece in one of them, most urgent first; not as it is shown
    (`shown_of`).
    """

    views: Mapping[InboxView, Sequence[DatabaseRow]]
    whole: bool
    """False: there is more than was read."""

    def view_with(self, lead: str | None) -> InboxView | None:
        """Where this lead stands; None where it does not."""
        return next((view for view in VIEWS if any(one["lead"] == lead for one in self.views[view])), None)


async def inbox(scope: ReportScope, query: WorkQuery) -> Answer:
    """All that a rep, or everybody, has in work; what is put off comes last. Raises Malformed for a rep nobody knows.

    Those of its rows that `counts` are the `open` work of `/api/pools`; opportunities do not count there.
    """
    rep = rep_id(scope, query.rep, "rep")
    if query.view in ("answer", "call", "waiting", "late"):
        work = (await work_of(scope, rep)).views[query.view]
        alike = [one for one in work if one["state"] == (query.state or one["state"])]
        answer = page_of({"items": alike}, query)
        return {**answer, "items": await _with_signals(scope, await shown_of(scope, answer["items"]))}
    snoozed, offered = None if query.view is None else query.view == "snoozed", query.state == "offered"
    rows = await store.inbox(
        scope.tx, rep and [rep], scope.now, query.limit + 1, offset_of(query), snoozed=snoozed, offered=offered
    )
    items = await shown_of(scope, [_piece(scope, row) for row in rows[: query.limit]])
    return {"items": await _with_signals(scope, items), "next": next_of(rows, query)}


async def _with_signals(scope: ReportScope, items: Sequence[DatabaseRow]) -> list[DatabaseRow]:
    """The score's signals stand in large rows: they are read of what is answered, not of all that is sorted."""
    known = await store.signals(scope.tx, [one["lead"] for one in items])
    return [{**one, "signals": known.get(one["lead"]) or []} for one in items]


async def work_of(scope: ReportScope, rep: str | None) -> WorkViews:
    """The open work of a rep, or of everybody; a manager's has the old breaches of the reps who are managed, too."""
    rows = await store.inbox(scope.tx, rep and [rep], scope.now, MOST + 1, 0)
    views: dict[InboxView, list[DatabaseRow]] = {view: [] for view in VIEWS}
    for one in (*(_piece(scope, row) for row in rows[:MOST]), *await _late_below(scope, rep)):
        views[one["view"]].append(one)
    views["call"].sort(key=lambda one: one["next_step"]["day"])
    return WorkViews(views, len(rows) <= MOST)


async def _late_below(scope: ReportScope, rep: str | None) -> list[DatabaseRow]:
    """Old breaches of the reps whom this one manages, the oldest first."""
    people, oldest = scope.people, late_by(scope.agreement.service_levels, scope.now)
    below = [one.id for one in scope.agreement.teams.reps if one.id != rep and people.manager(one.id) == rep]
    if rep is None or oldest is None or not below:
        return []
    rows = await store.inbox(scope.tx, below, scope.now, MOST, 0, late_by=oldest)
    return [one for one in (_piece(scope, row) for row in rows) if one["view"] == "late"]


def rep_id(scope: ReportScope, rep: str | None, parameter: str) -> str | None:
    """A rep by id or address; None for nobody. Raises Malformed, which names the parameter, for a stranger."""
    if not rep:
        return None
    for one in scope.agreement.teams.reps:
        if rep in (one.id, one.email):
            return one.id
    raise malformed(parameter, "is not a rep of the agreement")


def _piece(scope: ReportScope, row: DatabaseRow) -> DatabaseRow:
    """A piece of work with its state, its next step, and the view in which it stands."""
    piece = {**row, "state": _state(row), "next_step": next_step_of(scope, row)}
    today = calendar_of(scope, row["owner"]).local_day(scope.now)
    piece["view"] = view_of(piece, scope.agreement.service_levels, today, scope.now)
    return piece


async def shown_of(scope: ReportScope, work: Sequence[DatabaseRow]) -> list[DatabaseRow]:
    """These pieces of work as they are shown: also who each is about, in words, and how long is left. Without
    `signals`.
    """
    cards = await store.cards(scope.tx, [one["lead"] for one in work])
    return [_item(scope, one, cards[one["lead"]]) for one in work if one["lead"] in cards]


def _item(scope: ReportScope, piece: DatabaseRow, card: DatabaseRow) -> DatabaseRow:
    promise = scope.agreement.service_levels.by_name.get(piece["clock"])
    step, title = piece["next_step"], promise.title if promise else piece["clock"]
    return {
        **card,
        **{name: value for name, value in piece.items() if name not in _FOR_THE_STEP},
        "counts": piece["stage"] in OPEN_WORK,
        "next": f"{step['text']} ({step['day']:%d %b})" if step and step["kind"] != "wait" else step and step["text"],
        "attempts": len(piece["attempts"] or ()),
        "owner_name": scope.people.name(piece["owner"]),
        "clock_title": title,
        "overdue": bool(piece["due"] and piece["due"] <= scope.now),
        "snooze_cut": _cut(piece, title),
        "zone": scope.people.zone(piece["owner"]) or scope.zone,
        **_left(piece, calendar_of(scope, piece["owner"]), scope.now),
    }


def calendar_of(scope: ReportScope, rep: str | None) -> Calendar:
    """The calendar of a rep; of somebody who is gone, or nobody, that of the first team."""
    calendars, teams = scope.agreement.calendars, scope.agreement.teams
    return calendars.of_rep(rep) if rep in teams.rep_by_id else calendars.of_team(teams.teams[0].id)


def left_of(scope: ReportScope, clock: DatabaseRow) -> TimeLeft:
    """Of a lead's clock, by the calendar of who holds it: as it stands now, or stood when it stopped."""
    calendar = calendar_of(scope, clock["holder"])
    return time_left(calendar, clock["stopped"] or scope.now, clock["started"], clock["due"], clock["target"])


def _left(row: DatabaseRow, calendar: Calendar, now: datetime) -> dict[str, Any]:
    """`left_seconds` of open time until it is due, below 0 since; `used`: the share of the promise that is used."""
    if row["due"] is None or row["started"] is None:
        return {"left_seconds": None, "used": None}
    left = time_left(calendar, now, row["started"], row["due"], row["target"])
    return {"left_seconds": left.seconds, "used": left.share}


def _cut(row: DatabaseRow, promise: str | None) -> str | None:
    """Why it comes back before the rep wished; None when it does not."""
    if row["snoozed_until"] is None or row["snooze_asked"] <= row["snoozed_until"]:
        return None
    return f"nothing is put off beyond a promise: {promise} is due then"


def _state(row: DatabaseRow) -> str:
    """`task` of a lead that nobody works; work that nobody was offered is accepted."""
    if row["assignment"] is None:
        return "task" if row["task"] else "accepted"
    return "accepted" if row["accepted"] else "offered"


_FOR_THE_STEP = ("attempts", "employees", "task_rep", "snooze_asked")
INBOX = Report(
    "inbox",
    WorkQuery,
    inbox,
    columns=(
        Column("assignment"),
        Column("lead"),
        Column("name", "Name", "lead"),
        Column("company", "Company"),
        Column("total", "Score", "score"),
        Column("band"),
        Column("flag", "Flag", "words"),
        Column("flags", file=False),
        Column("state", "State", "words"),
        Column("owner_name", "Owner"),
        Column("next", "Next step"),
        Column("clock_title", "Promise"),
        Column("due", "Due", "when"),
        Column("overdue"),
        Column("snoozed_until"),
        Column("stage"),
        Column("counts"),
        Column("view"),
    ),
    summary="Open work of a rep, most urgent first",
    title="Inbox",
)
