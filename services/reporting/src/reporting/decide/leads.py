"""Topic `leads`: who the person is and what the person did."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import ClassVar, Final

from msgspec import field
from msgspec.structs import replace

from agreement.origin import Origin, first_touch, is_marketing, touch_origin
from agreement.readers.names import name_of
from agreement.readers.traffic import source_name
from agreement.survivorship import captured_facts
from events.leads import (
    Campaign,
    ConsentChanged,
    EngagementJudged,
    EngagementRecorded,
    LeadCaptured,
    LeadErased,
    LeadMerged,
    LeadUpdated,
    MailSent,
)
from reporting.decide.facts import learn, own_name, own_text
from reporting.decide.rows import Json, Row, row
from reporting.decide.state import Fold, Handle, timeline_only
from reporting.decide.terms import Terms
from runtime.values import Key


class Person(Row, frozen=True):
    """Emptied by erasure; `erased_at` outlives a return of the same person."""

    table: ClassVar[str] = "person"
    lead: str
    email: str | None = None
    name: str | None = None
    company: str | None = None
    """By the person's own claims; scoring knows more, and what it decided on stands in the row LeadStanding."""
    title: str | None = None
    country: str | None = None
    facts: Json = field(default_factory=dict)
    """Fact, then source, then {value, at}: survivorship picks among the sources."""
    captured_at: datetime | None = None
    first_seen: datetime | None = None
    source: str | None = None
    campaign: str | None = None
    sourced_at: datetime | None = None
    """Time of the touch that named source or campaign (`agreement.origin`); null while a channel is the source."""
    channel: str | None = None
    merged_into: str | None = None
    erased_at: datetime | None = None
    historical: bool = False


class Touch(Row, frozen=True):
    """Topics `leads` and `sales`: something either side did with the person. Never changes."""

    table: ClassVar[str] = "touch"
    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    lead: str
    event: str
    at: datetime
    side: str
    kind: str
    source: str | None = None
    campaign: str | None = None
    asset: str | None = None
    machine: bool = False
    message_id: str | None = None
    """Of marketing's: by which somebody judges it again."""
    partner: str | None = None
    """Who referred the person by this touch, as it was named."""
    channel: str | None = None
    """Of marketing's: the door it came through (`segment`, `form:demo`); null of older ones."""


class StoredVerdict(Row, frozen=True):
    """What somebody says of an engagement: a person's after all, or a machine's; the latest counts. Never changes.

    The store carries it over to the Touch, which is not loaded for it.
    """

    table: ClassVar[str] = "verdict"
    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    lead: str
    event: str
    at: datetime
    message_id: str
    machine: bool
    by: str


def on_captured(fold: Fold, event: LeadCaptured) -> None:
    """Puts the row Person. One who was erased is somebody new; one who was merged is let go of for good."""
    data = event.data
    old = _person(fold, event.subject)
    if old.merged_into is not None and old.erased_at is None:
        return
    person = replace(
        old,
        email=data.email,
        facts=learn(old.facts, captured_facts(event)),
        captured_at=old.captured_at or event.time,
        channel=data.channel,
        historical=event.historical,
        merged_into=None,
    )
    fold.put(_named(_sourced(person, event.time, touch_origin(data.campaign, data.channel, event.time)), fold.terms))


def on_updated(fold: Fold, event: LeadUpdated) -> None:
    """Learns the facts; name, company and title follow from the survivors."""
    old = _person(fold, event.subject)
    fold.put(_named(replace(old, facts=learn(old.facts, event.data.facts)), fold.terms))


def on_engaged(fold: Fold, event: EngagementRecorded) -> None:
    """Puts a touch (a bot's too, marked), and moves first sight and first source back in time if it is earlier.

    One that was judged again before it was told of this lead comes with its verdict.
    """
    data = event.data
    if data.verdict is not None:
        verdict = data.verdict
        fold.put(row(StoredVerdict, event, at=verdict.at, machine=verdict.machine, by=verdict.by))
    old = _person(fold, event.subject)
    person = _sourced(old, event.time, touch_origin(data.campaign, data.channel, event.time))
    if person is not old:
        fold.put(person)
    term = fold.terms.kinds.get(data.kind)
    campaign = data.campaign or Campaign()
    fold.put(
        row(
            Touch,
            event,
            side=term.side if term else "marketing",
            source=name_of(source_name(campaign.source)) if campaign.source else None,
            campaign=name_of(campaign.name),
            partner=name_of(_partner(campaign, fold.terms.referral_mediums)),
            asset=name_of(data.asset),
            machine=bool(fold.terms.bots.judge(event)),
        )
    )


def _partner(campaign: Campaign, mediums: Collection[str]) -> str | None:
    """Whom a touch names as partner; of a referral's medium its source."""
    return campaign.referral or (campaign.source if (campaign.medium or "").casefold() in mediums else None)


def on_judged(fold: Fold, event: EngagementJudged) -> None:
    """Puts who says what of it; touches of the same batch follow here, stored ones in the store."""
    verdict = event.data.verdict
    for touch in list(fold.after.rows(Touch).values()):
        if (touch.lead, touch.message_id) == (event.subject, event.data.message_id):
            fold.put(replace(touch, machine=verdict.machine))
    fold.put(row(StoredVerdict, event, at=verdict.at, machine=verdict.machine, by=verdict.by))


def on_merged(fold: Fold, event: LeadMerged) -> None:
    """The person points to the winner and is counted no more."""
    fold.put(replace(_person(fold, event.subject), merged_into=event.data.into))


def on_erased(fold: Fold, event: LeadErased) -> None:
    """Counts stay, the person goes."""
    old = _person(fold, event.subject)
    latest = max(old.erased_at, event.recordedtime) if old.erased_at else event.recordedtime
    fold.put(replace(old, email=None, name=None, company=None, title=None, facts={}, erased_at=latest))


ROWS: Final = (Person, Touch, StoredVerdict)
HANDLES: Final[Mapping[Key, Handle]] = {
    LeadCaptured: on_captured,
    LeadUpdated: on_updated,
    EngagementRecorded: on_engaged,
    EngagementJudged: on_judged,
    ConsentChanged: timeline_only,
    MailSent: timeline_only,
    LeadMerged: on_merged,
    LeadErased: on_erased,
}


def _person(fold: Fold, lead: str) -> Person:
    return fold.get(Person, lead) or Person(lead)


def _sourced(person: Person, at: datetime, touch: Origin | None) -> Person:
    """With source and campaign by first touch, of which this is one; itself when that changes nothing."""
    known = None
    named = person.sourced_at is not None
    if person.source is not None and person.first_seen is not None and (named or is_marketing(person.source)):
        since = person.sourced_at or person.first_seen
        known = Origin(person.source, person.campaign, since, named=named)
    origin = first_touch(known, touch)
    first_seen = min(person.first_seen or at, at)
    if origin is known and first_seen == person.first_seen:
        return person
    if origin is None:
        return replace(person, first_seen=first_seen)
    return replace(
        person,
        source=name_of(origin.source),
        campaign=name_of(origin.campaign),
        sourced_at=origin.at if origin.named else None,
        first_seen=first_seen,
    )


def _named(person: Person, terms: Terms) -> Person:
    """With the surviving values of the facts that have columns of their own."""
    claims = person.facts
    return replace(
        person,
        email=own_text(claims, "email", terms) or person.email,
        name=name_of(own_name(claims, terms)),
        company=name_of(own_text(claims, "company", terms)),
        title=own_text(claims, "title", terms),
        country=own_text(claims, "country", terms),
    )
