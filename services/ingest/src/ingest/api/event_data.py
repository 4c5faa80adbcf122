"""A CloudEvent's data as a submission: the full shape of libs/events, or traits and names as tools send them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypedDict

import orjson
import uuid_utils
from pydantic import ValidationError

from agreement.survivorship import COMPANY_FACTS
from events import Event
from events.body import fields_of
from events.campaigns import CompanyChanged, ContentPublished, SpendRecorded
from events.edge import checked
from events.leads import (
    ConsentChanged,
    EngagementRecorded,
    KnownFact,
    LeadCaptured,
    LeadErased,
    LeadMerged,
    LeadUpdated,
    MailSent,
)
from events.topics import TYPES
from ingest.api.assets import published_asset
from ingest.api.checks import Checks
from ingest.api.invalid_input import InvalidInput, check_lengths
from ingest.decide import Submission, lead_id
from ingest.decide.campaign import drop_nobody
from ingest.decide.submissions import (
    CampaignFact,
    Consent,
    Engagement,
    Erase,
    Identify,
    MailReport,
    Merge,
    SalesFact,
    Track,
    subject_without_lead,
)
from ingest.decide.terms import folded
from ingest.decide.times import names_a_day
from ingest.decide.traits import object_of
from runtime.http.problems import pointer

CHANNEL: Final = "cloudevents"
_NOT_TRAITS: Final = ("facts", "traits", "channel", "campaign", "anonymous_id", "merged", "source")
COMPANY: Final = (*COMPANY_FACTS, "customer")
"""Facts of a company's record that are read."""
_UUID: Final = 36
"""Characters of a lead's id."""


@dataclass(frozen=True, slots=True)
class IncomingEvent:
    """One event as it came: attributes and data, and where in the request it stands."""

    attributes: Mapping[str, Any]
    data: Any
    """An object, once it is checked."""
    where: str


class _Shared(TypedDict):
    """Fields that all submissions have."""

    source: str
    message_id: str
    pointer: str
    original: datetime | None
    exact: bool
    historical: bool
    raw: bytes


class _Subject(TypedDict):
    """How the subject names a person."""

    lead: str | None
    email: str | None


def submission(event: type[Event], incoming: IncomingEvent, checks: Checks) -> Submission:
    """Raises InvalidInput at the first spot that is wrong."""
    shared = _shared(incoming, checks)
    if event.topic == "sales":
        return _sales_fact(event, incoming, shared, checks)
    if event.topic == "campaigns":
        return _campaign_fact(event, incoming, shared, checks)
    return _LEADS[event](incoming, shared, checks)


def _shared(incoming: IncomingEvent, checks: Checks) -> _Shared:
    attributes, where = incoming.attributes, incoming.where
    return {
        "source": f"ce:{attributes['source']}",
        "message_id": _message_id(attributes["id"], checks),
        "pointer": f"{where}/subject",
        "original": checks.day_begin(attributes.get("time"), f"{where}/time"),
        "exact": True,
        "historical": attributes.get("mode") == "historical",
        "raw": orjson.dumps({**attributes, "data": incoming.data}),
    }


def _message_id(given: str, checks: Checks) -> str:
    """An id of its own for an event whose id is a word that names nothing: no other is its duplicate."""
    return str(uuid_utils.uuid7()) if checks.vocabulary.names_nobody(given) else given


def _sales_fact(event: type[Event], incoming: IncomingEvent, shared: _Shared, checks: Checks) -> SalesFact:
    given = {**incoming.data, "message_id": shared["message_id"], "merged": False}
    data = checks.sales_data(event, given, f"{incoming.where}/data")
    when, given_time = f"{incoming.where}/time", incoming.attributes.get("time")
    shared = {**shared, "original": checks.moment(given_time, when)}
    by_day = names_a_day(given_time)
    if other := subject_without_lead(data, named="subject" in incoming.attributes):
        return SalesFact(**shared, channel=CHANNEL, event=event, data=data, rep=other, by_day=by_day, time_pointer=when)
    subject, _ = _subject(incoming, checks)
    return SalesFact(**shared, **subject, channel=CHANNEL, event=event, data=data, by_day=by_day, time_pointer=when)


