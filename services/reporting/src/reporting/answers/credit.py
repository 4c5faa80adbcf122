"""Attribution: revenue credited to touches, under a model that is always named."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from agreement import Agreement
from agreement.goals import AttributionModel
from reporting.asked import AskedAttribution, known, link, period, wrong
from reporting.decide.attribution import Share, Touched, attribute
from reporting.store import deals as store

_MILESTONES = ("lead_created", "mql", "opportunity", "closing")


async def attribution(tx: AsyncConnection, agreed: Agreement, asked: AskedAttribution, now: datetime) -> dict[str, Any]:
    """Raises Malformed for a model that the agreement does not know."""
    known(asked, agreed)
    terms = agreed.goals.attribution
    model = terms.by_name.get(asked.model or terms.default)
    if model is None:
        raise wrong("model", f"is not a model of the agreement: {', '.join(terms.by_name)}")
    window = period(asked, now, agreed.definitions.house.zone)
    currency = agreed.definitions.house.currency
    given = {**asked.dimensions(), "start": window.start, "end": window.end, "currency": currency}
    won = await store.won(tx, given)
    touches = await store.touches(tx, sorted({deal["lead"] for deal in won}))
    shares = [(deal, _share(agreed, deal, touches.get(deal["lead"], []), model)) for deal in won]
    return {
        **window.as_query(),
        "model": model.name,
        "title": model.title,
        "models": [{"name": one.name, "title": one.title} for one in terms.models],
        "currency": currency,
        "total": sum(deal["amount"] for deal in won),
        "sides": _rolled_up(shares),
        "items": _by_source(shares),
        "deals": [_told(deal, share) for deal, share in shares],
        "leads": link("/api/leads", **window.as_query(), reached="won", mode="activity"),
        "next": None,
    }


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
            touch = credit.touch
            key = (touch.side, touch.source, touch.kind) if touch else ("unattributed", None, "unattributed")
            row = found.setdefault(
                key, {"side": key[0], "source": key[1], "kind": key[2], "amount": 0, "touches": 0, "deals": set()}
            )
            row["amount"] += credit.cents
            row["touches"] += 1
            row["deals"].add((deal["lead"], deal["deal"]))
    rows = [{**row, "deals": len(row["deals"])} for row in found.values()]
    return sorted(rows, key=lambda row: (-row["amount"], row["side"], str(row["source"]), row["kind"]))


def _told(deal: dict[str, Any], share: Share) -> dict[str, Any]:
    return {
        "deal": deal["deal"],
        "lead": deal["lead"],
        "amount": deal["amount"],
        "closed_at": deal["closing"],
        "redistributed": share.redistributed,
        "credits": [
            {
                "amount": credit.cents,
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
