"""Meanwhile and again: unanswered attempts, nurture and its exits, cycles, cool-down, withdrawn and merged leads."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace
from services.routing.tests.conftest import DAY, START, LeadStory, make, qualified, scored

from events import Event
from events.deals import DealOpened, DealWon
from events.handoffs import (
    AttemptCounted,
    LeadAssigned,
    LeadNurtured,
    LeadReturned,
    NurtureLeft,
    OwnerTold,
    StageChanged,
)
from events.sales import AccountSuppressed, ContactAttempted, LeadSalesDisqualified
from events.scores import LeadCooled, MqlWithdrawn
from routing.decide.placing.comebacks import hand_raised
from routing.decide.state import Exit


def attempts(*channels: str) -> list[ContactAttempted]:
    return [
        make(ContactAttempted, by="rep-dan", channel=channel, at=START + day * DAY)
        for day, channel in enumerate(channels)
    ]


def test_three_attempts_on_two_channels_in_ten_days_are_unresponsive(story: LeadStory) -> None:
    story.play(qualified(), *attempts("email", "call", "email"))
    assert story.pass_to(START + 10 * DAY - timedelta(seconds=1)) == []
    story.pass_to(START + 10 * DAY)
    assert story.place() == ("sal", "unresponsive")
    assert [data.segment for data in story.data(LeadNurtured.Data)] == ["2"]
    assert story.data(StageChanged.Data)[-1].closed


@pytest.mark.parametrize("channels", [("email", "call"), ("email", "email", "email")])
def test_fewer_attempts_are_a_breach_and_no_recycle(story: LeadStory, channels: tuple[str, ...]) -> None:
    story.play(qualified(), *attempts(*channels))
    story.pass_to(START + 11 * DAY)
    assert story.place() == ("sal", "attempting_contact")


def test_the_same_rep_channel_and_instant_is_one_attempt(story: LeadStory) -> None:
    again = [make(ContactAttempted, by="rep-dan", channel="call", at=START + DAY) for _ in range(3)]
    story.play(qualified(), *again, make(ContactAttempted, by="rep-dan", channel="email", at=START + DAY))
    assert [len(data.attempts) for data in story.data(AttemptCounted.Data)] == [1, 2]
    story.pass_to(START + 12 * DAY)
    assert story.place() == ("sal", "attempting_contact"), "two attempts are no three"


def test_three_attempts_on_one_channel_are_said_and_the_next_on_another_ends_it(story: LeadStory) -> None:
    story.play(qualified(), *attempts("email", "email", "email"))
    story.pass_to(START + 10 * DAY)
    assert [(data.rep, data.why) for data in story.data(OwnerTold.Data)] == [("rep-dan", "one_channel")]
    story.play(make(ContactAttempted, by="rep-dan", channel="call", at=story.now))
    story.pass_to(story.now + timedelta(minutes=1))
    assert story.place() == ("sal", "unresponsive")


def test_two_attempts_in_ten_days_are_not_said_their_promise_is_broken_already(story: LeadStory) -> None:
    story.play(qualified(), *attempts("email", "email"))
    story.pass_to(START + 11 * DAY)
    assert story.data(OwnerTold.Data) == []


def unresponsive(story: LeadStory) -> None:
    story.play(qualified(), *attempts("email", "call", "email"))
    story.pass_to(START + 10 * DAY)


def test_thirty_points_since_then_tell_the_last_owner(story: LeadStory) -> None:
    unresponsive(story)
    story.play(scored(total=30, at=story.now))
    story.play(scored(total=101, at=story.now, soft=("agency",)))
    assert story.data(OwnerTold.Data) == []
    story.play(scored(total=102, at=story.now, soft=("agency",)))
    assert [(data.rep, data.why) for data in story.data(OwnerTold.Data)] == [("rep-dan", "re_engaged")]
    assert [data.segment for data in story.data(LeadNurtured.Data)] == ["2", "1"]
    assert [len(data.passed) for data in story.data(LeadNurtured.Data)] == [0, 8], "only the steps pass steps over"


def test_a_hand_raise_brings_it_back_to_the_previous_owner_at_once(story: LeadStory) -> None:
    unresponsive(story)
    story.play(qualified(total=30, hand_raise="email_reply", at=story.now + timedelta(minutes=1)))
    offer = story.data(LeadAssigned.Data)[-1]
    assert (offer.rep, offer.cycle, offer.kind, offer.touch) == ("rep-dan", 2, "hand_raise", "4bh")
    assert story.data(StageChanged.Data)[-1].re_engaged, "ten days after the last exit commitments do not count it"


def test_what_was_tried_since_the_exit_belongs_to_the_cycle_that_follows(story: LeadStory) -> None:
    unresponsive(story)
    again = make(ContactAttempted, by="rep-dan", channel="call", at=story.now + timedelta(hours=1))
    story.play(again, qualified(total=30, hand_raise="email_reply", at=story.now + timedelta(hours=2)))
    assert [one.at for one in story.lead().attempts] == [again.time]


@pytest.mark.parametrize(
    ("after", "re_engaged"),
    [(90 * DAY - timedelta(seconds=1), True), (90 * DAY, False)],
    ids=["before", "from then on"],
)
def test_after_ninety_days_a_new_cycle_counts(story: LeadStory, after: timedelta, re_engaged: bool) -> None:
    unresponsive(story)
    story.now += after
    story.play(qualified(hand_raise="demo_request", at=story.now))
    assert story.data(StageChanged.Data)[-1].re_engaged is re_engaged
    assert story.lead().cycle == 2


def test_half_a_year_of_silence_is_archived_and_ninety_days_in_segment_one_is_long_term(story: LeadStory) -> None:
    unresponsive(story)
    story.play(scored("lead-2", total=45, domain="b.example", at=story.now))
    silent = story.now + timedelta(minutes=1) + 90 * DAY
    story.pass_to(silent - timedelta(seconds=1))
    assert [data.segment for data in story.data(LeadNurtured.Data)] == ["2", "1"]
    story.pass_to(silent)
    assert [data.segment for data in story.data(LeadNurtured.Data)] == ["2", "1", "long_term"]
    story.pass_to(datetime(2027, 2, 15, 15, 59, tzinfo=UTC))
    assert story.place() == ("sal", "unresponsive")
    story.pass_to(datetime(2027, 2, 15, 16, 0, tzinfo=UTC))
    assert (story.place(), story.lead().nurture) == (("sal", "archived"), None)
    assert len(story.data(LeadNurtured.Data)) == 3, "archived means nothing is sent, no newsletter either"


def test_who_stirs_is_not_silent(story: LeadStory) -> None:
    story.play(scored(total=45))
    story.pass_to(START + 60 * DAY)
    story.play(scored(total=47, at=story.now))
    story.pass_to(START + 149 * DAY)
    assert len(story.data(LeadNurtured.Data)) == 1
    story.pass_to(START + 150 * DAY)
    assert [data.segment for data in story.data(LeadNurtured.Data)] == ["1", "long_term"]


def test_nobody_falls_to_the_newsletter_but_by_silence(story: LeadStory) -> None:
    story.play(scored(total=45))
    story.rest()
    story.play(scored(total=20, at=story.now))
    assert [data.segment for data in story.data(LeadNurtured.Data)] == ["1"]


def test_re_mql_needs_new_intent_since_the_last_exit(story: LeadStory) -> None:
    story.play(qualified())
    story.reject("other", note="so")
    story.now += 31 * DAY
    story.play(scored(total=70, at=START))
    assert story.lead().cycle == 1
    story.play(scored(total=70, at=story.now + timedelta(minutes=1)))
    assert story.lead().cycle == 2


def test_the_hand_that_was_raised_at_the_exit_is_answered_by_it(story: LeadStory) -> None:
    story.play(qualified(hand_raise="demo_request"))
    lead = story.lead()
    assert lead.standing is not None
    raised_at = lead.standing.hand_raise_at
    assert raised_at is not None
    exits = {seconds: Exit(raised_at + timedelta(seconds=seconds), "other") for seconds in (-1, 0, 1)}
    assert {at: hand_raised(replace(lead, exit=one)) for at, one in exits.items()} == {-1: True, 0: False, 1: False}


def test_a_rejection_cools_down_for_thirty_days_and_then_counts_by_itself(story: LeadStory) -> None:
    story.play(qualified())
    story.reject("not_icp")
    story.now += 5 * DAY
    story.play(qualified(at=story.now))
    assert story.lead().cycle == 1
    story.pass_to(START + 30 * DAY)
    assert (story.lead().cycle, story.place()) == (2, ("mql", "assigned"))


def test_only_a_rejection_cools_down(story: LeadStory) -> None:
    story.play(qualified())
    story.accept()
    story.play(make(LeadSalesDisqualified, by="rep-dan", reason="timing"))
    story.now += 5 * DAY
    story.play(qualified(at=story.now))
    assert (story.lead().cycle, story.place()) == (2, ("mql", "assigned"))


def test_a_hand_raise_waives_the_cool_down(story: LeadStory) -> None:
    story.play(qualified())
    story.reject("not_icp")
    story.now += DAY
    story.play(qualified(hand_raise="demo_request", at=story.now))
    assert (story.lead().cycle, story.place()) == (2, ("mql", "assigned"))


def test_the_date_to_revisit_is_a_task_for_the_last_owner(story: LeadStory) -> None:
    story.play(qualified())
    story.accept()
    story.play(make(LeadSalesDisqualified, by="rep-dan", reason="timing", revisit_on=date(2026, 11, 2)))
    story.pass_to(datetime(2026, 11, 2, 4, 59, tzinfo=UTC))
    assert story.data(OwnerTold.Data) == []
    story.pass_to(datetime(2026, 11, 2, 5, 0, tzinfo=UTC))
    assert [(data.rep, data.why) for data in story.data(OwnerTold.Data)] == [("rep-dan", "revisit")]


def test_an_unassigned_mql_is_withdrawn_and_an_assigned_one_is_not(story: LeadStory) -> None:
    night = datetime(2026, 8, 6, 3, 0, tzinfo=UTC)
    story.play(qualified("b", domain="b.example"))
    story.now = night
    story.play(qualified(at=night), scored(total=50, at=night))
    for lead in ("lead-1", "b"):
        story.play(make(MqlWithdrawn, lead, total=50, reason="50 of 60"))
    assert [(s.stage, s.withdrawn) for s in story.data(StageChanged.Data) if s.withdrawn] == [("lead", True)]
    assert story.place() == ("lead", "nurture")
    assert story.lead("b").owner == "rep-dan"
    assert [timer for timer in story.timers.values() if timer.kind == "shift"] == []


def test_cooling_moves_no_stage_and_the_next_owner_sees_it(story: LeadStory) -> None:
    story.play(qualified())
    story.play(make(LeadCooled, total=40, reason="no engagement for 60 days"))
    (flagged,) = story.data(StageChanged.Data)[-1:]
    assert (flagged.stage_from, flagged.stage, flagged.flags) == ("mql", "mql", ("cooling",))
    assert story.play(make(LeadCooled, total=0, reason="no engagement for 90 days")) == [], "flagged once"
    story.reject("out_of_territory")
    assert story.data(LeadAssigned.Data)[-1].flags == ("cooling",)
    story.accept()
    story.play(scored(total=70, at=story.now + timedelta(minutes=1)))
    assert story.play(make(LeadCooled, total=40, reason="60 days")) == [], "only what nobody has accepted cools"


def test_the_flags_of_an_offer_end_with_it(story: LeadStory) -> None:
    story.play(qualified(total=95, hand_raise="demo_request"))
    assert story.data(LeadAssigned.Data)[-1].flags == ("hot",)
    while story.lead().current:
        story.reject("out_of_territory")
    assert story.place()[0] == "mql"
    story.play(make(LeadCooled, total=40, reason="no engagement for 60 days"))
    assert story.data(StageChanged.Data)[-1].flags == ("cooling",)


@pytest.mark.parametrize(
    "before",
    [
        [qualified(), make(DealOpened, deal="d-1"), make(DealWon, deal="d-1")],
        [qualified(), make(MqlWithdrawn, total=0, reason="erased")],
    ],
    ids=["won", "suppressed"],
)
def test_a_lead_that_no_longer_moves_is_still_said_to_be_merged(story: LeadStory, before: list[Event]) -> None:
    story.play(*before)
    place = story.place()
    assert not any(data.merged for data in story.data(StageChanged.Data))
    story.play(make(MqlWithdrawn, total=0, reason="merged"))
    assert story.place() == place
    assert story.data(StageChanged.Data)[-1].merged


def test_a_merged_lead_is_let_go_of(story: LeadStory) -> None:
    story.play(qualified(), make(MqlWithdrawn, total=0, reason="merged"))
    assert story.data(StageChanged.Data)[-1].merged
    assert [(data.reason, data.then) for data in story.data(LeadReturned.Data)] == [("merged", "none")]
    assert story.place() == ("mql", "suppressed")
    assert story.state.reps["rep-dan"].open == 0


def left(story: LeadStory) -> list[tuple[str, str]]:
    return [(data.segment, data.status) for data in story.data(NurtureLeft.Data)]


def test_whoever_leaves_nurture_is_said_to_have_left_once_and_a_move_between_segments_names_the_one_before(
    story: LeadStory,
) -> None:
    unresponsive(story)
    assert left(story) == [], "into a segment, from none"
    story.play(scored(total=30, at=story.now))
    story.play(scored(total=102, at=story.now, soft=("agency",)))
    assert left(story) == []
    assert [data.previous for data in story.data(LeadNurtured.Data)] == [None, "2"]
    story.play(qualified(total=80, hand_raise="demo_request", at=story.now + timedelta(minutes=1)))
    assert left(story) == [("1", "assigned")]


@pytest.mark.parametrize(
    ("happening", "status"),
    [
        (lambda at: scored(total=45, at=at, unsubscribed=True), "unsubscribed"),
        (lambda at: scored(total=45, at=at, hard=("competitor",)), "suppressed"),
        (lambda at: make(AccountSuppressed, at=at, by="rep-dan", account="acme.example"), "suppressed"),
        (lambda at: make(MqlWithdrawn, at=at, total=45, reason="erased"), "suppressed"),
    ],
)
def test_unsubscribed_suppressed_and_erased_leave_nurture_aloud(
    story: LeadStory, happening: Callable[[datetime], Event], status: str
) -> None:
    story.play(scored(total=45))
    story.pass_to(START + timedelta(minutes=2))
    assert [data.segment for data in story.data(LeadNurtured.Data)] == ["1"]
    story.play(happening(story.now))
    assert left(story) == [("1", status)]


def test_archived_leaves_nurture_aloud(story: LeadStory) -> None:
    unresponsive(story)
    story.pass_to(START + 220 * DAY)
    assert left(story) == [("2", "archived")]


def test_who_stirs_now_and_then_stays_in_segment_one_for_six_months_at_most(story: LeadStory) -> None:
    story.play(scored(total=45))
    story.pass_to(START + timedelta(minutes=2))
    for month in range(1, 6):
        story.pass_to(START + month * 30 * DAY)
        story.play(scored(total=45, at=story.now))
    story.pass_to(datetime(2027, 2, 5, 15, 0, tzinfo=UTC))
    assert [data.segment for data in story.data(LeadNurtured.Data)] == ["1"]
    story.pass_to(datetime(2027, 2, 5, 17, 0, tzinfo=UTC))
    last = story.data(LeadNurtured.Data)[-1]
    assert (last.segment, last.reason) == ("long_term", "6 months in the segment")