def _campaign_fact(event: type[Event], incoming: IncomingEvent, shared: _Shared, checks: Checks) -> CampaignFact:
    """The subject stands in the data: the campaign, the asset or the company's domain. Unknown fields are refused."""
    where = f"{incoming.where}/data"
    fields = fields_of(event.data_type())
    if unknown := next((name for name in incoming.data if name not in fields), None):
        detail = "is no field of it" + ("; what is known of the company stands in `facts`" if "facts" in fields else "")
        raise InvalidInput(f"{where}/{unknown}", detail)
    data = checks.data(event, incoming.data, where)
    check_lengths(data, where)
    if isinstance(data, CompanyChanged.Data):
        if data.happened and data.happened not in checks.company_events:
            raise InvalidInput(f"{where}/happened", f"must be one of {', '.join(checks.company_events)}")
        data = data.replaced(facts=_company_facts(data.facts, f"{where}/facts", checks))
    elif isinstance(data, SpendRecorded.Data):
        data = _whole_days(data, where)
    elif isinstance(data, ContentPublished.Data):
        data = published_asset(incoming.data, where, checks)
    named = next(name for name in ("campaign", "asset", "domain") if name in fields_of(event.data_type()))
    subject = str(getattr(data, named))
    if not subject:
        raise InvalidInput(f"{incoming.where}/data/{named}", "must not be empty")
    subject = subject.strip().lower() if named == "domain" else subject
    return CampaignFact(**shared, channel=CHANNEL, event=event, data=data, subject=subject)


def _company_facts(given: Mapping[str, Any], where: str, checks: Checks) -> dict[str, Any]:
    """Under our names; a fact that nobody would read is refused."""
    ours = {name: checks.vocabulary.fields.get(folded(name)) for name in given}
    for name, known in ours.items():
        if known not in COMPANY:
            raise InvalidInput(f"{where}/{name}", f"must be one of {', '.join(COMPANY)}")
    return {str(ours[name]): value for name, value in given.items()}


def _whole_days(data: SpendRecorded.Data, where: str) -> SpendRecorded.Data:
    """`end` is the day after the last; the same as `start` means that one day."""
    if data.end < data.start:
        raise InvalidInput(f"{where}/end", "must not be before start")
    return data.replaced(end=data.start + timedelta(days=1)) if data.end == data.start else data


def _erase(incoming: IncomingEvent, shared: _Shared, checks: Checks) -> Erase:
    subject, _ = _subject(incoming, checks)
    data = checks.data(LeadErased, incoming.data, f"{incoming.where}/data")
    assert isinstance(data, LeadErased.Data)  # noqa: S101
    return Erase(**shared, **subject, channel=CHANNEL, data=data)


def _merge(incoming: IncomingEvent, shared: _Shared, checks: Checks) -> Merge:
    subject, _ = _subject(incoming, checks)
    data = checks.data(LeadMerged, {"reason": "steward", **incoming.data}, f"{incoming.where}/data")
    assert isinstance(data, LeadMerged.Data)  # noqa: S101
    email = checks.vocabulary.address(data.into)
    return Merge(**shared, **subject, channel=CHANNEL, into=lead_id(email) if email else data.into)


def _consent(incoming: IncomingEvent, shared: _Shared, checks: Checks) -> Consent:
    subject, user = _subject(incoming, checks)
    data = checks.data(ConsentChanged, incoming.data, f"{incoming.where}/data")
    assert isinstance(data, ConsentChanged.Data)  # noqa: S101
    return Consent(**shared, **subject, user=user, channel=CHANNEL, data=data)


def _mail(incoming: IncomingEvent, shared: _Shared, checks: Checks) -> MailReport:
    subject, _ = _subject(incoming, checks)
    given = {**incoming.data, "message_id": shared["message_id"], "merged": False}
    data = checks.data(MailSent, given, f"{incoming.where}/data")
    assert isinstance(data, MailSent.Data)  # noqa: S101
    return MailReport(**shared, **subject, channel=CHANNEL, data=data)


def _subject(incoming: IncomingEvent, checks: Checks) -> tuple[_Subject, str | None]:
    """An address, a lead's id, or (second) the name another tool has for the person."""
    vocabulary, subject = checks.vocabulary, _text(incoming.attributes.get("subject"))
    email = vocabulary.address(subject) or vocabulary.address(incoming.data.get("email"))
    if subject is None or vocabulary.address(subject) or vocabulary.identifier(subject) is None:
        if email is None:
            raise InvalidInput(f"{incoming.where}/subject", "must be a lead's id or e-mail address")
        return {"lead": None, "email": email}, None
    if len(subject) == _UUID:
        return {"lead": subject, "email": email}, None
    return {"lead": None, "email": email}, subject


