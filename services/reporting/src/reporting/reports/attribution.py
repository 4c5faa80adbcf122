"""Attribution: revenue credited to touches, under a model that is always named."""

from collections.abc import Iterable
from typing import Any, Final

from agreement import Agreement
from agreement.goals import AttributionModel
from events import Money
from reporting.decide.attribution import Share
from reporting.decide.credits import CreditKey, CreditSums
from reporting.filters import (
    DEALS,
    LEADS,
    NONE,
    AttributionQuery,
    DealsQuery,
    cursor,
    link,
    malformed,
    page_of,
    read_cursor,
    read_instant,
    refuse_unknown,
)
from reporting.leads_query import LeadsQuery
from reporting.reports.credits import WantedCredit, deals_behind, few_deals, period_credits
from reporting.reports.report import Answer, Column, Report, ReportScope, items_of
from reporting.reports.shares import shares_of, with_touches
from reporting.store import attribution as store
from reporting.store.conditions import DatabaseRow

SIDES: Final = ("marketing", "sales", "unattributed")


async def attribution(scope: ReportScope, query: AttributionQuery) -> Answer:
    """Raises Malformed, also for a model that the agreement does not know."""
    refuse_unknown(query, scope.agreement)
    model = _model(scope.agreement, query.model)
    days, currency = scope.period(query), scope.currency
    found = await period_credits(scope, query, "touch", [model])

    def behind(**more: Any) -> str:
        return link(LEADS, **{**days.parameters, **query.dimensions(), "model": model.name, **more})

    def deals_behind(**more: Any) -> str:
        return behind(**more).replace(LEADS, DEALS, 1)

    answer = {
        **days.parameters,
        "model": model.name,
        "title": model.title,
        "models": [{"name": one.name, "title": one.title} for one in scope.agreement.goals.attribution.models],
        "currency": currency,
        "total": found.total.money,
        "not_included": found.total.not_included,
        "sides": {side: scope.money(amount) for side, amount in by_side(found.of("touch")).items()},
        "items": [
            {
                **row,
                "amount": scope.money(row["amount"]),
                "leads": behind(credited=row["side"], touch=row["kind"], touch_source=row["source"] or NONE),
                "links": {
                    "deals": deals_behind(
                        **{"credited": row["side"], "touch": row["kind"], "touch_source": row["source"] or NONE}
                    )
                },
            }
            for row in _by_source(found.of("touch"))
        ],
        **await _deals(scope, query, model, await few_deals(scope, query, found)),
        "leads": behind(deals="won"),
        "links": {side: behind(credited=side) for side in SIDES},
    }
    return page_of(answer, query)


async def credited_leads(scope: ReportScope, query: LeadsQuery) -> list[str]:
    """The leads of the won deals in which this side, or this kind and source of touch, has a share."""
    return sorted({deal["lead"] for deal in await _credited(scope, query)})


async def credited_deals(scope: ReportScope, query: DealsQuery) -> list[str]:
    """Those deals."""
    return sorted({deal["deal"] for deal in await _credited(scope, query)})


async def _credited(scope: ReportScope, query: LeadsQuery | DealsQuery) -> list[DatabaseRow]:
    by, whom = (query.credited_by, query.credited_to) if isinstance(query, DealsQuery) else (None, None)
    side = str(query.credited)
    wanted = [WantedCredit(by, side, whom)] if by is not None and whom is not None else []
    if not wanted or query.touch is not None or query.touch_source is not None:
        wanted.append(WantedCredit("touch", side, query.touch_source, query.touch))
    return await deals_behind(scope, query, wanted, _model(scope.agreement, query.model))


def _model(agreement: Agreement, name: str | None) -> AttributionModel:
    terms = agreement.goals.attribution
    model = terms.by_name.get(name or terms.default)
    if model is None:
        raise malformed("model", f"is not a model of the agreement: {', '.join(terms.by_name)}")
    return model


def by_side(sums: Iterable[tuple[CreditKey, CreditSums]], place: int = 0) -> dict[str, int]:
    """Minor units credited to each side, and to none, under the model at this place."""
    amounts = dict.fromkeys(SIDES, 0)
    for key, numbers in sums:
        amounts[key.side] += numbers.units[place]
    return amounts


def _by_source(sums: Iterable[tuple[CreditKey, CreditSums]]) -> list[DatabaseRow]:
    """One row for each side, source and kind, the largest amount first."""
    rows = [
        {
            **{"side": key.side, "source": key.value, "kind": key.kind},
            **{"amount": numbers.units[0], "touches": numbers.touches[0], "deals": numbers.deals[0]},
        }
        for key, numbers in sums
    ]
    return sorted(rows, key=lambda row: (-row["amount"], row["side"], str(row["source"]), row["kind"]))


async def _deals(
    scope: ReportScope, query: AttributionQuery, model: AttributionModel, among: list[str] | None
) -> Answer:
    """`deals` in order of closing, at most `limit`, and `deals_next`: the cursor of those after them."""
    after = dict[str, Any]()
    if query.deals_after:
        at, lead, deal = read_cursor(query.deals_after, str, str, str, parameter="deals_after")
        try:
            after = {"after_at": read_instant(at), "after_lead": lead, "after_deal": deal}
        except ValueError as error:
            raise malformed("deals_after", "is not a cursor of this list") from error
    won = await store.won(scope.tx, scope.filters(query), among=among, limit=query.limit + 1, **after)
    page, last = won[: query.limit], won[query.limit - 1] if len(won) > query.limit else None
    included, touches = await with_touches(scope, page)
    return {
        "deals": [_deal(deal, share, scope.currency) for deal, share in shares_of(scope, included, touches, model)],
        "deals_next": cursor(last["closed_at"].isoformat(), last["lead"], last["deal"]) if last else None,
    }


def _deal(deal: DatabaseRow, share: Share, currency: str) -> DatabaseRow:
    return {
        "deal": deal["deal"],
        "lead": deal["lead"],
        "amount": Money(amount=deal["amount"], currency=currency),
        "closed_at": deal["closing"],
        **credits_of(share, currency),
    }


def credits_of(share: Share, currency: str) -> DatabaseRow:
    """The credits of one deal, as JSON shows them."""
    return {
        "redistributed": share.redistributed,
        "credits": [
            {
                "amount": Money(amount=credit.minor_units, currency=currency),
                "why": credit.why,
                **{name: getattr(credit.touch, name, None) for name in ("event", "at", "side", "kind", "source")},
            }
            for credit in share.credits
        ],
    }


def _rows(answer: Answer) -> Iterable[DatabaseRow]:
    return ({"model": answer["model"], "currency": answer["currency"], **row} for row in items_of(answer))


ATTRIBUTION = Report(
    "attribution",
    AttributionQuery,
    attribution,
    columns=(
        Column("model"),
        Column("side", "Side"),
        Column("source", "Source"),
        Column("kind", "Touch", "words"),
        Column("amount", "Credited", "money", link="links.deals", better="more"),
        Column("currency"),
        Column("touches", "Touches", "number"),
        Column("deals", "Deals", "number", link="links.deals"),
    ),
    summary="Revenue credited to touches, under a named model",
    title="Whose revenue it is",
    key=("side", "source", "kind"),
    rows=_rows,
)
