"""A manager's nudge: by one channel, in the rep's hours, with what is late; stale once somebody else has the lead."""

from services.notifier.tests.conftest import LeadLog, message_after, snapshot

from events.handoffs import OwnerTold
from events.slas import ClockBreached
from notifier.decide import State, Terms, decide, is_stale
from testing.events import NOON


def test_a_nudge_reaches_the_rep_by_one_channel_in_their_hours_under_the_card(terms: Terms, story: LeadLog) -> None:
    night = NOON.replace(hour=4)
    offer = story.assigned().data
    data = {"cycle": 1, "rep": "rep-ana", "why": "nudged", "by": "rep-grace"}
    data |= {"assignment": offer.assignment, "snapshot": offer.snapshot}
    events = [*story.offer(), story.make(OwnerTold, data, at=night)]
    (nudge,) = [one for one in decide(State({}), events, terms, now=night).notices if one.kind == "nudge"]
    assert (nudge.recipient, nudge.channel) == ("rep-ana", "slack")
    assert nudge.next_at is not None
    assert nudge.next_at > night, "it waits for the morning"
    assert nudge.card is not None


def test_a_nudge_about_what_somebody_else_has_by_now_is_stale(terms: Terms, story: LeadLog) -> None:
    mine = decide(State({}), story.offer(), terms, now=NOON).leads[story.lead]
    gone = decide(State({}), [*story.offer(), story.assigned("rep-ben", 2)], terms, now=NOON).leads[story.lead]
    offer = story.assigned().data.assignment
    assert is_stale("nudge", "handoffs/1/9", offer, mine) is None
    assert is_stale("nudge", "handoffs/1/9", offer, gone) == "the lead went to somebody else before this was sent"


def test_a_nudge_says_who_asks_and_what_is_late(story: LeadLog, terms: Terms) -> None:
    nudge = story.events.make(
        OwnerTold, cycle=1, rep="rep-ana", why="nudged", by="rep-grace", assignment=story.assigned().data.assignment,
        snapshot=snapshot(company="Acme Ltd"),
    )  # fmt: skip
    note = message_after(terms, [*story.offer(), story.clock(ClockBreached, "first_touch"), nudge], "nudge")
    assert note.title == "Grace Miller asks: Jane Doe, Acme Ltd"
    assert note.summary == (
        "Grace Miller asks you to get on with Jane Doe, Acme Ltd. First touch was due Wed 05 Aug, 13:00 EDT."
    )
    assert note.link == f"http://baton/leads/{story.lead}"