def _engagement(incoming: IncomingEvent, shared: _Shared, checks: Checks) -> Engagement | Track:
    """With a `kind`: in our words. Else a track event, under the name that a tool gives it."""
    given, where = incoming.data, incoming.where
    subject, user = _subject(incoming, checks)
    anonymous = checks.vocabulary.identifier(_text(given.get("anonymous_id")))
    if "kind" in given:
        usual = {"name": given["kind"], "message_id": shared["message_id"], "channel": CHANNEL}
        data = checks.data(EngagementRecorded, {**usual, **given}, f"{where}/data")
        assert isinstance(data, EngagementRecorded.Data)  # noqa: S101
        if data.kind not in checks.kinds:
            raise InvalidInput(f"{where}/data/kind", f"must be one of {', '.join(checks.kinds)}")
        data = data.replaced(
            asset=checks.vocabulary.identifier(data.asset),
            mail=checks.vocabulary.identifier(data.mail),
            campaign=drop_nobody(data.campaign, checks.vocabulary),
        )
        return Engagement(**shared, **subject, user=user, anonymous=anonymous, channel=CHANNEL, data=data)
    name = _text(given.get("event")) or _text(given.get("name"))
    if name is None:
        raise InvalidInput(f"{where}/data/kind", "say what was done: kind, or the name of an event")
    properties = given.get("properties")
    rest = {key: value for key, value in given.items() if key not in ("event", "name", "email", "context")}
    return Track(
        **shared,
        **subject,
        user=user,
        anonymous=anonymous,
        channel=CHANNEL,
        name=name,
        properties=properties if isinstance(properties, dict) else rest,
        context=object_of(given.get("context")),
    )


def _identify(incoming: IncomingEvent, shared: _Shared, checks: Checks) -> Identify:
    """lead.captured and lead.updated: a list of facts, an object of traits, or the traits themselves."""
    given, when = incoming.data, incoming.attributes.get("time")
    if not given:
        raise InvalidInput(f"{incoming.where}/data", "must say something of the person: facts, traits, or an address")
    subject, user = _subject(incoming, checks)
    source = _text(given.get("source")) or "crm"
    named = given.get("traits")
    traits = dict(named) if isinstance(named, dict) else {k: v for k, v in given.items() if k not in _NOT_TRAITS}
    listed = [] if given.get("facts") is None else given["facts"]
    if not isinstance(listed, list):
        raise InvalidInput(f"{incoming.where}/data/facts", "must be a list")
    facts: list[KnownFact] = []
    claims: dict[str, dict[str, Any]] = {}
    for number, fact in enumerate(listed):
        if when is None and isinstance(fact, dict) and "at" not in fact and isinstance(fact.get("name"), str):
            claims.setdefault(_text(fact.get("source")) or source, {})[fact["name"]] = fact.get("value")
        else:
            here = f"{incoming.where}/data/facts/{number}"
            facts.append(_known(fact, {"source": source, "at": when}, here, checks))
    campaign = given.get("campaign")
    return Identify(
        **shared,
        **subject,
        user=user,
        anonymous=checks.vocabulary.identifier(_text(given.get("anonymous_id"))),
        channel=_text(given.get("channel")) or CHANNEL,
        learned_from=source,
        facts=tuple(facts),
        claims=claims,
        traits={**traits, **claims.pop(source, {})},
        context={"campaign": campaign} if isinstance(campaign, dict) else {},
    )


def _known(fact: object, usual: Mapping[str, Any], where: str, checks: Checks) -> KnownFact:
    values = {**usual, **fact} if isinstance(fact, dict) else fact
    if isinstance(values, dict) and names_a_day(values.get("at")):
        values["at"] = checks.day_begin(values["at"], f"{where}/at")
    try:
        return checked(KnownFact, values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidInput(where + pointer(first["loc"]), first["msg"]) from None


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


_LEADS: Final[Mapping[type[Event], Callable[[IncomingEvent, _Shared, Checks], Submission]]] = {
    LeadCaptured: _identify,
    LeadUpdated: _identify,
    EngagementRecorded: _engagement,
    ConsentChanged: _consent,
    MailSent: _mail,
    LeadMerged: _merge,
    LeadErased: _erase,
}
ENTERING: Final[Mapping[str, type[Event]]] = {
    name: event for name, event in TYPES.items() if event in _LEADS or event.topic in ("sales", "campaigns")
}
"""Types that enter as CloudEvents, by name. A verdict on an engagement does not: it is about one that is stored, and
has a route that looks for it (`POST /api/engagements/judge`)."""
