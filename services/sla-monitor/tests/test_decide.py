"""Clocks: what starts them, what stops them, and what is said."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from events import Event, Fact
from runtime.values import Timer
from sla_monitor.decide.clock import NEXT, move
from sla_monitor.decide.fold import Lead, Outcome, Touch, decide
from sla_monitor.decide.milestones import fire
from sla_monitor.decide.start import Terms

ID = "lead-1/1/{}/{}"
TOUCH, ACCEPT, THREE = (ID.format(name, "lead-1.1") for name in ("first_touch", "accepted", "three_attempts"))
ROUTED = ID.format("routed", "-")


def after(leads: Mapping[str, Lead], outcome: Outcome) -> dict[str, Lead]:
    """The state as the store would keep it."""
    found = dict(leads)
    for clock in outcome.clocks.values():
        lead = found.get(clock.lead, Lead())
        found[clock.lead] = replace(lead, clocks={**lead.clocks, clock.id: clock})
    for name, touches in outcome.touches.items():
        lead = found.get(name, Lead())
        found[name] = replace(lead, touches=(*lead.touches, *touches))
    return found


def kinds(facts: Iterable[Fact]) -> list[str]:
    return [f"{fact.event.type_name().split('.')[1]} {fact.data.promise}" for fact in facts]  # type: ignore[attr-defined]


def told(events: Iterable[Event], terms: Terms) -> tuple[dict[str, Lead], list[Fact]]:
    outcome = decide({}, events, terms)
    return after({}, outcome), outcome.facts


def timers(outcome: Outcome) -> list[Timer]:
    return [timer for timer in outcome.timers if timer.due_at]


def test_an_mql_waits_for_marketing_until_it_is_assigned(story: Any, terms: Terms) -> None:
    leads, facts = told([story.stage(0), story.assigned(1)], terms)
    routed = leads["lead-1"].clocks[ROUTED]
    assert (routed.state, routed.stopped, routed.holder) == ("met", story.at(1), "marketing")
    assert kinds(facts) == [
        "started routed",
        "met routed",
        "started accepted",
        "started first_touch",
        "started three_attempts",
    ]


def test_due_times_come_from_the_agreement_and_the_assignment(story: Any, terms: Terms) -> None:
    leads, _ = told([story.assigned(0, touch="4bh")], terms)
    clocks = leads["lead-1"].clocks
    assert clocks[TOUCH].due == story.at(4)
    assert clocks[ACCEPT].due == story.at(24)
    assert clocks[THREE].due == story.at(24 * 5)  # over the weekend
    assert [(m.percent, m.action) for m in clocks[TOUCH].milestones] == [
        (50, "remind"),
        (80, "remind"),
        (100, "breach"),
        (150, "repool"),
    ]
    assert [m.percent for m in clocks[THREE].milestones] == [50, 80, 100]
    assert clocks[ACCEPT].pauses == ((story.at(8), story.at(23)),)
    assert clocks[ACCEPT].agreement == terms.version


def test_the_leads_own_clock_never_resets(story: Any, terms: Terms) -> None:
    events = [story.stage(0), story.assigned(1), story.returned(2, "out_of_territory"), story.stage(2), story.stage(3)]
    leads, facts = told(events, terms)
    assert kinds(facts).count("started routed") == 1
    assert leads["lead-1"].clocks[ROUTED].stopped == story.at(1)


def test_a_new_cycle_has_clocks_of_its_own(story: Any, terms: Terms) -> None:
    closed = story.stage(2, "lost", closed=True, status="nurture")
    _, facts = told([story.stage(0), story.assigned(1), closed, story.stage(3, cycle=2)], terms)
    assert kinds(facts).count("started routed") == 2


def test_acceptance_stops_the_answer_clock_only(story: Any, terms: Terms) -> None:
    leads, _ = told([story.assigned(0), story.accepted(3)], terms)
    clocks = leads["lead-1"].clocks
    assert (clocks[ACCEPT].state, clocks[ACCEPT].cause) == ("met", "accepted")
    assert clocks[TOUCH].state == clocks[THREE].state == "running"


def test_a_rejection_is_an_answer_and_ends_the_rest(story: Any, terms: Terms) -> None:
    leads, _ = told([story.assigned(0), story.returned(3, "not_icp")], terms)
    clocks = leads["lead-1"].clocks
    assert (clocks[ACCEPT].state, clocks[ACCEPT].cause) == ("met", "rejected")
    assert (clocks[TOUCH].state, clocks[TOUCH].cause) == ("void", "not_icp")


@pytest.mark.parametrize("reason", ["rep_left", "withdrawn", "merged", "closed"])
def test_what_is_no_answer_keeps_no_promise(story: Any, terms: Terms, reason: str) -> None:
    leads, _ = told([story.assigned(0), story.returned(3, reason)], terms)
    assert {(c.state, c.cause) for c in leads["lead-1"].clocks.values()} == {("void", reason)}


def test_reassignment_voids_the_previous_owners_clocks_and_starts_fresh_ones(story: Any, terms: Terms) -> None:
    leads, _ = told([story.assigned(0), story.assigned(2, version=2, rep="rep-ben")], terms)
    clocks = leads["lead-1"].clocks
    assert (clocks[TOUCH].state, clocks[TOUCH].cause, clocks[TOUCH].stopped) == ("void", "reassigned", story.at(2))
    fresh = clocks[ID.format("first_touch", "lead-1.2")]
    assert (fresh.state, fresh.holder, fresh.due) == ("running", "rep-ben", story.at(6))


def test_a_breach_stays_with_who_held_the_lead_at_that_instant(story: Any, terms: Terms) -> None:
    """Although the reassignment is read before any timer fired."""
    leads, facts = told([story.assigned(0), story.assigned(5, version=2, rep="rep-ben")], terms)
    clock = leads["lead-1"].clocks[TOUCH]
    assert (clock.state, clock.charged, clock.live) == ("breached", "rep-ana", False)
    assert [f.time for f in facts if f.event.type_name() == "clock.breached.v1"] == [story.at(4)]


def test_closing_stops_everything(story: Any, terms: Terms) -> None:
    events = [story.stage(0), story.stage(1, "mql", closed=True, status="disqualified", why="student")]
    leads, _ = told(events, terms)
    assert (leads["lead-1"].clocks[ROUTED].state, leads["lead-1"].clocks[ROUTED].cause) == ("void", "student")


def test_the_first_touch_by_the_holder_or_by_nobody_named_counts(story: Any, terms: Terms) -> None:
    events = [story.assigned(0), story.attempted(1, by="rep-ben"), story.attempted(2, by=None), story.attempted(3)]
    leads, _ = told(events, terms)
    assert (leads["lead-1"].clocks[TOUCH].stopped, leads["lead-1"].clocks[TOUCH].cause) == (story.at(2), "attempted")


def test_what_nobody_named_did_as_the_clock_began_is_not_its_stop(story: Any, terms: Terms) -> None:
    """The word that qualified the lead also brought the new owner."""
    leads, _ = told([story.connected(0, by=None), story.assigned(0)], terms)
    assert leads["lead-1"].clocks[TOUCH].state == "running"


def test_an_account_executive_who_takes_over_has_a_clock_of_their_own(story: Any, terms: Terms) -> None:
    handed = story.assigned(2, version=2, rep="rep-dan", rule="hands_to")
    leads, _ = told([story.assigned(0), story.connected(1), handed, story.attempted(3, by="rep-dan")], terms)
    mine = {name: clock.state for name, clock in leads["lead-1"].clocks.items() if clock.holder == "rep-dan"}
    assert mine == {ID.format("accepted", "lead-1.2"): "running", ID.format("ae_touch", "lead-1.2"): "met"}


def test_who_is_an_mql_already_does_not_become_one(story: Any, terms: Terms) -> None:
    """The entry was old news; a change of status is not another entry."""
    was = {"stage_from": "mql", "status_from": "assigned", "status": "attempting_contact"}
    leads, _ = told([story.stage(0, mode="historical"), story.stage(1, **was)], terms)
    assert leads == {}
    again = {"stage_from": "mql", "status_from": "nurture", "cycle": 2}
    assert "lead-1/2/routed/-" in told([story.stage(1, **again)], terms)[0]["lead-1"].clocks


def test_a_touch_before_the_assignment_does_not_count(story: Any, terms: Terms) -> None:
    leads, _ = told([story.attempted(-1), story.assigned(0)], terms)
    assert leads["lead-1"].clocks[TOUCH].state == "running"


def test_the_third_attempt_keeps_the_third_promise_and_so_does_an_answer(story: Any, terms: Terms) -> None:
    tries = [story.attempted(hours) for hours in (1, 2, 5)]
    leads, _ = told([story.assigned(0), *tries], terms)
    assert (leads["lead-1"].clocks[THREE].state, leads["lead-1"].clocks[THREE].stopped) == ("met", story.at(5))
    leads, _ = told([story.assigned(0), tries[0], story.connected(3)], terms)
    assert (leads["lead-1"].clocks[THREE].cause, leads["lead-1"].clocks[THREE].stopped) == ("connected", story.at(3))


def test_a_touch_that_arrives_before_its_clock_stops_it_at_birth(story: Any, terms: Terms) -> None:
    leads, facts = told([story.attempted(1), story.assigned(0)], terms)
    assert leads["lead-1"].clocks[TOUCH].stopped == story.at(1)
    assert kinds(facts)[1:3] == ["started first_touch", "met first_touch"]


def test_a_late_stop_is_kept_late_and_the_breach_is_said_first(story: Any, terms: Terms) -> None:
    leads, facts = told([story.assigned(0), story.attempted(5)], terms)
    assert kinds(facts)[3:] == ["breached first_touch", "met first_touch"]
    assert [fact.time for fact in facts[3:]] == [story.at(4), story.at(5)]
    assert (leads["lead-1"].clocks[TOUCH].state, leads["lead-1"].clocks[TOUCH].charged) == ("late", "rep-ana")


def test_an_earlier_stamp_that_comes_late_undoes_the_breach(story: Any, terms: Terms) -> None:
    leads, _ = told([story.assigned(0)], terms)
    fired = fire(leads, [Timer("lead-1", "milestone", TOUCH, story.at(4))], story.at(5))
    leads = after(leads, fired)
    assert leads["lead-1"].clocks[TOUCH].state == "breached"
    outcome = decide(leads, [story.attempted(3, recorded=30, mode="historical")], terms)
    (corrected,) = outcome.facts
    assert corrected.event.type_name() == "clock.corrected.v1"
    assert corrected.mode == "live"
    assert corrected.data.model_dump(include={"was", "now", "stopped", "cause"}) == {
        "was": "breached",
        "now": "met",
        "stopped": story.at(3),
        "cause": "attempted",
    }
    assert outcome.clocks[TOUCH].charged is None


def test_a_touch_after_the_lead_was_taken_away_does_not_count(story: Any, terms: Terms) -> None:
    """The touch is read first; the reassignment, earlier by its time, comes later."""
    leads, facts = told([story.assigned(0), story.attempted(3), story.assigned(2, version=2, rep="rep-ben")], terms)
    assert leads["lead-1"].clocks[TOUCH].state == "void"
    assert "corrected first_touch" in kinds(facts)


def test_old_news_starts_no_clock_but_ends_them(story: Any, terms: Terms) -> None:
    leads, facts = told([story.stage(0, mode="historical"), story.assigned(1, mode="historical")], terms)
    assert (leads, facts) == ({}, [])
    leads, _ = told([story.assigned(0), story.assigned(1, version=2, rep="rep-ben", mode="historical")], terms)
    assert {clock.state for clock in leads["lead-1"].clocks.values()} == {"void"}


def test_a_closed_deal_asks_its_owner_for_the_survey(story: Any, terms: Terms) -> None:
    won = story.stage(1, "won", closed=True, owner="rep-ana", team="new-york")
    leads, facts = told([story.assigned(0), won, story.stage(2, "won", closed=True), story.feedback(9)], terms)
    clock = leads["lead-1"].clocks[ID.format("survey", "-")]
    assert (clock.state, clock.stopped) == ("met", story.at(9))
    assert kinds(facts)[-2:] == ["started survey", "met survey"]


def test_milestones_missed_in_a_downtime_are_said_in_order_with_their_own_times(story: Any, terms: Terms) -> None:
    outcome = decide({}, [story.assigned(0)], terms)
    touch = [timer for timer in timers(outcome) if timer.key == TOUCH]
    assert [timer.due_at for timer in touch] == [story.at(2)]
    fired = fire(after({}, outcome), touch, story.at(48))
    assert [(fact.event.type_name(), fact.time) for fact in fired.facts] == [
        ("clock.reminded.v1", story.at(2)),
        ("clock.reminded.v1", story.at(3.2)),
        ("clock.breached.v1", story.at(4)),
        ("clock.escalated.v1", story.at(6)),
    ]
    assert timers(fired) == []
    assert {fact.correlation for fact in fired.facts} == {outcome.facts[0].correlation}


def test_each_timer_plans_the_next(story: Any, terms: Terms) -> None:
    leads, _ = told([story.assigned(0)], terms)
    for hours, following in ((2, 3.2), (3.2, 4), (4, 6), (6, None)):
        fired = fire(leads, [Timer("lead-1", "milestone", TOUCH, story.at(hours))], story.at(hours))
        assert len(fired.facts) == 1
        assert fired.timers[0].due_at == (None if following is None else story.at(following))
        leads = after(leads, fired)


@pytest.mark.parametrize(
    ("more", "action"),
    [({}, "repool"), ({"kind": "named"}, "manager"), ({"flag": "referral"}, "manager"), ({"flag": "hot"}, "repool")],
)
def test_of_named_accounts_and_referrals_the_manager_decides(
    story: Any, terms: Terms, more: dict[str, Any], action: str
) -> None:
    leads, _ = told([story.assigned(0, **more)], terms)
    fired = fire(leads, [Timer("lead-1", "milestone", TOUCH, story.at(6))], story.at(6))
    assert fired.facts[-1].data.action == action  # type: ignore[attr-defined]
    assert fired.facts[-1].data.manager == "rep-grace"  # type: ignore[attr-defined]


def test_a_timer_of_a_stopped_clock_says_nothing(story: Any, terms: Terms) -> None:
    outcome = decide({}, [story.assigned(0), story.attempted(1)], terms)
    assert TOUCH not in {timer.key for timer in timers(outcome)}
    fired = fire(after({}, outcome), [Timer("lead-1", "milestone", TOUCH, story.at(2))], story.at(9))
    assert (fired.facts, fired.clocks) == ([], {})


def test_an_unknown_rep_works_the_hours_of_the_team(story: Any, terms: Terms) -> None:
    leads, _ = told([story.assigned(0, rep="rep-gone", team="gone", pool="gone")], terms)
    assert leads["lead-1"].clocks[TOUCH].due == story.at(4)


def test_a_pair_that_is_not_in_the_table_changes_nothing(story: Any, terms: Terms) -> None:
    leads, _ = told([story.assigned(0)], terms)
    clock = leads["lead-1"].clocks[TOUCH]
    words = {word for _, word in NEXT}
    for state in ("running", "met", "breached", "late", "void"):
        for word in words:
            if (state, word) not in NEXT:
                before = replace(clock, state=state)
                assert move(before, word, None) == (before, [])


def test_touches_are_kept_for_clocks_to_come(story: Any, terms: Terms) -> None:
    touched = story.attempted(1, recorded=0.5)
    outcome = decide({}, [touched], terms)
    assert outcome.touches == {"lead-1": [Touch(story.at(0.5), "attempted", touched.id, "rep-ana")]}
