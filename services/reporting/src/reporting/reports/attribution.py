"""Attribution: revenue credited to touches, under a model that is always named."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from agreement import Agreement
from agreement.goals import AttributionModel
from events import Money
from reporting.decide.attribution import Credit, Share, Touched, attribute, conversations
from reporting.decide.money import Exchange, Total
from reporting.filters import (
    DEALS,
    LEADS,
    NONE,
    AttributionQuery,
    CreditDivision,
    DealsQuery,
    ReportQuery,
    link,
    malformed,
    page_of,
    refuse_unknown,
)
from reporting.leads_query import LeadsQuery
from reporting.reports.report import Answer, Column, Report, ReportScope, items_of
from reporting.store import attribution as store
from reporting.store.conditions import DatabaseRow

MILESTONES: Final = ("lead_created", "mql", "opportunity", "closing")
SIDES: Final = ("marketing", "sales", "unattributed")


@dataclass(frozen=True, slots=True)
class CreditSource:
    """Whom a credit names: the side, where the touch came from, and its kind."""

    side: str
    source: str | None
    kind: str

    @classmethod
    def of(cls, credit: Credit) -> "CreditSource":
        """Of the touch that is credited; `unattributed` for a credit to none."""
        touch = credit.touch
        return cls(touch.side, touch.source, touch.kind) if touch else cls("unattributed", None, "unattributed")


async def attribution(scope: ReportScope, query: AttributionQuery) -> Answer:
    """Raises Malformed, also for a model that the agreement does not know."""
    refuse_unknown(query, scope.agreement)
    model = _model(scope.agreement, query.model)
    days, currency = scope.period(query), scope.currency
    shares, total = await _shares(scope, query, model)

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
        "total": total.money,
        "not_included": total.not_included,
        "sides": {side: scope.money(amount) for side, amount in by_side(shares).items()},
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
            for row in _by_source(shares)
        ],
        "deals": [_deal(deal, share, currency) for deal, share in shares],
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
    shares, _ = await _shares(scope, query, _model(scope.agreement, query.model))
    return [deal for deal, share in shares if any(_is_meant(query, credit) for credit in share.credits)]


def _is_meant(query: LeadsQuery | DealsQuery, credit: Credit) -> bool:
    one = CreditSource.of(credit)
    by, whom = (query.credited_by, query.credited_to) if isinstance(query, DealsQuery) else (None, None)
    if by is not None and whom not in (None, group_of(credit, by)[1] or NONE):
        return False
    return (
        one.side == query.credited
        and query.touch in (None, one.kind)
        and query.touch_source in (None, one.source or NONE)
    )


def group_of(credit: Credit, by: CreditDivision) -> tuple[str, str | None]:
    """The side that a credit goes to, and of its touch the source, campaign, content or partner (null: none named)."""
    if credit.touch is None:
        return "unattributed", None
    return credit.touch.side, getattr(credit.touch, by)


def _model(agreement: Agreement, name: str | None) -> AttributionModel:
    terms = agreement.goals.attribution
    model = terms.by_name.get(name or terms.default)
    if model is None:
        raise malformed("model", f"is not a model of the agreement: {', '.join(terms.by_name)}")
    return model


async def _shares(
    scope: ReportScope, query: ReportQuery, model: AttributionModel
) -> tuple[list[tuple[DatabaseRow, Share]], Total]:
    won, touches, total = await won_deals(scope, query)
    return shares_of(scope, won, touches, model), total


async def won_deals(
    scope: ReportScope, query: ReportQuery
) -> tuple[list[DatabaseRow], dict[str, list[DatabaseRow]], Total]:
    """The deals won in the period, their touches by deal, and their sum. Amounts are in the house's currency.

    A deal without an amount, or in a currency without a rate, is shared out to nobody, and told with the sum.
    """
    convert = Exchange.of(scope.agreement, scope.now)
    won, total = await store.won(scope.tx, scope.filters(query)), Total(convert)
    total.add_all({**deal, "deals": 1} for deal in won)
    amounts = {deal["deal"]: convert(deal["amount"], deal["currency"], deal["closed_at"]) for deal in won}
    included = [{**deal, "amount": money.amount} for deal in won if (money := amounts[deal["deal"]])]
    return included, await store.touches(scope.tx, sorted(deal["deal"] for deal in included)), total


def shares_of(
    scope: ReportScope, won: list[DatabaseRow], touches: dict[str, list[DatabaseRow]], model: AttributionModel
) -> list[tuple[DatabaseRow, Share]]:
    """Each of these deals shared out under the model."""
    return [(deal, share_of(scope.agreement, deal, touches.get(deal["deal"], []), model)) for deal in won]


def share_of(agreement: Agreement, deal: DatabaseRow, touches: list[DatabaseRow], model: AttributionModel) -> Share:
    """How a won deal is shared out among these touches under the model; its amount in the house's minor units."""
    terms = agreement.goals.attribution
    by_lead: dict[str, list[Touched]] = {}
    for row in touches:
        if _eligible(agreement, row):
            named = {"campaign": row["campaign"], "content": row["asset"], "partner": row["partner"]}
            source = row["source"] or row["campaign"] or row["partner"]
            touch = Touched(row["event"], row["at"], row["side"], row["kind"], source, **named)
            by_lead.setdefault(row["lead"], []).append(touch)
    within, channels = terms.conversation.timedelta, agreement.routing.channel_names
    eligible = [touch for some in by_lead.values() for touch in conversations(some, within, channels)]
    milestones = {name: deal[name] for name in MILESTONES if deal[name] is not None}
    return attribute(eligible, milestones, deal["amount"], model, terms.lookback.timedelta)


def _eligible(agreement: Agreement, touch: DatabaseRow) -> bool:
    """What speaks for a purchase, what a campaign brought, and what sales did."""
    term = agreement.events.by_kind.get(touch["kind"])
    brought = touch["side"] == "sales" or bool(touch["source"] or touch["campaign"] or touch["partner"])
    return brought or (term is not None and term.intent != "none")


def by_side(shares: list[tuple[DatabaseRow, Share]]) -> dict[str, int]:
    """Minor units credited to each side, and to none."""
    amounts = dict.fromkeys(SIDES, 0)
    for _, share in shares:
        for credit in share.credits:
            amounts[CreditSource.of(credit).side] += credit.minor_units
    return amounts


def _by_source(shares: list[tuple[DatabaseRow, Share]]) -> list[DatabaseRow]:
    """One row for each side, source and kind, the largest amount first."""
    credits: dict[CreditSource, list[tuple[DatabaseRow, Credit]]] = {}
    for deal, share in shares:
        for credit in share.credits:
            credits.setdefault(CreditSource.of(credit), []).append((deal, credit))
    rows = [
        {
            "side": who.side,
            "source": who.source,
            "kind": who.kind,
            "amount": sum(credit.minor_units for _, credit in some),
            "touches": len(some),
            "deals": len({deal["deal"] for deal, _ in some}),
        }
        for who, some in credits.items()
    ]
    return sorted(rows, key=lambda row: (-row["amount"], row["side"], str(row["source"]), row["kind"]))


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
