"""Whose webhooks are read: one module for each provider, and its line here."""

from collections.abc import Mapping
from typing import Final

from ingest.api.providers.provider import Provider
from ingest.api.providers.typeform import TYPEFORM

PROVIDERS: Final[Mapping[str, Provider]] = {
    "typeform": TYPEFORM,
}
"""By the name in `POST /hooks/{provider}/{source}`."""

__all__ = ["PROVIDERS", "Provider"]
