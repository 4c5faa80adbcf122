"""Accept, reject with each reason's consequence, time-outs, contact, deals, and answers that no longer apply."""

from datetime import date

import pytest
from services.routing.tests.conftest import (
    LeadStory,
    escalated,
    kinds,
    make,
    qualified,
    scored,
    with_routing,
)

from events import Event
from events.deals import DealLost, DealOpened, DealWon
from events.handoffs import (
    AlertRaised,
    AnswerIgnored,
    LeadAccepted,
    LeadAssigned,
    LeadNurtured,
    LeadReturned,
    LeadSuppressed,
    OwnerTold,
    StageChanged,
)
from events.sales import (
    ContactAttempted,
    ContactConnected,
    LeadSalesDisqualified,
    LeadSalesQualified,
    RepAvailability,
    SalesAccepted,
)


def test_accepting_is_said_before_the_stage_moves(story: LeadStory) -> None:
    story.play(qualified())
    assert kinds(story.accept()) == [LeadAccepted, StageChanged]
    assert story.place() == ("sal", "assigned")


@pytest.mark.parametrize(
    ("reason", "status", "then", "credited", "guarantee"),
    [
        ("already_in_pipeline", "waiting_for_steward", "merge", True, False),
        ("not_icp", "disqualified", "disqualify", True, True),
        ("bad_data", "waiting_for_steward", "steward", True, False),
        ("competitor_or_agency", "suppressed", "suppress", True, False),
        ("other", "nurture", "nurture", False, False),
    ],
)
def test_a_rejection_closes_the_cycle_as_its_reason_says(
    story: LeadStory, reason: str, status: str, then: str, credited: bool, guarantee: bool
) -> None:
    story.play(qualified())
    data = story.reject(reason, note="in a few words")
    assert kinds(data)[:2] == [LeadReturned, StageChanged]
    (returned,) = story.data(LeadReturned.Data)
    assert (returned.reason, returned.then, returned.credited, returned.lead_guarantee) == (
        reason,
        then,
        credited,
        guarantee,
    )
    assert story.place() == ("mql", status)
    assert story.data(StageChanged.Data)[-1].closed
    assert story.state.seats["mid-na", "rep-dan"].credits == int(credited)
    assert story.state.reps["rep-dan"].open == 0


def test_bad_data_goes_to_the_stewards_and_an_agency_is_suppressed_for_marketing_to_know(story: LeadStory) -> None:
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    story.reject("bad_data", "a")
    story.reject("competitor_or_agency", "b")
    assert [data.to for data in story.data(AlertRaised.Data)] == ["stewards"]
    assert [(data.reason, data.alert_marketing) for data in story.data(LeadSuppressed.Data)] == [
        ("competitor_or_agency", True)
    ]


def test_already_in_pipeline_tells_the_owner_of_the_record_that_exists(story: LeadStory) -> None:
    story.play(qualified("new"), scored("old", total=45))
    story.play(make(DealOpened, "old", deal="d1", by="rep-kate"))
    story.reject("already_in_pipeline", "new")
    assert [(data.rep, data.why) for data in story.data(OwnerTold.Data)] == [("rep-kate", "merged")]


def test_already_in_pipeline_without_a_known_record_is_for_a_steward(story: LeadStory) -> None:
    story.play(qualified())
    story.reject("already_in_pipeline")
    assert [(data.to, data.rep) for data in story.data(AlertRaised.Data)] == [("stewards", None)]


def test_out_of_territory_is_re_routed_at_once_past_the_rep(story: LeadStory) -> None:
    story.play(qualified())
    assert kinds(story.reject("out_of_territory")) == [LeadReturned, LeadAssigned]
    first, second = story.data(LeadAssigned.Data)
    assert (second.rep, second.reassigned_from, second.previous) == ("rep-elena", first.rep, first.assignment)
    assert (second.why_reassigned, second.cycle, second.version) == ("out_of_territory", 1, 2)


def test_other_needs_a_few_words(story: LeadStory) -> None:
    story.play(qualified())
    story.reject("other")
    assert [data.reason for data in story.data(AnswerIgnored.Data)] == ["invalid"]
    assert story.place() == ("mql", "assigned")


@pytest.mark.parametrize("reason", ["accept_timeout", "bored"])
def test_a_reason_that_is_not_the_reps_to_give_is_invalid(story: LeadStory, reason: str) -> None:
    story.play(qualified())
    story.reject(reason)
    assert [data.reason for data in story.data(AnswerIgnored.Data)] == ["invalid"]


