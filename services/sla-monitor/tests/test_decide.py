"""Clocks: what starts them, what stops them, and what comes of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import pytest

from agreement.routing import HOUSE_ENDINGS, RejectReason, Routing
from events import Fact
from events.deals import DealOpened, SurveyAnswered
from events.handoffs import LeadAccepted, LeadAssigned, LeadReturned, StageChanged
from events.sales import ContactAttempted, ContactConnected, FeedbackGiven, LeadSalesQualified
from events.slas import ClockData, ClockStarted
from runtime.values import Input
from sla_monitor.decide import State, Terms, decide
from sla_monitor.decide.state import Clock, SalesTouch
from testing.events import EventBuilder, of_type

ID = "lead-1/1/{}/{}"
TOUCH, ACCEPT, THREE = (ID.format(name, "lead-1.1") for name in ("first_touch", "accepted", "three_attempts"))
ROUTED = ID.format("routed", "-")
Run = Callable[[Sequence[Input]], tuple[State, list[Fact]]]


def of_lead(state: State) -> dict[str, Clock]:
    """Clocks by id."""
    return dict(state.leads["lead-1"].clocks)


def names(facts: Iterable[Fact]) -> list[str]:
    clocks = [(fact.event.type_name().split(".")[1], fact.data) for fact in facts]
    return [f"{verb} {data.promise}" for verb, data in clocks if isinstance(data, ClockData)]


def test_an_mql_waits_for_marketing_until_it_is_assigned(lead: EventBuilder, run: Run) -> None:
    state, facts = run([lead.make(StageChanged, at=lead.at(0)), lead.make(LeadAssigned, at=lead.at(1))])
    routed = of_lead(state)[ROUTED]
    assert (routed.state, routed.stopped, routed.holder) == ("met", lead.at(1), "marketing")
    assert names(facts) == [
        "started routed",
        "met routed",
        "started accepted",
        "started first_touch",
        "started three_attempts",
    ]


def test_due_times_come_from_the_agreement_and_the_assignment(lead: EventBuilder, run: Run, terms: Terms) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0), touch="4bh")])
    clocks = of_lead(state)
    assert clocks[TOUCH].due == lead.at(4)
    assert clocks[ACCEPT].due == lead.at(24)
    assert clocks[THREE].due == lead.at(24 * 5)  # over the weekend
    assert [(m.percent, m.action) for m in clocks[TOUCH].milestones] == [
        (50, "remind"),
        (80, "remind"),
        (100, "breach"),
        (150, "repool"),
    ]
    assert [m.percent for m in clocks[THREE].milestones] == [50, 80, 100]
    assert clocks[ACCEPT].pauses == ((lead.at(8), lead.at(23)),)
    assert clocks[ACCEPT].agreement == terms.version


def test_the_leads_own_clock_never_resets(lead: EventBuilder, run: Run) -> None:
    events = [
        lead.make(StageChanged, at=lead.at(0)),
        lead.make(LeadAssigned, at=lead.at(1)),
        lead.make(LeadReturned, at=lead.at(2), reason="out_of_territory"),
        lead.make(StageChanged, at=lead.at(2)),
        lead.make(StageChanged, at=lead.at(3)),
    ]
    state, facts = run(events)
    assert names(facts).count("started routed") == 1
    assert of_lead(state)[ROUTED].stopped == lead.at(1)


def test_a_new_cycle_has_clocks_of_its_own(lead: EventBuilder, run: Run) -> None:
    closed = lead.make(StageChanged, at=lead.at(2), stage="lost", closed=True, status="nurture")
    _, facts = run(
        [
            lead.make(StageChanged, at=lead.at(0)),
            lead.make(LeadAssigned, at=lead.at(1)),
            closed,
            lead.make(StageChanged, at=lead.at(3), cycle=2),
        ]
    )
    assert names(facts).count("started routed") == 2


def test_acceptance_stops_the_answer_clock_only(lead: EventBuilder, run: Run) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0)), lead.make(LeadAccepted, at=lead.at(3))])
    clocks = of_lead(state)
    assert (clocks[ACCEPT].state, clocks[ACCEPT].cause) == ("met", "accepted")
    assert clocks[TOUCH].state == clocks[THREE].state == "running"


def test_a_rejection_is_an_answer_and_ends_the_rest(lead: EventBuilder, run: Run) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0)), lead.make(LeadReturned, at=lead.at(3), reason="not_icp")])
    clocks = of_lead(state)
    assert (clocks[ACCEPT].state, clocks[ACCEPT].cause) == ("met", "rejected")
    assert (clocks[TOUCH].state, clocks[TOUCH].cause) == ("void", "not_icp")


@pytest.mark.parametrize("reason", [*HOUSE_ENDINGS, "accept_timeout"])
def test_what_is_no_answer_keeps_no_promise(lead: EventBuilder, run: Run, reason: str) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0)), lead.make(LeadReturned, at=lead.at(3), reason=reason)])
    assert {(c.state, c.cause) for c in of_lead(state).values()} == {("void", reason)}


def test_a_reason_that_no_rep_chooses_keeps_no_promise(lead: EventBuilder, terms: Terms) -> None:
    """A row of the agreement says so: no code knows its name."""
    fields = {name: getattr(terms.routing, name) for name in Routing.model_fields}
    retired = RejectReason(reason="retired", title="Retired", turn="credited", chosen_by_rep=False)
    fields["reject_reasons"] = (*terms.routing.reject_reasons, retired)
    inputs = [lead.make(LeadAssigned, at=lead.at(0)), lead.make(LeadReturned, at=lead.at(3), reason="retired")]
    routing = Routing.model_construct(**fields)
    outcome = decide(State(), inputs, replace(terms, routing=routing), now=lead.at(1000))
    assert {(clock.state, clock.cause) for clock in outcome.clocks.values()} == {("void", "retired")}


def test_reassignment_voids_the_previous_owners_clocks_and_starts_fresh_ones(lead: EventBuilder, run: Run) -> None:
    state, _ = run(
        [
            lead.make(LeadAssigned, at=lead.at(0)),
            lead.make(LeadAssigned, at=lead.at(2), version=2, assignment="lead-1.2", rep="rep-ben"),
        ]
    )
    clocks = of_lead(state)
    assert (clocks[TOUCH].state, clocks[TOUCH].cause, clocks[TOUCH].stopped) == ("void", "reassigned", lead.at(2))
    fresh = clocks[ID.format("first_touch", "lead-1.2")]
    assert (fresh.state, fresh.holder, fresh.due) == ("running", "rep-ben", lead.at(6))


def test_a_breach_stays_with_who_held_the_lead_at_that_instant(lead: EventBuilder, run: Run) -> None:
    """Although the reassignment is read before any timer fired."""
    state, facts = run(
        [
            lead.make(LeadAssigned, at=lead.at(0)),
            lead.make(LeadAssigned, at=lead.at(5), version=2, assignment="lead-1.2", rep="rep-ben"),
        ]
    )
    clock = of_lead(state)[TOUCH]
    assert (clock.state, clock.charged, clock.live) == ("breached", "rep-ana", False)
    assert [f.time for f in facts if f.event.type_name() == "clock.breached.v1"] == [lead.at(4)]


def test_the_first_touch_by_the_holder_or_by_nobody_named_counts(lead: EventBuilder, run: Run) -> None:
    events = [
        lead.make(LeadAssigned, at=lead.at(0)),
        lead.make(ContactAttempted, at=lead.at(1), by="rep-ben"),
        lead.make(ContactAttempted, at=lead.at(2), by=None),
        lead.make(ContactAttempted, at=lead.at(3)),
    ]
    state, _ = run(events)
    assert (of_lead(state)[TOUCH].stopped, of_lead(state)[TOUCH].cause) == (lead.at(2), "attempted")


def test_what_nobody_named_did_as_the_clock_began_is_not_its_stop(lead: EventBuilder, run: Run) -> None:
    """The word that qualified the lead also brought the new owner."""
    state, _ = run([lead.make(ContactConnected, at=lead.at(0), by=None), lead.make(LeadAssigned, at=lead.at(0))])
    assert of_lead(state)[TOUCH].state == "running"


def test_an_account_executive_who_takes_over_has_a_clock_of_their_own(lead: EventBuilder, run: Run) -> None:
    handed = lead.make(LeadAssigned, at=lead.at(2), version=2, assignment="lead-1.2", rep="rep-dan", rule="hands_to")
    state, _ = run(
        [
            lead.make(LeadAssigned, at=lead.at(0)),
            lead.make(ContactConnected, at=lead.at(1)),
            handed,
            lead.make(ContactAttempted, at=lead.at(3), by="rep-dan"),
        ]
    )
    mine = {name: clock.state for name, clock in of_lead(state).items() if clock.holder == "rep-dan"}
    assert mine == {ID.format("accepted", "lead-1.2"): "running", ID.format("ae_touch", "lead-1.2"): "met"}


def test_who_is_an_mql_already_does_not_become_one(lead: EventBuilder, run: Run) -> None:
    """The entry was old news; a change of status is not another entry."""
    entry = lead.make(StageChanged, at=lead.at(0), mode="historical")
    goes_on = lead.make(
        StageChanged, at=lead.at(1), stage_from="mql", status_from="assigned", status="attempting_contact"
    )
    state, _ = run([entry, goes_on])
    assert state.leads == {}
    again = lead.make(StageChanged, at=lead.at(1), stage_from="mql", status_from="nurture", cycle=2)
    assert "lead-1/2/routed/-" in of_lead(run([again])[0])


def test_a_touch_before_the_assignment_does_not_count(lead: EventBuilder, run: Run) -> None:
    state, _ = run([lead.make(ContactAttempted, at=lead.at(-1)), lead.make(LeadAssigned, at=lead.at(0))])
    assert of_lead(state)[TOUCH].state == "running"


def test_the_third_attempt_keeps_the_third_promise_and_so_does_an_answer(lead: EventBuilder, run: Run) -> None:
    tries = [lead.make(ContactAttempted, at=lead.at(hours)) for hours in (1, 2, 5)]
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0)), *tries])
    assert (of_lead(state)[THREE].state, of_lead(state)[THREE].stopped) == ("met", lead.at(5))
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0)), tries[0], lead.make(ContactConnected, at=lead.at(3))])
    assert (of_lead(state)[THREE].cause, of_lead(state)[THREE].stopped) == ("connected", lead.at(3))


def test_a_touch_that_arrives_before_its_clock_stops_it_at_birth(lead: EventBuilder, run: Run) -> None:
    state, facts = run([lead.make(ContactAttempted, at=lead.at(1)), lead.make(LeadAssigned, at=lead.at(0))])
    assert of_lead(state)[TOUCH].stopped == lead.at(1)
    assert names(facts)[1:3] == ["started first_touch", "met first_touch"]


def test_a_late_stop_is_kept_late_and_the_breach_is_said_first(lead: EventBuilder, run: Run) -> None:
    state, facts = run([lead.make(LeadAssigned, at=lead.at(0)), lead.make(ContactAttempted, at=lead.at(5))])
    assert names(facts)[3:] == ["breached first_touch", "met first_touch"]
    assert [fact.time for fact in facts[3:5]] == [lead.at(4), lead.at(5)]
    assert (of_lead(state)[TOUCH].state, of_lead(state)[TOUCH].charged) == ("late", "rep-ana")


def test_a_touch_after_the_lead_was_taken_away_does_not_count(lead: EventBuilder, run: Run) -> None:
    """The touch is read first; the reassignment, earlier by its time, comes later."""
    state, facts = run(
        [
            lead.make(LeadAssigned, at=lead.at(0)),
            lead.make(ContactAttempted, at=lead.at(3)),
            lead.make(LeadAssigned, at=lead.at(2), version=2, assignment="lead-1.2", rep="rep-ben"),
        ]
    )
    assert of_lead(state)[TOUCH].state == "void"
    assert "corrected first_touch" in names(facts)


def test_old_news_starts_no_clock_but_ends_them(lead: EventBuilder, run: Run) -> None:
    state, facts = run(
        [
            lead.make(StageChanged, at=lead.at(0), mode="historical"),
            lead.make(LeadAssigned, at=lead.at(1), mode="historical"),
        ]
    )
    assert (state.leads, facts) == ({}, [])
    state, _ = run(
        [
            lead.make(LeadAssigned, at=lead.at(0)),
            lead.make(LeadAssigned, at=lead.at(1), version=2, assignment="lead-1.2", rep="rep-ben", mode="historical"),
        ]
    )
    assert {clock.state for clock in of_lead(state).values()} == {"void"}


def test_a_closed_deal_asks_its_owner_for_the_survey(lead: EventBuilder, run: Run) -> None:
    won = lead.make(StageChanged, at=lead.at(1), stage="won", closed=True, owner="rep-ana", team="new-york", deal="d-1")
    state, facts = run(
        [
            lead.make(LeadAssigned, at=lead.at(0)),
            won,
            lead.make(StageChanged, at=lead.at(2), stage="won", closed=True),
            lead.make(FeedbackGiven, at=lead.at(3)),
            lead.make(SurveyAnswered, at=lead.at(9), by="rep-ben"),
        ]
    )
    clock = of_lead(state)[ID.format("survey", "-")]
    assert (clock.state, clock.stopped) == ("met", lead.at(9))
    assert names(facts)[-2:] == ["started survey", "met survey"]
    (started, *_) = [data for data in of_type(facts, ClockStarted.Data) if data.promise == "survey"]
    assert (started.deal, started.holder, started.target) == ("d-1", "rep-ana", "5bd")


def test_the_survey_of_another_deal_stops_no_clock_and_one_that_came_first_stops_it_at_birth(
    lead: EventBuilder, run: Run
) -> None:
    closed = {"stage": "lost", "closed": True, "owner": "rep-ana", "team": "new-york", "deal": "d-1"}
    other = lead.make(SurveyAnswered, at=lead.at(2), deal="d-2", outcome="won")
    state, _ = run([lead.make(StageChanged, closed, at=lead.at(1)), other])
    assert of_lead(state)[ID.format("survey", "-")].state == "running"
    early = lead.make(SurveyAnswered, at=lead.at(0.5), outcome="lost")
    state, _ = run([early, lead.make(StageChanged, closed, at=lead.at(1))])
    clock = of_lead(state)[ID.format("survey", "-")]
    assert (clock.state, clock.stopped) == ("met", lead.at(1))


def test_a_survey_that_says_another_outcome_stops_no_clock_until_the_deal_has_ended_so(
    lead: EventBuilder, run: Run
) -> None:
    closed = {"closed": True, "owner": "rep-ana", "team": "new-york", "deal": "d-1"}
    lost = lead.make(StageChanged, closed, at=lead.at(1), stage="lost")
    log = [lost, lead.make(SurveyAnswered, at=lead.at(2), outcome="won")]
    state, _ = run(log)
    assert of_lead(state)[ID.format("survey", "-")].state == "running"
    state, _ = run([*log, lead.make(StageChanged, closed, at=lead.at(3), stage="won")])
    first, second = (of_lead(state)[ID.format("survey", number)] for number in ("-", 2))
    assert (first.state, first.stopped, first.cause) == ("void", lead.at(3), "deal_ended_otherwise")
    assert (second.state, second.started, second.stopped) == ("met", lead.at(3), lead.at(3))
    state, _ = run([*log, lead.make(SurveyAnswered, at=lead.at(4), outcome="lost")])
    assert of_lead(state)[ID.format("survey", "-")].stopped == lead.at(4)


def test_an_unknown_rep_works_the_hours_of_the_team(lead: EventBuilder, run: Run) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0), rep="rep-gone", team="gone", pool="gone")])
    assert of_lead(state)[TOUCH].due == lead.at(4)


def test_touches_are_remembered_for_clocks_to_come(lead: EventBuilder, terms: Terms) -> None:
    touched = lead.make(ContactAttempted, at=lead.at(1), recorded=lead.at(0.5))
    outcome = decide(State(), [touched], terms, now=lead.at(1))
    assert outcome.touches == {"lead-1": [SalesTouch(lead.at(0.5), "attempted", touched.id, "rep-ana", "call")]}


@pytest.mark.parametrize("kind", [ContactConnected, LeadSalesQualified, DealOpened])
def test_whatever_shows_that_the_person_was_reached_is_a_touch(
    lead: EventBuilder, run: Run, kind: type[ContactConnected] | type[LeadSalesQualified] | type[DealOpened]
) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0)), lead.make(kind, at=lead.at(1))])
    assert (of_lead(state)[TOUCH].state, of_lead(state)[THREE].stopped) == ("met", lead.at(1))
