"""What deals are worth: open now, won and lost in a period, each deal once. Every page and report adds up here."""

from typing import Any, Final

from agreement.deals import DealState
from events.vocabulary import Side
from reporting.decide.money import Exchange, Total
from reporting.figures import count_of
from reporting.filters import DEALS, ReportQuery, link
from reporting.reports.report import ReportScope
from reporting.store import deals as store
from reporting.store import sources
from reporting.store.conditions import DatabaseRow

_OF_LEADS: Final = ("segment", "team", "rep", "product")
"""Filters that say nothing of what was spent."""


async def totals_of(scope: ReportScope, query: ReportQuery, **more: Any) -> dict[DealState, Total]:
    """`open` now, and `won` and `lost` in the period, in the house's currency; what is in no sum is listed with it.

    `more`: conditions of store.deals, as `cohort`.
    """
    totals = _nothing(scope)
    for row in await store.groups(scope.tx, scope.filters(query, **more), scope.currency):
        totals[row["state"]].add(row)
    return totals


async def totals_and_sourced(
    scope: ReportScope, query: ReportQuery, side: Side
) -> tuple[dict[DealState, Total], dict[DealState, Total]]:
    """The same totals, and beside them those of the deals whose first touch was this side's: read at once."""
    every, some = _nothing(scope), _nothing(scope)
    for row in await store.groups_by_side(scope.tx, scope.filters(query), scope.currency):
        every[row["state"]].add(row)
        if row["side"] == side:
            some[row["state"]].add(row)
    return every, some


def _nothing(scope: ReportScope) -> dict[DealState, Total]:
    convert = Exchange.of(scope.agreement, scope.now)
    return {"open": Total(convert), "won": Total(convert), "lost": Total(convert)}


async def spent_in(scope: ReportScope, query: ReportQuery) -> Total | None:
    """What was spent in the period; None where no spend was imported, or a filter is about what spend does not know."""
    if any(getattr(query, name) for name in _OF_LEADS):
        return None
    days = scope.period(query)
    filters = scope.filters(query, by="source", currency=scope.currency, first=days.first, until=days.until)
    spent = Total(Exchange.of(scope.agreement, scope.now))
    for row in await sources.spent(scope.tx, filters):
        spent.add({"amount": round(row["amount"]), "currency": row["currency"], "closed_at": row["starts"], "deals": 1})
    return spent if spent.deals else None


def deals_behind(scope: ReportScope, query: ReportQuery, **more: Any) -> str:
    """Address of the list of deals behind a number of this query."""
    return link(DEALS, **{**scope.period(query).parameters, **query.dimensions(), **more})


def as_leads(query: ReportQuery) -> dict[str, str]:
    """For the address of such a list: `rep` and `team` are to whom the lead was first handed, where they are given."""
    return {"held": "lead"} if query.team or query.rep else {}


def beside(left_out: DatabaseRow, state: DealState, **days: Any) -> DatabaseRow:
    """A line about deals that a sum does not include (`Total.not_included`): how many, why, and their list."""
    count, amount = left_out["deals"], left_out["amount"]
    deals = count_of(count, "deal")
    text = f"{deals} in {amount.currency}, no rate agreed: {amount}" if amount else f"{deals} without an amount"
    behind = link(DEALS, **days, state=state, left_out=amount.currency if amount else "no_amount")
    return {"count": count, "unit": "deals", "text": f"{text}, {state}, in no sum", "link": behind}
