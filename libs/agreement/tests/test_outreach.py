"""The agreed outreach as a plan: which touch on which day, ticked by what was logged."""

from datetime import UTC, date, datetime, timedelta

import pytest

from agreement import Agreement
from agreement.calendar import Calendars
from agreement.outreach import PlannedTouch, is_under_way, next_step, outreach_plan, sequence_titles
from agreement.routing import ChannelTerm, OutreachStep
from events.grounds import AttemptMade

WEDNESDAY = datetime(2026, 8, 5, 16, 0, tzinfo=UTC)
"""Noon in New York."""


def plan(agreement: Agreement, start: datetime, *attempts: AttemptMade) -> tuple[PlannedTouch, ...]:
    return outreach_plan(agreement.routing, Calendars(agreement.teams).of_rep("rep-ana"), start, attempts)


def made(channel: str, hours: float = 1, start: datetime = WEDNESDAY) -> AttemptMade:
    return AttemptMade(at=start + timedelta(hours=hours), channel=channel, by="rep-ana")


@pytest.mark.parametrize(
    ("start", "days"),
    [
        (WEDNESDAY, (5, 6, 7)),
        (datetime(2026, 8, 7, 21, 30, tzinfo=UTC), (7, 10, 11)),
        (datetime(2026, 8, 8, 16, 0, tzinfo=UTC), (10, 11, 12)),
    ],
    ids=["Wednesday", "Friday half past five", "Saturday"],
)
def test_three_business_days_from_the_assignment(agreement: Agreement, start: datetime, days: tuple[int, ...]) -> None:
    first, second, third = (date(2026, 8, day) for day in days)
    assert [(touch.day, touch.channel) for touch in plan(agreement, start)] == [
        (first, "email"),
        (first, "linkedin"),
        (second, "call"),
        (second, "voicemail"),
        (third, "email"),
    ]


def test_what_is_logged_ticks_one_touch_of_its_channel(agreement: Agreement) -> None:
    terms = agreement.routing
    touches = plan(agreement, WEDNESDAY, made("email"))
    assert [touch.channel for touch in touches if touch.done_at] == ["email"]
    step = next_step(touches, terms)
    assert step
    assert (step.text, step.day, step.channels) == ("Day 1: LinkedIn", date(2026, 8, 5), ("linkedin",))
    touches = plan(agreement, WEDNESDAY, made("call"), made("email"), made("linkedin"), made("sms"))
    step = next_step(touches, terms)
    assert step
    assert (step.text, step.day) == ("Day 2: voicemail", date(2026, 8, 6))
    every = [made(one, n) for n, one in enumerate(("email", "linkedin", "call", "voicemail", "email"), start=1)]
    assert next_step(plan(agreement, WEDNESDAY, *every), terms) is None


def test_a_channel_is_a_line_of_the_agreement(agreement: Agreement) -> None:
    """Nothing in the code knows which there are: one more is planned, ticked and named like the others."""
    fax = ChannelTerm(channel="fax", title="Telefax")
    day = OutreachStep(business_day=1, channels=("fax", "call"))
    terms = agreement.routing.model_copy(update={"channels": (*agreement.routing.channels, fax), "outreach": (day,)})
    calendar = Calendars(agreement.teams).of_rep("rep-ana")
    step = next_step(outreach_plan(terms, calendar, WEDNESDAY, [made("call")]), terms)
    assert step
    assert (step.text, step.channels) == ("Day 1: Telefax", ("fax",))
    assert next_step(outreach_plan(terms, calendar, WEDNESDAY, [made("call"), made("fax")]), terms) is None


def test_what_the_one_before_did_ticks_nothing(agreement: Agreement) -> None:
    assert not any(touch.done_at for touch in plan(agreement, WEDNESDAY, made("email", -1)))


def test_it_is_over_once_somebody_answered() -> None:
    assert is_under_way("mql", "assigned")
    assert is_under_way("sal", "attempting_contact")
    assert not is_under_way("sal", "connected")
    assert not is_under_way("sql", "assigned")


def test_small_companies_have_a_sequence_beside_it(agreement: Agreement) -> None:
    assert sequence_titles(agreement.routing, 30) == ("e-mail", "LinkedIn")
    assert sequence_titles(agreement.routing, 120) == ()
    assert sequence_titles(agreement.routing, None) == ()
