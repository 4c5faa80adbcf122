"""Signed webhooks (Standard Webhooks) to the receivers the agreement names, never to an address of our own network."""

import asyncio
import hmac
import ipaddress
import socket
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import orjson

from agreement.notices import WebhookReceiver
from notifier.channels.base import Delivered, Later, OutgoingMessage, SendOutcome, Stopped
from notifier.render import Message
from runtime.errors import Misconfigured
from runtime.http.client import HTTPError, client

_SECONDS: Final = 15
_PORTS: Final = (443, 8443)
_GONE: Final = 410


class BlockedAddress(ValueError):
    """The receiver's address is one that must not be called."""


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """Where to connect, and under which name: the address was checked, so it is the one that is called."""

    url: str
    host: str
    """With its port, as the header says it."""
    name: str


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
        self._laboratory = laboratory

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
        try:
            async with asyncio.timeout(_SECONDS):
                target = await self._target(message.address)
                return await _post(target, content, {"Host": target.host, **_sign(message, key, content)})
        except BlockedAddress as error:
            return Stopped(str(error), wide=False)
        except (HTTPError, OSError, TimeoutError) as error:
            return Later(f"no answer: {type(error).__name__}")

    async def _target(self, url: str) -> WebhookTarget:
        """Resolved once, checked, and then called at that very address."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        if not self._laboratory and (parts.scheme != "https" or port not in _PORTS or parts.username):
            raise BlockedAddress("only https on port 443 or 8443, without a password in the address")
        addresses = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        address = ipaddress.ip_address(addresses[0][4][0])
        if not (_public(address) or (self._laboratory and address.is_loopback)):
            raise BlockedAddress("the receiver's address is not a public one")
        at = f"[{address}]" if address.version == 6 else str(address)
        called = urlunsplit((parts.scheme, f"{at}:{port}", parts.path or "/", parts.query, ""))
        return WebhookTarget(called, parts.netloc, host)


async def _post(target: WebhookTarget, content: bytes, headers: dict[str, str]) -> SendOutcome:
    """What the receiver answers beyond its status is nobody's business."""
    async with client(timeout=_SECONDS) as http, http.stream(
        "POST", target.url, content=content, headers=headers, extensions={"sni_hostname": target.name}
    ) as answer:  # fmt: skip
        status, wait = answer.status_code, answer.headers.get("retry-after", "")
    if 200 <= status < 300:
        return Delivered(reference=headers["webhook-id"])
    if status == _GONE:
        return Stopped("the receiver says it is gone (410)", wide=False)
    return Later(f"HTTP {status}", timedelta(seconds=int(wait)) if wait.isdigit() else None)


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


def _public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    nat64 = address in ipaddress.ip_network("64:ff9b::/96") if address.version == 6 else False
    return mapped.is_global and address.is_global and not nat64 and not mapped.is_multicast
