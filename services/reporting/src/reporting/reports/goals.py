"""Goals: the year's revenue worked backwards to a month's MQLs, beside what this month brought."""

from events import Money
from reporting.decide import rates
from reporting.filters import LEADS, NoQuery, link, link_to_entered
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.reports.totals import totals_of
from reporting.store import goals as store


async def goals(scope: ReportScope, query: NoQuery) -> Answer:
    """`exact` and `safe` are what the month needs; `coverage` is the open pipeline over what is missing."""
    month = scope.month()
    counts = await store.entries(scope.tx, month.start, month.end)
    totals = await totals_of(scope, month)
    won, opened = totals["won"], totals["open"]
    needs = rates.backwards(scope.agreement.goals)
    missing = max(needs["revenue"]["amount"] - won.amount, 0)
    return {
        "month": month.parameters,
        "revenue": {
            "needed": Money(**needs["revenue"]),
            "won": won.money,
            "deals": won.deals,
            "not_included": won.not_included,
            "leads": link(LEADS, **month.parameters, deals="won"),
        },
        "chain": [
            {
                **step,
                "actual": counts.get(step["stage"], 0),
                "leads": link_to_entered(step["stage"], month.parameters),
            }
            for step in needs["chain"]
        ],
        "pipeline": {
            "open": opened.money,
            "deals": opened.deals,
            "not_included": opened.not_included,
            "leads": link(LEADS, deals="open"),
            "coverage": opened.amount / missing if missing else None,
            "at_least": scope.agreement.goals.coverage.at_least,
        },
    }


GOALS = Report(
    "goals",
    NoQuery,
    goals,
    columns=(
        Column("stage", "Step", "words"),
        Column("exact", "Needed", "number"),
        Column("safe", "Safe", "number"),
        Column("actual", "So far", "number", link="leads"),
    ),
    summary="Revenue goals worked backwards",
    title="This month against the goal",
    rows=lambda answer: answer["chain"],
    panel="half",
)
