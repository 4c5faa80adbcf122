"""What the timeline says of an event: in words, and in the agreement's titles."""

from datetime import UTC, datetime

import pytest

from events import Event
from events.deals import DealWon
from events.handoffs import AnswerIgnored, LeadAccepted, LeadNurtured, LeadReturned, LeadSuppressed
from events.notices import NoticeSent
from events.sales import SalesAccepted
from events.slas import ClockStarted
from events.teamwork import LeadEnrolled, LeadSnoozed
from reporting.decide import Terms
from reporting.decide.timeline import entry_of
from testing.events import NOON, EventBuilder

ACCEPTED: dict[str, object] = {"assignment": "x.1", "cycle": 1, "rep": "rep-dan"}


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (
            LeadNurtured,
            {"cycle": 1, "segment": "1", "reason": "below_gate"},
            "To nurture “not yet qualified”: below gate",
        ),
        (
            LeadNurtured,
            {"cycle": 1, "segment": "gone", "reason": "cold", "goal": "58 of 60"},
            "To nurture “gone”: cold (goal: 58 of 60)",
        ),
        (
            LeadReturned,
            {"assignment": "x.1", "rep": "rep-dan", "reason": "not_icp"},
            "Came back from Dan Kowalski: not our kind of customer",
        ),
        (
            LeadSuppressed,
            {"cycle": 1, "reason": "competitor"},
            "Nobody gets this lead: works for a competitor",
        ),
        (DealWon, {"deal": "d", "amount": {"amount": 25_000, "currency": "JPY"}}, "Deal d won, 25,000 JPY"),
        (
            ClockStarted,
            {"clock": "c", "promise": "accepted", "holder": "rep-dan", "started": NOON, "due": NOON},
            "Clock “accept or reject” started: 4bh, held by Dan Kowalski",
        ),
        (
            AnswerIgnored,
            {"answer": "handed_over", "by": "rep-dan", "reason": "invalid", "text": "Ana Lima is elsewhere"},
            "Answer “handed over” by Dan Kowalski changed nothing: Ana Lima is elsewhere",
        ),
        (
            LeadSnoozed,
            {"by": "rep-dan", "until": datetime(2026, 12, 20, 5, tzinfo=UTC)},
            "Dan Kowalski puts it off until 20 Dec, 00:00 EST",
        ),
        (
            NoticeSent,
            {"notice": "n", "kind": "alert", "channel": "slack", "to": "manager:rep-grace"},
            "Notice “alert” to Grace Miller, manager by slack: sent",
        ),
        (SalesAccepted, {"via": "web"}, "Somebody answered: accept"),
        (LeadAccepted, ACCEPTED, "Accepted by Dan Kowalski"),
        (LeadAccepted, {**ACCEPTED, "implied": True}, "Accepted by Dan Kowalski (by contact)"),
        (
            LeadEnrolled,
            {"campaign": "stories", "actor": "mara"},
            "Mara Lindqvist puts the lead into the campaign stories",
        ),
        (
            SalesAccepted,
            {"by": "rep-dan", "actor": "mara", "via": "web"},
            "Dan Kowalski answered: accept (entered by Mara Lindqvist)",
        ),
    ],
)
def test_the_timeline_speaks_in_the_agreements_titles(
    kind: type[Event], data: dict[str, object], text: str, builder: EventBuilder, terms: Terms
) -> None:
    event = builder.about("x").make(kind, data)
    entry = entry_of(event, terms)
    assert entry is not None
    assert entry.text == text
