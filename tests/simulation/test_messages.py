"""Few messages: how many the notifier wrote in a simulated fortnight, by its own records."""

from collections import Counter

import pytest

from testing.messages import AT_MOST, sent_messages
from testing.quarter import SimulatedMonths, fortnight

__all__ = ["fortnight"]
pytestmark = pytest.mark.slow
PACKS = ("weekly_pack", "monthly_review", "quarterly_review")
"""They are mails, one a week and reader (two weeks, in which no month begins)."""


def test_a_lead_makes_few_messages(fortnight: SimulatedMonths) -> None:
    sent = sent_messages(fortnight)
    assert len(sent.leads) > 20
    assert sent.a_lead <= AT_MOST, f"{sent.a_lead:.2f} a lead: {sent.by_kind}"
    assert {row["channel"] for row in sent.rows if row["kind"] not in PACKS} == {"slack"}, "nobody asked for both"
    assert {row["channel"] for row in sent.rows if row["kind"] in PACKS} <= {"email"}
    packs = Counter(row["to"] for row in sent.rows if row["kind"] in PACKS)
    assert set(packs.values()) == {2}, packs
