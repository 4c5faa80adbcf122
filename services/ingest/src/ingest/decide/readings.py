"""One submission in our words: who it may be, what is learned of them, and what they did."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any, assert_never

from msgspec import Struct

from events import Mode
from events.leads import Campaign, ConsentChanged, EngagementRecorded, KnownFact, MailSent
from ingest.decide import times
from ingest.decide.campaign import campaign_of, path_of
from ingest.decide.engagements import EventData, asset_of, consent_of, engagement_of, url_of
from ingest.decide.names import NameKey, names_of
from ingest.decide.state import Identity
from ingest.decide.submissions import (
    Alias,
    CampaignFact,
    ClientMessage,
    Consent,
    Engagement,
    Erase,
    FormSubmitted,
    Group,
    Identify,
    Judgement,
    MailReport,
    Merge,
    Page,
    PersonArrival,
    SalesFact,
    Submission,
    Track,
)
from ingest.decide.terms import OTHER, Vocabulary
from ingest.decide.traits import facts_of, object_of, read_fact, text_of


class Reading(Struct, frozen=True):
    """What a submission amounts to, before anybody asks who it was."""

    submission: Submission
    at: datetime
    mode: Mode
    lead: str | None = None
    """Lead id that the sender names."""
    email: str | None = None
    """Normalised."""
    facts: tuple[KnownFact, ...] = ()
    events: EventData = ()
    campaign: Campaign | None = None


Request = Sequence[Reading]
"""What arrived together: kept together, or refused together."""


class Mentions(Struct, frozen=True):
    """Everything these requests name: what the registry must be loaded for."""

    messages: Set[tuple[str, str]]
    identities: Set[Identity]
    people: Set[str]
    erasing: bool
    """Those who turned out to be one of these people are needed too."""
    names: Set[NameKey] = frozenset()
    """Of assets and campaigns, as they are compared."""


def mentions(requests: Iterable[Request]) -> Mentions:
    """Collects the message ids, identities, leads and names that these requests hold; nothing is looked up."""
    messages = set[tuple[str, str]]()
    names: dict[str, set[str | None]] = {"email": set(), "user": set(), "anonymous": set()}
    people = set[str | None]()
    erasing = False
    written = set[NameKey]()
    for reading in (reading for request in requests for reading in request):
        submission = reading.submission
        messages.add(submission.key)
        written.update(key for key, _ in names_of(reading.events, reading.campaign))
        names["email"].add(reading.email)
        people.add(reading.lead)
        if isinstance(submission, PersonArrival):
            names["user"].add(submission.user)
            names["anonymous"].add(submission.anonymous)
            if isinstance(submission, Alias):
                before = submission.previous
                names["anonymous"].add(before)
                names["user"].add(before)
                names["email"].add(submission.address)
        elif isinstance(submission, Merge):
            people.add(submission.into)
        elif isinstance(submission, Erase):
            erasing = True
    return Mentions(
        messages=messages,
        identities={(kind, value) for kind, values in names.items() for value in values if value},
        people={who for who in people if who},
        erasing=erasing,
        names=written,
    )


def read(submission: Submission, vocabulary: Vocabulary, received: datetime) -> Reading:
    """Pure; `received` is the instant of the transaction that will keep it."""
    at = times.occurred(submission, received)
    mode = times.mode(submission, at, received, vocabulary.historical_after)
    match submission:
        case Track():
            return _track(submission, vocabulary, at, mode)
        case Page():
            return _page(submission, vocabulary, at, mode)
        case FormSubmitted():
            return _form(submission, vocabulary, at, mode)
        case Group():
            return _group(submission, vocabulary, at, mode)
        case Identify() | Alias():
            return _traits(submission, vocabulary, at, mode)
        case Engagement() | Consent() | SalesFact() | CampaignFact() | MailReport() | Judgement() | Merge() | Erase():
            return _direct(submission, at, mode)
        case _:
            assert_never(submission)


def _direct(
    submission: Engagement | Consent | SalesFact | CampaignFact | MailReport | Judgement | Merge | Erase,
    at: datetime,
    mode: Mode,
) -> Reading:
    """What came in our own words."""
    if isinstance(submission, CampaignFact):
        return Reading(submission, at, mode, events=((submission.event, submission.data),))
    events: EventData = ()
    match submission:
        case Engagement():
            events = ((EngagementRecorded, submission.data),)
        case Consent():
            events = ((ConsentChanged, submission.data),)
        case SalesFact(data=data):
            events = ((submission.event, data.replaced(backfill=True) if submission.historical else data),)
        case MailReport():
            events = ((MailSent, submission.data),)
        case Judgement() | Merge() | Erase():
            pass  # the fold knows about what, and whom
        case _:
            assert_never(submission)
    return Reading(submission, at, mode, submission.lead, submission.email, events=events)


def _traits(submission: Identify | Alias, vocabulary: Vocabulary, at: datetime, mode: Mode) -> Reading:
    """Nothing was done, something was learned."""
    lead, address, facts = None, None, tuple[KnownFact, ...]()
    if isinstance(submission, Identify):
        lead, address, facts = submission.lead, submission.email, tuple(map(read_fact, submission.facts))
        for source, claimed in submission.claims.items():
            facts += facts_of(claimed, vocabulary, source, at)
    context = submission.context
    traits = {**object_of(context.get("traits")), **submission.traits}
    email = address or vocabulary.email(traits) or vocabulary.address(submission.user)
    facts = (*facts, *facts_of(traits, vocabulary, submission.learned_from, at))
    return Reading(submission, at, mode, lead, email, facts, consent_of(traits), _campaign(context, vocabulary))


def _group(submission: Group, vocabulary: Vocabulary, at: datetime, mode: Mode) -> Reading:
    """Traits of a group describe the person's company; those of its context the person."""
    personal = object_of(submission.context.get("traits"))
    email = vocabulary.email(personal) or vocabulary.address(submission.user)
    facts = facts_of({"company": submission.traits}, vocabulary, submission.learned_from, at)
    consent = consent_of({**personal, **submission.traits})
    return Reading(submission, at, mode, None, email, facts, consent, _campaign(submission.context, vocabulary))


