"""HTTP calls to addresses that other people typed: a guard against SSRF (a call into our own network)."""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from runtime.http.client import HTTPError, InvalidURL, client

_PORTS: Final = (443, 8443)


class BlockedAddress(ValueError):
    """The address is one that must not be called."""


class AnswerTooLarge(ValueError):
    """The answer is longer than the caller wants to read."""


class NoAnswer(OSError):
    """No answer came: refused, broken, too slow or unknown host. Trying again makes sense."""


@dataclass(frozen=True, slots=True)
class GuardedAnswer:
    """What came back. A redirect is an answer like any other: it is not followed."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes
    """Empty when the caller reads no content."""


@dataclass(frozen=True, slots=True)
class _Target:
    """Where to connect, and under which name: the address was checked, so it is the one that is called."""

    url: str
    host: str
    """With its port, as the header says it."""
    name: str


class GuardedClient:
    """Calls https addresses on port 443 or 8443 that resolve to a public address, and nothing else.

    The name is resolved once and the checked address is the one that is called (no DNS rebinding). `loopback`: for
    laboratories and tests, any scheme and port, and this machine as well.
    """

    def __init__(self, *, seconds: float = 15.0, loopback: bool = False) -> None:
        """`seconds`: a call's whole time, from the look-up to the last byte."""
        self.seconds = seconds
        self._loopback = loopback

    async def call(
        self,
        method: str,
        url: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        at_most: int = 0,
    ) -> GuardedAnswer:
        """One call; of the answer's content at most `at_most` bytes are read (0: none, whatever comes).

        Raises BlockedAddress, AnswerTooLarge, or NoAnswer.
        """
        try:
            async with asyncio.timeout(self.seconds):
                target = await self._check(url)
                return await self._send(method, target, content, {"Host": target.host, **(headers or {})}, at_most)
        except InvalidURL as error:
            raise BlockedAddress("not an address") from error
        except (HTTPError, OSError, TimeoutError, UnicodeError) as error:
            raise NoAnswer(f"no answer: {type(error).__name__}") from error

    async def _send(
        self, method: str, target: _Target, content: bytes, headers: dict[str, str], at_most: int
    ) -> GuardedAnswer:
        extensions = {"sni_hostname": target.name}
        async with client(timeout=self.seconds) as http, http.stream(
            method, target.url, content=content, headers=headers, extensions=extensions
        ) as answer:  # fmt: skip
            read = bytearray()
            if at_most:
                async for piece in answer.aiter_bytes():
                    read += piece
                    if len(read) > at_most:
                        raise AnswerTooLarge(f"the answer is longer than {at_most} bytes")
            return GuardedAnswer(answer.status_code, dict(answer.headers), bytes(read))

    async def _check(self, url: str) -> _Target:
        """Resolved once and checked. Raises BlockedAddress."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise BlockedAddress("not an address") from error
        if not self._loopback and (parts.scheme != "https" or port not in _PORTS or parts.username):
            raise BlockedAddress("only https on port 443 or 8443, without a password in the address")
        addresses = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        address = ipaddress.ip_address(addresses[0][4][0])
        if not (_public(address) or (self._loopback and address.is_loopback)):
            raise BlockedAddress("the receiver's address is not a public one")
        at = f"[{address}]" if address.version == 6 else str(address)
        called = urlunsplit((parts.scheme, f"{at}:{port}", parts.path or "/", parts.query, ""))
        return _Target(called, parts.netloc, host)


def _public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    nat64 = address in ipaddress.ip_network("64:ff9b::/96") if address.version == 6 else False
    return mapped.is_global and address.is_global and not nat64 and not mapped.is_multicast
