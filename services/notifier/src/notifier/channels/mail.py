"""SMTP: one recipient a message, TLS unless it is this machine, and an honest answer when the last one was lost."""

from collections.abc import Mapping
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from agreement.notices import Sender
from notifier.channels.outcome import Later, Letter, Lost, Outcome, Refused, Sent, Stopped
from notifier.render import Message, mail
from notifier.render.mail import html
from notifier.render.words import header
from runtime.errors import Misconfigured

_SECONDS: Final = 20
_AFTER_THE_DOT: Final = 600
"""RFC 5321: the receiver may take ten minutes to say that it has the mail."""
_NEAR: Final = ("localhost", "127.0.0.1", "::1")


class Post:
    """How a letter becomes a mail; the same for the outbox and for SMTP."""

    def __init__(self, sender: Sender) -> None:
        self._sender = Address(sender.name, addr_spec=sender.email)
        self._reply_to = Address(addr_spec=sender.reply_to or sender.email)

    def compose(self, message: Message, notice: str) -> dict[str, Any]:
        return {"subject": header(message.title), "html": html(message)}

    def mail(self, letter: Letter) -> EmailMessage:
        """The Message-ID is the intent's own: a second copy can be told for one."""
        return mail(
            letter.message,
            message_id=self.message_id(letter),
            sender=self._sender,
            reply_to=self._reply_to,
            to=Address(addr_spec=letter.address),
            date=letter.now,
        )

    def message_id(self, letter: Letter) -> str:
        return f"{letter.id}.1@{self._sender.domain}"

    def encode(self, letter: Letter, body: Mapping[str, Any]) -> bytes:
        return self.mail(letter).as_bytes()

    @property
    def envelope(self) -> str:
        return self._sender.addr_spec


class Mail:
    name = "email"
    outbox = False
    pace: timedelta | None = None
    hold = timedelta(minutes=11)

    def __init__(self, url: str, post: Post) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise Misconfigured("BATON_SMTP must look like smtp://user:password@host:587 (or smtps://...)")
        self._post = post
        self._host = parts.hostname
        self._encrypted = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._encrypted else 587)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")

    def compose(self, message: Message, notice: str) -> dict[str, Any]:
        return self._post.compose(message, notice)

    async def send(self, letter: Letter, body: Mapping[str, Any]) -> Outcome:
        """A mail that left cannot be taken back; in doubt it is sent again once."""
        if letter.gone:
            return Sent() if letter.reference else Refused("the person left before it was sent")
        if letter.doubtful and letter.lost > 1:
            return Refused("may have been delivered; it was sent again once already")
        client = SMTP(
            hostname=self._host,
            port=self._port,
            timeout=_SECONDS,
            use_tls=self._encrypted,
            start_tls=False,
        )
        try:
            return await self._greeted(client) or await self._handed_over(client, letter)
        finally:
            client.close()

    async def _greeted(self, client: SMTP) -> Outcome | None:
        """Connected, encrypted, known: until here nothing can have been delivered."""
        try:
            await client.connect()
            await client.ehlo()
            if not self._encrypted and client.supports_extension("starttls"):
                await client.starttls()
            elif not self._encrypted and self._host not in _NEAR:
                return Stopped("the server offers no STARTTLS", wide=True)
            if self._user:
                await client.login(self._user, self._password)
        except SMTPResponseException as error:
            return _temporary(error) or Stopped(f"SMTP {error.code} at the door", wide=True)
        except (TimeoutError, SMTPException, OSError) as error:
            return Later(f"no connection: {type(error).__name__}")
        return None

    async def _handed_over(self, client: SMTP, letter: Letter) -> Outcome:
        content = self._post.encode(letter, {})
        try:
            await client.mail(self._post.envelope)
            await client.rcpt(letter.address)
        except SMTPResponseException as error:
            return _temporary(error) or Refused(f"SMTP {error.code}: the address was refused")
        except (TimeoutError, SMTPException, OSError) as error:
            return Later(f"connection lost: {type(error).__name__}")
        try:
            await client.data(content, timeout=_AFTER_THE_DOT)
        except SMTPResponseException as error:
            return _temporary(error) or Refused(f"SMTP {error.code}: the mail was refused")
        except (TimeoutError, SMTPException, OSError) as error:
            return Lost(f"the answer was lost: {type(error).__name__}")
        return Sent(letter.address, self._post.message_id(letter))


def _temporary(error: SMTPResponseException) -> Later | None:
    return Later(f"SMTP {error.code}") if 400 <= error.code < 500 else None
