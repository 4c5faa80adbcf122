"""A message as a mail: text, and HTML that was escaped before MJML laid it out; headers that cannot be split."""

from collections.abc import Mapping
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import format_datetime
from types import MappingProxyType
from typing import Final

import mrml
from jinja2 import Environment, PackageLoader, StrictUndefined

from events.buttons import ACCEPT, REJECT
from notifier.render.message import Message
from notifier.render.wording import header_text, one_line

_MOST: Final = 2000
_TEMPLATES: Final = Environment(
    loader=PackageLoader("notifier"),
    autoescape=True,
    finalize=lambda value: one_line(value, _MOST),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_NO_FONTS: Final = mrml.RenderOptions(disable_comments=False, fonts={})


class HeadersChanged(ValueError):
    """The finished mail has other headers than were set: somebody's text broke out of its line."""


def html(message: Message) -> str:
    """The HTML of a mail."""
    mjml = _TEMPLATES.get_template("mail.mjml").render(message=message)
    return mrml.to_html(mjml, render_options=_NO_FONTS).content


def text(message: Message) -> str:
    """The same in plain text; also what /api/outbox shows."""
    lines = [message.title, "", *([message.words, ""] if message.words else []), message.summary]
    for part in message.parts:
        lines += ["", part.heading] if part.heading else [""]
        lines += [f"{label}: {value}" for label, value in part.fields]
        texts = [f"{line} {page}" if page else line for line, page in part.linked]
        lines += [f"- {text}" if part.heading else text for text in texts]
        lines += [
            "- " + ", ".join(f"{name} {cell}" if name else cell for name, cell in zip(part.columns, row, strict=True))
            for row in part.rows
        ]
    if message.link:
        answers = [f"{answer.capitalize()}: {message.link}#{answer}" for answer in (ACCEPT, REJECT) if message.offer]
        lines += ["", *answers, f"Read more: {message.link}"]
    if message.details:
        lines += ["", *message.details]
    return "\n".join(lines) + "\n"


def mail(
    message: Message,
    laid_out: str,
    *,
    message_id: str,
    sender: Address,
    reply_to: Address,
    to: Address,
    date: datetime,
    thread: str | None = None,
    answers: Mapping[str, str] = MappingProxyType({}),
) -> EmailMessage:
    """`laid_out`: as `html` made it; `thread`: Message-ID of the mail that this one answers.

    `answers`: addresses of the buttons, by what stands in their place.
    """
    plain = text(message)
    for place, address in answers.items():
        plain, laid_out = plain.replace(place, address), laid_out.replace(place, address)
    finished = EmailMessage(policy=policy.SMTP)
    finished["From"] = sender
    finished["To"] = to
    finished["Subject"] = header_text(message.subject or message.title)
    finished["Date"] = format_datetime(date)
    finished["Message-ID"] = f"<{message_id}>"
    finished["Reply-To"] = reply_to
    finished["Auto-Submitted"] = "auto-generated"
    if thread:
        finished["In-Reply-To"] = finished["References"] = f"<{thread}>"
    finished.set_content(plain)
    finished.add_alternative(laid_out, subtype="html", cte="base64")
    return finished


def encode(finished: EmailMessage) -> bytes:
    """The mail (RFC 5322). Raises HeadersChanged rather than letting one header too many leave the house."""
    written = finished.as_bytes()
    parsed = BytesHeaderParser().parsebytes(written.partition(b"\r\n\r\n")[0])
    if [name.lower() for name in parsed.keys()] != [name.lower() for name in finished.keys()]:  # noqa: SIM118
        raise HeadersChanged(f"headers became {parsed.keys()}")
    return written
