"""Signed webhooks (Standard Webhooks) to the receivers the agreement names, never to an address of our own network."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

import orjson

from agreement.notices import WebhookReceiver
from notifier.channels.base import Delivered, Later, OutgoingMessage, SendOutcome, Stopped, wish
from notifier.render import Message
from runtime.errors import Misconfigured
from runtime.http.guarded import BlockedAddress, GuardedAnswer, GuardedClient, NoAnswer

_SECONDS: Final = 15
_GONE: Final = 410


class WebhookChannel:
    """A repeat is harmless: receivers know a message by its `webhook-id`, which stays the same."""

    name = "webhook"
    outbox = False
    pace: timedelta | None = None
    hold = timedelta(seconds=60)
    prompt = True
    calls = 50

    def __init__(self, hooks: Sequence[WebhookReceiver], secrets: Mapping[str, str], *, laboratory: bool) -> None:
        """`secrets`: by the names of their variables. In the laboratory a receiver may sit on this machine."""
        self._keys = {hook.url: _key(hook, secrets.get(hook.secret_variable)) for hook in hooks}
        self._http = GuardedClient(seconds=_SECONDS, loopback=laboratory)

    def compose(self, message: Message, notice: str) -> dict[str, Any]:
        """The body of the call: the notice as data."""
        return {"call": dict(message.data)}

    async def send(self, message: OutgoingMessage, body: Mapping[str, Any]) -> SendOutcome:
        """Posts the body, signed, to its receiver; of a person who left nothing is sent."""
        if message.removed:
            return Delivered()
        key = self._keys.get(message.address)
        if key is None:
            return Stopped("the agreement no longer names this receiver", wide=False)
        event = {"type": message.kind, "timestamp": message.now.isoformat(), "data": body["call"]}
        content = orjson.dumps(event, default=str)
        headers = _sign(message, key, content)
        try:
            answer = await self._http.call("POST", message.address, content=content, headers=headers)
        except BlockedAddress as error:
            return Stopped(str(error), wide=False)
        except NoAnswer as error:
            return Later(str(error))
        return _outcome(answer, headers["webhook-id"])


def _outcome(answer: GuardedAnswer, reference: str) -> SendOutcome:
    """What the receiver answers beyond its status is nobody's business."""
    if 200 <= answer.status < 300:
        return Delivered(reference=reference)
    if answer.status == _GONE:
        return Stopped("the receiver says it is gone (410)", wide=False)
    return Later(f"HTTP {answer.status}", wish(answer.headers.get("retry-after", "")))


def _sign(message: OutgoingMessage, key: bytes, content: bytes) -> dict[str, str]:
    stamp = str(int(message.now.timestamp()))
    signature = hmac.new(key, f"{message.id}.{stamp}.".encode() + content, sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{b64encode(signature).decode()}",
    }


def _key(hook: WebhookReceiver, secret: str | None) -> bytes:
    try:
        return b64decode((secret or "").removeprefix("whsec_"), validate=True) or _missing(hook)
    except ValueError:
        return _missing(hook)


def _missing(hook: WebhookReceiver) -> bytes:
    raise Misconfigured(
        f"the agreement names the webhook {hook.id}, so {hook.secret_variable} must hold its signing secret: "
        "`whsec_` and 24 to 64 random bytes in base64"
    )