def _campaign(context: Mapping[str, Any], vocabulary: Vocabulary) -> Campaign | None:
    return campaign_of(context, text_of(object_of(context.get("page")).get("url")), {}, vocabulary)


def _track(submission: Track, vocabulary: Vocabulary, at: datetime, mode: Mode) -> Reading:
    """A form that is sent as a track event names the person and tells their facts."""
    properties = submission.properties
    kind = vocabulary.kind_of_event(submission.name)
    email = submission.email or _email(submission, vocabulary)
    facts = _known(submission, vocabulary, at)
    if kind != OTHER and (given := vocabulary.email(properties)):
        email = email or given
        if kind in vocabulary.hand_raises:
            ours, _ = vocabulary.split(properties)
            facts = (*facts_of(ours, vocabulary, submission.learned_from, at), *facts)
    data = engagement_of(submission, vocabulary, kind, submission.name)
    return Reading(submission, at, mode, submission.lead, email, facts, ((EngagementRecorded, data),), data.campaign)


def _page(submission: Page, vocabulary: Vocabulary, at: datetime, mode: Mode) -> Reading:
    """A page view goes by the path of the page, and is called by its title."""
    properties, page = submission.properties, object_of(submission.context.get("page"))
    path = text_of(properties.get("path")) or text_of(page.get("path")) or path_of(url_of(properties, page))
    kind = vocabulary.kind_of_page(path)
    name = text_of(properties.get("title")) or submission.name or text_of(page.get("title")) or path or "Page"
    data = engagement_of(submission, vocabulary, kind, name)
    email, facts = _email(submission, vocabulary), _known(submission, vocabulary, at)
    return Reading(submission, at, mode, None, email, facts, ((EngagementRecorded, data),), data.campaign)


def _email(submission: ClientMessage, vocabulary: Vocabulary) -> str | None:
    traits = object_of(submission.context.get("traits"))
    return vocabulary.email(traits, submission.traits) or vocabulary.address(submission.user)


def _known(submission: ClientMessage, vocabulary: Vocabulary, at: datetime) -> tuple[KnownFact, ...]:
    traits = {**object_of(submission.context.get("traits")), **submission.traits}
    return facts_of(traits, vocabulary, submission.learned_from, at)


def _form(submission: FormSubmitted, vocabulary: Vocabulary, at: datetime, mode: Mode) -> Reading:
    """A form's facts come before what it asks for."""
    ours, rest = vocabulary.split(submission.fields)
    rest = {name: value for name, value in rest.items() if not name.startswith("_") and name != "anonymous_id"}
    url = text_of(rest.pop("page_url", None)) or text_of(submission.fields.get("url")) or text_of(submission.page_url)
    campaign = campaign_of({}, url, submission.fields, vocabulary)
    again = f":{int(at.timestamp())}" if submission.again_after else ""
    data = EngagementRecorded.Data(
        kind=vocabulary.kind_of_form(submission.name),
        name=submission.name,
        message_id=f"{submission.message_id}{again}",
        channel=submission.channel,
        asset=asset_of(rest, vocabulary),
        url=url,
        campaign=campaign,
        text=text_of(ours.get("message")),
        user_agent=submission.user_agent,
        properties=rest,
    )
    email = submission.email or vocabulary.email(ours)
    facts = facts_of(ours, vocabulary, submission.learned_from, at)
    events: EventData = (*consent_of(rest), (EngagementRecorded, data))
    return Reading(submission, at, mode, None, email, facts, events, campaign)
