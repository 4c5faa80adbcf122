"""Goals: the year's revenue worked backwards to a month's MQLs, beside what this month brought."""

from collections.abc import Mapping

from agreement.deals import DealState
from agreement.months import month_of, next_month
from events import Money
from reporting.decide import rates
from reporting.decide.funnel_model import GoalPace, pace
from reporting.decide.money import Total
from reporting.filters import DEALS, DIMENSIONS, LEADS, TIMES, ReportQuery, link, link_to_entered
from reporting.period import Period
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.reports.totals import beside, totals_of
from reporting.store import goals as store
from reporting.store.conditions import DatabaseRow


async def goals(scope: ReportScope, query: ReportQuery) -> Answer:
    """`exact` and `safe` are what the month needs; `coverage` is the open pipeline over what is missing.

    `pace` is what there is over what the safe chain would have by now, `projected` what there will be when the month
    ends (null in its first day). The goal is the whole house's, of the running month: no filter narrows it.
    """
    month = scope.month()
    counts = await store.entries(scope.tx, month.start, month.end)
    totals = await totals_of(scope, ReportQuery(range="mtd"))
    won = totals["won"]
    needs = rates.backwards(scope.agreement.goals)
    besides = [
        beside(one, state, **(month.parameters if state == "won" else {}))
        for state, total in totals.items()
        if state != "lost"
        for one in total.not_included
    ]
    first = month_of(scope.now, scope.zone)
    whole = Period(first, next_month(first), scope.zone)

    behind_wins = link(DEALS, **month.parameters, state="won")
    counts = {**counts, "won": won.deals}

    def running(actual: float, goal: float) -> GoalPace:
        return pace(actual, goal, whole.start, scope.now, whole.end)

    income = running(won.amount, needs["revenue"]["amount"])
    return {
        "besides": besides,
        "month": month.parameters,
        "ends": whole.until.isoformat(),
        "revenue": {
            "needed": Money(**needs["revenue"]),
            "pace": income.share,
            "projected": scope.money(income.projected),
            "won": won.money,
            "deals": won.deals,
            "not_included": won.not_included,
            "leads": link(LEADS, **month.parameters, deals="won"),
            "link": behind_wins,
        },
        "chain": [
            {
                **step,
                "actual": counts.get(step["stage"], 0),
                "pace": (mine := running(counts.get(step["stage"], 0), step["safe"])).share,
                "projected": mine.projected,
                "leads": behind_wins if step["stage"] == "won" else link_to_entered(step["stage"], month.parameters),
            }
            for step in needs["chain"]
        ],
        "pipeline": pipeline_of(scope, totals),
    }


def pipeline_of(scope: ReportScope, totals: Mapping[DealState, Total]) -> DatabaseRow:
    """What is open now, and its `coverage` of what this month still needs; `totals`: of the running month."""
    opened = totals["open"]
    missing = max(rates.backwards(scope.agreement.goals)["revenue"]["amount"] - totals["won"].amount, 0)
    return {
        "open": opened.money,
        "deals": opened.deals,
        "not_included": opened.not_included,
        "leads": link(LEADS, deals="open"),
        "link": link(DEALS, state="open"),
        "coverage": opened.amount / missing if missing else None,
        "at_least": scope.agreement.goals.coverage.at_least,
        "at_most": scope.agreement.goals.coverage.at_most,
    }


GOALS = Report(
    "goals",
    ReportQuery,
    goals,
    columns=(
        Column("stage", "Step", "words"),
        Column("exact", "Needed", "number"),
        Column("safe", "Safe", "number"),
        Column("actual", "So far", "number", link="leads"),
        Column("pace", "Pace", "percent"),
        Column("projected", "At its end", "number"),
    ),
    summary="Revenue goals worked backwards",
    title="This month against the goal",
    rows=lambda answer: answer["chain"],
    panel="half",
    ignores=(*TIMES, *DIMENSIONS),
    chapter="goals",
    definition=(
        "The year's new revenue worked backwards to a month. `Needed` is exact; `safe` rounds every step up, so that "
        "it is reached. Leads count in the month in which they entered the step, won deals in that in which they "
        "closed, each once however many contacts it has. `Pace` is what there is over what the safe "
        "chain would have by now, day by day alike; `at its end` what there will be at this pace."
    ),
)
