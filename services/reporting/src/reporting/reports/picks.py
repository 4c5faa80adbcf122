"""The log of picks, one by one: who got which lead, why, and how it ended. The list behind every number of fairness."""

from typing import Final, Literal

from reporting.filters import ListQuery, next_of, offset_of, refuse_unknown
from reporting.reports.fairness_words import reason
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import picks as store

PickCause = Literal["turn", "on_call", "same_company", "hand_over", "previous_owner", "manager", "own_account"]
PassedBecause = Literal["off_shift", "away", "left", "had_it", "daily_cap", "open_cap"]
LOG: Final = "/api/picks"


class PicksQuery(ListQuery):
    """Offers made in the period; `rep` and `team` are who got them."""

    pool: str | None = None
    """`-`: those that went through no pool."""
    cause: PickCause | None = None
    turn: bool | None = None
    credited: bool | None = None
    """The turn was given back since."""
    passed_over: str | None = None
    """A member (rep id) who could not take it …"""
    because: PassedBecause | None = None
    """… for this reason."""


async def picks(scope: ReportScope, query: PicksQuery) -> Answer:
    """The picks of the period, the latest first, each with its reason in words and its candidate table.

    Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    names = {one.id: one.name for one in scope.agreement.teams.reps}
    wanted = {name: getattr(query, name) for name in ("pool", "cause", "turn", "credited", "passed_over", "because")}
    page = {"limit": query.limit + 1, "offset": offset_of(query)}
    rows = await store.picks(scope.tx, scope.filters(query, **wanted, **page))
    items = [
        {**row, "rep_name": scope.people.name(row["rep"]), "reason": reason(row, names)} for row in rows[: query.limit]
    ]
    return {**scope.period(query).parameters, "items": items, "next": next_of(rows, query)}


PICKS = Report(
    "picks",
    PicksQuery,
    picks,
    columns=(
        Column("at", "At", "when"),
        Column("id"),
        Column("name", "Lead", "lead"),
        Column("email"),
        Column("company", "Company", wide=True),
        Column("pool", "Pool", "pool", wide=True),
        Column("rep", "Rep", "rep"),
        Column("cause", "Cause", "words"),
        Column("reason", "Why", wide=True),
        Column("turn"),
        Column("answer", "How it ended", "answer"),
        Column("credited"),
        Column("assignment"),
    ),
    summary="The log of picks: who got which lead, why, and how it ended",
    title="Picks",
    definition="Each offer to a rep that was made in these days, whichever way it came; imported history is not in it.",
    chapter="teams",
    page=True,
)
