"""The inbox: open work of a rep, most urgent first."""

from events.vocabulary import OPEN_WORK
from reporting.filters import InboxQuery, malformed, next_of, offset_of
from reporting.reports.next_step import next_step_of
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import inbox as store
from reporting.store.conditions import DatabaseRow


async def inbox(scope: ReportScope, query: InboxQuery) -> Answer:
    """All that a rep, or everybody, has in work. Raises Malformed for a rep nobody knows.

    Those of its rows that `counts` are the `open` work of `/api/pools`; opportunities do not count there.
    """
    rows = await store.inbox(scope.tx, rep_id(scope, query.rep, "rep"), query.limit + 1, offset_of(query))
    items = [_item(scope, row) for row in rows[: query.limit]]
    return {"items": items, "next": next_of(rows, query)}


def rep_id(scope: ReportScope, rep: str | None, parameter: str) -> str | None:
    """A rep by id or address; None for nobody. Raises Malformed, which names the parameter, for a stranger."""
    if not rep:
        return None
    for one in scope.agreement.teams.reps:
        if rep in (one.id, one.email):
            return one.id
    raise malformed(parameter, "is not a rep of the agreement")


def _item(scope: ReportScope, row: DatabaseRow) -> DatabaseRow:
    promise = scope.agreement.service_levels.by_name.get(row["clock"])
    shown = {name: value for name, value in row.items() if name not in _FOR_THE_STEP}
    step = next_step_of(scope, row)
    return {
        **shown,
        "signals": row["signals"] or [],
        "state": _state(row),
        "counts": row["stage"] in OPEN_WORK,
        "next_step": step,
        "next": f"{step['text']} ({step['day']:%d %b})" if step and step["kind"] != "wait" else step and step["text"],
        "owner_name": scope.people.name(row["owner"]),
        "clock_title": promise.title if promise else row["clock"],
        "overdue": bool(row["due"] and row["due"] <= scope.now),
    }


def _state(row: DatabaseRow) -> str:
    """`task` of a lead that nobody works; work that nobody was offered is accepted."""
    if row["assignment"] is None:
        return "task" if row["task"] else "accepted"
    return "accepted" if row["accepted"] else "offered"


_FOR_THE_STEP = ("attempts", "employees", "task_rep")
INBOX = Report(
    "inbox",
    InboxQuery,
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
        Column("stage"),
        Column("counts"),
    ),
    summary="Open work of a rep, most urgent first",
    title="Inbox",
)
