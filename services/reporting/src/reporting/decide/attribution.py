"""Who gets the credit for a deal: weights on touches, minor units by largest remainder, none lost and none invented."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from agreement.goals import AttributionModel

CONNECTED: Final = "connected"


@dataclass(frozen=True, slots=True)
class Touched:
    """An eligible touch: by a person, not a machine."""

    event: str
    at: datetime
    side: str
    kind: str
    source: str | None = None
    campaign: str | None = None
    content: str | None = None
    partner: str | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """Minor units of the deal's currency for one touch; a null touch is `unattributed`, never direct."""

    touch: Touched | None
    minor_units: int
    why: str


@dataclass(frozen=True, slots=True)
class Share:
    """How one deal's amount is divided: credits that sum to it."""

    credits: tuple[Credit, ...]
    redistributed: bool = False
    """Weights of milestones that never happened went pro rata to the present ones."""


Weighed = list[tuple[Touched | None, float, str]]


def attribute(
    touches: Sequence[Touched],
    milestones: Mapping[str, datetime],
    amount: int,
    model: AttributionModel,
    lookback: timedelta,
) -> Share:
    """Credits of a deal that closed at `milestones["closing"]` (domain, section 9).

    `amount` is in minor units, and the credits sum to it exactly. Touches after the closing count for nothing; those
    that no milestone takes, or that lie before the look-back, get no credit. The weight of a milestone without a touch
    is credited to nobody; that of a milestone that never happened goes pro rata to the others (`redistributed`). No
    touch at all: one credit to nobody, `unattributed`.
    """
    closing = milestones["closing"]
    eligible = sorted((t for t in touches if t.at <= closing), key=lambda t: (t.at, t.event))
    whole = True
    if model.kind == "milestones":
        weighed, whole = _by_milestone(eligible, milestones, model, lookback)
    else:
        weighed = _by_time(eligible, closing, model, lookback)
    if not weighed:
        return Share((Credit(None, amount, "unattributed"),))
    parts = split(amount, [weight for _, weight, _ in weighed])
    credits = tuple(Credit(touch, part, why) for (touch, _, why), part in zip(weighed, parts, strict=True))
    return Share(credits, redistributed=not whole)


def split(amount: int, weights: Sequence[float]) -> list[int]:
    """An amount in minor units in parts proportional to the weights, by the largest-remainder method of Hamilton.

    Each part is rounded down, and the units that are left go to the largest remainders; of equal ones the earlier.
    """
    total = sum(weights)
    exact = [amount * weight / total for weight in weights]
    parts = [int(part // 1) for part in exact]
    rest = amount - sum(parts)
    order = sorted(range(len(weights)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[:rest]:
        parts[i] += 1
    return parts


def _by_milestone(
    eligible: Sequence[Touched], milestones: Mapping[str, datetime], model: AttributionModel, lookback: timedelta
) -> tuple[Weighed, bool]:
    happened = {name: weight for name, weight in model.weights.items() if _moment_of(name, milestones) is not None}
    weighed: Weighed = [
        (_touch_of(name, eligible, milestones, lookback), weight, name) for name, weight in happened.items()
    ]
    missing = len(happened) < len(model.weights)
    if model.others:
        milestone_touches = {touch.event for touch, _, _ in weighed if touch}
        recent = [t for t in eligible if t.event not in milestone_touches and t.at >= milestones["closing"] - lookback]
        weighed += [(touch, model.others / len(recent), "others") for touch in recent]
        missing = missing or not recent
    return weighed, not missing


def conversations(touches: Iterable[Touched], within: timedelta, channels: Collection[str]) -> list[Touched]:
    """The touches, oldest first, each conversation as one: an attempt of sales, and its `connected` within that time.

    `channels`: kinds of touches by which sales tried the person. The attempt stays, and stands for both. A `connected`
    that nobody's attempt precedes is a touch of its own.
    """
    kept: list[Touched] = []
    attempt: datetime | None = None
    for touch in sorted(touches, key=lambda one: (one.at, one.kind == CONNECTED, one.event)):
        if touch.kind == CONNECTED and attempt is not None and touch.at - attempt <= within:
            attempt = None
            continue
        if touch.side == "sales" and touch.kind in channels:
            attempt = touch.at
        kept.append(touch)
    return kept


def _moment_of(name: str, milestones: Mapping[str, datetime]) -> datetime | None:
    """When the milestone happened, if it did; the first and the last touch are those before the closing."""
    return milestones.get("closing" if name in ("first_touch", "last_touch") else name)


def _touch_of(
    name: str, eligible: Sequence[Touched], milestones: Mapping[str, datetime], lookback: timedelta
) -> Touched | None:
    """The first touch of all; else the last one at or before the milestone, within the look-back."""
    if name == "first_touch":
        return eligible[0] if eligible else None
    instant = _moment_of(name, milestones)
    if instant is None:
        return None
    before = [touch for touch in eligible if instant - lookback <= touch.at <= instant]
    return before[-1] if before else None


def _by_time(eligible: Sequence[Touched], closing: datetime, model: AttributionModel, lookback: timedelta) -> Weighed:
    recent = [touch for touch in eligible if touch.at >= closing - lookback]
    if model.kind == "linear" or model.half_life is None:
        return [(touch, 1.0, "linear") for touch in recent]
    half = model.half_life.seconds
    return [(touch, 0.5 ** ((closing - touch.at).total_seconds() / half), "decay") for touch in recent]
