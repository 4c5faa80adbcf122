"""Lead guarantee: leads that came back with a reason for which marketing owes one more; the month's target rises."""

from reporting.filters import ListQuery, next_of, offset_of, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import service_levels as store


async def lead_guarantee(scope: ReportScope, query: ListQuery) -> Answer:
    """The leads of the period, the latest first; `owed` is how many. Raises Malformed.

    `rep` and `team` are who gave them back.
    """
    refuse_unknown(query, scope.agreement)
    days = scope.period(query)
    filters = scope.filters(query)
    page = {"limit": query.limit + 1, "offset": offset_of(query)}
    rows = await store.guarantees(scope.tx, {**filters, **page})
    terms = scope.agreement.routing.by_reason
    for row in rows:
        row["reason"] = terms[row["answer"]].title if row["answer"] in terms else row["answer"]
    count = await store.guarantee(scope.tx, filters)
    return {**days.parameters, "owed": count, "items": rows[: query.limit], "next": next_of(rows, query)}


LEAD_GUARANTEE = Report(
    "lead-guarantee",
    ListQuery,
    lead_guarantee,
    columns=(
        Column("name", "Lead", "lead"),
        Column("id"),
        Column("email"),
        Column("company", "Company"),
        Column("rep", "Given back by", "rep"),
        Column("reason", "Reason", "words"),
        Column("at", "At", "when"),
        Column("source", "Source", wide=True),
        Column("campaign"),
        Column("assignment"),
    ),
    summary="Leads for which marketing owes one more",
    title="Lead guarantee",
    note="Each raises the MQL target of its month by one.",
    page=True,
)
