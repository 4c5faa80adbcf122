"""The months (and feedback periods) that commitments are counted in, and when each is judged."""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sla_monitor.decide.start import Terms

FEEDBACK: Final = "feedback"
MONDAY: Final = date(1970, 1, 5)


def period_of(name: str, at: datetime, terms: Terms) -> date:
    """First day of the period that an instant falls in; months begin at midnight of the house."""
    day = at.astimezone(ZoneInfo(terms.zone)).date()
    if name != FEEDBACK:
        return day.replace(day=1)
    length = _feedback_days(terms)
    return MONDAY + timedelta(days=(day - MONDAY).days // length * length)


def end_of(name: str, period: date, terms: Terms) -> date:
    """First day of the next period."""
    if name == FEEDBACK:
        return period + timedelta(days=_feedback_days(terms))
    return (period.replace(day=1) + timedelta(days=31)).replace(day=1)


def due_of(name: str, period: date, terms: Terms) -> datetime:
    """Rates of conversion wait until the last lead of the month is mature."""
    midnight = datetime.combine(end_of(name, period, terms), datetime.min.time(), ZoneInfo(terms.zone))
    goals = terms.levels.commitments
    goal = {"quality": goals.quality, "conversion": goals.conversion}.get(name)
    maturity = timedelta(seconds=goal.mature_after.seconds) if goal else timedelta(0)
    return midnight.astimezone(UTC) + maturity


def look_back(name: str, period: date, terms: Terms) -> list[date]:
    """The months that a review considers, the judged one first."""
    goals = terms.levels.commitments
    months = (goals.quality.review_after_months or 1) if name == "quality" else 1
    found = [period]
    while len(found) < months:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found


def _feedback_days(terms: Terms) -> int:
    return max(1, terms.levels.commitments.feedback.every.seconds // 86400)
