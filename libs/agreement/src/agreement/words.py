"""The words all chapters share: spans (`4bh`), money (`25,000 USD`), shifts (`09:00-18:00`), and the strict base."""

import re
from datetime import time
from decimal import Decimal
from typing import Annotated, Any, Literal
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

Unit = Literal["s", "min", "h", "d", "mo", "bh", "bd"]
Side = Literal["marketing", "sales"]
Band = Literal["cold", "cool", "warm", "hot"]
Intent = Literal["high", "medium", "low", "none"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Segment = Literal["1", "2", "3", "long_term"]
Flag = Literal["hot", "referral", "target_account", "no_local_cover"]
Touch = Literal["email", "call", "voicemail", "linkedin", "meeting"]

SHAPES = {
    "id": (r"^[a-z0-9][a-z0-9_-]*$", "small letters, digits, - and _, such as rep-ana"),
    "country": (r"^[A-Z]{2}$", "a two-letter country code, such as US"),
    "currency": (r"^[A-Z]{3}$", "a three-letter currency code, such as USD"),
    "domain": (r"^[a-z0-9.-]+\.[a-z]{2,}$", "a domain in small letters, such as acme.example"),
    "email": (r"^[^@\s]+@[^@\s]+$", "an e-mail address, such as ana@acme.example"),
}
"""Texts of a fixed shape: the pattern, and how a person would say it."""
Id = Annotated[str, Field(pattern=SHAPES["id"][0])]
Country = Annotated[str, Field(pattern=SHAPES["country"][0])]
Currency = Annotated[str, Field(pattern=SHAPES["currency"][0])]
Domain = Annotated[str, Field(pattern=SHAPES["domain"][0])]
Email = Annotated[str, Field(pattern=SHAPES["email"][0])]

_SPAN = re.compile(r"(\d+) ?(s|min|h|d|mo|bh|bd)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_MONEY = re.compile(r"([\d,_ ]*\d)(?:\.(\d{1,2}))? ?([A-Z]{3})")
_WITHOUT_CENTS = frozenset({"JPY", "KRW", "ISK", "CLP", "VND"})


class Terms(BaseModel):
    """Strict and frozen: a key nobody knows, or a text where a number belongs, stops the house from starting."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Span(Terms):
    """A length of time: seconds, minutes, hours, days by the wall clock; calendar months; business hours and days."""

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
        return self.unit in ("bh", "bd")

    @property
    def seconds(self) -> int:
        """Wall-clock length; a business span or a month has none."""
        if self.unit not in _SECONDS:
            raise ValueError(f"{self} depends on a calendar")
        return self.amount * _SECONDS[self.unit]


class Money(Terms):
    """Integer minor units and a currency; written `25,000 USD`."""

    amount: int
    currency: Currency

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        match = _MONEY.fullmatch(str(value))
        if match is None:
            raise ValueError("is no amount of money; write for example 25,000 USD")
        whole = Decimal(re.sub(r"[,_ ]", "", match[1]) + "." + (match[2] or "0"))
        return {"amount": int(whole * (1 if match[3] in _WITHOUT_CENTS else 100)), "currency": match[3]}


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
Clock = Annotated[time, BeforeValidator(_clock)]
Zone = Annotated[str, AfterValidator(_zone)]
Percent = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=1)]


class Shift(Terms):
    """One working shift of a day, half-open; written `09:00-18:00`."""

    start: Clock
    end: Clock

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
