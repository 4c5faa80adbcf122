"""Headers of mails, as the tools that report a reply hand them on: whether a program wrote the mail (domain, 3.4)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_NO: Final = ("", "no", "false", "none", "null", "0")
_MARKS: Final = (
    "autosubmitted",
    "xautoreply",
    "xautoreplyfrom",
    "xmailautoreply",
    "xautorespond",
    "xautoresponder",
    "xautoresponse",
    "xvacation",
    "autoreply",
    "outofoffice",
    "isautoreply",
)
"""Headers, and properties of tools, that say it whatever is in them, but for a no (RFC 3834: `Auto-Submitted: no`)."""
_PRECEDENCE: Final = ("precedence", "xprecedence")
_FROM_NOBODY: Final = ("<>", "<mailer-daemon>")
"""Return paths to which nothing can be returned (RFC 3834, RFC 5321): of bounces, and of automatic replies."""
_REPORT: Final = re.compile(
    r"\s*multipart/report\b|\s*text/calendar\b.*\bmethod\s*=\s*\"?(?:reply|cancel)\b", re.DOTALL
)
"""Types of a body that programs write: bounces and read receipts (RFC 6522), answers to an appointment (RFC 6047)."""


def mail_fields(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties of a reply, and what is in their `headers`, by name without case and signs: `x_auto_reply` is
    `xautoreply`. A property goes before a header.

    Headers may be an object, a list of objects with `name` and `value`, pairs, or the text of a mail's head.
    """
    given = next((value for name, value in properties.items() if _name(name) == "headers"), None)
    return {**{_name(name): value for name, value in _headers(given)}, **{_name(n): v for n, v in properties.items()}}


def says_automatic(fields: Mapping[str, Any]) -> bool:
    """Whether the headers say that a program wrote the mail; `fields` as of `mail_fields`.

    `Precedence: bulk` alone says it not: mailing lists and helpdesks put it on what people write. Nor does
    `X-Auto-Response-Suppress` alone (it asks for no automatic answer; CRMs set it on people's mails, too): where a rule
    of Exchange answers, `X-MS-Exchange-Inbox-Rules-Loop` stands beside it.
    """
    if any(_text(fields, name) not in _NO for name in _MARKS):
        return True
    if any(re.sub(r"[^a-z]", "", _text(fields, name)) == "autoreply" for name in _PRECEDENCE):
        return True
    if _text(fields, "xautoresponsesuppress") not in _NO and _text(fields, "xmsexchangeinboxrulesloop"):
        return True
    return _text(fields, "returnpath") in _FROM_NOBODY or _REPORT.match(_text(fields, "contenttype")) is not None


def _headers(given: object) -> Iterator[tuple[object, object]]:
    if isinstance(given, dict):
        yield from given.items()
    elif isinstance(given, str):
        unfolded = re.sub(r"\r?\n[ \t]+", " ", given)
        for line in unfolded.splitlines():
            name, colon, value = line.partition(":")
            if colon:
                yield name, value
    elif isinstance(given, list | tuple):
        for one in given:
            if isinstance(one, dict):
                yield one.get("name", one.get("key")), one.get("value")
            elif isinstance(one, list | tuple) and len(one) == 2:
                yield one[0], one[1]


def _name(given: object) -> str:
    return re.sub(r"[^a-z]", "", str(given).casefold())


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return "" if value is None else str(value).strip().casefold()
