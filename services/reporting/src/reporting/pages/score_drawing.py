"""A lead's score as drawn: the waterfall of its lines, and the total over the last 90 days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from agreement import Agreement
from events.vocabulary import humanize
from reporting.pages.formats import instant
from reporting.pages.story_lines import total_of
from reporting.store.conditions import DatabaseRow

BALANCE_DAYS: Final = 90
BALANCE_WIDTH: Final = 360
BALANCE_HEIGHT: Final = 96
_FLOOR: Final = 10.0
_DECAY: Final = "decay"
_PATH: Final = 100.0


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """One step of the waterfall; places are per cent of the width."""

    label: str
    because: str
    points: int
    part: str
    at: datetime | None
    x: float
    width: float
    kind: str
    """`plus`, `minus` or `decay`."""


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Bars from nothing to the total: what the person is, then what they did, oldest first."""

    bars: tuple[ScoreBar, ...]
    zero: float
    """Where 0 stands, in per cent."""


def waterfall(lines: Sequence[DatabaseRow]) -> Waterfall:
    """Of the lines of a score (reports/lead.py): lines of one rule are one bar; decay stands where it happened."""
    steps = _folded([line for line in lines if line["part"] == "fit"])
    steps += _folded(sorted((line for line in lines if line["part"] == "engagement"), key=_time))
    balance, marks = 0, [0]
    for _, points, _ in steps:
        balance += points
        marks.append(balance)
    low, high = min(marks), max(1, *marks)
    scale = _PATH / (high - low)
    bars = []
    for (line, points, times), before in zip(steps, marks, strict=False):
        left = min(before, before + points)
        kind = _DECAY if line["rule"] == _DECAY else "plus" if points >= 0 else "minus"
        label = humanize(line["rule"]) + (f" {times}×" if times > 1 else "")
        bars.append(
            ScoreBar(
                label, line["because"], points, line["part"], instant(line["at"]),
                round((left - low) * scale, 2), round(abs(points) * scale, 2), kind,
            )
        )  # fmt: skip
    return Waterfall(tuple(bars), round(-low * scale, 2))


def _folded(lines: Sequence[DatabaseRow]) -> list[tuple[DatabaseRow, int, int]]:
    """Line, points and how many lines they are; decay is never folded."""
    folded: dict[Any, tuple[DatabaseRow, int, int]] = {}
    for number, line in enumerate(lines):
        key = (line["rule"], number) if line["rule"] == _DECAY else line["rule"]
        first, points, times = folded.get(key, (line, 0, 0))
        folded[key] = (first, points + line["points"], times + 1)
    return list(folded.values())


def _time(line: DatabaseRow) -> datetime:
    return instant(line["at"]) or datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Balance:
    """The total over the last 90 days as a line of steps, with the thresholds; coordinates of the drawing."""

    points: tuple[tuple[float, float], ...]
    drops: tuple[tuple[float, float, str], ...]
    """Where decay took points: place and words."""
    thresholds: tuple[tuple[float, str], ...]
    words: str


def balance(lead: DatabaseRow, agreement: Agreement, now: datetime) -> Balance | None:
    """None while fewer than two scores are known."""
    since = now - timedelta(days=BALANCE_DAYS)
    steps = [
        (instant(row["at"]) or now, total, "(decay)" in row["text"])
        for row in reversed(lead["timeline"])
        if (total := total_of(row["text"])) is not None
    ]
    if len(steps) < 2:
        return None
    steps.sort(key=lambda step: step[0])
    marks = [(gate := agreement.definitions.mql_gate.total_at_least, f"MQL {gate}"), *_hot(agreement)]
    highest = max([*(mark for mark, _ in marks), *(total for _, total, _ in steps)]) * 1.08
    lowest = min(0, *(total for _, total, _ in steps))

    def place(at: datetime, total: float) -> tuple[float, float]:
        share = max(0.0, (at - since) / (now - since))
        y = (BALANCE_HEIGHT - _FLOOR) * (1 - (total - lowest) / (highest - lowest)) + _FLOOR / 2
        return round(share * BALANCE_WIDTH, 1), round(y, 1)

    earlier = [total for at, total, _ in steps if at < since]
    current = earlier[-1] if earlier else lowest
    points = [place(since, current)] if earlier else []
    drops = []
    for at, total, decayed in steps:
        if at < since:
            continue
        if points:
            points.append(place(at, current))
        points.append(place(at, total))
        if decayed:
            drops.append((*place(at, total), f"{at:%-d %b}: silence took {current - total} points"))
        current = total
    points.append(place(now, current))
    words = f"From {steps[0][1]} to {current} points over {BALANCE_DAYS} days"
    return Balance(tuple(points), tuple(drops), tuple((place(now, mark)[1], text) for mark, text in marks), words)


def _hot(agreement: Agreement) -> list[tuple[int, str]]:
    bands = agreement.definitions.bands
    return [(band.at_least, f"{band.name} {band.at_least}") for band in bands if band.name == "hot" and band.at_least]
