"""Money and rates that both teams look at: a row for each shared figure of the agreement (definitions.figures)."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from agreement.deals import DealState
from agreement.figures import FigureName
from events.vocabulary import FUNNEL_STAGES, humanize
from reporting.decide import rates
from reporting.decide.money import Total
from reporting.figures import NO_SPEND, count_of, duration, money, number
from reporting.filters import LEADS, OFFERS, OUTCOMES, ReportQuery, link, refuse_unknown
from reporting.reports.goals import pipeline_of
from reporting.reports.promises import kept
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.reports.totals import beside, deals_behind, spent_in, totals_and_sourced, totals_of
from reporting.store import funnel as funnels
from reporting.store import money as store
from reporting.store import recycling, rejections
from reporting.store.conditions import DatabaseRow

_NEVER_FOLLOWED_UP: Final = {"reached": "mql", "mode": "activity", "implied": "false", "touched": "false"}
"""How the list of leads is asked for the MQLs of a period that nobody followed up."""


async def shared_figures(scope: ReportScope, query: ReportQuery) -> Answer:
    """A row for each figure: `value` as `cell` says (null: nothing to divide by), `count` of what it is made of, `of`
    how many, its `unit`, and the list behind it. Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    found: dict[FigureName, DatabaseRow] = {
        **await _deals(scope, query),
        **await _of_cohort(scope, query),
        **await _of_sales(scope, query),
    }
    items = [
        {
            **{"name": term.figure, "title": term.title, "definition": term.definition},
            **{"of": None, "note": "", "besides": [], "better": None, "link": None},
            **found[term.figure],
        }
        for term in scope.agreement.definitions.figures
    ]
    return {**scope.period(query).parameters, "currency": scope.currency, "items": items}


async def _deals(scope: ReportScope, query: ReportQuery) -> dict[FigureName, DatabaseRow]:
    """Figures of deals: those that closed in the period, and those that are open now."""
    totals, sourced = await totals_and_sourced(scope, query, "marketing")
    won, lost = totals["won"], totals["lost"]
    paid = won.deals - won.deals_outside
    cycle = await store.cycle(scope.tx, scope.filters(query))
    pipeline = pipeline_of(scope, await totals_of(scope, ReportQuery(range="mtd")))
    coverage, least, most = pipeline["coverage"], pipeline["at_least"], pipeline["at_most"]
    return {
        "revenue": _sum(scope, query, won, "won", better="more"),
        "sourced_revenue": _sum(scope, query, sourced["won"], "won", better="more", sourced="marketing"),
        "pipeline": _sum(scope, query, totals["open"], "open", better="more"),
        "sourced_pipeline": _sum(scope, query, sourced["open"], "open", better="more", sourced="marketing"),
        "coverage": {
            **{"value": coverage, "cell": "times", "count": pipeline["deals"], "unit": "deals"},
            "link": pipeline["link"],
            "note": _covers(coverage, least, most),
        },
        "contract_value": {
            "value": scope.money(won.amount / paid) if paid else None,
            **{"cell": "money", "count": paid, "unit": "deals", "better": "more"},
            "note": f"over {count_of(paid, 'deal')}",
        },
        "win_rate": {
            "value": rates.rate(won.deals, won.deals + lost.deals),
            **{"cell": "percent", "count": won.deals, "of": won.deals + lost.deals, "unit": "deals", "better": "more"},
            "link": deals_behind(scope, query, state="won"),
            "note": f"{number(won.deals)} of {count_of(won.deals + lost.deals, 'deal')} that closed",
        },
        "sales_cycle": {
            **{"value": cycle["median_seconds"], "cell": "duration", "count": cycle["deals"], "unit": "deals"},
            "better": "less",
            "note": await _stage_by_stage(scope, query),
        },
    }


def _covers(coverage: float | None, least: float, most: float) -> str:
    """What the coverage says, of the whole house in this month."""
    agreed = f"{least:g} to {most:g} times agreed; the whole house, this month"
    if coverage is None:
        return f"this month's goal is reached; {agreed}"
    if least <= coverage <= most:
        return agreed
    return f"{'too little' if coverage < least else 'more than can be worked: old deals to close?'}; {agreed}"


def _sum(
    scope: ReportScope, query: ReportQuery, total: Total, state: DealState, *, better: str, **more: str
) -> DatabaseRow:
    days = {**scope.period(query).parameters, **query.dimensions(), **more}
    return {
        **{"value": total.money, "cell": "money", "count": total.deals, "unit": "deals", "better": better},
        "link": deals_behind(scope, query, state=state, **more),
        "note": count_of(total.deals, "deal")
        + (f", {number(total.deals_outside)} of them in no sum" if total.deals_outside else ""),
        "besides": [beside(one, state, **days) for one in total.not_included],
    }


async def _stage_by_stage(scope: ReportScope, query: ReportQuery) -> str:
    """The median time from each stage to the next, of leads that entered it in the period."""
    medians = await funnels.pace(scope.tx, scope.filters(query))
    parts = (
        f"{humanize(before)} to {humanize(stage)} {duration(medians[stage])}"
        for before, stage in pairwise(FUNNEL_STAGES)
        if stage in medians
    )
    return ", ".join(parts)


