"""What a CloudEvent says, as a submission: the full shape of libs/events, or traits and names as tools send them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from pydantic import ValidationError

from events import Event
from events.leads import ConsentChanged, EngagementRecorded, Known, LeadErased, LeadMerged
from ingest.api.checks import Checks, Wrong, subject_of
from ingest.api.sales import at
from ingest.decide import Submission, Words, identifier, lead_id, normalise
from runtime.http.problems import pointer

_NOT_TRAITS: Final = ("facts", "traits", "channel", "campaign", "anonymous_id", "merged", "source")
_UUID: Final = 36


@dataclass(frozen=True, slots=True)
class Cloud:
    """One event as it came: attributes and data, and where in the request it stands."""

    attributes: Mapping[str, Any]
    data: Any
    """An object, once it is checked."""
    where: str


def submission(event: type[Event], cloud: Cloud, checks: Checks, words: Words) -> Submission:
    attributes, where = cloud.attributes, cloud.where
    given: dict[str, Any] = {
        "source": f"ce:{attributes['source']}",
        "message_id": attributes["id"],
        "channel": "cloudevents",
        "pointer": f"{where}/subject",
        "original": at(attributes.get("time"), f"{where}/time"),
        "exact": True,
        "historical": attributes.get("mode") == "historical",
        "raw": orjson.dumps({**attributes, "data": cloud.data}),
    }
    meant = {"leads": _lead, "sales": _said, "campaigns": _said}[event.topic](event, cloud, checks)
    if meant.get("what") == "engagement" and event is EngagementRecorded and meant["body"].kind not in words.kinds:
        raise Wrong(f"{where}/data/kind", f"must be one of {', '.join(words.kinds)}")
    return Submission(**{**given, **meant})


def _said(event: type[Event], cloud: Cloud, checks: Checks) -> dict[str, Any]:
    message = {"message_id": cloud.attributes["id"]} if event.topic == "sales" else {}
    body = checks.body(event, {**cloud.data, **message}, f"{cloud.where}/data")
    account = subject_of(event, body)
    return {"what": "said", "event": event, "body": body, "account": account} | ({} if account else _subject(cloud))


def _lead(event: type[Event], cloud: Cloud, checks: Checks) -> dict[str, Any]:
    data, where = cloud.data, cloud.where
    subject = _subject(cloud)
    if event is LeadErased or event is LeadMerged:
        body = checks.body(event, {"reason": "steward" if event is LeadMerged else "request", **data}, f"{where}/data")
        into = {"into": _lead_of(body.into)} if isinstance(body, LeadMerged.Data) else {}
        return subject | into | {"what": "erase" if event is LeadErased else "merge", "event": event, "body": body}
    if event is ConsentChanged:
        return subject | {"what": "engagement", "event": event, "body": checks.body(event, data, f"{where}/data")}
    subject["anonymous"] = _text(data.get("anonymous_id"))
    if event is EngagementRecorded:
        return subject | _engagement(cloud, checks)
    return subject | _facts(cloud)


def _subject(cloud: Cloud) -> dict[str, Any]:
    """An address, a lead's id, or the name another tool has for the person."""
    subject = _text(cloud.attributes.get("subject"))
    email = normalise(subject) or normalise(cloud.data.get("email"))
    if subject is None or normalise(subject) or identifier(subject) is None:
        if email is None:
            raise Wrong(f"{cloud.where}/subject", "must be a lead's id or e-mail address")
        return {"email": email}
    return {"email": email, ("lead" if len(subject) == _UUID else "user"): subject}


def _engagement(cloud: Cloud, checks: Checks) -> dict[str, Any]:
    data, where = cloud.data, cloud.where
    if "kind" in data:
        usual = {"name": data["kind"], "message_id": cloud.attributes["id"], "channel": "cloudevents"}
        body = checks.body(EngagementRecorded, {**usual, **data}, f"{where}/data")
        return {"what": "engagement", "event": EngagementRecorded, "body": body}
    name = _text(data.get("event")) or _text(data.get("name"))
    if name is None:
        raise Wrong(f"{where}/data/kind", "say what was done: kind, or the name of an event")
    properties = data.get("properties")
    rest = {key: value for key, value in data.items() if key not in ("event", "name", "email", "context")}
    context = data.get("context")
    return {
        "what": "track",
        "name": name,
        "properties": properties if isinstance(properties, dict) else rest,
        "context": context if isinstance(context, dict) else {},
    }


def _facts(cloud: Cloud) -> dict[str, Any]:
    """lead.captured and lead.updated: a list of facts, an object of traits, or the traits themselves."""
    data, when = cloud.data, cloud.attributes.get("time")
    source = _text(data.get("source")) or "crm"
    named = data.get("traits")
    traits = dict(named) if isinstance(named, dict) else {k: v for k, v in data.items() if k not in _NOT_TRAITS}
    facts = [] if data.get("facts") is None else data["facts"]
    if not isinstance(facts, list):
        raise Wrong(f"{cloud.where}/data/facts", "must be a list")
    known: list[Known] = []
    for number, fact in enumerate(facts):
        if when is None and isinstance(fact, dict) and "at" not in fact and isinstance(fact.get("name"), str):
            traits[fact["name"]] = fact.get("value")
        else:
            known.append(_known(fact, {"source": source, "at": when}, f"{cloud.where}/data/facts/{number}"))
    campaign = data.get("campaign")
    return {
        "what": "identify",
        "learned_from": source,
        "channel": _text(data.get("channel")) or "cloudevents",
        "known": tuple(known),
        "traits": traits,
        "context": {"campaign": campaign} if isinstance(campaign, dict) else {},
    }


def _known(fact: Any, usual: Mapping[str, Any], where: str) -> Known:
    try:
        return Known.model_validate({**usual, **fact} if isinstance(fact, dict) else fact)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Wrong(where + pointer(first["loc"]), first["msg"]) from None


def _lead_of(name: str) -> str:
    email = normalise(name)
    return lead_id(email) if email else name


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
