"""What was refused behind a 200, read once more: by the rules of today, and as a person corrected it."""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import ValidationError

from ingest.api.providers import PROVIDERS
from ingest.api.providers.provider import HookRequest
from ingest.api.tracking import TrackingClient, batch, says_when
from ingest.decide import Submission, Vocabulary
from ingest.store import ClaimedReject


def read_again(refused: ClaimedReject, corrected: Mapping[str, Any] | None, vocabulary: Vocabulary) -> Submission | str:
    """The submission, or why there still is none; `corrected` takes the place of what came.

    It occurred when it says so, else when it came: a second reading makes it no younger. A message that has no id of
    its own is called by the number of its row, so that a repeat doubles nothing.
    """
    content = corrected if corrected is not None else _content(refused.raw)
    if content is None:
        return "what came is no JSON object, or was cut"
    provider, of_a_hook, _ = refused.source.partition(":")
    if of_a_hook and provider in PROVIDERS:
        raw = orjson.dumps(content)
        try:
            contents = PROVIDERS[provider].read(HookRequest(refused.source, content, raw), vocabulary)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            return f"/{'/'.join(map(str, first['loc']))}: {first['msg']}"
    else:
        contents = batch({}, [_message(refused, content, vocabulary)], TrackingClient(refused.source, vocabulary))
    return contents.submissions[0] if contents.submissions else contents.rejects[0].reason


def _message(refused: ClaimedReject, content: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    """Of a tracking client; without the time at which it was sent, by which its clock would be put right."""
    message = {name: value for name, value in content.items() if name != "sentAt"}
    if not says_when(message):
        message["timestamp"] = refused.at.isoformat()
    given = message.get("messageId")
    if given is None or vocabulary.names_nobody(str(given)):
        message["messageId"] = f"refused-{refused.id}"
    return message


def _content(raw: bytes | None) -> dict[str, Any] | None:
    try:
        content = orjson.loads(raw or b"")
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None
