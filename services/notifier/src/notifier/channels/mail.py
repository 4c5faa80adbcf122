"""SMTP: one recipient a message, TLS unless it is this machine, and an honest answer when the last one was lost."""

from collections.abc import Mapping
from datetime import timedelta
from email.headerregistry import Address
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from agreement.notices import Sender
from notifier.channels.base import AnswerLost, Delivered, Later, OutgoingMessage, Rejected, SendOutcome, Stopped
from notifier.render import Message, mail
from notifier.render.mail import encode, html
from notifier.render.wording import header_text
from runtime.errors import Misconfigured

_SECONDS: Final = 20
_AFTER_THE_DOT: Final = 600
"""RFC 5321: the receiver may take ten minutes to say that it has the mail."""
_NEAR: Final = ("localhost", "127.0.0.1", "::1")


class MailFormat:
    """How a message becomes a mail; the same for the outbox and for SMTP."""

    def __init__(self, sender: Sender) -> None:
        self._sender = Address(sender.name, addr_spec=sender.email)
        self._reply_to = Address(addr_spec=sender.reply_to or sender.email)

    def compose(self, message: Message, notice: str) -> dict[str, Any]:
        """Subject and HTML of a message, as they are kept and shown."""
        return {"subject": header_text(message.title), "html": html(message)}

    def encode(self, message: OutgoingMessage, body: Mapping[str, Any]) -> bytes:
        """The mail (RFC 5322); `body`: as `compose` made it.

        The Message-ID is the intent's own: a second copy is recognised.
        """
        finished = mail(
            message.content,
            body["html"],
            message_id=self.message_id(message),
            sender=self._sender,
            reply_to=self._reply_to,
            to=Address(addr_spec=message.address),
            date=message.now,
        )
        return encode(finished)

    def message_id(self, message: OutgoingMessage) -> str:
        """The Message-ID, without angle brackets: made from the notice's id and the sender's domain."""
        return f"{message.id}.1@{self._sender.domain}"

    @property
    def envelope(self) -> str:
        """The sender's address, to which bounces go."""
        return self._sender.addr_spec


class SmtpChannel:
    """Sends notices as mails by SMTP. Raises Misconfigured for an address of a server that cannot be read."""

    name = "email"
    outbox = False
    pace: timedelta | None = None
    hold = timedelta(minutes=11)
    calls = 50
    prompt = False

    def __init__(self, url: str, mail_format: MailFormat) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise Misconfigured("BATON_SMTP must look like smtp://user:password@host:587 (or smtps://...)")
        self._format = mail_format
        self._host = parts.hostname
        self._encrypted = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._encrypted else 587)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")

    def compose(self, message: Message, notice: str) -> dict[str, Any]:
        """Subject and HTML, as they are kept and shown."""
        return self._format.compose(message, notice)

    async def send(self, message: OutgoingMessage, body: Mapping[str, Any]) -> SendOutcome:
        """A mail that left cannot be taken back; in doubt it is sent again once."""
        if message.removed:
            return Delivered() if message.reference else Rejected("the person left before it was sent")
        if message.doubtful and message.lost_answers > 1:
            return Rejected("may have been delivered; it was sent again once already")
        client = SMTP(
            hostname=self._host,
            port=self._port,
            timeout=_SECONDS,
            use_tls=self._encrypted,
            start_tls=False,
        )
        try:
            return await self._greet(client) or await self._hand_over(client, message, body)
        finally:
            client.close()

    async def _greet(self, client: SMTP) -> SendOutcome | None:
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

    async def _hand_over(self, client: SMTP, message: OutgoingMessage, body: Mapping[str, Any]) -> SendOutcome:
        content = self._format.encode(message, body)
        try:
            await client.mail(self._format.envelope)
            await client.rcpt(message.address)
        except SMTPResponseException as error:
            return _temporary(error) or Rejected(f"SMTP {error.code}: the address was refused")
        except (TimeoutError, SMTPException, OSError) as error:
            return Later(f"connection lost: {type(error).__name__}")
        try:
            await client.data(content, timeout=_AFTER_THE_DOT)
        except SMTPResponseException as error:
            return _temporary(error) or Rejected(f"SMTP {error.code}: the mail was refused")
        except (TimeoutError, SMTPException, OSError) as error:
            return AnswerLost(f"the answer was lost: {type(error).__name__}")
        return Delivered(message.address, self._format.message_id(message))


def _temporary(error: SMTPResponseException) -> Later | None:
    return Later(f"SMTP {error.code}") if 400 <= error.code < 500 else None
