"""Attribution: revenue credited to touches, under a model that is always named."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from agreement import Agreement
from agreement.goals import AttributionModel
from reporting.asked import NONE, Asked, AskedAttribution, AskedLeads, Period, known, link, money, period, wrong
from reporting.decide.attribution import Credit, Share, Touched, attribute
from reporting.store import deals as store

_MILESTONES = ("lead_created", "mql", "opportunity", "closing")


async def attribution(tx: AsyncConnection, agreed: Agreement, asked: AskedAttribution, now: datetime) -> dict[str, Any]:
    """Raises Malformed for a model that the agreement does not know."""
    known(asked, agreed)
    model = _model(agreed, asked.model)
    window = period(asked, now, agreed.definitions.house.zone)
    currency = agreed.definitions.house.currency
    shares = await _shares(tx, agreed, asked, window, model)

    def behind(**more: Any) -> str:
        return link("/api/leads", **{**window.as_query(), **asked.dimensions(), "model": model.name, **more})

    return {
        **window.as_query(),
        "model": model.name,
        "title": model.title,
        "models": [{"name": one.name, "title": one.title} for one in agreed.goals.attribution.models],
        "currency": currency,
        "total": money(sum(deal["amount"] for deal, _ in shares), currency),
        "sides": {side: money(cents, currency) for side, cents in _rolled_up(shares).items()},
        "items": [
            {
                **row,
                "amount": money(row["amount"], currency),
                "leads": behind(credited=row["side"], touch=row["kind"], touch_source=row["source"] or NONE),
            }
            for row in _by_source(shares)
        ],
        "deals": [_told(deal, share, currency) for deal, share in shares],
        "leads": behind(deals="won"),
        "links": {side: behind(credited=side) for side in ("marketing", "sales", "unattributed")},
        "next": None,
    }


async def credited(tx: AsyncConnection, agreed: Agreement, asked: AskedLeads, now: datetime) -> list[str]:
    """The leads of the won deals in which this side, or this kind and source of touch, has a share."""
    window = period(asked, now, agreed.definitions.house.zone)
    shares = await _shares(tx, agreed, asked, window, _model(agreed, asked.model))
    return sorted(
        {
            deal["lead"]
            for deal, share in shares
            for side, source, kind in map(_place, share.credits)
            if side == asked.credited and asked.touch in (None, kind) and asked.touch_source in (None, source or NONE)
        }
    )


def _model(agreed: Agreement, name: str | None) -> AttributionModel:
    terms = agreed.goals.attribution
    model = terms.by_name.get(name or terms.default)
    if model is None:
        raise wrong("model", f"is not a model of the agreement: {', '.join(terms.by_name)}")
    return model


async def _shares(
    tx: AsyncConnection, agreed: Agreement, asked: Asked, window: Period, model: AttributionModel
) -> list[tuple[dict[str, Any], Share]]:
    """The deals won in the period, each shared out under the model."""
    currency = agreed.definitions.house.currency
    given = {**asked.dimensions(), "start": window.start, "end": window.end, "currency": currency}
    won = await store.won(tx, given)
    touches = await store.touches(tx, sorted({deal["lead"] for deal in won}))
    return [(deal, _share(agreed, deal, touches.get(deal["lead"], []), model)) for deal in won]


def _share(agreed: Agreement, deal: dict[str, Any], rows: list[dict[str, Any]], model: AttributionModel) -> Share:
    lookback = timedelta(seconds=agreed.goals.attribution.lookback.seconds)
    eligible = [
        Touched(row["event"], row["at"], row["side"], row["kind"], row["source"] or row["campaign"])
        for row in rows
        if _eligible(agreed, row)
    ]
    milestones = {name: deal[name] for name in _MILESTONES if deal[name] is not None}
    return attribute(eligible, milestones, deal["amount"], model, lookback)


def _eligible(agreed: Agreement, row: dict[str, Any]) -> bool:
    """What speaks for a purchase, what a campaign brought, and what sales did."""
    term = agreed.events.by_kind.get(row["kind"])
    return (
        row["side"] == "sales" or bool(row["source"] or row["campaign"]) or (term is not None and term.intent != "none")
    )


def _rolled_up(shares: list[tuple[dict[str, Any], Share]]) -> dict[str, int]:
    found = {"marketing": 0, "sales": 0, "unattributed": 0}
    for _, share in shares:
        for credit in share.credits:
            found[credit.touch.side if credit.touch else "unattributed"] += credit.cents
    return found


def _by_source(shares: list[tuple[dict[str, Any], Share]]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str | None, str], dict[str, Any]] = {}
    for deal, share in shares:
        for credit in share.credits:
            key = _place(credit)
            row = found.setdefault(
                key, {"side": key[0], "source": key[1], "kind": key[2], "amount": 0, "touches": 0, "deals": set()}
            )
            row["amount"] += credit.cents
            row["touches"] += 1
            row["deals"].add((deal["lead"], deal["deal"]))
    rows = [{**row, "deals": len(row["deals"])} for row in found.values()]
    return sorted(rows, key=lambda row: (-row["amount"], row["side"], str(row["source"]), row["kind"]))


def _place(credit: Credit) -> tuple[str, str | None, str]:
    """Side, source and kind."""
    touch = credit.touch
    return (touch.side, touch.source, touch.kind) if touch else ("unattributed", None, "unattributed")


def _told(deal: dict[str, Any], share: Share, currency: str) -> dict[str, Any]:
    return {
        "deal": deal["deal"],
        "lead": deal["lead"],
        "amount": money(deal["amount"], currency),
        "closed_at": deal["closing"],
        "redistributed": share.redistributed,
        "credits": [
            {
                "amount": money(credit.cents, currency),
                "why": credit.why,
                "event": credit.touch.event if credit.touch else None,
                "at": credit.touch.at if credit.touch else None,
                "side": credit.touch.side if credit.touch else None,
                "kind": credit.touch.kind if credit.touch else None,
                "source": credit.touch.source if credit.touch else None,
            }
            for credit in share.credits
        ],
    }
