"""How reps are: how fast they answer what they are offered, and what they answer. Pure; chance comes from the seed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final, Literal

from msgspec import Struct

from agreement.calendar import Calendar
from simulation.days import CALM, STEP, up_to
from simulation.dice import pick
from simulation.world import Visitor


class OfferedLead(Struct, frozen=True):
    """What a rep sees of a lead that is offered: how it scored then, and how far it has come."""

    assignment: str
    lead: str
    owner: str
    total: int
    flag: str | None
    stage: str


@dataclass(frozen=True, slots=True)
class Habit:
    """`minutes` of open time until an answer, from and to; shares between 0 and 1."""

    name: str
    minutes: tuple[int, int]
    ignores: float = 0.0
    """Of the offers that are not hot."""
    picks_from: int = 0
    """Total below which the rep would rather have another lead."""
    logs_late: float = 0.05
    """Of the attempts, so many are written down a day or more later."""


HABITS: Final = (
    Habit("fast", (3, 25)),
    Habit("steady", (15, 130)),
    Habit("slow", (120, 600), logs_late=0.15),
    Habit("fast", (3, 25)),
    Habit("ignoring", (60, 400), ignores=0.35, logs_late=0.3),
    Habit("steady", (15, 130)),
    Habit("cherry-picking", (5, 60), ignores=0.1, picks_from=85),
)


def habit_of(reps: list[str], rep: str) -> Habit:
    """Reps have habits in turn, by their place in the agreement."""
    return HABITS[reps.index(rep) % len(HABITS)] if rep in reps else HABITS[1]


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a rep will do about an offer. `reason`: why it is rejected; `answer` null: nothing."""

    answer: Literal["accepted", "rejected"] | None
    at: datetime
    reason: str | None = None
    note: str | None = None


def react(
    offer: OfferedLead, visitor: Visitor | None, habit: Habit, calendar: Calendar, *, now: datetime, luck: Random
) -> Reaction:
    """The answer to an offer that the rep sees for the first time at `now`, in the rep's working hours."""
    hot = offer.flag == "hot"
    minutes = luck.uniform(*habit.minutes) / (3 if hot else 1)
    at = _after(calendar, now, timedelta(minutes=minutes), STEP if hot else CALM / 2)
    if not hot and luck.random() < habit.ignores:
        return Reaction(None, at)
    if offer.stage in ("sql", "opportunity"):
        return Reaction("accepted", at)
    if habit.picks_from and offer.total < habit.picks_from and not hot and luck.random() < 0.5:
        return Reaction("rejected", at, "other", "Too small for this quarter")
    reason = _reason(visitor, luck)
    return Reaction("rejected", at, reason) if reason else Reaction("accepted", at)


def _reason(visitor: Visitor | None, luck: Random) -> str | None:
    """Why a fair rep would refuse this person, if at all."""
    if visitor is None:
        return None
    if visitor.firm.industry == "Agency":
        return "competitor_or_agency"
    if luck.random() < max(0.02, 0.38 - 0.55 * visitor.fit):
        return pick({"not_icp": 6, "bad_data": 2, "already_in_pipeline": 1, "out_of_territory": 1}, luck)
    return None


def _after(calendar: Calendar, now: datetime, work: timedelta, grid: timedelta) -> datetime:
    """So much open time later, on a grid of the clock."""
    moment = calendar.next_open(now)
    while True:
        openings = calendar.openings(calendar.local_day(moment))
        end = next(end for start, end in openings if start <= moment < end)
        if moment + work < end:
            return up_to(moment + work, grid)
        work -= end - moment
        moment = calendar.next_open(end)
