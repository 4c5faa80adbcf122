"""How pages write numbers, money and times: the filters of the templates."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from events.packs import PackRow
from events.vocabulary import humanize
from reporting.figures import NOTHING, duration


def words(value: str | None) -> str:
    """`bad_data` as a person reads it; stages in capitals."""
    return "–" if value is None else humanize(value)


def channel(value: str) -> str:
    """The way something came in, as a person reads it: Segment is a product, not a size of companies."""
    return "Segment" if value == "segment" else humanize(value)


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


def day(value: date | str) -> str:
    """A date of the calendar, which has no zone: `31 Jan 2027`."""
    shown = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{shown.day} {shown:%b %Y}"


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


def numeric_columns(rows: Sequence[PackRow]) -> set[int]:
    """Which columns of a pack's table are figures, to stand at the right: each cell begins with a digit, or is a dash.

    One that has nothing but dashes is none of them; the first names its row.
    """
    columns = list(zip(*(row.cells for row in rows), strict=False))
    return {
        at
        for at, cells in enumerate(columns)
        if at and all(cell[:1].isdigit() or cell == NOTHING for cell in cells) and set(cells) != {NOTHING}
    }


def page_address(address: str | None) -> str | None:
    """The page that shows what an API address lists."""
    return address.removeprefix("/api") if address else None


def pace(share: float | None) -> str:
    """What there is over what was to be there by now, `130 %`: it may be more than all."""
    return "–" if share is None else f"{share * 100:.0f} %"


def strokes(
    shares: Sequence[float | None], width: float, height: float, pad: float = 2.5
) -> list[list[tuple[float, float]]]:
    """The points of a line through shares of 0 to 1, broken where one is null; left to right, 1 at the top."""
    step = (width - 2 * pad) / max(1, len(shares) - 1)
    lines: list[list[tuple[float, float]]] = [[]]
    for number, share in enumerate(shares):
        if share is not None:
            y = height - pad - min(1.0, share) * (height - 2 * pad)
            lines[-1].append((round(pad + number * step, 1), round(y, 1)))
        elif lines[-1]:
            lines.append([])
    return [line for line in lines if line]
