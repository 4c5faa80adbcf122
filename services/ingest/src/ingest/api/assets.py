"""What an asset of the content library must be, whichever way it is published."""

from collections.abc import Mapping
from typing import Any

from agreement.content import PERSONA_WORDS, page_address
from events.campaigns import ContentPublished
from ingest.api.checks import Checks
from ingest.api.invalid_input import InvalidInput, check_lengths


def published_asset(given: Mapping[str, Any], where: str, checks: Checks) -> ContentPublished.Data:
    """Its address leads to a page and to nothing else; texts have a bearable length. Raises InvalidInput."""
    data = checks.data(ContentPublished, given, where)
    assert isinstance(data, ContentPublished.Data)  # noqa: S101
    check_lengths(data, where)
    if data.url != page_address(data.url):
        raise InvalidInput(f"{where}/url", "must begin with https:// or http://")
    if data.persona is not None and not set(words := data.persona.lower().split()) <= set(PERSONA_WORDS):
        raise InvalidInput(
            f"{where}/persona", f"is made of a function, a seniority or both: {', '.join(PERSONA_WORDS)}"
        )
    return data.replaced(persona=" ".join(words) or None) if data.persona is not None else data
