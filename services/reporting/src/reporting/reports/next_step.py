"""What a rep is to do next about a lead: the agreed outreach, or a task for its last owner."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec

from agreement.outreach import PlannedTouch, is_under_way, next_step, outreach_plan, sequence_titles
from events.grounds import AttemptMade
from reporting.reports.report import ReportScope
from reporting.store.conditions import DatabaseRow

_TASKS: Final[Mapping[str, str]] = {
    "revisit": "Get in touch again, as agreed",
    "re_engaged": "Get in touch: active again after a pause",
}
"""Why a rep was told of a lead that nobody works, and what that rep is to do."""


def next_step_of(scope: ReportScope, row: DatabaseRow) -> DatabaseRow | None:
    """Kind, rep, day, text, and of outreach its business day, channels and the sequence that runs beside.

    `kind` is `outreach`, `wait` (all is done, nobody answered) or a task's; None when nothing is planned. `late`: its
    day is over. The row has stage, status, owner, assigned_at, employees, attempts, task, task_since.
    """

    def is_late(day: date, rep: str | None) -> bool:
        return day < _local_day(scope, rep, scope.now)

    if row["task"] in _TASKS:
        day = _local_day(scope, row["task_rep"], row["task_since"])
        return _step(is_late, row["task"], day, _TASKS[row["task"]], row["task_rep"])
    plan = plan_of(scope, row)
    if plan is None:
        return None
    terms = scope.agreement.routing
    step = next_step(plan, terms)
    if step is None:
        first = min(attempt.at for attempt in _attempts(row))
        until = _local_day(scope, row["owner"], terms.unresponsive.after.after(first))
        return _step(is_late, "wait", until, f"Wait for an answer until {until:%d %b}", row["owner"])
    return {
        **_step(is_late, "outreach", step.day, step.text, row["owner"]),
        "business_day": step.business_day,
        "channels": list(step.channels),
        "sequence": list(sequence_titles(terms, row["employees"])),
    }


def plan_of(scope: ReportScope, row: DatabaseRow) -> tuple[PlannedTouch, ...] | None:
    """The outreach of the offer in force; None when there is none, somebody answered, or its rep is gone."""
    owner, start = row["owner"], row["assigned_at"]
    if start is None or scope.people.rep(owner) is None or not is_under_way(row["stage"], row["status"]):
        return None
    calendar = scope.agreement.calendars.of_rep(owner)
    return outreach_plan(scope.agreement.routing, calendar, start, _attempts(row))


def _attempts(row: DatabaseRow) -> tuple[AttemptMade, ...]:
    return msgspec.convert(row["attempts"] or (), tuple[AttemptMade, ...], strict=False)


def _step(
    is_late: Callable[[date, str | None], bool], kind: str, day: date, text: str, rep: str | None
) -> dict[str, Any]:
    return {
        **{"kind": kind, "rep": rep, "day": day, "text": text, "late": is_late(day, rep)},
        **{"business_day": None, "channels": [], "sequence": []},
    }


def _local_day(scope: ReportScope, rep: str | None, at: datetime) -> date:
    person = scope.people.rep(rep)
    if person is None:
        return at.date()
    return scope.agreement.calendars.of_rep(person.id).local_day(at)
