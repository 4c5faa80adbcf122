"""Head counts: how many people work for a company, as forms, tools and people write it."""

import math
import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from agreement.types import Range

MOST: Final = 10**9
"""Nobody employs more."""
_DIGITS: Final = 15
_CACHED: Final = 8192
_THOUSANDS: Final = re.compile(r"(?<=\d)[.,'\u2019 \u00a0\u202f](?=\d{3}(?!\d))")
_NUMBER: Final = r"(\d{1,15}(?:[.,]\d{1,3})?)\s*(k|m|thousand|tausend|million)?\b"
_ONE: Final = re.compile(_NUMBER)
_RANGE: Final = re.compile(
    rf"(?:between\s+)?{_NUMBER}\s*(?:[-\u2010-\u2014\u2212]|\.\.+|to|bis|and|\u00e0)\s*{_NUMBER}"
)
_BELOW: Final = re.compile(r"(?:<|less than|fewer than|under|below|weniger als|unter|moins de)\s*$")
_UP_TO: Final = re.compile(r"(?:<=|=<|\u2264|up to|at most|max\.?|maximum|bis zu|bis|jusqu'\u00e0)\s*$")
_ABOVE: Final = re.compile(r"(?:>|more than|over|above|mehr als|\u00fcber|plus de)\s*$")
_AT_LEAST: Final = re.compile(r"(?:>=|=>|\u2265|at least|from|min\.?|minimum|ab|mindestens)\s*$")
_ABOUT: Final = re.compile(r"(?:~|\u2248|ca\.?|c\.|approx\.?|approximately|about|around|circa|roughly|etwa|rund)\s*$")
_AND_MORE: Final = re.compile(r"\s*(?:\+|plus\b|or more\b|and more\b|and above\b|and up\b|oder mehr\b|et plus\b)")
_AND_LESS: Final = re.compile(r"\s*(?:or less|or fewer|and under|oder weniger)\b")
_PEOPLE: Final = re.compile(
    r"(?:employees|employee|people|persons|staff|fte|ftes|headcount|mitarbeiter(?:innen)?|mitarbeitende|"
    r"besch\u00e4ftigte|salari\u00e9s|empleados|dipendenti|medewerkers|company size)[:.]?"
)
_TIMES: Final = {"k": 1000, "thousand": 1000, "tausend": 1000, "m": 10**6, "million": 10**6}


class HeadCount(NamedTuple):
    """From `at_least` to `at_most`, both included; None where that end is open. One number has both ends equal."""

    at_least: int | None
    at_most: int | None

    @property
    def number(self) -> int:
        """The number that stands for it: the lower end, and the upper one of what has no lower end."""
        number = self.at_most if self.at_least is None else self.at_least
        assert number is not None  # noqa: S101  (one end is known)
        return number

    def lies_in(self, band: Range) -> bool:
        """Whether every number of it is in the band; a count without a lower end begins with 1."""
        low, high = 1 if self.at_least is None else self.at_least, self.at_most
        return low in band and (band.at_most is None if high is None else high in band)

    def __str__(self) -> str:
        if self.at_least is None:
            return f"up to {self.at_most:,}"
        if self.at_most is None:
            return f"{self.at_least:,}+"
        return f"{self.at_least:,}" if self.at_least == self.at_most else f"{self.at_least:,}-{self.at_most:,}"

    @property
    def fact(self) -> int | str:
        """As the value of a fact, which `read_head_count` reads again: a number, or the text of a range."""
        return self.number if self.at_least == self.at_most else str(self)


def read_head_count(value: Any) -> HeadCount | None:
    """`150`, `"150.0"`, `"1,200"`, `"10k-50k"`, `"1.5k"`, `"5K+"`, `"< 50"`, `"11 - 50 people"`; else None.

    Below 50 is at most 49. A dot or comma before three digits parts thousands, before others a fraction, which is
    dropped. A text that has anything beside the number and words for people is none.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _exactly(value) if math.isfinite(value) else None
    return _read(value) if isinstance(value, str) and len(value) <= 80 else None


@lru_cache(_CACHED)
def _read(text: str) -> HeadCount | None:
    words = _PEOPLE.sub(" ", _THOUSANDS.sub("", text.strip().casefold())).strip(" \t()")
    if both := _RANGE.fullmatch(words):
        return _between(both)
    match = _ONE.search(words)
    if match is None:
        return None
    before, after = words[: match.start()], words[match.end() :]
    number = _number(match[1], match[2])
    count = _exactly(number)
    if count is None:
        return None
    if after:
        if not before and _AND_MORE.fullmatch(after):
            return HeadCount(count.number, None)
        return HeadCount(None, count.number) if not before and _AND_LESS.fullmatch(after) else None
    return _bounded(before, count.number)


def _bounded(before: str, number: int) -> HeadCount | None:
    if not before or _ABOUT.fullmatch(before):
        return HeadCount(number, number)
    if _UP_TO.fullmatch(before):
        return HeadCount(None, number)
    if _AT_LEAST.fullmatch(before):
        return HeadCount(number, None)
    if _BELOW.fullmatch(before):
        return HeadCount(None, number - 1) if number else None
    return HeadCount(number + 1, None) if _ABOVE.fullmatch(before) else None


def _between(both: re.Match[str]) -> HeadCount | None:
    """`10-50k` means thousands at both ends."""
    low, high = _number(both[1], both[2] or (both[4] if _short(both[1]) else None)), _number(both[3], both[4])
    ends = _exactly(low), _exactly(high)
    if ends[0] is None or ends[1] is None or ends[0].number > ends[1].number:
        return None
    return HeadCount(ends[0].number, ends[1].number)


def _short(digits: str) -> bool:
    return len(digits) <= 3


def _number(digits: str, unit: str | None) -> float:
    return float(digits.replace(",", ".")) * _TIMES.get(unit or "", 1)


def _exactly(number: float) -> HeadCount | None:
    whole = int(number)
    return HeadCount(whole, whole) if 0 <= whole <= MOST else None
