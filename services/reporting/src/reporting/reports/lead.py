"""One lead with all that hangs on it: score, gate, offers, steps passed over, clocks, timeline, notices, deals."""

from dataclasses import asdict
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from agreement.content import persona_of, recommended
from agreement.scoring import Scoring
from events import Money
from reporting.decide import Terms
from reporting.decide.facts import facts_of, scored_facts
from reporting.decide.opportunities import list_missing
from reporting.reports.next_step import next_step_of, plan_of
from reporting.reports.report import Answer, ReportScope
from reporting.store import content, teamwork
from reporting.store import lead as store
from reporting.store.conditions import DatabaseRow
from reporting.store.deals import with_evidence
from runtime.errors import Refused


class NoSuchLead(Refused):
    """No lead has this id or e-mail address."""

    status = 404


async def lead(scope: ReportScope, key: str) -> Answer:
    """By id or e-mail address. Raises NoSuchLead.

    While nobody has the lead, `passed` are the routing steps that gave it no owner, `candidates` who was looked at.
    """
    card = await store.card(scope.tx, key)
    if card is None:
        raise NoSuchLead(f"no lead is known as {key!r}")
    parts = await store.parts(scope.tx, card["id"])
    standing = parts["standing"]["body"] if parts["standing"] else None
    erased = card["erased_at"] is not None and card["email"] is None
    facts = [] if erased else _facts(scope, parts["facts"], parts["standing"], card["captured_at"])
    company = next((fact["value"] for fact in facts if fact["name"] == "company"), card["company"])
    work = {**card, **parts, "assigned_at": _assigned_at(card, parts), "employees": _employees(standing)}
    return {
        **card,
        "company": company,
        "next_step": next_step_of(scope, work),
        "outreach": [
            {**asdict(touch), "title": scope.agreement.routing.channel_title(touch.channel)}
            for touch in plan_of(scope, work) or ()
        ],
        "domain": standing["facts"].get("domain") if standing and not erased else None,
        "passed": parts["passed"],
        "candidates": parts["candidates"],
        "nurture": {"segment": card["nurture"], "goal": card["goal"], "revisit_on": card["revisit_on"]}
        if card["nurture"]
        else None,
        "self_reported_source": next((one["value"] for one in facts if one["name"] == "self_reported_source"), None),
        "erased": erased,
        "facts": facts,
        "persona": _persona(standing),
        "traffic": standing["facts"].get("traffic") if standing else None,
        "unclear": _unclear(standing, facts) if standing else [],
        "score": _score(standing) if standing else None,
        "models": _models(standing, scope.agreement.scoring) if standing else [],
        "gate": standing["gate"] if standing else None,
        "signals": standing["signals"] if standing else [],
        "assets": standing["assets"] if standing else [],
        "assignments": [_without_company(offer) for offer in parts["assignments"]] if erased else parts["assignments"],
        "clocks": parts["clocks"],
        "timeline": parts["timeline"],
        "engagements": [
            {**one, "judged_by_name": scope.people.name(one["judged_by"]) if one["judged_by"] else None}
            for one in parts["engagements"]
        ],
        "notices": parts["notices"],
        "deals": [_deal(row) for row in await with_evidence(scope.tx, parts["deals"])],
        "stages": parts["stages"],
        "campaigns": await teamwork.memberships(scope.tx, card["id"]),
        "snoozed": await teamwork.snoozes(scope.tx, card["id"], scope.now),
        "recommended": [] if erased else await _recommended(scope, card["stage"], standing, parts["engagements"]),
    }


async def _recommended(
    scope: ReportScope, stage: str, standing: DatabaseRow | None, engagements: list[DatabaseRow]
) -> list[DatabaseRow]:
    """What to send next: content of the library by the rule of the card (`agreement.content`)."""
    assets = standing["assets"] if standing else ()
    found = recommended(
        await content.library(scope.tx),
        persona=_persona(standing),
        stage=stage,
        consumed=[*assets, *(one["asset"] for one in engagements if one["asset"] and not one["machine"])],
        today=scope.now.astimezone(ZoneInfo(scope.zone)).date(),
        most=scope.agreement.notices.card.content,
    )
    return [{name: value for name, value in one._asdict().items() if name != "published_at"} for one in found]


