"""The figures at the head of the numbers: each with its unit, its list, and what it leaves out."""

from collections.abc import Iterable
from typing import Any, Final

from agreement.deals import DealState
from reporting.decide import rates
from reporting.decide.money import Total
from reporting.figures import count_of, money, number, percent
from reporting.filters import OFFERS, OUTCOMES, FunnelQuery, link, refuse_unknown
from reporting.reports.promises import kept
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.reports.totals import beside, deals_behind, spent_in, totals_of
from reporting.store import funnel as funnels
from reporting.store import rejections
from reporting.store.conditions import DatabaseRow

_STAGES: Final = (("lead", "Leads"), ("mql", "MQLs"), ("sql", "SQLs"))


async def key_figures(scope: ReportScope, query: FunnelQuery) -> Answer:
    """A row for each figure: `value` as `cell` says, its `unit`, how many it is `of`, and the list behind it (`link`).

    `besides` are lines with what it leaves out, each with a list of its own. Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    filters = scope.filters(query, mode=query.mode, by=None)
    counts = await funnels.counts(scope.tx, filters)
    stages = {one["stage"]: one for one in rates.funnel(counts, scope.agreement.goals)}
    totals = await totals_of(scope, query)
    items = [
        *(_stage(scope, query, title, stages[stage]) for stage, title in _STAGES),
        await _accepted(scope, query),
        *await _speed_to_lead(scope, query),
        _deals(scope, query, "pipeline", "Open pipeline", totals["open"], state="open", note="open now"),
        _deals(
            scope, query, "won", "Won", totals["won"], state="won", note=f"{totals['lost'].deals} lost", better="more"
        ),
        *await _cost(scope, query, stages["won"]["count"]),
    ]
    return {**scope.period(query).parameters, "mode": query.mode, "currency": scope.currency, "items": items}


def _figure(name: str, title: str, **fields: Any) -> DatabaseRow:
    nothing = {"cell": "number", "unit": None, "of": None, "count": None, "link": None, "note": "", "better": None}
    return {"name": name, "title": title, "metric": None, **nothing, "besides": [], **fields}


def _stage(scope: ReportScope, query: FunnelQuery, title: str, stage: DatabaseRow) -> DatabaseRow:
    """Leads that entered a stage, and beside them those that came back."""
    name = stage["stage"]
    how = {"mode": query.mode}
    again = stage["re_engaged"]
    behind = scope.leads(query, **how, again=name)
    return _figure(
        f"{name}s",
        title,
        value=stage["count"],
        count=stage["count"],
        unit="leads",
        metric=name,
        better="more",
        link=scope.leads(query, **how, reached=name),
        note="became known" if name == "lead" else f"{percent(stage['from_first'])} of leads",
        besides=[_beside(again, "leads", f"{again} more came back in a later cycle", behind)] if again else [],
    )


async def _accepted(scope: ReportScope, query: FunnelQuery) -> DatabaseRow:
    answers = await rejections.answers(scope.tx, scope.filters(query))
    accepted, answered = answers["accepted"], answers["answered"]
    behind = {**scope.period(query).parameters, **query.dimensions()}
    return _figure(
        "accepted",
        "Accepted",
        value=rates.rate(accepted, answered),
        cell="percent",
        count=accepted,
        of=answered,
        unit="offers",
        better="more",
        link=link(OFFERS, **behind, answered="accepted"),
        note=f"{number(accepted)} of {number(answered)} answered offers",
    )


async def _speed_to_lead(scope: ReportScope, query: FunnelQuery) -> list[DatabaseRow]:
    """The sales promise whose target is the lead's urgency. None when the agreement has no such promise."""
    promise = scope.agreement.service_levels.speed_to_lead
    if promise is None:
        return []
    whole = await kept(scope, query, promise.name)
    met, judged = whole["met"], whole["met"] + whole["late"] + whole["breached"]
    behind = {**scope.period(query).parameters, **query.dimensions(), "promise": promise.name, "kept": "judged"}
    return [
        _figure(
            "speed",
            promise.title,
            value=whole["median_seconds"],
            cell="duration",
            count=judged,
            unit="promises",
            better="less",
            link=link(OUTCOMES, **behind),
            note=f"typically; {number(met)} of {number(judged)} in time" if judged else "nobody was touched yet",
        )
    ]


def _deals(
    scope: ReportScope,
    query: FunnelQuery,
    name: str,
    title: str,
    total: Total,
    *,
    state: DealState,
    note: str,
    better: str | None = None,
) -> DatabaseRow:
    """What deals are worth, and beside them those that are in no sum."""
    behind = deals_behind(scope, query, state=state)
    return _figure(
        name,
        title,
        value=total.money,
        cell="money",
        count=total.deals,
        unit="deals",
        metric="won" if state == "won" else None,
        better=better,
        link=behind,
        note=f"{count_of(total.deals, 'deal')}, {note}",
        besides=[
            beside(one, state, **{**scope.period(query).parameters, **query.dimensions()}) for one in total.not_included
        ],
    )


async def _cost(scope: ReportScope, query: FunnelQuery, customers: int) -> list[DatabaseRow]:
    """Spend by customer of the same days; nothing where a filter is about what spend does not know."""
    spent = await spent_in(scope, query)
    if spent is None:
        return []
    value = scope.money(spent.amount / customers) if customers else None
    leads = count_of(customers, "lead")
    won = f"{leads} won in these days" if query.mode == "activity" else f"{leads} of these days won"
    note = f"{money(spent.money)} spent, {won}" if customers else "nobody won yet"
    return [_figure("cac", "Cost per customer", value=value, cell="money", unit="customers", better="less", note=note)]


def _beside(count: int, unit: str, text: str, behind: str) -> DatabaseRow:
    return {"count": count, "unit": unit, "text": text, "link": behind}


def _rows(answer: Answer) -> Iterable[DatabaseRow]:
    return answer["items"]  # type: ignore[no-any-return]


KEY_FIGURES = Report(
    "key-figures",
    FunnelQuery,
    key_figures,
    columns=(
        Column("name"),
        Column("title", "Figure"),
        Column("value", "Value", "figure"),
        Column("count", "Counted", "number", link="link"),
        Column("unit", "Unit"),
        Column("of"),
        Column("note", "Beside it"),
    ),
    summary="The figures at the head of the numbers: with unit, list, and what each leaves out",
    title="Key figures",
    definition=(
        "Leads, MQLs and SQLs are counted as the funnel counts them; deals by the day on which they closed, open ones "
        "as they are now. A figure of deals and one of leads differ: a lead can have two deals, a deal two leads."
    ),
    chapter="definitions",
    rows=_rows,
    key=("name",),
)
