"""One submission in our words: who it may be, what is learned of them, and what they did."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from events import Body, Event, Mode
from events.leads import Campaign, ConsentChanged, EngagementRecorded, Known
from ingest.decide import moments
from ingest.decide.book import Identity
from ingest.decide.submission import Submission, identifier, normalise
from ingest.decide.words import LONGEST_VALUE, Words, campaign, path_of

_ASSETS: Final = ("asset", "asset_id", "assetId", "content_id")
_MAILS: Final = ("mail", "email_id", "emailId", "message_id", "messageId", "campaign_id")
_LINKS: Final = ("link", "link_url", "linkUrl", "url")
_CONSENTS: Final = ("consent", "marketing_consent", "opt_in")
_YES: Final = ("1", "true", "yes", "on", "y")
Said = tuple[tuple[type[Event], Body], ...]
"""Deeds in our words, in order."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What a submission amounts to, before anybody asks who it was."""

    at: datetime
    mode: Mode
    email: str | None = None
    known: tuple[Known, ...] = ()
    said: Said = ()
    campaign: Campaign | None = None


Request = Sequence[tuple[Submission, Deed]]
"""What arrived together: kept together, or refused together."""


@dataclass(frozen=True, slots=True)
class Names:
    """Everything these requests mention: what the book must be opened at."""

    messages: frozenset[tuple[str, str]]
    identities: frozenset[Identity]
    people: frozenset[str]
    erasing: bool


def names(requests: Iterable[Request]) -> Names:
    told = [(submission, deed) for request in requests for submission, deed in request]
    identities = set[tuple[str, str | None]]()
    people = set[str | None]()
    for submission, deed in told:
        identities |= {("email", deed.email), ("user", identifier(submission.user))}
        identities |= {("anonymous", identifier(submission.anonymous))}
        if before := submission.previous:
            identities |= {("anonymous", before), ("user", before), ("email", normalise(before))}
        people |= {submission.lead, submission.into}
    return Names(
        messages=frozenset(submission.key for submission, _ in told),
        identities=frozenset((kind, value) for kind, value in identities if value),
        people=frozenset(who for who in people if who),
        erasing=any(submission.what == "erase" for submission, _ in told),
    )


def read(submission: Submission, words: Words, received: datetime) -> Deed:
    at = moments.occurred(submission, received)
    mode = moments.mode(submission, at, received, words.historical_after)
    match submission.what:
        case "track" | "page":
            return _act(submission, words, at, mode)
        case "form":
            return _form(submission, words, at, mode)
        case "engagement" | "said":
            said: Said = ((submission.event, submission.body),) if submission.event and submission.body else ()
            return Deed(at, mode, submission.email, tuple(submission.known), said)
        case _:
            return _facts(submission, words, at, mode)


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value.strip()[:LONGEST_VALUE] or None if isinstance(value, str) else None


def _url(submission: Submission) -> str | None:
    page = _dict(submission.context.get("page"))
    return _text(submission.properties.get("url")) or _text(page.get("url"))


