"""The funnel model: the goal worked backwards three ways, with every rate to move; what binds, and each team's part."""

from collections import Counter
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from agreement.service_levels import Volume
from events import Money
from reporting.decide import funnel_model as model
from reporting.decide import rates
from reporting.decide.funnel_model import RATES, STEPS, Assumptions, ChainStep, Miss, Rate
from reporting.figures import count_of, money, number
from reporting.filters import ReportQuery
from reporting.reports.goals import goals
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import funnel as funnels
from reporting.store.conditions import DatabaseRow

PerCent = Annotated[float, Field(ge=0.01, le=100)]
Whole = Annotated[int, Field(ge=1, le=100_000_000)]
_STEP_WORDS: Final = {"mql": "MQLs", "sql": "SQLs", "opportunity": "opportunities", "won": "deals"}


class FunnelModelQuery(BaseModel):
    """What is assumed instead of what was agreed. Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    mql_to_sql: PerCent | None = None
    sql_to_opportunity: PerCent | None = None
    opportunity_to_won: PerCent | None = None
    """In per cent."""
    revenue: Whole | None = None
    """New revenue a month, in whole units of the house's currency."""
    deal: Whole | None = None
    """What a deal is worth, in the same."""
    mqls: Whole | None = None
    """MQLs a month whose revenue is asked for; null: those that the agreed goal safely needs."""
    reps: Annotated[int, Field(ge=1, le=10_000)] | None = None
    leads_per_rep: Annotated[int, Field(ge=1, le=100_000)] | None = None


async def funnel_model(scope: ReportScope, query: FunnelModelQuery) -> Answer:
    """One row for each step, deals first: what a month needs (exact, safe, rounded), and what so many MQLs bring.

    `teams` have their part by their reps in pools; `actual` are the rates of the last 90 days; `now` is the running
    month of report `goals`.
    """
    teams = _reps_by_team(scope)
    agreed = Assumptions.of(scope.agreement.goals, sum(teams.values()))
    given = _assumed(agreed, query, scope.currency)
    steps = model.chain(given)
    mqls = query.mqls or model.chain(agreed)[-1].safe
    flow, income = model.forward(given, mqls), model.brings(given, mqls)
    running = await goals(scope, ReportQuery())
    now = {one["stage"]: one for one in running["chain"]}
    shown_then = _shown(scope, agreed) | {"mqls": model.chain(agreed)[-1].safe}
    shown_now = _shown(scope, given) | {"mqls": mqls}
    return {
        "currency": scope.currency,
        "agreed": shown_then,
        "assumed": shown_now,
        "changed": [name for name in shown_now if shown_now[name] != shown_then[name]],
        "actual": await _actual(scope),
        "brings": {
            "mqls": mqls,
            "month": scope.money(income),
            "year": scope.money(income * scope.agreement.goals.revenue.months),
            "months": scope.agreement.goals.revenue.months,
            "over": scope.money(income - given.revenue),
        },
        "levers": [
            {"rate": name, "value": getattr(given, name), "worth": scope.money(worth)}
            for name, worth in model.levers(given, mqls).items()
        ],
        "misses": [
            {"step": one.step, "brings": one.brings, "needed": one.needed, "text": shortfall(one)}
            for one in model.misses(given, steps)
        ],
        "capacity": _capacity(scope, given, steps),
        "teams": _teams(scope, given, steps, teams),
        "now": {"from": running["month"]["from"], "ends": running["ends"], **running["revenue"]},
        "items": [_row(one, given, flow[one.step], now[one.step]) for one in steps],
    }


def _reps_by_team(scope: ReportScope) -> Counter[str]:
    """How many reps of each team stand in a pool, and so are given leads."""
    terms = scope.agreement.teams
    members = {member for pool in terms.pools for member in pool.members}
    return Counter(rep.team for rep in terms.reps if rep.id in members)


def _assumed(agreed: Assumptions, query: FunnelModelQuery, currency: str) -> Assumptions:
    rates_given: dict[str, float] = {name: value / 100 for name in RATES if (value := getattr(query, name)) is not None}
    amounts = {
        name: Money.of(value, currency).amount
        for name in ("revenue", "deal")
        if (value := getattr(query, name)) is not None and value != _units(getattr(agreed, name), currency)
    }
    counts = {name: value for name in ("reps", "leads_per_rep") if (value := getattr(query, name)) is not None}
    changes: dict[str, Any] = {**rates_given, **amounts, **counts}
    return replace(agreed, **changes)


def _units(amount: float, currency: str) -> int:
    """An amount in minor units, in the whole units in which the form has it: unmoved, it is as agreed."""
    return round(Money(amount=round(amount), currency=currency).major)


def _shown(scope: ReportScope, given: Assumptions) -> DatabaseRow:
    return {
        **{name: getattr(given, name) for name in RATES},
        "revenue": scope.money(given.revenue),
        "deal": scope.money(given.deal),
        **{"reps": given.reps, "leads_per_rep": given.leads_per_rep, "weeks": given.weeks},
    }


