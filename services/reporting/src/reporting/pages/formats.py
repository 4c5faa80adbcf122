"""How pages write numbers, money and times: the filters of the templates."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from events import Money
from events.vocabulary import humanize

_UNITS: Final = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def number(value: float | None) -> str:
    """Rounded to a whole number, with commas between thousands; a dash for None."""
    return "–" if value is None else f"{value:,.0f}"


def percent(value: float | None, digits: int = 0) -> str:
    """A share (0.25) as `25 %`."""
    return "–" if value is None else f"{value * 100:.{digits}f} %"


def money(value: Money | None) -> str:
    """The amount with its currency (`25,000 JPY`); a dash for None."""
    return "–" if value is None else str(value)


def duration(seconds: float | None) -> str:
    """The two largest units: `4 h 10 min`."""
    if seconds is None:
        return "–"
    rest = round(abs(seconds))
    parts: list[str] = []
    for unit, size in _UNITS:
        amount, rest = divmod(rest, size)
        if amount or parts:
            parts.append(f"{amount} {unit}" if amount else "")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if part) or "0 s"


def words(value: str | None) -> str:
    """`bad_data` as a person reads it; stages in capitals."""
    return "–" if value is None else humanize(value)


def instant(value: datetime | str | None) -> datetime | None:
    """The instant that ISO 8601 text names; an instant, and None, as they are."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def when(value: datetime | str | None, zone: str, *, day: bool = True) -> Markup | str:
    """An instant in this zone, with its UTC behind it."""
    moment = instant(value)
    if moment is None:
        return "–"
    local = moment.astimezone(ZoneInfo(zone))
    shown = f"{local:%a} {local.day} {local:%b, %H:%M}" if day else f"{local:%H:%M}"
    utc = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}" title="{} ({})">{}</time>').format(utc, utc, zone, shown)


def relative(value: datetime | str | None, now: datetime) -> Markup | str:
    """`in 2 h` or `3 d ago`, the largest unit only."""
    moment = instant(value)
    if moment is None:
        return "–"
    seconds = (moment - now).total_seconds()
    size = duration(seconds).split(" ")
    largest = " ".join(size[:2]) if abs(seconds) >= 60 else "now"
    shown = largest if largest == "now" else f"in {largest}" if seconds > 0 else f"{largest} ago"
    utc = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(utc, utc, shown)


def page_address(address: str | None) -> str | None:
    """The page that shows what an API address lists."""
    return address.removeprefix("/api") if address else None