async def _of_cohort(scope: ReportScope, query: ReportQuery) -> dict[FigureName, DatabaseRow]:
    """Figures of the leads that became known in the period, and of what was spent in it."""
    came = await store.cohort(scope.tx, scope.filters(query))
    leads, mqls, sqls, customers = (came[one] for one in ("leads", "mqls", "sqls", "customers"))
    spend = await spent_in(scope, query)
    bought = (await totals_of(scope, query, cohort=True, dated=False, state="won"))["won"]

    def reached(stage: str) -> str:
        return scope.leads(query, reached=stage, mode="cohort")

    def each(count: int, noun: str, stage: str) -> DatabaseRow:
        value = scope.money(spend.amount / count) if spend and count else None
        note = f"{money(spend.money)} over {count_of(count, noun)}" if spend else NO_SPEND
        shown = {"value": value, "cell": "money", "count": count, "unit": f"{noun}s", "better": "less"}
        return {**shown, "link": reached(stage), "note": note}

    return {
        "spend": {
            **{"value": spend.money if spend else None, "cell": "spend", "count": None, "unit": None},
            "besides": [
                {"count": None, "unit": None, "text": f"{one['amount']} in no sum: no rate agreed", "link": None}
                for one in (spend.not_included if spend else ())
            ],
        },
        "cost_per_customer": each(customers, "customer", "won"),
        "cost_per_lead": each(leads, "lead", "lead"),
        "cost_per_mql": each(mqls, "MQL", "mql"),
        "cost_per_sql": each(sqls, "SQL", "sql"),
        "acquisition_rate": _share(customers, leads, "lead", reached("won")),
        "end_to_end": _share(customers, mqls, "MQL", reached("won")),
        "lifetime_value": {
            "value": scope.money(bought.amount / customers) if customers else None,
            **{"cell": "money", "count": customers, "unit": "customers", "better": "more"},
            "link": reached("won"),
            "note": f"{money(bought.money)} from {count_of(customers, 'customer')}",
        },
    }


async def _of_sales(scope: ReportScope, query: ReportQuery) -> dict[FigureName, DatabaseRow]:
    """Figures of how leads were worked."""
    filters = scope.filters(query)
    mqls = await store.mqls(scope.tx, filters)
    _, answers = await rejections.rejections(scope.tx, filters)
    back, answered = answers["answered"] - answers["accepted"], answers["answered"]
    cycles = await recycling.cycles(scope.tx, filters)
    again, won_back = (sum(row[name] for row in cycles) for name in ("leads", "opportunities"))
    days = {**scope.period(query).parameters, **query.dimensions()}
    return {
        **await _response(scope, query),
        "never_followed_up": {
            **_share(mqls["never"], mqls["mqls"], "MQL", link(LEADS, **days, **_NEVER_FOLLOWED_UP)),
            "better": "less",
        },
        "rejection_rate": {
            **_share(back, answered, "answered offer", link(OFFERS, **days, answered="rejected")),
            "better": "less",
        },
        "recycling_success": _share(won_back, again, "lead", None),
    }


async def _response(scope: ReportScope, query: ReportQuery) -> dict[FigureName, DatabaseRow]:
    """Median and ninth decile of the promise whose target is the lead's urgency."""
    promise = scope.agreement.service_levels.speed_to_lead
    whole: Mapping[str, Any] = await kept(scope, query, promise.name) if promise else {}
    touched = whole.get("met", 0) + whole.get("late", 0)
    days = {**scope.period(query).parameters, **query.dimensions()}
    judged = touched + whole.get("breached", 0)
    shown = {
        **{"cell": "duration", "count": judged, "unit": "promises", "better": "less"},
        "link": link(OUTCOMES, **days, promise=promise.name, kept="judged") if promise else None,
        "note": f"{count_of(touched, 'first touch')}, {number(judged - touched)} never came",
    }
    return {
        "response_time": {**shown, "value": whole.get("median_seconds")},
        "response_time_p90": {**shown, "value": whole.get("p90_seconds")},
    }


def _share(part: int, whole: int, noun: str, behind: str | None) -> DatabaseRow:
    plural = noun.rpartition(" ")[2] + "s"
    shown = {"value": rates.share(part, whole), "cell": "percent", "count": part, "of": whole, "unit": plural}
    return {**shown, "link": behind, "better": "more", "note": f"{number(part)} of {count_of(whole, noun)}"}


MONEY = Report(
    "money",
    ReportQuery,
    shared_figures,
    columns=(
        Column("name"),
        Column("title", "Figure"),
        Column("value", "Value", "figure"),
        Column("count", "Counted", "number", link="link", wide=True),
        Column("unit"),
        Column("of"),
        Column("note", "Made of"),
        Column("definition", "What it means", wide=True),
        Column("currency"),
    ),
    summary="The figures that both teams share, each with the one definition of the agreement",
    title="Money and rates",
    note="One meaning each, agreed in the chapter definitions",
    rows=lambda answer: ({**row, "currency": answer["currency"]} for row in answer["items"]),
    definition="Each figure says what it means beside it; a figure that cannot be told yet is empty, never 0.",
    chapter="definitions",
    page=True,
    key=("name",),
)
