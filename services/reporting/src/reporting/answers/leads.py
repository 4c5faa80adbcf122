"""The list of leads behind every number, and one lead with all that hangs on it."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from agreement import Agreement
from reporting.answers import credit
from reporting.asked import AskedLeads, known, money, pack, period, unpack
from reporting.decide import Terms
from reporting.decide.facts import ScoredCompany, facts_of
from reporting.store import leads as store
from runtime.errors import Refused

_WINDOWED = ("reached", "stalled", "rejected", "answered", "deals", "promise")
_BEHIND = (*_WINDOWED, "credited")


class NoSuchLead(Refused):
    """No lead has this id or e-mail address."""

    status = 404


async def wanted(tx: AsyncConnection, asked: AskedLeads, agreed: Agreement, now: datetime) -> dict[str, Any]:
    """Parameters of the store's list. Dates alone mean the day a lead became known."""
    known(asked, agreed)
    window = period(asked, now, agreed.definitions.house.zone)
    dated = bool(asked.from_ or asked.to or asked.range)
    behind = any(getattr(asked, name) for name in _BEHIND)
    like = (asked.q or "").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        **asked.dimensions(),
        "q": asked.q or None,
        "like": f"%{like}%",
        **{name: getattr(asked, name) for name in ("stage", "status", "band", "owner", "mode", "implied", *_WINDOWED)},
        "kept": asked.kept,
        "among": await credit.credited(tx, agreed, asked, now) if asked.credited else None,
        "captured": dated and not behind,
        "start": window.start,
        "end": window.end,
    }


async def listed(tx: AsyncConnection, agreed: Agreement, asked: AskedLeads, now: datetime) -> dict[str, Any]:
    after = None
    if asked.after:
        key, last = unpack(asked.after, str if asked.sort in ("name", "company") else float, str)
        after = (key, last)
    given = await wanted(tx, asked, agreed, now)
    rows = await store.page(tx, given, asked.sort, asked.limit + 1, after)
    items = rows[: asked.limit]
    more = len(rows) > asked.limit
    following = pack(items[-1]["position"], items[-1]["id"]) if more else None
    names = agreed.teams.rep_by_id
    for row in items:
        del row["position"]
        row["owner_name"] = names[row["owner"]].name if row["owner"] in names else None
    return {"items": items, "next": following}


async def one(tx: AsyncConnection, agreed: Agreement, key: str) -> dict[str, Any]:
    """Raises NoSuchLead."""
    card = await store.one(tx, key)
    if card is None:
        raise NoSuchLead(f"no lead is known as {key!r}")
    found = await store.parts(tx, card["id"])
    terms = Terms.of(agreed)
    standing = found["standing"]["body"] if found["standing"] else None
    scored = ScoredCompany.of(standing, found["standing"]["at"]) if standing else None
    erased = card["erased_at"] is not None and card["email"] is None
    return {
        **{name: value for name, value in card.items() if name not in ("passed", "nurture")},
        "nurture": {"segment": card["nurture"], "goal": card["goal"], "revisit_on": card["revisit_on"]}
        if card["nurture"]
        else None,
        "erased": erased,
        "facts": [
            {"name": name, "value": claim.value, "source": claim.source, "at": claim.at}
            for name, claim in ({} if erased else facts_of(found["facts"], scored, terms)).items()
        ],
        "score": _score(standing) if standing else None,
        "gate": standing["gate"] if standing else None,
        "signals": standing["signals"] if standing else [],
        "assets": standing["assets"] if standing else [],
        "assignments": [_nameless(offer) for offer in found["assignments"]] if erased else found["assignments"],
        "clocks": found["clocks"],
        "timeline": found["timeline"],
        "notices": found["notices"],
        "deals": [
            {
                **{name: value for name, value in deal.items() if name != "currency"},
                "amount": money(deal["amount"], deal["currency"]),
            }
            for deal in found["deals"]
        ],
        "stages": found["stages"],
    }


def _nameless(offer: dict[str, Any]) -> dict[str, Any]:
    """What the rep was told, without the company that would betray an erased person."""
    told = offer["snapshot"]
    return {**offer, "snapshot": {**told, "facts": {**told["facts"], "domain": None, "company": None}}}


def _score(standing: dict[str, Any]) -> dict[str, Any]:
    lines = [
        {**line, "part": part}
        for part in ("fit", "engagement")
        for line in _whole(standing[f"{part}_lines"], standing[part])
    ]
    return {
        "fit": standing["fit"],
        "engagement": standing["engagement"],
        "total": standing["total"],
        "band": standing["band"],
        "model": standing["model"],
        "confidence": {"known": standing["confidence_known"], "of": standing["confidence_of"]},
        "completeness": standing["completeness"],
        "lines": lines,
    }


def _whole(lines: list[dict[str, Any]], total: int) -> list[dict[str, Any]]:
    """The lines as told, and one for what they leave out, so that they always add up."""
    rest = total - sum(line["points"] for line in lines)
    if not rest:
        return lines
    return [
        *lines,
        {"rule": "earlier", "points": rest, "because": "earlier lines, not listed", "at": None, "events": []},
    ]
