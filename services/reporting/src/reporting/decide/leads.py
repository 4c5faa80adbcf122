"""Topic `leads`: who the person is and what the person did."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from events import Event
from events.leads import (
    Campaign,
    ConsentChanged,
    EngagementRecorded,
    Known,
    LeadCaptured,
    LeadErased,
    LeadMerged,
    LeadUpdated,
)
from reporting.decide.fold import Fold, Reader, Terms
from reporting.decide.rows import Json, Person, Touch


def captured(fold: Fold, event: LeadCaptured) -> None:
    old = _person(fold, event)
    known = _learn(old.facts, event.data.facts)
    person = replace(
        old,
        facts=known,
        captured_at=old.captured_at or event.time,
        first_seen=_earliest(old.first_seen, event.time),
        channel=event.data.channel,
        historical=event.historical,
        merged_into=None,
    )
    person = _named(_sourced(person, event.data.campaign, event.time), fold.terms)
    fold.put(replace(person, email=event.data.email))


def updated(fold: Fold, event: LeadUpdated) -> None:
    old = _person(fold, event)
    fold.put(_named(replace(old, facts=_learn(old.facts, event.data.facts)), fold.terms))


def engaged(fold: Fold, event: EngagementRecorded) -> None:
    said = event.data
    person = _person(fold, event)
    fold.put(_sourced(replace(person, first_seen=_earliest(person.first_seen, event.time)), said.campaign, event.time))
    term = fold.terms.events.by_kind.get(said.kind)
    fold.put(
        Touch(
            lead=event.subject,
            event=event.id,
            at=event.time,
            side=term.side if term else "marketing",
            kind=said.kind,
            source=said.campaign.source if said.campaign else None,
            campaign=said.campaign.name if said.campaign else None,
            asset=said.asset,
            machine=bool(said.machine),
        )
    )


def consented(fold: Fold, event: ConsentChanged) -> None:
    """Kept in the timeline only."""


def merged(fold: Fold, event: LeadMerged) -> None:
    fold.put(replace(_person(fold, event), merged_into=event.data.into))


def erased(fold: Fold, event: LeadErased) -> None:
    """Counts stay, the person goes."""
    old = _person(fold, event)
    latest = max(old.erased_at, event.recordedtime) if old.erased_at else event.recordedtime
    fold.put(replace(old, email=None, name=None, company=None, title=None, facts={}, erased_at=latest))


READS: dict[type[Event], Reader] = {
    LeadCaptured: captured,
    LeadUpdated: updated,
    EngagementRecorded: engaged,
    ConsentChanged: consented,
    LeadMerged: merged,
    LeadErased: erased,
}


def _person(fold: Fold, event: Event) -> Person:
    return fold.get(Person, event.subject) or Person(lead=event.subject)


def _earliest(one: datetime | None, other: datetime) -> datetime:
    return min(one, other) if one else other


def _sourced(person: Person, campaign: Campaign | None, at: datetime) -> Person:
    """First touch gives the source: the earliest that names one."""
    if campaign is None or (campaign.source is None and campaign.name is None):
        return person
    if person.sourced_at is not None and person.sourced_at <= at:
        return person
    return replace(person, source=campaign.source or campaign.name, campaign=campaign.name, sourced_at=at)


def _learn(facts: Json, news: Iterable[Known]) -> Json:
    """Per fact and source the newest value; a null withdraws what this source said."""
    known = {name: dict(by_source) for name, by_source in facts.items()}
    for fact in news:
        by_source = known.setdefault(fact.name, {})
        at = fact.at.isoformat()
        before = by_source.get(fact.source)
        if before is not None and datetime.fromisoformat(before["at"]) > fact.at:
            continue
        by_source[fact.source] = {"value": fact.value, "at": at}
    return known


def _named(person: Person, terms: Terms) -> Person:
    best = {name: value for name, value, _, _ in survivors(person.facts, terms)}
    parts = " ".join(str(best[part]) for part in ("first_name", "last_name") if best.get(part))
    return replace(
        person,
        email=_text(best.get("email")) or person.email,
        name=_text(best.get("name")) or parts or None,
        company=_text(best.get("company")),
        title=_text(best.get("title")),
        country=_text(best.get("country")),
    )


def survivors(facts: Mapping[str, Any], terms: Terms) -> list[tuple[str, Any, str, str]]:
    """Name, value, source and time of the winning value of each fact (domain, section 11)."""
    found = []
    for name, by_source in sorted(facts.items()):
        ranks = terms.definitions.survivorship.get(name, ())  # type: ignore[call-overload]
        given = [(source, entry) for source, entry in by_source.items() if entry["value"] is not None]
        if not given:
            continue
        newest = sorted(given, key=lambda one: (one[1]["at"], one[0]), reverse=True)
        source, entry = min(newest, key=lambda one: ranks.index(one[0]) if one[0] in ranks else len(ranks))
        found.append((name, entry["value"], source, entry["at"]))
    return found


def _text(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None