def _first(given: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((found for name in names if (found := identifier(given.get(name)))), None)


def _facts(submission: Submission, words: Words, at: datetime, mode: Mode) -> Deed:
    """identify, group, alias: nothing was done, something was learned."""
    traits = {**_dict(submission.context.get("traits")), **submission.traits}
    email = submission.email or words.email(traits) or normalise(submission.user)
    if submission.what == "group":
        known = words.company_facts(submission.traits, submission.learned_from, at)
        personal = _dict(submission.context.get("traits"))
        email = submission.email or words.email(personal) or normalise(submission.user)
    else:
        known = (*submission.known, *words.facts(traits, submission.learned_from, at))
    return Deed(at, mode, email, known, _consent(traits), campaign(submission.context, _url(submission), {}))


def _consent(fields: Mapping[str, Any]) -> Said:
    """`unsubscribed` of tracking clients, a ticked box of forms."""
    gone = fields.get("unsubscribed")
    if isinstance(gone, bool):
        return ((ConsentChanged, ConsentChanged.Data(channel="email", granted=not gone, basis="trait")),)
    for name in _CONSENTS:
        if name in fields:
            granted = str(fields[name]).strip().casefold() in _YES
            return ((ConsentChanged, ConsentChanged.Data(channel="email", granted=granted, basis="form")),)
    return ()


def _act(submission: Submission, words: Words, at: datetime, mode: Mode) -> Deed:
    """A tracked event or a page view."""
    properties, context = submission.properties, submission.context
    page, traits = _dict(context.get("page")), _dict(context.get("traits"))
    url = _url(submission)
    email = submission.email or words.email(traits, submission.traits) or normalise(submission.user)
    known = (*submission.known, *words.facts({**traits, **submission.traits}, submission.learned_from, at))
    if submission.what == "page":
        path = _text(properties.get("path")) or _text(page.get("path")) or path_of(url)
        kind = words.kind_of_page(path or "")
        name = _text(properties.get("title")) or submission.name or _text(page.get("title")) or path or "Page"
    else:
        kind, name = words.kind_of_event(submission.name), submission.name
        told = words.email(properties) if kind != "other" else None
        email = email or told
        if told and kind in words.hand_raises:  # a form told as a track event
            known = (*words.facts(_personal(properties, words), submission.learned_from, at), *known)
    body = _engagement(submission, words, kind, name)
    return Deed(at, mode, email, known, ((EngagementRecorded, body),), body.campaign)


def _personal(properties: Mapping[str, Any], words: Words) -> Mapping[str, Any]:
    return words.split(properties)[0]


def _engagement(submission: Submission, words: Words, kind: str, name: str) -> EngagementRecorded.Data:
    properties, context = submission.properties, submission.context
    url = _url(submission)
    mail = kind in words.kinds and words.kinds[kind].mail
    machine = properties.get("machine")
    return EngagementRecorded.Data(
        kind=kind,
        name=name[:LONGEST_VALUE],
        message_id=submission.message_id,
        channel=submission.channel,
        asset=_first(properties, _ASSETS),
        url=url,
        title=_text(properties.get("title")) or _text(_dict(context.get("page")).get("title")),
        mail=_first(properties, _MAILS) if mail else None,
        link=_first(properties, _LINKS) if mail else None,
        campaign=campaign(context, url, properties),
        text=_text(properties.get("message")) if kind in words.hand_raises else None,
        user_agent=_text(properties.get("user_agent")) or _text(context.get("userAgent")) or submission.user_agent,
        delivered_at=instant(properties.get("delivered_at")) if mail else None,
        machine=machine if isinstance(machine, bool) else None,
        properties=dict(properties),
    )


def _form(submission: Submission, words: Words, at: datetime, mode: Mode) -> Deed:
    """A form's facts come before what it asks for."""
    ours, rest = words.split(submission.properties)
    rest = {name: value for name, value in rest.items() if not name.startswith("_") and name != "anonymous_id"}
    url = _text(rest.pop("page_url", None)) or _url(submission)
    touch = campaign(submission.context, url, submission.properties)
    body = EngagementRecorded.Data(
        kind=words.kind_of_form(submission.name),
        name=submission.name,
        message_id=f"{submission.message_id}:{int(at.timestamp())}"
        if submission.again_after
        else submission.message_id,
        channel=submission.channel,
        asset=_first(rest, _ASSETS),
        url=url,
        campaign=touch,
        text=_text(ours.get("message")),
        user_agent=submission.user_agent,
        properties=rest,
    )
    known = words.facts(ours, submission.learned_from, at)
    said: Said = (*_consent(rest), (EngagementRecorded, body))
    return Deed(at, mode, submission.email or words.email(ours), known, said, touch)


def instant(value: object) -> datetime | None:
    """RFC 3339 with any offset; a time without one is UTC. None when it is no time."""
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return found if found.tzinfo else moments.utc(found)
