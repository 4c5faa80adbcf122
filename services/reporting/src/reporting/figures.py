"""How numbers are written, wherever they are shown: counts, shares, changes, money, durations."""

from typing import Any, Final

from events import Money

_UNITS: Final = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
NOTHING: Final = "–"
NO_SPEND: Final = "no spend data"
"""Where none was imported: it is never 0."""


def number(value: float | None) -> str:
    """Rounded to a whole number, with commas between thousands; a dash for None."""
    return NOTHING if value is None else f"{value:,.0f}"


def decimal(value: float | None) -> str:
    """With the digits it needs, a true minus, a dash for None: `14.5`, `−1`."""
    return NOTHING if value is None else f"{value:,g}".replace("-", "−")


def count_of(count: float, noun: str) -> str:
    """How many of what: `1 deal`, `1,200 deals`, `2 touches`."""
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{number(count)} {noun if count == 1 else plural}"


def percent(value: float | None, digits: int = 0) -> str:
    """A share (0.25) as `25 %`.

    100 is said only of all and 0 only of none: 299 of 300 are 99.7 %, 1 of 1,000 is 0.1 %. What is more than all is no
    share: `over 100 %` is said of it.
    """
    if value is None:
        return NOTHING
    if value <= 0 or value == 1:
        return f"{value * 100:.0f} %"
    if value > 1:
        return "over 100 %"
    rounded = f"{value * 100:.{digits}f}"
    if 0 < float(rounded) < 100:
        return f"{rounded} %"
    tenths = f"{value * 100:.1f}"
    if tenths == "0.0":
        return "under 0.1 %"
    return "over 99.9 %" if tenths == "100.0" else f"{tenths} %"


def change(value: float | None, unit: str) -> str:
    """By how much something rose or fell: `+12 %`, `−6 pp`; nothing before, or equal, in words."""
    if value is None:
        return "new"
    if not value:
        return "same"
    sign = "+" if value > 0 else "−"
    return f"{sign}{abs(value):,.{0 if abs(value) >= 10 else 1}f} {unit}".replace(".0 ", " ")


def money(value: Money | None) -> str:
    """The amount with its currency (`25,000 JPY`); a dash for None."""
    return NOTHING if value is None else str(value)


def short_money(value: Money | None) -> str:
    """For a tile: from 100,000 on in thousands (`225 k USD`), millions (`1.02 M USD`) or `bn`; else whole, no cents."""
    if value is None:
        return NOTHING
    major = value.major
    if abs(major) >= 1_000_000_000:
        return f"{major / 1_000_000_000:,.2f} bn {value.currency}"
    if abs(major) >= 1_000_000:
        return f"{major / 1_000_000:,.2f} M {value.currency}"
    return f"{major / 1_000:,.0f} k {value.currency}" if abs(major) >= 100_000 else f"{major:,.0f} {value.currency}"


def duration(seconds: float | None) -> str:
    """The two largest units: `4 h 10 min`."""
    if seconds is None:
        return NOTHING
    rest = round(abs(seconds))
    parts: list[str] = []
    for unit, size in _UNITS:
        amount, rest = divmod(rest, size)
        if amount or parts:
            parts.append(f"{amount} {unit}" if amount else "")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if part) or "0 s"


def figure(value: Any, cell: str) -> str:
    """A value by the kind of its cell (reports/report.py, Cell)."""
    if isinstance(value, Money):
        return money(value)
    match cell:
        case "percent":
            return percent(value)
        case "duration":
            return duration(value)
        case "times":
            return NOTHING if value is None else f"{value:.1f}×"
        case "spend" if value is None:
            return NO_SPEND
        case _:
            return number(value)