def _persona(standing: DatabaseRow | None) -> str | None:
    return persona_of(standing["facts"].get("function"), standing["facts"].get("seniority")) if standing else None


def _assigned_at(card: DatabaseRow, parts: DatabaseRow) -> datetime | None:
    """When the offer in force was made."""
    return next((offer["at"] for offer in parts["assignments"] if offer["id"] == card["assignment"]), None)


def _employees(standing: DatabaseRow | None) -> int | None:
    return standing["facts"].get("employees") if standing else None


def _facts(scope: ReportScope, claims: DatabaseRow, standing: DatabaseRow | None, since: datetime) -> list[DatabaseRow]:
    """Name, value, source and time of what is known, by survivorship (domain, section 11)."""
    scored = scored_facts(standing["body"], standing["at"]) if standing else None
    facts = facts_of(claims, scored, since, Terms.of(scope.agreement))
    return [{"name": name, **claim._asdict()} for name, claim in facts.items()]


_UNCLEAR: Final = {
    "country": "is no country that could be read: whether we serve it was not decided",
    "industry": "is in none of the agreement's industries: whether it is excluded was not decided",
    "employees": "is no head count that could be read: the size is unknown",
    "company": "contradicts the name of others at the same domain: no company was matched",
}
"""What follows from a fact that is unclear (`RouteFacts.unclear`), for people."""


def _unclear(standing: DatabaseRow, facts: list[DatabaseRow]) -> list[DatabaseRow]:
    """Facts that no rule could be applied to: name, value as it was given, and what follows from it."""
    values = {fact["name"]: fact["value"] for fact in facts}
    names = standing["facts"].get("unclear") or ()
    return [{"name": name, "value": values.get(name), "text": _UNCLEAR.get(name, "is unclear")} for name in names]


def _without_company(offer: DatabaseRow) -> DatabaseRow:
    """What the rep read, without the company that would betray an erased person."""
    snapshot = offer["snapshot"]
    facts = {**snapshot["facts"], "domain": None, "company": None, "recorded": None, "contrary": None}
    return {**offer, "snapshot": {**snapshot, "facts": facts}}


def _deal(row: DatabaseRow) -> DatabaseRow:
    plain = {name: value for name, value in row.items() if name != "currency"}
    known = row["amount"] is not None and row["currency"] is not None
    return {
        **plain,
        "missing": list_missing(row),
        "amount": Money(amount=row["amount"], currency=row["currency"]) if known else None,
    }


def _score(standing: DatabaseRow) -> DatabaseRow:
    return {
        **{name: standing[name] for name in ("fit", "engagement", "total", "band", "model", "completeness")},
        "product": standing.get("product"),
        "confidence": {"known": standing["confidence_known"], "of": standing["confidence_of"]},
        "lines": _lines(standing),
    }


def _models(standing: DatabaseRow, scoring: Scoring) -> list[DatabaseRow]:
    """What each model makes of the lead, the headline first, then the highest, each with the lines of its score.

    Not the challenger, which is silent; nor the expansion model for somebody who is no customer. One alone where one
    model scores the lead.
    """
    headline = standing["model"]
    silent = (scoring.challenger, scoring.expansion)
    known: list[DatabaseRow] = standing.get("models") or [standing]
    models = [
        {
            "model": one["model"],
            "product": scoring.by_name[one["model"]].product if one["model"] in scoring.by_name else None,
            "headline": one["model"] == headline,
            **{name: one[name] for name in ("fit", "engagement", "total", "band")},
            "lines": _lines(standing if one["model"] == headline else one),
        }
        for one in known
        if one["model"] == headline or one["model"] not in silent
    ]
    return sorted(models, key=lambda one: (not one["headline"], -one["total"], one["model"]))


def _lines(score: DatabaseRow) -> list[DatabaseRow]:
    """Of fit and engagement, each with its `part`: they sum to the total."""
    return [
        {**line, "part": part}
        for part in ("fit", "engagement")
        for line in _complete(score[f"{part}_lines"], score[part])
    ]


def _complete(lines: list[DatabaseRow], total: int) -> list[DatabaseRow]:
    """The lines of the event, and one for what they leave out, so that they always add up to the total."""
    rest = total - sum(line["points"] for line in lines)
    if not rest:
        return lines
    return [
        *lines,
        {"rule": "earlier", "points": rest, "because": "earlier lines, not listed", "at": None, "events": []},
    ]
