"""Money by model, divided: what each campaign, source, content or partner is credited with, all models side by side."""

from collections.abc import Iterable
from typing import Any, Final

from reporting.figures import percent
from reporting.filters import DEALS, NONE, CreditDivision, ReportQuery, link, refuse_unknown
from reporting.reports.attribution import SIDES
from reporting.reports.credits import period_credits
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.reports.totals import as_leads, beside
from reporting.store.conditions import DatabaseRow

CreditGroup = tuple[str, str | None]
"""A side, and what of it: null where the touches name none."""
NOT_NAMED: Final = {"campaign": "no campaign", "source": "no source", "content": "no content", "partner": "no partner"}


class AttributionGroupsQuery(ReportQuery):
    """By what the credited touches are divided."""

    by: CreditDivision = "campaign"


async def attribution_groups(scope: ReportScope, query: AttributionGroupsQuery) -> Answer:
    """A row for each group with its amount under every model; each model's column sums up to `total` to the cent.

    Largest by the default model first; what is nobody's comes last. Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    days = {**scope.period(query).parameters, **query.dimensions()}
    terms = scope.agreement.goals.attribution
    found = await period_credits(scope, query, query.by, terms.models)
    total = found.total
    sums = {(key.side, key.value): numbers for key, numbers in found.of(query.by)}
    places = {model.name: place for place, model in enumerate(terms.models)}

    def behind(group: CreditGroup, model: str) -> str:
        side, value = group
        which = {"credited_by": query.by, "credited_to": value or NONE} if side != "unattributed" else {}
        return link(DEALS, **days, credited=side, model=model, **which)

    default = places[terms.default]
    order = sorted(
        sums,
        key=lambda one: (SIDES.index(one[0]) == 2, -sums[one].units[default], SIDES.index(one[0]), one[1] or ""),
    )
    return {
        **scope.period(query).parameters,
        "by": query.by,
        "currency": scope.currency,
        "models": [
            {"name": one.name, "title": one.title, "default": one.name == terms.default} for one in terms.models
        ],
        "deals": total.deals,
        "total": total.money,
        "leads": link(DEALS, **days, **as_leads(query), state="won"),
        "besides": [beside(one, "won", **days, **as_leads(query)) for one in total.not_included],
        "items": [
            {
                "by": query.by,
                "side": group[0],
                "group": group[1],
                "title": title_of(group, query.by),
                "models": {
                    name: {
                        "amount": scope.money(sums[group].units[place]),
                        "deals": sums[group].deals[place],
                        "link": behind(group, name),
                    }
                    for name, place in places.items()
                },
            }
            for group in order
        ],
        "sums": {
            name: scope.money(sum(numbers.units[place] for numbers in sums.values())) for name, place in places.items()
        },
    }


def title_of(group: CreditGroup, by: CreditDivision) -> str:
    """A group in words: its own name; `sales, no campaign`; `unattributed`."""
    side, value = group
    if side == "unattributed":
        return side
    return value or f"{side}, {NOT_NAMED[by]}"


def _rows(answer: Answer) -> Iterable[DatabaseRow]:
    """For the file: one row for each group and model."""
    for item in answer["items"]:
        for model in answer["models"]:
            one = item["models"][model["name"]]
            yield {**item, "model": model["name"], "currency": answer["currency"], **one}


def _finding(answer: Answer) -> str | None:
    """The largest group by the house's model, as a share of all."""
    named = [one for one in answer["items"] if one["group"]]
    default: Any = next((one for one in answer["models"] if one["default"]), None)
    if not named or not answer["total"].amount or default is None:
        return None
    part = named[0]["models"][default["name"]]["amount"].amount / answer["total"].amount
    return f"{named[0]['title']} has the most: {percent(part)} of the revenue by {default['title']}"


ATTRIBUTION_GROUPS = Report(
    "attribution-groups",
    AttributionGroupsQuery,
    attribution_groups,
    columns=(
        Column("by"),
        Column("side", "Side"),
        Column("group"),
        Column("title", "Which"),
        Column("model", "Model"),
        Column("amount", "Credited", "money", link="link"),
        Column("currency"),
        Column("deals", "Deals", "number", link="link"),
    ),
    summary="Revenue credited to campaigns, sources, content or partners, under every model side by side",
    title="Who brought the money",
    definition=(
        "Every model shares out the same won deals among their touches; here the shares of touches of one campaign, "
        "source, content or partner are added up. Each column sums up to the same total, to the cent. What sales did "
        "names no campaign; unattributed: a milestone without a touch within the agreed days."
    ),
    chapter="goals",
    finding=_finding,
    rows=_rows,
)
