"""Offers one by one: what a rep was asked, and how it ended. The list behind every number of offers."""

from reporting.filters import OffersQuery, next_of, offset_of, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import rejections as store


async def offers(scope: ReportScope, query: OffersQuery) -> Answer:
    """Offers that ended in the period, the latest first: accepted, rejected, or left until their time ran out.

    `rep` and `team` are who was asked. Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    wanted = {name: getattr(query, name) for name in ("answered", "rejected", "lead_guarantee", "credited")}
    page = {"limit": query.limit + 1, "offset": offset_of(query)}
    rows = await store.offers(scope.tx, scope.filters(query, **wanted, **page))
    items = [{**row, "rep_name": scope.people.name(row["rep"])} for row in rows[: query.limit]]
    return {**scope.period(query).parameters, "items": items, "next": next_of(rows, query)}


OFFERS = Report(
    "offers",
    OffersQuery,
    offers,
    columns=(
        Column("id"),
        Column("name", "Lead", "lead"),
        Column("email"),
        Column("company", "Company", wide=True),
        Column("assignment"),
        Column("rep", "Offered to", "rep"),
        Column("team", "Team", "team", wide=True),
        Column("pool"),
        Column("offered_at", "Offered", "when", wide=True),
        Column("at", "Answered", "when"),
        Column("answer", "Answer", "answer"),
        Column("accepted"),
        Column("credited"),
        Column("lead_guarantee"),
    ),
    summary="Offers one by one: who was asked, when, and how it ended",
    title="Offers",
    definition="An offer is one lead put to one rep. A lead that is passed on is offered more than once.",
    page=True,
)