def test_answers_that_no_longer_apply_change_nothing_and_say_why(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    story.accept(by="rep-kate")
    story.accept(assignment="lead-1.9")
    story.reject("out_of_territory")
    story.accept(assignment="lead-1.1", by="rep-ana")
    story.play(escalated("lead-1", "lead-1.2"), escalated("lead-1", "lead-1.1"))
    story.accept(assignment="lead-1.2", by="rep-ben")
    story.accept()
    story.accept()
    story.play(make(DealLost, deal="d", reason="price"))
    story.accept(assignment="lead-1.3", by=None)
    ignored = story.data(AnswerIgnored.Data)
    assert [data.reason for data in ignored] == [
        "not_yours",
        "unknown_assignment",
        "already_answered",
        "reassigned",
        "already_answered",
        "closed",
    ]
    assert ignored[0].text == "it is with Ana Lima"
    assert ignored[3].text == "already reassigned to Chloe Nguyen"


def test_the_manager_may_answer_for_the_rep(story: LeadStory) -> None:
    story.play(qualified())
    story.accept(by="rep-grace")
    assert [data.rep for data in story.data(LeadAccepted.Data)] == ["rep-dan"]


def test_a_time_out_re_pools_twice_consumes_the_turn_and_then_the_manager_hears_of_it(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    for _ in range(4):
        story.play(escalated("lead-1", story.lead().assignment()))
    assert [o.rep for o in story.data(LeadAssigned.Data)] == ["rep-ana", "rep-ben", "rep-chloe"]
    assert {(r.reason, r.then, r.credited) for r in story.data(LeadReturned.Data)} == {
        ("accept_timeout", "repool", False)
    }
    assert [(a.to, a.rep) for a in story.data(AlertRaised.Data)] == [("manager", "rep-grace")]
    assert story.lead().owner == "rep-chloe"
    assert all(seat.credits == 0 for seat in story.state.seats.values())


def test_an_accepted_lead_that_nobody_touches_goes_back_too(story: LeadStory) -> None:
    story.play(qualified())
    story.accept()
    story.play(escalated("lead-1", "lead-1.1", "first_touch"))
    assert story.place() == ("sal", "assigned")
    assert [o.rep for o in story.data(LeadAssigned.Data)] == ["rep-dan", "rep-elena"]


def test_an_escalation_that_crosses_the_answer_takes_nothing_away(story: LeadStory) -> None:
    story.play(qualified())
    story.accept()
    assert story.play(escalated("lead-1", "lead-1.1")) == []
    story.play(make(ContactAttempted, by="rep-dan", channel="call"))
    assert story.play(escalated("lead-1", "lead-1.1", "first_touch")) == []
    assert story.lead().owner == "rep-dan"


def test_a_named_account_stays_and_its_manager_decides(story: LeadStory) -> None:
    story.play(qualified(domain="wideworldimporters.example"))
    story.play(escalated("lead-1", "lead-1.1", action="manager"))
    assert [(a.to, a.rep) for a in story.data(AlertRaised.Data)] == [("manager", "rep-grace")]
    assert story.lead().owner == "rep-frank"


@pytest.mark.parametrize(
    ("fact", "status"),
    [
        (make(ContactAttempted, by="rep-dan", channel="call"), "attempting_contact"),
        (make(ContactConnected, by="rep-dan"), "connected"),
    ],
)
def test_who_works_a_lead_has_taken_it(story: LeadStory, fact: Event, status: str) -> None:
    story.play(qualified())
    assert kinds(story.play(fact))[:2] == [LeadAccepted, StageChanged]
    assert story.data(LeadAccepted.Data)[0].implied
    assert story.place() == ("sal", status)
    assert kinds(story.play(fact)) == [], "once"


def test_an_attempt_of_somebody_else_takes_nothing(story: LeadStory) -> None:
    story.play(qualified(), make(ContactAttempted, by="rep-elena", channel="email"))
    assert story.place() == ("mql", "attempting_contact")
    assert story.data(LeadAccepted.Data) == []


def test_contact_by_the_previous_rep_is_ignored(story: LeadStory) -> None:
    story.play(qualified())
    story.reject("out_of_territory")
    story.play(make(ContactConnected, by="rep-dan"))
    assert [(s.answer, s.reason) for s in story.data(AnswerIgnored.Data)] == [("connected", "reassigned")]


@pytest.mark.parametrize(
    ("evidence", "enough"),
    [
        ({"need": True, "budget": True, "authority": True}, True),
        ({"need": True, "budget": True, "timeline_months": 6}, True),
        ({"need": True, "budget": True, "timeline_months": 7}, False),
        ({"need": True, "authority": True}, False),
        ({"budget": True, "authority": True, "timeline_months": 3}, False),
    ],
)
def test_sql_needs_need_and_two_more(story: LeadStory, evidence: dict[str, object], enough: bool) -> None:
    story.play(qualified())
    story.accept()
    story.play(make(LeadSalesQualified, by="rep-dan", data=evidence))
    assert (story.lead().stage == "sql") is enough
    assert bool(story.data(AnswerIgnored.Data)) is not enough


def test_an_sdr_hands_the_qualified_lead_to_an_account_executive(story: LeadStory) -> None:
    story.play(qualified(employees=20))
    story.accept()
    data = story.play(make(LeadSalesQualified, by="rep-ana", need=True, budget=True, authority=True))
    assert kinds(data) == [StageChanged, StageChanged, LeadAssigned]
    offer = story.data(LeadAssigned.Data)[-1]
    assert (offer.rep, offer.pool, offer.rule, offer.why_reassigned) == (
        "rep-dan",
        "mid-na",
        "hands_to",
        "sales_qualified",
    )
    assert story.place() == ("sql", "assigned")
    story.play(escalated("lead-1", "lead-1.2"))
    assert (story.data(LeadAssigned.Data)[-1].pool, story.data(LeadAssigned.Data)[-1].rule) == ("mid-na", "hands_to")


def test_skipped_stages_are_filled_in_and_marked(story: LeadStory) -> None:
    story.play(make(DealWon, deal="d1", by="rep-dan", mode="historical"))
    (data,) = story.data(StageChanged.Data)
    assert (data.stage, data.implied, data.closed) == ("won", ("mql", "sal", "sql", "opportunity"), True)
    assert story.facts[0].mode == "historical"


def test_a_lead_taken_unasked_in_the_crm_is_accepted_work(story: LeadStory) -> None:
    story.play(make(SalesAccepted, by="rep-dan"), scored(total=72))
    assert story.place() == ("sal", "assigned")
    assert story.data(StageChanged.Data)[0].implied == ("mql",)
    assert story.data(LeadAssigned.Data) == []
    assert story.state.reps["rep-dan"].open == 1


def test_one_lost_deal_of_two_leaves_the_opportunity_open(story: LeadStory) -> None:
    story.play(qualified(), *(make(DealOpened, deal=d, by="rep-dan") for d in ("d1", "d2")))
    story.play(make(DealLost, deal="d1", reason="price"))
    assert story.place() == ("opportunity", "connected")
    story.play(make(DealLost, deal="d2", reason="price"))
    assert story.place() == ("lost", "nurture")
    assert (story.data(LeadNurtured.Data)[-1].segment, story.data(StageChanged.Data)[-1].deal) == ("3", "d2")


def test_disqualified_with_a_date_is_wrong_timing_without_one_it_is_the_end(story: LeadStory) -> None:
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    story.play(make(LeadSalesDisqualified, "a", reason="timing", revisit_on=date(2026, 11, 2)))
    story.play(make(LeadSalesDisqualified, "b", reason="no_need"))
    assert (story.place("a"), story.place("b")) == (("sal", "nurture"), ("sal", "disqualified"))
    assert [(s.segment, s.revisit_on) for s in story.data(LeadNurtured.Data)] == [("3", date(2026, 11, 2))]


def test_when_a_rep_leaves_the_lead_moves_on_with_a_new_assignment(story: LeadStory) -> None:
    story.play(qualified())
    story.accept()
    story.play(make(RepAvailability, "rep-dan", rep="rep-dan", state="left"))
    story.pass_to(story.now)
    assert [(r.reason, r.then) for r in story.data(LeadReturned.Data)] == [("rep_left", "repool")]
    assert [o.assignment for o in story.data(LeadAssigned.Data)] == ["lead-1.1", "lead-1.2"]
    assert story.place() == ("sal", "assigned")


def test_a_lead_that_comes_back_to_no_pool_says_why_nobody_gets_it(story: LeadStory) -> None:
    story.play(qualified())
    story.terms = with_routing(story.terms, pools=())
    story.reject("out_of_territory")
    (alert,) = story.data(AlertRaised.Data)
    assert (alert.to, alert.reason) == ("operations", "no_pool")
    why = {step.rule: step.why for step in alert.passed}
    assert why["pool"] == "no pool for mid in na"
    assert why["nurture"].endswith("; but it was with sales, and goes on to a rep or to nobody")
    assert story.data(StageChanged.Data)[-1].passed == alert.passed