async def _actual(scope: ReportScope) -> dict[Rate, float | None]:
    """The rates of the cohort of the last 90 days, as the funnel has them; null where nobody came so far."""
    rows = await funnels.funnel(scope.tx, scope.filters(ReportQuery(), mode="cohort", by=None))
    stages = {one["stage"]: one for one in rates.funnel([row for row in rows if row["whole"]], scope.agreement.goals)}
    return {name: (stages[step]["target"] or {}).get("actual") for name, step in zip(RATES, STEPS[1:], strict=True)}


def shortfall(miss: Miss) -> str:
    """`23 opportunities at 30 % are 6.9 deals, not 7`: with as many digits as show that they differ."""
    shown = f"{miss.brings:.1f}"
    if float(shown) == miss.needed:
        shown = f"{miss.brings:.2f}"
    return (
        f"{number(miss.count)} {_STEP_WORDS[miss.step]} at {miss.rate * 100:g} % are {shown} "
        f"{_STEP_WORDS[miss.next]}, not {number(miss.needed)}"
    )


def _capacity(scope: ReportScope, given: Assumptions, steps: list[ChainStep]) -> DatabaseRow:
    """The MQLs that the reps can work, beside those that the goal needs and those that marketing has promised."""
    volume: Volume = scope.agreement.service_levels.commitments.volume
    return {
        "mqls": given.capacity,
        "needed": steps[-1].safe,
        "binds": model.binding(given),
        "brings": scope.money(model.brings(given, given.capacity)),
        "reps_needed": model.reps_needed(given),
        "promised": volume.per_month,
        "promised_brings": scope.money(model.brings(given, volume.per_month)),
    }


def _teams(scope: ReportScope, given: Assumptions, steps: list[ChainStep], teams: Counter[str]) -> list[DatabaseRow]:
    names = {team.id: team.name for team in scope.agreement.teams.teams}
    parts = model.shares(teams)
    return [
        {
            "team": team,
            "name": names[team],
            "reps": count,
            "share": parts[team],
            "capacity": round(parts[team] * given.capacity, 1),
            "revenue": scope.money(parts[team] * given.revenue),
            "month": {one.step: parts[team] * one.exact for one in steps},
            "week": {one.step: parts[team] * one.exact / given.weeks for one in steps},
        }
        for team, count in sorted(teams.items(), key=lambda one: (-one[1], one[0]))
    ]


def _row(step: ChainStep, given: Assumptions, flows: float, now: DatabaseRow) -> DatabaseRow:
    return {
        "step": step.step,
        "exact": round(step.exact, 4),
        "safe": step.safe,
        "rounded": step.rounded,
        "exact_week": round(step.exact / given.weeks, 4),
        "safe_week": round(step.safe / given.weeks, 4),
        "flows": round(flows, 4),
        **{name: now[name] for name in ("actual", "pace", "projected", "leads")},
    }


def finding(answer: Answer) -> str:
    """What so many MQLs bring at these rates, against the goal."""
    over: Money = answer["brings"]["over"]
    distance = money(_whole(over))
    goal = "more than the goal" if over.amount > 0 else "less than the goal"
    against = f"{distance} {goal}" if over.amount else "just the goal"
    mqls = answer["brings"]["mqls"]
    flow = "1 MQL a month brings" if mqls == 1 else f"{number(mqls)} MQLs a month bring"
    return f"{flow} {money(_whole(answer['brings']['month']))}: {against}"


def _whole(amount: Money) -> Money:
    """Without its sign, rounded to whole units."""
    return Money.of(round(abs(amount.major)), amount.currency)


def bound(answer: Answer) -> str:
    """Which of the two targets binds, in a sentence."""
    capacity, reps = answer["capacity"], answer["assumed"]["reps"]
    worked = f"{count_of(reps, 'rep')} can work {number(capacity['mqls'])} MQLs a month"
    if capacity["binds"] == "revenue":
        return f"The goal binds: it needs {number(capacity['needed'])}, and {worked}"
    return f"The reps bind: {worked}, and the goal needs {number(capacity['needed'])}"


FUNNEL_MODEL = Report(
    "funnel-model",
    FunnelModelQuery,
    funnel_model,
    columns=(
        Column("step", "Step", "words"),
        Column("exact", "Exact", "number"),
        Column("safe", "Safe", "number"),
        Column("rounded", "Rounded", "number"),
        Column("exact_week", "Exact a week", "number"),
        Column("safe_week", "Safe a week", "number"),
        Column("flows", "At these rates", "number"),
        Column("actual", "This month", "number", link="leads"),
        Column("pace", "Pace", "percent"),
        Column("projected", "At its end", "number"),
    ),
    summary="The funnel model: the goal worked backwards three ways, with every rate to move, and what binds",
    title="Funnel model",
    note="The agreed goal, worked backwards",
    chapter="goals",
    definition=(
        "The goal of revenue divided by what a deal is worth, then by each rate. Exact: with fractions. Safe: every "
        "step is rounded up before the next, so that the goal is reached. Rounded: to the nearest, which may miss it. "
        "A week is a month over the agreed weeks. A team's part is its share of the reps that stand in a pool."
    ),
    finding=finding,
)
