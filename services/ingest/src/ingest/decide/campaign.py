"""The campaign behind a visit, and the path of its page: read from what clients say and from the page's address."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from events.leads import Campaign
from ingest.decide.traits import LONGEST_VALUE

_NAMES: Final = {
    "name": ("utm_campaign",),
    "source": ("utm_source",),
    "medium": ("utm_medium",),
    "term": ("utm_term",),
    "content": ("utm_content",),
    "referral": ("referral", "partner"),
}
_FIELDS: Final = frozenset(name for names in _NAMES.values() for name in names)


def campaign_of(context: Mapping[str, Any], url: str | None, fields: Mapping[str, Any]) -> Campaign | None:
    """For each part: `context.campaign`, else the form field named like it, else the page's utm parameter."""
    given = context.get("campaign")
    named = given if isinstance(given, dict) else {}
    parameters = dict(parse_qsl(_parameters(url), max_num_fields=100)) if url and "?" in url else {}
    if not named and not parameters and _FIELDS.isdisjoint(fields):
        return None
    parts: dict[str, str] = {}
    for ours, others in _NAMES.items():
        for value in (named.get(ours), *(where.get(other) for other in others for where in (fields, parameters))):
            if isinstance(value, str) and value.strip():
                parts[ours] = value.strip()[:LONGEST_VALUE]
                break
    return Campaign(**parts) if parts else None


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
