"""The one thing that reporting sends: the mail with a link to sign in, by SMTP or into DATA/outbox/email."""

import asyncio
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Final

import structlog
from aiosmtplib import SMTPException

from agreement.notices import Sender
from agreement.people import User
from runtime.http.access_keys import digest
from runtime.http.tokens import LINK_LIFE
from runtime.mail_server import MailServer, NotEncrypted
from runtime.settings import Settings

log = structlog.get_logger()
_SECONDS: Final = 20


class SignInMailer:
    """Sends links to sign in with. Raises Misconfigured for an address of a server that cannot be read."""

    def __init__(self, settings: Settings, sender: Sender, house: str) -> None:
        self._folder: Path = settings.data / "outbox" / "email"
        self._sender = Address(sender.name, addr_spec=sender.email)
        self._house = house
        self._server = MailServer.of(settings.smtp.get_secret_value()) if settings.smtp else None

    @property
    def outbox(self) -> bool:
        """Mails are files: there is no server to send them by."""
        return self._server is None

    async def send(self, user: User, link: str) -> None:
        """Sends it, or says in the log why not: whoever asked is told the same in any case."""
        mail = self._mail(user, link)
        try:
            if self._server is None:
                name = f"sign-in-{digest(link).hex()[:16]}.eml"
                await asyncio.to_thread(_write, self._folder / name, mail.as_bytes())
            else:
                await _hand_over(mail, self._server)
        except (NotEncrypted, SMTPException, OSError, TimeoutError) as error:
            log.error("a link to sign in was not mailed", user=user.id, error=type(error).__name__)

    def _mail(self, user: User, link: str) -> EmailMessage:
        mail = EmailMessage(policy=SMTP_POLICY)
        mail["From"] = self._sender
        mail["To"] = Address(addr_spec=user.email)
        mail["Subject"] = "Sign in to Baton"
        minutes = int(LINK_LIFE.total_seconds() // 60)
        mail.set_content(
            f"Hello,\n\nthis link signs you in to Baton ({self._house}) as {user.name}:\n\n{link}\n\n"
            f"It works once, within {minutes} minutes. If you did not ask for it, do nothing: nobody is signed in.\n"
        )
        return mail


async def _hand_over(mail: EmailMessage, server: MailServer) -> None:
    smtp = server.client(_SECONDS)
    try:
        await server.greet(smtp)
        await smtp.send_message(mail)
    finally:
        smtp.close()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)
