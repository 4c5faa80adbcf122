"""Accept, reject with each reason's consequence, time-outs, contact, deals, and answers that no longer apply."""

from datetime import date
from typing import Any

import pytest

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
    AccountHandedBack,
    AccountSuppressed,
    ContactAttempted,
    ContactConnected,
    DealLost,
    DealOpened,
    DealWon,
    LeadSalesDisqualified,
    LeadSalesQualified,
    RepAvailability,
    SalesAccepted,
)


def kinds(facts: Any) -> list[str]:
    return [fact.event.__name__ for fact in facts]


def place(story: Any, lead: str = "lead-1") -> tuple[str, str]:
    found = story.lead(lead)
    return found.stage, found.status


def test_accepting_is_said_before_the_stage_moves(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    assert kinds(story.accept()) == ["LeadAccepted", "StageChanged"]
    assert place(story) == ("sal", "assigned")


@pytest.mark.parametrize(
    ("reason", "status", "then", "credited", "guarantee"),
    [
        ("already_in_pipeline", "disqualified", "merge", True, False),
        ("not_icp", "disqualified", "disqualify", True, True),
        ("bad_data", "disqualified", "steward", True, False),
        ("competitor_or_agency", "suppressed", "suppress", True, False),
        ("other", "nurture", "nurture", False, False),
    ],
)
def test_a_rejection_closes_the_cycle_as_its_reason_says(
    story: Any, make: Any, reason: str, status: str, then: str, credited: bool, guarantee: bool
) -> None:
    story.tell(make.qualified())
    said = story.reject(reason, note="in a few words")
    assert kinds(said)[:2] == ["LeadReturned", "StageChanged"]
    (returned,) = story.said(LeadReturned)
    assert (returned.reason, returned.then, returned.credited, returned.lead_guarantee) == (
        reason,
        then,
        credited,
        guarantee,
    )
    assert place(story) == ("mql", status)
    assert story.said(StageChanged)[-1].closed
    assert story.state.seats["mid-na", "rep-dan"].credits == int(credited)
    assert story.state.reps["rep-dan"].open == 0


def test_bad_data_goes_to_the_stewards_and_an_agency_is_suppressed_for_marketing_to_know(story: Any, make: Any) -> None:
    story.tell(make.qualified("a", domain="a.example"), make.qualified("b", domain="b.example"))
    story.reject("bad_data", "a")
    story.reject("competitor_or_agency", "b")
    assert [said.to for said in story.said(AlertRaised)] == ["stewards"]
    assert [(said.reason, said.alert_marketing) for said in story.said(LeadSuppressed)] == [
        ("competitor_or_agency", True)
    ]


def test_already_in_pipeline_tells_the_owner_of_the_record_that_exists(story: Any, make: Any) -> None:
    story.tell(make.qualified("new"), make.scored("old", total=45))
    story.tell(make.sales(DealOpened, "old", deal="d1", by="rep-kate"))
    story.reject("already_in_pipeline", "new")
    assert [(said.rep, said.why) for said in story.said(OwnerTold)] == [("rep-kate", "merged")]


def test_already_in_pipeline_without_a_known_record_is_for_the_manager(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    story.reject("already_in_pipeline")
    assert [(said.to, said.rep) for said in story.said(AlertRaised)] == [("manager", "rep-grace")]


def test_out_of_territory_is_re_routed_at_once_past_the_rep(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    assert kinds(story.reject("out_of_territory")) == ["LeadReturned", "LeadAssigned"]
    first, second = story.said(LeadAssigned)
    assert (second.rep, second.reassigned_from, second.previous) == ("rep-elena", first.rep, first.assignment)
    assert (second.why_reassigned, second.cycle, second.version) == ("out_of_territory", 1, 2)


def test_other_needs_a_few_words(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    story.reject("other")
    assert [said.reason for said in story.said(AnswerIgnored)] == ["invalid"]
    assert place(story) == ("mql", "assigned")


@pytest.mark.parametrize("reason", ["accept_timeout", "bored"])
def test_a_reason_that_is_not_the_reps_to_give_is_invalid(story: Any, make: Any, reason: str) -> None:
    story.tell(make.qualified())
    story.reject(reason)
    assert [said.reason for said in story.said(AnswerIgnored)] == ["invalid"]


def test_answers_that_no_longer_apply_change_nothing_and_say_why(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    story.accept(by="rep-kate")
    story.accept(assignment="lead-1.9")
    story.reject("out_of_territory")
    story.accept(assignment="lead-1.1", by="rep-dan")
    story.tell(make.escalated("lead-1", "lead-1.2"), make.escalated("lead-1", "lead-1.1"))
    story.accept(assignment="lead-1.2", by="rep-elena")
    story.accept()
    story.accept()
    story.tell(make.sales(DealLost, deal="d", reason="price"))
    story.accept(assignment="lead-1.3", by=None)
    ignored = story.said(AnswerIgnored)
    assert [said.reason for said in ignored] == [
        "not_yours",
        "unknown_assignment",
        "already_answered",
        "reassigned",
        "already_answered",
        "closed",
    ]
    assert ignored[0].text == "it is with Dan Kowalski"
    assert ignored[3].text == "already reassigned to Grace Miller"


def test_the_manager_may_answer_for_the_rep(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    story.accept(by="rep-grace")
    assert [said.rep for said in story.said(LeadAccepted)] == ["rep-dan"]


def test_a_time_out_re_pools_twice_consumes_the_turn_and_then_the_manager_hears_of_it(story: Any, make: Any) -> None:
    story.tell(make.qualified(employees=20))
    for _ in range(4):
        story.tell(make.escalated("lead-1", story.lead().assignment()))
    assert [o.rep for o in story.said(LeadAssigned)] == ["rep-ana", "rep-ben", "rep-chloe"]
    assert {(r.reason, r.then, r.credited) for r in story.said(LeadReturned)} == {("accept_timeout", "repool", False)}
    assert [(a.to, a.rep) for a in story.said(AlertRaised)] == [("manager", "rep-grace")] * 2
    assert story.lead().owner == "rep-chloe"
    assert all(seat.credits == 0 for seat in story.state.seats.values())


def test_an_accepted_lead_that_nobody_touches_goes_back_too(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    story.accept()
    story.tell(make.escalated("lead-1", "lead-1.1", "first_touch"))
    assert place(story) == ("sal", "assigned")
    assert [o.rep for o in story.said(LeadAssigned)] == ["rep-dan", "rep-elena"]


def test_an_escalation_that_crosses_the_answer_takes_nothing_away(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    story.accept()
    assert story.tell(make.escalated("lead-1", "lead-1.1")) == []
    story.tell(make.sales(ContactAttempted, by="rep-dan", channel="call"))
    assert story.tell(make.escalated("lead-1", "lead-1.1", "first_touch")) == []
    assert story.lead().owner == "rep-dan"


def test_a_named_account_stays_and_its_manager_decides(story: Any, make: Any) -> None:
    story.tell(make.qualified(domain="wideworldimporters.example"))
    story.tell(make.escalated("lead-1", "lead-1.1", action="manager"))
    assert [(a.to, a.rep) for a in story.said(AlertRaised)] == [("manager", "rep-grace")]
    assert story.lead().owner == "rep-frank"


def test_contact_implies_acceptance_and_attempts_do_not(story: Any, make: Any) -> None:
    story.tell(make.qualified(), make.sales(ContactAttempted, by="rep-dan", channel="email"))
    assert place(story) == ("mql", "attempting_contact")
    said = story.tell(make.sales(ContactConnected, by="rep-dan"))
    assert kinds(said) == ["LeadAccepted", "StageChanged"]
    assert story.said(LeadAccepted)[0].implied
    assert place(story) == ("sal", "connected")


def test_contact_by_the_previous_rep_is_ignored(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    story.reject("out_of_territory")
    story.tell(make.sales(ContactConnected, by="rep-dan"))
    assert [(s.answer, s.reason) for s in story.said(AnswerIgnored)] == [("connected", "reassigned")]


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
def test_sql_needs_need_and_two_more(story: Any, make: Any, evidence: dict[str, Any], enough: bool) -> None:
    story.tell(make.qualified())
    story.accept()
    story.tell(make.sales(LeadSalesQualified, by="rep-dan", **evidence))
    assert (story.lead().stage == "sql") is enough
    assert bool(story.said(AnswerIgnored)) is not enough


def test_an_sdr_hands_the_qualified_lead_to_an_account_executive(story: Any, make: Any) -> None:
    story.tell(make.qualified(employees=20))
    story.accept()
    said = story.tell(make.sales(LeadSalesQualified, by="rep-ana", need=True, budget=True, authority=True))
    assert kinds(said) == ["StageChanged", "StageChanged", "LeadAssigned"]
    offer = story.said(LeadAssigned)[-1]
    assert (offer.rep, offer.pool, offer.rule, offer.why_reassigned) == (
        "rep-dan",
        "mid-na",
        "hands_to",
        "sales_qualified",
    )
    assert place(story) == ("sql", "assigned")
    story.tell(make.escalated("lead-1", "lead-1.2"))
    assert (story.said(LeadAssigned)[-1].pool, story.said(LeadAssigned)[-1].rule) == ("mid-na", "hands_to")


def test_skipped_stages_are_filled_in_and_marked(story: Any, make: Any) -> None:
    story.tell(make.sales(DealWon, deal="d1", by="rep-dan", mode="historical"))
    (said,) = story.said(StageChanged)
    assert (said.stage, said.implied, said.closed) == ("won", ("mql", "sal", "sql", "opportunity"), True)
    assert story.facts[0].mode == "historical"


def test_a_lead_taken_unasked_in_the_crm_is_accepted_work(story: Any, make: Any) -> None:
    story.tell(make.sales(SalesAccepted, by="rep-dan"), make.scored(total=72))
    assert place(story) == ("sal", "assigned")
    assert story.said(StageChanged)[0].implied == ("mql",)
    assert story.said(LeadAssigned) == []
    assert story.state.reps["rep-dan"].open == 1


def test_one_lost_deal_of_two_leaves_the_opportunity_open(story: Any, make: Any) -> None:
    story.tell(make.qualified(), *(make.sales(DealOpened, deal=d, by="rep-dan") for d in ("d1", "d2")))
    story.tell(make.sales(DealLost, deal="d1", reason="price"))
    assert place(story) == ("opportunity", "connected")
    story.tell(make.sales(DealLost, deal="d2", reason="price"))
    assert place(story) == ("lost", "nurture")
    assert (story.said(LeadNurtured)[-1].segment, story.said(StageChanged)[-1].deal) == ("3", "d2")


def test_disqualified_with_a_date_is_wrong_timing_without_one_it_is_the_end(story: Any, make: Any) -> None:
    story.tell(make.qualified("a", domain="a.example"), make.qualified("b", domain="b.example"))
    story.tell(make.sales(LeadSalesDisqualified, "a", reason="timing", revisit_on=date(2026, 11, 2)))
    story.tell(make.sales(LeadSalesDisqualified, "b", reason="no_need"))
    assert (place(story, "a"), place(story, "b")) == (("sal", "nurture"), ("sal", "disqualified"))
    assert [(s.segment, s.revisit_on) for s in story.said(LeadNurtured)] == [("3", date(2026, 11, 2))]


def test_a_suppressed_account_is_left_alone_until_handed_back(story: Any, make: Any) -> None:
    story.tell(make.qualified("a"), make.sales(AccountSuppressed, "a", by="rep-dan"))
    story.tell(make.qualified("b", hand_raise="demo_request"))
    assert (place(story, "a"), place(story, "b")) == (("mql", "suppressed"), ("lead", "suppressed"))
    story.tell(make.sales(AccountHandedBack, "b", by="rep-dan"), make.qualified("b", hand_raise="demo_request"))
    assert place(story, "b") == ("mql", "assigned")


def test_when_a_rep_leaves_the_lead_moves_on_with_a_new_assignment(story: Any, make: Any) -> None:
    story.tell(make.qualified())
    story.accept()
    story.tell(make.sales(RepAvailability, "rep-dan", rep="rep-dan", state="left"))
    story.pass_to(story.now)
    assert [(r.reason, r.then) for r in story.said(LeadReturned)] == [("rep_left", "repool")]
    assert [o.assignment for o in story.said(LeadAssigned)] == ["lead-1.1", "lead-1.2"]
    assert place(story) == ("sal", "assigned")
