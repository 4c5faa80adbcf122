"""The mail server of BATON_SMTP, and the greeting before any mail; how mails are made and sent is their senders'."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP

from runtime.errors import Misconfigured
from runtime.settings import THIS_MACHINE


class NotEncrypted(Exception):
    """The server offers no STARTTLS, and is not this machine."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where it is, and as whom one signs in there."""

    host: str
    port: int
    encrypted: bool
    """By TLS from the first byte (`smtps://`); otherwise STARTTLS is asked for."""
    user: str
    """Empty: nobody signs in."""
    password: str = field(repr=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """Of `smtp://user:password@host:587`, or `smtps://...`. Raises Misconfigured for anything else."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise Misconfigured("BATON_SMTP must look like smtp://user:password@host:587 (or smtps://...)")
        encrypted = parts.scheme == "smtps"
        port = parts.port or (465 if encrypted else 587)
        return cls(parts.hostname, port, encrypted, unquote(parts.username or ""), unquote(parts.password or ""))

    @property
    def near(self) -> bool:
        """It is this machine: there alone a mail may go without TLS."""
        return self.host in THIS_MACHINE

    def client(self, seconds: float) -> SMTP:
        """Not connected yet; each answer may take so long."""
        return SMTP(hostname=self.host, port=self.port, timeout=seconds, use_tls=self.encrypted, start_tls=False)

    async def greet(self, smtp: SMTP) -> None:
        """Connects, encrypts and signs in: until here nothing can have been delivered.

        Raises NotEncrypted where a mail would go in clear over a network, and what the client raises.
        """
        await smtp.connect()
        await smtp.ehlo()
        if not self.encrypted and smtp.supports_extension("starttls"):
            await smtp.starttls()
        elif not self.encrypted and not self.near:
            raise NotEncrypted
        if self.user:
            await smtp.login(self.user, self.password)
