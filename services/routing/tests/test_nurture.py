"""Meanwhile and again: unanswered attempts, nurture and its exits, cycles, cool-down, withdrawn and merged leads."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from events.handoffs import LeadAssigned, LeadNurtured, LeadReturned, OwnerTold, StageChanged
from events.sales import ContactAttempted, DealLost, DealOpened, LeadSalesDisqualified
from events.scores import LeadCooled, MqlWithdrawn


def attempts(make: Any, *channels: str) -> list[Any]:
    return [
        make.sales(ContactAttempted, by="rep-dan", channel=channel, at=make.noon + day * make.day)
        for day, channel in enumerate(channels)
    ]


def place(story: Any) -> tuple[str, str]:
    return story.lead().stage, story.lead().status


def test_three_attempts_on_two_channels_in_ten_days_are_unresponsive(story: Any, make: Any) -> None:
    story.tell(make.qualified(), *attempts(make, "email", "call", "email"))
    assert story.pass_to(make.noon + 10 * make.day - timedelta(seconds=1)) == []
    story.pass_to(make.noon + 10 * make.day)
    assert place(story) == ("mql", "unresponsive")
    assert [said.segment for said in story.said(LeadNurtured)] == ["2"]
    assert story.said(StageChanged)[-1].closed


@pytest.mark.parametrize("channels", [("email", "call"), ("email", "email", "email")])
def test_fewer_attempts_are_a_breach_and_no_recycle(story: Any, make: Any, channels: tuple[str, ...]) -> None:
    story.tell(make.qualified(), *attempts(make, *channels))
    story.pass_to(make.noon + 30 * make.day)
    assert place(story) == ("mql", "attempting_contact")


def unresponsive(story: Any, make: Any) -> None:
    story.tell(make.qualified(), *attempts(make, "email", "call", "email"))
    story.pass_to(make.noon + 10 * make.day)


def test_thirty_points_since_then_tell_the_last_owner(story: Any, make: Any) -> None:
    unresponsive(story, make)
    story.tell(make.scored(total=30, at=story.now))
    story.tell(make.scored(total=101, at=story.now, soft=("agency",)))
    assert story.said(OwnerTold) == []
    story.tell(make.scored(total=102, at=story.now, soft=("agency",)))
    assert [(said.rep, said.why) for said in story.said(OwnerTold)] == [("rep-dan", "re_engaged")]
    assert [said.segment for said in story.said(LeadNurtured)] == ["2", "1"]


def test_a_hand_raise_brings_it_back_to_the_previous_owner_at_once(story: Any, make: Any) -> None:
    unresponsive(story, make)
    story.tell(make.qualified(total=30, hand_raise="email_reply", at=story.now + timedelta(minutes=1)))
    offer = story.said(LeadAssigned)[-1]
    assert (offer.rep, offer.cycle, offer.kind, offer.touch) == ("rep-dan", 2, "hand_raise", "4bh")
    assert story.said(StageChanged)[-1].re_engaged, "ten days after the last exit commitments do not count it"


def test_after_ninety_days_a_new_cycle_counts(story: Any, make: Any) -> None:
    unresponsive(story, make)
    story.now += 90 * make.day
    story.tell(make.qualified(at=story.now))
    assert not story.said(StageChanged)[-1].re_engaged
    assert story.lead().cycle == 2


def test_half_a_year_of_silence_is_archived_and_ninety_days_in_segment_one_is_long_term(story: Any, make: Any) -> None:
    unresponsive(story, make)
    story.tell(make.scored("lead-2", total=45, domain="b.example", at=story.now))
    story.pass_to(story.now + 91 * make.day)
    assert [said.segment for said in story.said(LeadNurtured)] == ["2", "1", "long_term"]
    story.pass_to(datetime(2027, 2, 15, 16, 0, tzinfo=UTC))
    assert story.said(LeadNurtured)[-1].reason == "archived: silent for 6mo"


def test_who_stirs_is_not_silent(story: Any, make: Any) -> None:
    story.tell(make.scored(total=45))
    story.pass_to(make.noon + 60 * make.day)
    story.tell(make.scored(total=47, at=story.now))
    story.pass_to(make.noon + 149 * make.day)
    assert len(story.said(LeadNurtured)) == 1
    story.pass_to(make.noon + 150 * make.day)
    assert [said.segment for said in story.said(LeadNurtured)] == ["1", "long_term"]


def test_re_mql_needs_new_intent_since_the_last_exit(story: Any, make: Any) -> None:
    unresponsive(story, make)
    story.tell(make.scored(total=70, at=make.noon))
    assert story.lead().cycle == 1
    story.tell(make.scored(total=70, at=story.now + timedelta(minutes=1)))
    assert story.lead().cycle == 2


def test_a_rejection_cools_down_for_thirty_days_and_then_counts_by_itself(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    story.reject("not_icp")
    story.now += 5 * make.day
    story.tell(make.qualified(at=story.now))
    assert story.lead().cycle == 1
    story.pass_to(make.noon + 30 * make.day)
    assert (story.lead().cycle, place(story)) == (2, ("mql", "assigned"))


def test_a_hand_raise_waives_the_cool_down(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    story.reject("not_icp")
    story.now += make.day
    story.tell(make.qualified(hand_raise="demo_request", at=story.now))
    assert (story.lead().cycle, place(story)) == (2, ("mql", "assigned"))


def test_after_out_of_territory_nobody_asks_the_previous_owner(story: Any, make: Any) -> None:
    story.tell(make.qualified(employees=20))
    for _ in range(3):
        story.reject("out_of_territory")
    assert story.lead().owner == "rep-grace"


def test_a_lost_deal_comes_back_after_six_months_whatever_the_score(story: Any, make: Any) -> None:
    story.tell(make.qualified(), make.sales(DealOpened, deal="d1", by="rep-dan"))
    story.tell(make.sales(DealLost, deal="d1", by="rep-dan", reason="timing"), make.scored(total=20))
    story.pass_to(datetime(2027, 2, 5, 15, 59, tzinfo=UTC))
    assert story.lead().stage == "lost"
    story.pass_to(datetime(2027, 2, 5, 16, 0, tzinfo=UTC))
    offer = story.said(LeadAssigned)[-1]
    assert (offer.rep, offer.step, offer.kind, offer.cycle) == ("rep-dan", 6, "recycled", 2)


def test_deals_lost_long_ago_in_an_import_wake_nobody(story: Any, make: Any) -> None:
    story.tell(make.sales(DealLost, deal="d1", reason="price", at=make.noon - 400 * make.day, mode="historical"))
    assert [timer.kind for timer in story.timers.values() if timer.kind == "recycle"] == []


def test_the_date_to_revisit_is_a_task_for_the_last_owner(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    story.accept()
    story.tell(make.sales(LeadSalesDisqualified, by="rep-dan", reason="timing", revisit_on=date(2026, 11, 2)))
    story.pass_to(datetime(2026, 11, 2, 4, 59, tzinfo=UTC))
    assert story.said(OwnerTold) == []
    story.pass_to(datetime(2026, 11, 2, 5, 0, tzinfo=UTC))
    assert [(said.rep, said.why) for said in story.said(OwnerTold)] == [("rep-dan", "revisit")]


def test_an_unassigned_mql_is_withdrawn_and_an_assigned_one_is_not(story: Any, make: Any) -> None:
    night = datetime(2026, 8, 6, 3, 0, tzinfo=UTC)
    story.tell(make.qualified("b", domain="b.example"))
    story.now = night
    story.tell(make.qualified(at=night), make.scored(total=50, at=night))
    for lead in ("lead-1", "b"):
        story.tell(make.sales(MqlWithdrawn, lead, total=50, reason="50 of 60"))
    assert [(s.stage, s.withdrawn) for s in story.said(StageChanged) if s.withdrawn] == [("lead", True)]
    assert place(story) == ("lead", "nurture")
    assert story.lead("b").owner == "rep-dan"
    assert [timer for timer in story.timers.values() if timer.kind == "shift"] == []


def test_cooling_moves_no_stage_and_the_next_owner_sees_it(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    assert story.tell(make.sales(LeadCooled, total=40, reason="no engagement for 60 days")) == []
    story.reject("out_of_territory")
    assert story.said(LeadAssigned)[-1].flags == ("cooling",)


def test_a_merged_lead_is_let_go_of(story: Any, make: Any) -> None:
    story.tell(make.qualified(), make.sales(MqlWithdrawn, total=0, reason="merged"))
    assert [(said.reason, said.then) for said in story.said(LeadReturned)] == [("merged", "none")]
    assert place(story) == ("mql", "suppressed")
    assert story.state.reps["rep-dan"].open == 0
