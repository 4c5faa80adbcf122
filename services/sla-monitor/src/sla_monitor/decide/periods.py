"""The periods that commitments are counted in (months, and those of the feedback goal), and when each is judged."""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from agreement.months import midnight, month_before, month_of, next_month
from sla_monitor.decide.terms import Terms

FEEDBACK: Final = "feedback"
MONDAY: Final = date(1970, 1, 5)
"""Feedback periods are counted off from it."""


def period_of(name: str, at: datetime, terms: Terms) -> date:
    """First day of the period of this counter or commitment that an instant falls in, in the house's zone."""
    if name != FEEDBACK:
        return month_of(at, terms.zone)
    days = (at.astimezone(ZoneInfo(terms.zone)).date() - MONDAY).days
    length = _feedback_days(terms)
    return MONDAY + timedelta(days=days // length * length)


def end_of(name: str, period: date, terms: Terms) -> date:
    """First day of the next period."""
    return period + timedelta(days=_feedback_days(terms)) if name == FEEDBACK else next_month(period)


def due_of(name: str, period: date, terms: Terms) -> datetime:
    """When the period is judged (UTC): at its end; rates of conversion once the last lead of the month is mature."""
    commitments = terms.commitments
    goal = {"quality": commitments.quality, "conversion": commitments.conversion}.get(name)
    maturity = goal.mature_after.timedelta if goal else timedelta(0)
    return midnight(end_of(name, period, terms), terms.zone).astimezone(UTC) + maturity


def look_back(name: str, period: date, terms: Terms) -> list[date]:
    """The months that a review considers, the judged one first."""
    months = (terms.commitments.quality.review_after_months or 1) if name == "quality" else 1
    considered = [period]
    while len(considered) < months:
        considered.append(month_before(considered[-1]))
    return considered


def _feedback_days(terms: Terms) -> int:
    return max(1, terms.commitments.feedback.every.timedelta.days)
