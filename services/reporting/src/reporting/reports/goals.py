"""Goals: the year's revenue worked backwards to a month's MQLs, beside what this month brought."""

from events import Money
from reporting.decide import rates
from reporting.filters import LEADS, NoQuery, link, link_to_entered
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import goals as store


async def goals(scope: ReportScope, query: NoQuery) -> Answer:
    """`exact` and `safe` are what the month needs; `coverage` is the open pipeline over what is missing."""
    month = scope.month()
    counts = await store.entries(scope.tx, month.start, month.end)
    pipeline = await store.pipeline(scope.tx, month.start, month.end, scope.currency)
    needs = rates.backwards(scope.agreement.goals)
    won = int(pipeline["won"] or 0)
    missing = max(needs["revenue"]["amount"] - won, 0)
    opened = int(pipeline["open"]) if pipeline["open"] is not None else None
    return {
        "month": month.parameters,
        "revenue": {
            "needed": Money(**needs["revenue"]),
            "won": scope.money(won),
            "deals": pipeline["won_deals"],
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
            "open": scope.money(opened),
            "deals": pipeline["open_deals"],
            "leads": link(LEADS, deals="open"),
            "coverage": opened / missing if opened is not None and missing else None,
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
