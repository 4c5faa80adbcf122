"""SMTP: one recipient a message, TLS unless it is this machine, and an honest answer when the last one was lost."""

from collections.abc import Mapping
from datetime import timedelta
from email.headerregistry import Address
from typing import Any, Final

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from agreement.notices import Sender
from events.buttons import ACCEPT, REJECT
from notifier.channels.base import AnswerLost, Delivered, Later, OutgoingMessage, Rejected, SendOutcome, Stopped
from notifier.render import Message, mail
from notifier.render.mail import encode, html
from notifier.render.wording import header_text
from runtime.http.offer_links import offer_token
from runtime.mail_server import MailServer, NotEncrypted

_SECONDS: Final = 20
_AFTER_THE_DOT: Final = 600
"""RFC 5321: the receiver may take ten minutes to say that it has the mail."""


class MailFormat:
    """How a message becomes a mail; the same for the outbox and for SMTP."""

    def __init__(self, sender: Sender, url: str, secret: str | None) -> None:
        """`secret` signs the buttons; without one they lead to the lead's page."""
        self._url, self._secret = url, secret
        self._sender = Address(sender.name, addr_spec=sender.email)
        self._reply_to = Address(addr_spec=sender.reply_to or sender.email)

    def compose(self, message: Message, notice: str) -> dict[str, Any]:
        """Subject and HTML of a message, as they are kept and shown."""
        return {"subject": header_text(message.subject or message.title), "html": html(message)}

    def encode(self, message: OutgoingMessage, body: Mapping[str, Any]) -> bytes:
        """The mail (RFC 5322); `body`: as `compose` made it.

        The Message-ID is the intent's own: a second copy is recognised.
        """
        finished = mail(
            message.content,
            body["html"],
            answers=self._answers(message),
            message_id=self.message_id(message),
            sender=self._sender,
            reply_to=self._reply_to,
            to=Address(addr_spec=message.address),
            date=message.now,
            thread=message.thread and self._named(message.thread),
        )
        return encode(finished)

    def _answers(self, message: OutgoingMessage) -> dict[str, str]:
        """What stands in the kept body in place of a button's address, and that address, which is not kept."""
        offer, link = message.content.offer, message.content.link
        if offer is None or link is None or self._secret is None:
            return {}
        token = offer_token(self._secret, offer, message.recipient, message.now)
        return {f"{link}#{answer}": f"{self._url}/a/{token}/{answer}" for answer in (ACCEPT, REJECT)}

    def message_id(self, message: OutgoingMessage) -> str:
        """The Message-ID, without angle brackets: made from the notice's id and the sender's domain."""
        return self._named(message.id)

    def _named(self, identity: str) -> str:
        """A notice's id as a Message-ID; one that is so already stays as it is."""
        return identity if "@" in identity else f"{identity}.1@{self._sender.domain}"

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
        self._format = mail_format
        self._server = MailServer.of(url)

    def compose(self, message: Message, notice: str) -> dict[str, Any]:
        """Subject and HTML, as they are kept and shown."""
        return self._format.compose(message, notice)

    async def send(self, message: OutgoingMessage, body: Mapping[str, Any]) -> SendOutcome:
        """A mail that left cannot be taken back; in doubt it is sent again once."""
        if message.removed:
            return Delivered() if message.reference else Rejected("the person left before it was sent")
        if message.doubtful and message.lost_answers > 1:
            return Rejected("may have been delivered; it was sent again once already")
        client = self._server.client(_SECONDS)
        try:
            return await self._greet(client) or await self._hand_over(client, message, body)
        finally:
            client.close()

    async def _greet(self, client: SMTP) -> SendOutcome | None:
        """Connected, encrypted, known: until here nothing can have been delivered."""
        try:
            await self._server.greet(client)
        except NotEncrypted:
            return Stopped("the server offers no STARTTLS", wide=True)
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
