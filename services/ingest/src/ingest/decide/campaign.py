"""The campaign behind a visit, and the path of its page: read from what clients say and from the page's address."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from agreement.readers.companies import host_of, registrable
from agreement.readers.names import LONGEST_NAME
from events.leads import Campaign
from ingest.decide.terms import Vocabulary
from ingest.decide.traits import LONGEST_VALUE, object_of, text_of

_NAMES: Final = {
    "name": ("utm_campaign",),
    "source": ("utm_source",),
    "medium": ("utm_medium",),
    "term": ("utm_term",),
    "content": ("utm_content",),
    "referral": ("referral", "partner"),
}
_WHO: Final = ("name", "source", "referral")
"""Parts that a word that names nobody is none of."""
_FIELDS: Final = frozenset(name for names in _NAMES.values() for name in names)


def campaign_of(
    context: Mapping[str, Any], url: str | None, fields: Mapping[str, Any], vocabulary: Vocabulary
) -> Campaign | None:
    """For each part: `context.campaign`, else the form field named like it, else the page's utm parameter.

    A word that names nobody (`undefined`, `{{partner}}`) is no partner, source or campaign. Where none of them names a
    source or a campaign, the site is the source that the visitor came from.
    """
    parts = _named(context, url, fields, vocabulary)
    if "source" not in parts and "name" not in parts and (site := _referring(context, url, fields, vocabulary)):
        parts["source"] = site
    return Campaign(**parts) if parts else None


def _named(
    context: Mapping[str, Any], url: str | None, fields: Mapping[str, Any], vocabulary: Vocabulary
) -> dict[str, str]:
    given = context.get("campaign")
    named = given if isinstance(given, dict) else {}
    parameters = dict(parse_qsl(_parameters(url), max_num_fields=100)) if url and "?" in url else {}
    if not named and not parameters and _FIELDS.isdisjoint(fields):
        return {}
    parts: dict[str, str] = {}
    for ours, others in _NAMES.items():
        for value in (named.get(ours), *(where.get(other) for other in others for where in (fields, parameters))):
            if not isinstance(value, str) or not value.strip():
                continue
            if ours not in _WHO or not vocabulary.names_nobody(value):
                parts[ours] = value.strip()[:LONGEST_NAME]
                break
    return parts


def drop_nobody(campaign: Campaign | None, vocabulary: Vocabulary) -> Campaign | None:
    """A campaign that came in our own shape, without parts that a word that names nobody is; None when none is left."""
    if campaign is None:
        return None
    parts = {name: getattr(campaign, name) for name in _NAMES}
    left = {
        name: value[:LONGEST_NAME]
        for name, value in parts.items()
        if value and (name not in _WHO or not vocabulary.names_nobody(value))
    }
    return Campaign(**left) if left else None


def _referring(
    context: Mapping[str, Any], url: str | None, fields: Mapping[str, Any], vocabulary: Vocabulary
) -> str | None:
    """The site of the page's referrer, unless it is the page's own site or one of the house's."""
    page = object_of(context.get("page"))
    referrer = text_of(page.get("referrer")) or text_of(fields.get("referrer"))
    if referrer is None or url is None:
        return None
    host = host_of(referrer[:LONGEST_VALUE])
    site = registrable(host)
    return None if site is None or site == registrable(host_of(url)) or site in vocabulary.own_domains else host


def _parameters(url: str) -> str:
    try:
        query = urlsplit(url).query
    except ValueError:
        return ""
    return query if query.count("&") < 100 else ""


def path_of(url: str | None) -> str:
    """The path of an address; empty when there is none."""
    try:
        return urlsplit(url or "").path
    except ValueError:
        return ""
