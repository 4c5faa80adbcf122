"""Small wordings and the cleaning of text that came from outside."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from events import Money

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")


def one_line(value: Any, most: int = 300) -> str:
    """One line without control characters, cut with an ellipsis."""
    text = _CONTROL.sub(" ", str(value)).strip()
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def header_text(value: Any, most: int = 200) -> str:
    """Fit for a mail header: no control characters, and nothing a mail program would decode (CVE-2024-6923)."""
    return one_line(value, most).replace("=?", "= ?")


def escape(text: str) -> str:
    """Slack's own rule: these three and nothing else; kills <!channel>, <@U1> and <url|text>."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """What `escape` was given."""
    return text.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")


def format_time(instant: datetime, zone: str) -> str:
    """`Mon 10 Aug, 13:00 EDT`."""
    return f"{instant.astimezone(ZoneInfo(zone)):%a %d %b, %H:%M %Z}"


def join_list(items: Iterable[str]) -> str:
    """`a, b and c`."""
    *most, last = list(items) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def format_number(value: Any) -> str:
    """Thousands apart, when it is a number."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else one_line(value)


def format_fact(value: Any) -> str:
    """The value of a fact: numbers with their thousands apart, money with its currency, lists with commas."""
    if isinstance(value, dict) and value.keys() >= {"amount", "currency"}:
        return str(Money.read(value))
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return format_number(value) if value else ""
