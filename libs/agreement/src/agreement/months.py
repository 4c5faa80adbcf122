"""The months of commitments, and what counts in them: the same while a month runs and when it is judged.

A month begins at midnight of the house. Marketing's MQLs of a month are those whose gate opened in it: an implied stage
(filled in because a lead skipped it) was nobody's delivery, a withdrawn one was taken back (the next entry of its cycle
counts in its own month), one of a lead that turned out to be another is that other's, who has entries of its own, and a
re-engaged one is reported apart (domain, sections 1, 7 and 8). A completeness that is not known is not complete.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from agreement.service_levels import CompletenessGoal


def month_of(at: datetime, zone: str) -> date:
    """First day of the month that an instant falls in, in the house's zone."""
    return at.astimezone(ZoneInfo(zone)).date().replace(day=1)


def next_month(month: date) -> date:
    """First day of the month after the one that begins on `month`."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)


def month_before(month: date) -> date:
    """First day of the month before the one that `month` falls in."""
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def midnight(day: date, zone: str) -> datetime:
    """The instant (UTC) at which a day begins in the house's zone."""
    return datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class MqlEntry:
    """One lead's entry into the stage `mql`, as far as commitments look at it."""

    NOT_COUNTED: ClassVar[tuple[str, ...]] = ("implied", "re_engaged", "withdrawn", "merged")
    """The marks of an entry that is none of the month's MQLs."""
    implied: bool = False
    re_engaged: bool = False
    """A later cycle that commitments do not count."""
    withdrawn: bool = False
    merged: bool = False
    """Of a lead that turned out to be another, also since."""
    completeness: int | None = None

    @property
    def counts(self) -> bool:
        """It is one of the month's MQLs: of the volume, and of whatever is divided by it."""
        return not any(getattr(self, mark) for mark in self.NOT_COUNTED)

    def complete(self, goal: CompletenessGoal) -> bool:
        """It counts, and its record was as complete as agreed."""
        return self.counts and self.completeness is not None and self.completeness >= goal.score
