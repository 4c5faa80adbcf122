"""The weekly review list: rejections that stay here until somebody ticks them (a fact `reviewed` with the item)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from reporting.filters import TIMES, ReviewsQuery, next_of, offset_of, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import rejections as store
from reporting.store.conditions import DatabaseRow


async def reviews(scope: ReportScope, query: ReviewsQuery) -> Answer:
    """What waits to be reviewed, the oldest first; or what was reviewed (`state`). `waiting` counts the former.

    Whenever it came back: the list is of now. Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    filters = query.dimensions()
    page = {**filters, "state": query.state, "limit": query.limit + 1, "offset": offset_of(query)}
    rows = await store.reviews(scope.tx, page)
    return {
        "waiting": await store.waiting_reviews(scope.tx, filters),
        "items": [_item(scope, row) for row in rows[: query.limit]],
        "next": next_of(rows, query),
    }


def _item(scope: ReportScope, row: DatabaseRow) -> DatabaseRow:
    day = row["at"].astimezone(ZoneInfo(scope.zone)).date()
    return {
        **row,
        "week": day - timedelta(days=day.weekday()),
        "rep_name": scope.people.name(row["rep"]),
        "reviewed_by_name": scope.people.name(row["reviewed_by"]) if row["reviewed_by"] else None,
    }


REVIEWS = Report(
    "reviews",
    ReviewsQuery,
    reviews,
    columns=(
        Column("item"),
        Column("week", "Week of"),
        Column("lead"),
        Column("name", "Name", "lead"),
        Column("company", "Company", wide=True),
        Column("reason", "Reason", "words"),
        Column("rep_name", "Refused by"),
        Column("note", "Says", wide=True),
        Column("at", "When", "relative"),
        Column("reviewed_by_name"),
        Column("reviewed_at"),
    ),
    summary="Rejections to be reviewed each week, until they are ticked",
    title="To be reviewed",
    note="They stay here until somebody ticks them",
    finding=lambda answer: f"To be reviewed: {answer['waiting']}",
    panel="half",
    idle=lambda answer: not answer["items"],
    ignores=TIMES,
)
