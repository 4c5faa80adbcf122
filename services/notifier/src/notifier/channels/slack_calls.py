"""A notice as a call of Slack's Web API: what is sent, and what the outbox keeps in its place."""

from collections.abc import Mapping
from typing import Any

import orjson

from notifier.channels.base import OutgoingMessage
from notifier.render import Message, slack


def compose(message: Message, notice: str) -> dict[str, Any]:
    """The call that posts a message, as it is kept and shown."""
    return {"call": slack(message, notice)}


def call(message: OutgoingMessage, body: Mapping[str, Any]) -> dict[str, Any]:
    """What Slack is sent: the message with its addressee, and the time stamp of the one it replaces or replies to."""
    addressed = {"channel": message.place or message.address, **body["call"]}
    if message.reference:
        return {**addressed, "ts": message.reference}
    return {**addressed, "thread_ts": message.thread} if message.thread else addressed


def encode(message: OutgoingMessage, body: Mapping[str, Any]) -> bytes:
    """The call as a file of the outbox."""
    return orjson.dumps(call(message, body), option=orjson.OPT_INDENT_2)
