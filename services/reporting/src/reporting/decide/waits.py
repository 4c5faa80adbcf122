"""Where the minutes go between a raised hand and the first touch: each is booked to one part, and the parts sum up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Literal, get_args

from agreement.calendar import Calendar

WaitPart = Literal["customer", "system", "queue", "rep", "off_hours"]
"""`customer`: had not said yet who they are. `system`: the house had not decided, or the word had not reached the rep.
`queue`: decided, and nobody had it. `rep`: the rep had it and knew. `off_hours`: closed hours of queue or rep."""
Hours = Callable[[str | None], Calendar]
"""The calendar of a rep; of nobody, that of the house."""
WAIT_PARTS: Final[tuple[WaitPart, ...]] = get_args(WaitPart)
_NOTHING: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class HeldOffer:
    """A rep has the lead from `start` to `end` (null: still), and knows it from `heard` on (null: never)."""

    rep: str
    start: datetime
    heard: datetime | None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """From a raised hand to the first touch."""

    start: datetime
    end: datetime
    known: datetime
    """When the person became known."""
    decision: datetime | None
    """The first that the house decided about it; null: nothing yet."""
    offers: Sequence[HeldOffer]


def book(wait: Wait, hours: Hours) -> dict[WaitPart, timedelta]:
    """Time by part; their sum is `end - start` exactly."""
    parts: dict[WaitPart, timedelta] = dict.fromkeys(WAIT_PARTS, _NOTHING)
    cuts = {wait.start, wait.end, wait.known, wait.decision}
    for offer in wait.offers:
        cuts |= {offer.start, offer.heard, offer.end}
    within = sorted(cut for cut in cuts if cut is not None and wait.start <= cut <= wait.end)
    for start, end in pairwise(within):
        for part, time in _booked(wait, start, end, hours).items():
            parts[part] += time
    return parts


def holder_at(wait: Wait, instant: datetime) -> HeldOffer | None:
    """The latest offer that holds the lead from this instant on."""
    held: HeldOffer | None = None
    for one in wait.offers:
        current = one.start <= instant and (one.end is None or instant < one.end)
        if current and (held is None or one.start > held.start):
            held = one
    return held


def _booked(wait: Wait, start: datetime, end: datetime, hours: Hours) -> Mapping[WaitPart, timedelta]:
    """Of a stretch in which nothing changes."""
    if start < wait.known:
        return {"customer": end - start}
    offer = holder_at(wait, start)
    if offer is None and (wait.decision is None or start < wait.decision):
        return {"system": end - start}
    if offer is not None and (offer.heard is None or start < offer.heard):
        return {"system": end - start}
    open_time = hours(offer.rep if offer else None).elapsed(start, end)
    return {"rep" if offer else "queue": open_time, "off_hours": end - start - open_time}
