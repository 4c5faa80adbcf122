"""Who is told of what; and that neither the cut of a batch nor the interleaving of topics ever shows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.teams import Teams
from events import Event
from events.handoffs import AlertRaised, AnswerIgnored, LeadNurtured, OwnerTold, StageChanged
from events.leads import ConsentChanged, Known, LeadUpdated
from events.slas import ClockBreached, ClockEscalated, ClockMet, ClockReminded
from notifier.decide import Desk, Notice, Terms, decide, untrue
from testing.events import NOON


def owed(terms: Terms, *events: Event) -> set[tuple[str, str, str]]:
    return {(n.kind, n.recipient, n.channel) for n in decide({}, events, terms, NOON).notices}


def test_an_assignment_is_told_by_slack_and_mail(terms: Terms, story: Any) -> None:
    assert owed(terms, *story.offer()) == {("assignment", "rep-ana", "slack"), ("assignment", "rep-ana", "email")}


def test_history_is_told_to_nobody(terms: Terms, story: Any) -> None:
    assert owed(terms, story.captured(), story.assigned(mode="historical")) == set()


def test_the_previous_rep_hears_to_whom_it_went(terms: Terms, story: Any) -> None:
    again = story.assigned("rep-ben", 2, reassigned_from="rep-ana")
    assert ("reassigned", "rep-ana", "slack") in owed(terms, *story.offer(), again)


@pytest.mark.parametrize(
    ("reason", "then", "told"),
    [
        ("not_icp", "disqualify", {("rejected", "marketing", "slack")}),
        ("bad_data", "steward", {("rejected", "stewards", "slack"), ("rejected", "marketing", "slack")}),
        ("out_of_territory", "reroute", set()),
        ("accept_timeout", "repool", set()),
        ("withdrawn", "none", {("withdrawal", "rep-ana", "slack")}),
    ],
)
def test_the_reason_decides_who_hears_of_a_return(
    terms: Terms, story: Any, reason: str, then: str, told: set[tuple[str, str, str]]
) -> None:
    assert owed(terms, story.returned(reason, then)) == told


def test_reminders_go_to_those_the_promise_names(terms: Terms, story: Any) -> None:
    assert owed(terms, story.clock(ClockReminded, percent=50)) == {("reminder", "rep-ana", "slack")}
    routed = story.clock(ClockReminded, "routed", percent=80, holder="marketing", assignment=None, level="lead")
    assert owed(terms, routed) == {("reminder", "operations", "slack")}


def test_a_breach_is_told_to_rep_and_manager(terms: Terms, story: Any) -> None:
    assert owed(terms, story.clock(ClockBreached)) == {
        (kind, who, by) for kind in ("breach",) for who in ("rep-ana", "manager:rep-grace") for by in ("slack", "email")
    }


def test_an_escalation_is_told_to_the_manager(terms: Terms, story: Any) -> None:
    escalated = story.clock(ClockEscalated, percent=150, action="manager")
    assert {who for _, who, _ in owed(terms, escalated)} == {"manager:rep-grace"}


def test_marketing_hears_that_a_lead_is_an_sql(terms: Terms, story: Any) -> None:
    data = StageChanged.Data(cycle=1, stage_from="sal", stage="sql", status="connected", why="bant", owner="rep-ana")
    moved = story.told(StageChanged.fact(story.lead, data, time=NOON))
    assert owed(terms, moved) == {("qualified", "marketing", "slack")}


def test_whose_answer_was_ignored_is_told_at_once(terms: Terms, story: Any) -> None:
    data = AnswerIgnored.Data(answer="accepted", by="rep-ana", reason="reassigned", text="already reassigned to Ben")
    ignored = story.told(AnswerIgnored.fact(story.lead, data, time=NOON))
    (notice,) = decide({}, [ignored], terms, NOON).notices
    assert (notice.kind, notice.recipient, notice.next_at) == ("answer_ignored", "rep-ana", NOON)


def test_messages_wait_for_the_recipients_hours_and_the_on_call_person_does_not(terms: Terms, story: Any) -> None:
    night = NOON.replace(hour=3)
    told = story.told(
        OwnerTold.fact(
            story.lead,
            OwnerTold.Data(cycle=1, rep="rep-ana", why="already_owned", snapshot=story.assigned().data.snapshot),
            time=night,
        )
    )
    (activity,) = decide({}, [told], terms, night).notices
    assert activity.next_at == NOON.replace(hour=13)
    alarm = AlertRaised.Data(to="on_call", rep="rep-ana", reason="nobody", text="a hot lead finds nobody")
    called = decide({}, [story.told(AlertRaised.fact(story.lead, alarm, time=night))], terms, night).notices
    assert {(notice.recipient, notice.next_at) for notice in called} == {("on_call:rep-ana", night)}


def test_a_rep_without_slack_gets_mail_instead(terms: Terms, story: Any) -> None:
    reps = tuple(rep.model_copy(update={"slack_user": None}) for rep in terms.teams.reps)
    fields = {name: getattr(terms.teams, name) for name in Teams.model_fields}
    without = replace(terms, teams=Teams(**{**fields, "reps": reps}))
    assert owed(without, story.clock(ClockReminded, percent=50)) == {("reminder", "rep-ana", "email")}


def test_what_only_webhooks_carry_is_mailed_to_nobody(terms: Terms, story: Any) -> None:
    data = LeadNurtured.Data(cycle=1, segment="long_term", reason="35 of 60")
    assert owed(terms, story.told(LeadNurtured.fact(story.lead, data, time=NOON))) == set()


def test_what_was_overtaken_while_it_waited_is_not_sent(terms: Terms, story: Any) -> None:
    events = [*story.offer(), story.clock(ClockReminded, percent=50), story.clock(ClockMet, stopped=NOON, cause="x")]
    outcome = decide({}, events, terms, NOON)
    desk = outcome.desks[story.lead]
    reasons = {n.kind: untrue(n.kind, n.about, n.assignment, desk) for n in outcome.notices}
    assert reasons == {"assignment": None, "reminder": "the promise is met"}


def test_what_the_person_did_since_stands_on_the_card(terms: Terms, story: Any) -> None:
    told = story.assigned().data.snapshot.model_copy(update={"total": 175})
    data = OwnerTold.Data(cycle=1, rep="rep-ana", why="already_owned", snapshot=told)
    before = decide({}, story.offer(), terms, NOON)
    after = decide(before.desks, [story.told(OwnerTold.fact(story.lead, data, time=NOON))], terms, NOON)
    assert [offer.snapshot.total for offer in after.desks[story.lead].matter.offers.values()] == [175]
    assert after.touched == {story.lead}


def test_who_wants_no_mail_is_not_enrolled_and_the_card_says_so(terms: Terms, story: Any) -> None:
    def said(granted: bool, hours: int) -> Event:
        data = ConsentChanged.Data(channel="email", granted=granted)
        changed: Event = story.told(ConsentChanged.fact(story.lead, data, time=NOON + timedelta(hours=hours)))
        return changed

    outcome = decide({}, [*story.offer(), said(False, 2), said(True, 1)], terms, NOON)
    desk = outcome.desks[story.lead]
    assert desk.person.refused == ("email",), "the last word counts, not the last to arrive"
    assert untrue("nurture", "x", None, desk) == "the person wants no e-mail"
    assert story.lead in outcome.touched
    again = decide(outcome.desks, [said(True, 3)], terms, NOON).desks[story.lead]
    assert (again.person.refused, untrue("nurture", "x", None, again)) == ((), None)


def test_a_more_trusted_source_wins_and_a_late_value_does_not(terms: Terms, story: Any) -> None:
    def learned(source: str, value: Any, hours: int) -> Event:
        known = Known(name="employees", value=value, source=source, at=NOON + timedelta(hours=hours))
        updated: Event = story.told(LeadUpdated.fact(story.lead, LeadUpdated.Data(facts=(known,)), time=NOON))
        return updated

    events = [story.captured(), learned("form", 10, 5), learned("steward", 99, 1), learned("form", 7, 2)]
    person = decide({}, events, terms, NOON).desks[story.lead].person
    assert person.fact("employees", terms.definitions.survivorship["employees"]) == 99
    assert person.fact("employees", ("form", "steward")) == 10


def script(story: Any) -> dict[str, list[Event]]:
    """A whole story, each topic in its own order."""
    again = {"reassigned_from": "rep-ana", "previous": f"{story.lead}.1"}
    return {
        "leads": [story.captured(), story.did(), story.did("blog_read", minutes=3), story.captured(phone="1")],
        "handoffs": [
            story.assigned(),
            story.returned("accept_timeout", "repool"),
            story.assigned("rep-ben", 2, **again),
            story.accepted("rep-ben", 2),
        ],
        "slas": [
            *(story.clock(), story.clock(promise="first_touch"), story.clock(ClockReminded, percent=50)),
            *(story.clock(ClockBreached), story.clock(ClockEscalated, percent=150, action="repool")),
            *(story.clock(version=2), story.clock(ClockMet, version=2, stopped=NOON, cause="accepted")),
        ],
    }


class Kept:
    """What the tables would hold."""

    def __init__(self) -> None:
        self.desks = dict[str, Desk]()
        self.notices = dict[str, Notice]()
        self.touched = set[str]()

    def read(self, events: Sequence[Event], terms: Terms) -> "Kept":
        outcome = decide(self.desks, events, terms, NOON)
        self.desks |= outcome.desks
        self.touched |= outcome.touched
        for notice in outcome.notices:
            self.notices.setdefault(notice.id, notice)
        for identity, notice in self.notices.items():
            if notice.lead in outcome.gone:
                self.notices[identity] = replace(notice, payload={}, next_at=None)
            elif notice.next_at and notice.kind == "assignment" and notice.about in outcome.timed:
                self.notices[identity] = replace(notice, next_at=NOON)
        return self


@st.composite
def interleaved(draw: st.DrawFn, topics: dict[str, list[Event]]) -> list[Event]:
    left = {name: list(events) for name, events in topics.items()}
    merged = list[Event]()
    while any(left.values()):
        merged.append(left[draw(st.sampled_from([name for name, events in left.items() if events]))].pop(0))
    return merged


@given(st.data())
def test_where_a_batch_is_cut_never_shows(terms: Terms, tell_of: Any, data: st.DataObject) -> None:
    topics = script(tell_of("lead-1"))
    other = tell_of("lead-2")
    topics["others"] = [other.captured(), other.assigned("rep-ben"), other.erased(), other.clock(ClockBreached)]
    events = data.draw(interleaved(topics))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(events)), max_size=5)) | {0, len(events)})
    piecewise = Kept()
    for start, end in pairwise(cuts):
        piecewise.read(events[start:end], terms)
    assert vars(piecewise) == vars(Kept().read(events, terms))


@given(st.data())
def test_interleaving_of_topics_never_shows(terms: Terms, tell_of: Any, data: st.DataObject) -> None:
    story = tell_of("lead-1")
    topics = script(story)
    if data.draw(st.booleans(), "erased"):
        topics["leads"].append(story.erased())
    drawn = data.draw(interleaved(topics))
    one = Kept().read([event for events in topics.values() for event in events], terms)
    other = Kept().read(drawn, terms)
    assert one.notices == other.notices
    assert one.desks == other.desks
