"""What a person did, as tools say it, in our words: engagements, and consent in a trait or a ticked box."""

from collections.abc import Mapping
from typing import Any, Final

from events import Body, Event
from events.leads import ConsentChanged, EngagementRecorded
from ingest.decide import times
from ingest.decide.campaign import campaign_of
from ingest.decide.submissions import Page, Track
from ingest.decide.terms import Vocabulary
from ingest.decide.traits import LONGEST_VALUE, object_of, text_of

_ASSETS: Final = ("asset", "asset_id", "assetId", "content_id")
_MAILS: Final = ("mail", "email_id", "emailId", "message_id", "messageId", "campaign_id")
_LINKS: Final = ("link", "link_url", "linkUrl", "url")
_CONSENTS: Final = ("consent", "marketing_consent", "opt_in")
_YES: Final = ("1", "true", "yes", "on", "y")
EventData = tuple[tuple[type[Event], Body], ...]
"""Event types with their data, in order."""


def engagement_of(submission: Track | Page, vocabulary: Vocabulary, kind: str, name: str) -> EngagementRecorded.Data:
    """The data of `engagement.recorded`; mail fields for mail kinds only, free text for hand-raises only."""
    properties, context = submission.properties, submission.context
    page = object_of(context.get("page"))
    url = url_of(properties, page)
    mail = vocabulary.is_mail(kind)
    machine = properties.get("machine")
    return EngagementRecorded.Data(
        kind=kind,
        name=name[:LONGEST_VALUE],
        message_id=submission.message_id,
        channel=submission.channel,
        asset=asset_of(properties, vocabulary),
        url=url,
        title=text_of(properties.get("title")) or text_of(page.get("title")),
        mail=_first(properties, _MAILS, vocabulary) if mail else None,
        link=_first(properties, _LINKS, vocabulary) if mail else None,
        campaign=campaign_of(context, url, properties, vocabulary),
        text=text_of(properties.get("message")) if kind in vocabulary.hand_raises else None,
        user_agent=text_of(properties.get("user_agent")) or text_of(context.get("userAgent")) or submission.user_agent,
        delivered_at=times.instant(properties.get("delivered_at")) if mail else None,
        machine=machine if isinstance(machine, bool) else None,
        properties=dict(properties),
        merged=False,
    )


def consent_of(fields: Mapping[str, Any]) -> EventData:
    """`unsubscribed` of tracking clients, a ticked box of forms."""
    unsubscribed = fields.get("unsubscribed")
    if isinstance(unsubscribed, bool):
        return ((ConsentChanged, ConsentChanged.Data(channel="email", granted=not unsubscribed, basis="trait")),)
    for name in _CONSENTS:
        if name in fields:
            given = fields[name]
            granted = any(
                str(one).strip().casefold() in _YES for one in (given if isinstance(given, list) else [given])
            )
            return ((ConsentChanged, ConsentChanged.Data(channel="email", granted=granted, basis="form")),)
    return ()


def url_of(properties: Mapping[str, Any], page: Mapping[str, Any]) -> str | None:
    """The address of the page it happened on: an event's own, else that of its context. None without any."""
    return text_of(properties.get("url")) or text_of(page.get("url"))


def _first(given: Mapping[str, Any], names: tuple[str, ...], vocabulary: Vocabulary) -> str | None:
    for name in names:
        if name in given and (value := vocabulary.identifier(given[name])):
            return value
    return None


def asset_of(given: Mapping[str, Any], vocabulary: Vocabulary) -> str | None:
    """Which asset it was about, under the names that tools use."""
    return _first(given, _ASSETS, vocabulary)
