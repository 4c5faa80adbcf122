"""The types all chapters share: spans (`4bh`), money (`25,000 USD`), shifts (`09:00-18:00`), and the strict base."""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_serializer,
    model_validator,
)

from events.vocabulary import Money, read_money

Unit = Literal["s", "min", "h", "d", "mo", "bh", "bd"]
"""Seconds, minutes, hours and days by the wall clock; calendar months; business hours and business days."""
Band = Literal["cold", "cool", "warm", "hot"]
"""Ranges of a lead's total score (domain, section 3)."""
Intent = Literal["high", "medium", "low", "none"]
"""How strongly an engagement speaks for a purchase."""
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Flag = Literal["hot", "referral", "target_account", "expansion", "no_local_cover"]
"""What a handoff carries beside its urgency, for the rep to see and for promises to look at."""

SHAPES = {
    "id": (r"^[a-z0-9][a-z0-9_-]*$", "small letters, digits, - and _, such as rep-ana"),
    "country": (r"^[A-Z]{2}$", "a two-letter country code, such as US"),
    "currency": (r"^[A-Z]{3}$", "a three-letter currency code, such as USD"),
    "domain": (r"^[a-z0-9.-]+\.[a-z]{2,}$", "a domain in small letters, such as acme.example"),
    "email": (r"^[^@\s]+@[^@\s]+$", "an e-mail address, such as ana@acme.example"),
}
"""Texts of a fixed shape by name: the regular expression, and what to write, in words."""
Id = Annotated[str, Field(pattern=SHAPES["id"][0])]
Country = Annotated[str, Field(pattern=SHAPES["country"][0])]
Currency = Annotated[str, Field(pattern=SHAPES["currency"][0])]
Domain = Annotated[str, Field(pattern=SHAPES["domain"][0])]
Email = Annotated[str, Field(pattern=SHAPES["email"][0])]

_SPAN = re.compile(r"(\d+) ?(s|min|h|d|mo|bh|bd)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


class Terms(BaseModel):
    """Base of everything in the agreement: immutable; an unknown key, or a text for a number, is a ValidationError."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """See pydantic. What was worked out of the values of before, and kept, is not the copy's."""
        copy = super().model_copy(update=update, deep=deep)
        for kept in copy.__dict__.keys() - type(self).model_fields.keys() - (update or {}).keys():
            del copy.__dict__[kept]
        return copy


class Span(Terms):
    """A length of time, written `60s`, `5min`, `24h`, `30d`, `6mo`, `4bh` or `1bd`: a whole number and its unit."""

    amount: Annotated[int, Field(ge=1)]
    unit: Unit

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        match = _SPAN.fullmatch(str(value))
        if match is None:
            raise ValueError("is no length of time; write for example 60s, 5min, 24h, 30d, 6mo, 4bh or 1bd")
        return {"amount": int(match[1]), "unit": match[2]}

    @model_serializer
    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    @property
    def business(self) -> bool:
        """Whether it is counted in a team's working hours."""
        return self.unit in ("bh", "bd")

    @property
    def timedelta(self) -> timedelta:
        """Wall-clock length. Raises ValueError for business time and months: those need a calendar."""
        if self.unit not in _SECONDS:
            raise ValueError(f"{self} depends on a calendar")
        return timedelta(seconds=self.amount * _SECONDS[self.unit])

    @property
    def seconds(self) -> int:
        """The same in seconds."""
        return int(self.timedelta.total_seconds())

    def after(self, start: datetime) -> datetime:
        """The instant so much later: wall clock, or calendar months (a shorter month ends them on its last day).

        Raises ValueError for business time: that needs a team's calendar.
        """
        if self.unit != "mo":
            return start + self.timedelta
        year, month = divmod(start.year * 12 + start.month - 1 + self.amount, 12)
        return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))


Amount = Annotated[Money, BeforeValidator(read_money)]
"""Money as the agreement writes it: `25,000 USD`."""


def _clock(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return time.fromisoformat(value)
        except ValueError:
            raise ValueError("is no time of day; write for example 09:00") from None
    return value


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no zone name; write for example Europe/Berlin") from None
    return name


def _wall(span: Span) -> Span:
    if span.unit not in _SECONDS:
        raise ValueError("must be a length of time by the wall clock, such as 60s, 5min, 24h or 30d")
    return span


Wall = Annotated[Span, AfterValidator(_wall)]
"""A span that needs no calendar."""
TimeOfDay = Annotated[time, BeforeValidator(_clock)]
Zone = Annotated[str, AfterValidator(_zone)]
Percent = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=1)]


class Shift(Terms):
    """One working shift of a day, half-open; written `09:00-18:00`."""

    start: TimeOfDay
    end: TimeOfDay

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        start, dash, end = str(value).partition("-")
        if not dash:
            raise ValueError("is no shift; write for example 09:00-18:00")
        return {"start": start.strip(), "end": end.strip()}

    @model_validator(mode="after")
    def _forwards(self) -> "Shift":
        if self.end <= self.start:
            raise ValueError("ends before it starts")
        return self


class Range(Terms):
    """Whole numbers from `at_least` to `at_most`, both included; an end left out is open."""

    at_least: int | None = None
    at_most: int | None = None

    @model_validator(mode="after")
    def _forwards(self) -> "Range":
        if self.at_least is not None and self.at_most is not None and self.at_most < self.at_least:
            raise ValueError("ends before it begins: at_most is smaller than at_least")
        return self

    def __contains__(self, number: int) -> bool:
        return (self.at_least is None or number >= self.at_least) and (self.at_most is None or number <= self.at_most)
