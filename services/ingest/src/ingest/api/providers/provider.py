"""What a provider's module gives: how its requests are signed, and what they say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.api.contents import Contents
from ingest.decide import Vocabulary


@dataclass(frozen=True, slots=True)
class HookRequest:
    """One request whose signature is right."""

    source: str
    """`typeform:website`: provider and source of the path. Duplicates are recognised within it."""
    body: Any
    """The JSON."""
    raw: bytes


@dataclass(frozen=True, slots=True)
class Provider:
    """A tool that calls `POST /hooks/{provider}/{source}`."""

    verify: Callable[[bytes, Mapping[str, str], bytes], bool]
    """Of the body as it came, the headers and the secret: whether the signature is right. Compares in constant time."""
    read: Callable[[HookRequest, Vocabulary], Contents]
    """Raises pydantic's ValidationError when the body has not the provider's shape."""
