"""The laws of the fold, and examples of what it makes of each topic."""

import copy
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import ClassVar, Final

import pytest
from hypothesis import strategies as st

from events import Event, Fact
from events.codec import decode
from events.grounds import PassedStep
from events.handoffs import (
    AlertRaised,
    LeadAccepted,
    LeadAssigned,
    LeadNurtured,
    LeadReturned,
    LeadSuppressed,
    OwnerTold,
    StageChanged,
)
from events.leads import Campaign, EngagementRecorded, KnownFact, LeadCaptured, LeadErased, LeadMerged, LeadUpdated
from events.schemas import EXAMPLES
from events.topics import TYPES
from reporting.decide import HANDLES, PERSONAL, ROWS, State, Terms, decide, forget
from reporting.decide.handoffs import OfferAnswer, StageEntry
from reporting.decide.leads import Person, Touch
from reporting.decide.positions import Position
from reporting.decide.rows import row, update
from reporting.decide.sales import SalesNote, StewardAnswer, Survey
from reporting.decide.teamwork import ActionNote, Assessment, ContentNote
from reporting.decide.timeline import TimelineEntry
from runtime.values import Input
from testing.events import NOON, EventBuilder
from testing.laws import FoldLaws
from testing.service import shipped_agreement

TERMS: Final = Terms.of(shipped_agreement())
EARLIER: Final = datetime(2026, 8, 1, tzinfo=UTC)


def state_after(events: Sequence[Event], *cuts: int) -> State:
    """The whole state after the events, read in batches that end at the cuts."""
    state = State()
    edges = [0, *sorted(cuts), len(events)]
    for start, end in pairwise(edges):
        state = save_batch(state, events[start:end])
    return state


def save_batch(state: State, inputs: Sequence[Input]) -> State:
    """The state after one more batch, saved as the store does it."""
    outcome = decide(state, inputs, TERMS, now=NOON)
    after = copy.deepcopy(state)
    after.update(outcome.state)
    forget(after, outcome.erasures)
    return after


class TestLaws(FoldLaws[State]):
    events: ClassVar[list[Event]] = []

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def given_events(cls, events: list[Event]) -> None:
        cls.events = events

    def logs(self) -> st.SearchStrategy[list[Input]]:
        subjects = sorted({event.subject for event in self.events})
        return st.sets(st.sampled_from(subjects), min_size=1, max_size=2).map(
            lambda some: [event for event in self.events if event.subject in some]
        )

    def begin(self) -> State:
        return State()

    def fold(self, state: State, inputs: Sequence[Input]) -> tuple[State, Sequence[Fact]]:
        return save_batch(state, inputs), ()

    def compared(self, state: State) -> object:
        return {kind.table: rows for kind, rows in state.tables.items() if rows}


def test_every_type_of_every_topic_is_handled() -> None:
    assert {event.type_name() for event in HANDLES if not isinstance(event, str)} == set(TYPES)


def test_every_table_has_one_kind_of_row_and_personal_words_have_a_column() -> None:
    assert len({kind.table for kind in ROWS}) == len(ROWS)
    assert {(kind, kind.personal) for kind in PERSONAL} == {
        (TimelineEntry, "private"),
        *((kind, "note") for kind in (SalesNote, StewardAnswer, ContentNote)),
        (Survey, "words"),
        (ActionNote, "text"),
        (Assessment, "answer"),
    }


def test_an_unknown_input_is_nobodys_guess() -> None:
    class Unheard(Event):
        pass

    event = Unheard(
        id="x/0/1", source="test", subject="lead-1", time=NOON, recordedtime=NOON, type="unheard.v1", data=None
    )
    with pytest.raises(KeyError):
        decide(State(), [event], TERMS, now=NOON)


def test_a_row_copies_what_has_the_same_name_and_asks_for_the_rest(builder: EventBuilder) -> None:
    event = builder.make(LeadAccepted, assignment="a.1", cycle=3, rep="rep-ana", implied=True)
    assert row(OfferAnswer, event, answer="accepted", accepted=True) == OfferAnswer(
        *("lead-1", "a.1", 3, "rep-ana", NOON, "accepted", True), implied=True
    )
    with pytest.raises(TypeError, match="'answer'"):
        row(OfferAnswer, event, accepted=True)
    with pytest.raises(TypeError, match="colour"):
        row(OfferAnswer, event, answer="accepted", accepted=True, colour="red")
    with pytest.raises(AttributeError, match="has no stage"):
        update(Position("lead-1"), event, "stage")


def test_erasure_takes_the_person_and_the_words_and_leaves_the_counts(events: list[Event]) -> None:
    state = state_after(events)
    person = state.rows(Person)["lead-4",]
    assert (person.email, person.name, person.company, person.facts) == (None, None, None, {})
    assert person.captured_at is not None
    assert all(note.note is None for note in state.rows(SalesNote).values() if note.lead == "lead-4")
    assert ("lead-4", 1, "mql") in state.rows(StageEntry)


def test_words_recorded_before_an_erasure_go_whenever_they_arrive(builder: EventBuilder) -> None:
    lead = builder.about("x")
    wrote = lead.make(EngagementRecorded, kind="demo_request", name="demo", text="call me", recorded=NOON)
    erased = lead.make(LeadErased, recorded=NOON)
    again = lead.make(
        EngagementRecorded, kind="demo_request", name="demo", text="hello", recorded=NOON + timedelta(days=1)
    )
    for order in ([wrote, erased, again], [erased, wrote, again]):
        for cuts in ((), (1,), (1, 2)):
            texts = {key[1]: entry.private for key, entry in state_after(order, *cuts).rows(TimelineEntry).items()}
            assert texts == {wrote.id: None, erased.id: None, again.id: "hello"}


def test_a_withdrawn_mql_is_marked_and_may_come_back(history: list[Event], builder: EventBuilder) -> None:
    assert state_after(history).rows(StageEntry)["lead-6", 1, "mql"].withdrawn
    back = builder.make(StageChanged, subject="lead-6", stage="mql", status="assigned")
    again = state_after([*history, back]).rows(StageEntry)["lead-6", 1, "mql"]
    assert not again.withdrawn
    assert again.entered_at == NOON


def test_implied_stages_are_filled_in_and_marked(builder: EventBuilder) -> None:
    event = builder.make(StageChanged, stage="opportunity", status="connected", implied=("mql", "sal", "sql"))
    entries = state_after([event]).rows(StageEntry)
    assert [(stage, entry.implied) for (_, _, stage), entry in entries.items()] == [
        ("mql", True),
        ("sal", True),
        ("sql", True),
        ("opportunity", False),
    ]


def test_a_return_frees_the_owner(history: list[Event]) -> None:
    position = state_after(history).rows(Position)["lead-4",]
    assert (position.owner, position.assignment, position.status) == (None, None, "nurture")


@pytest.mark.parametrize("outcome", [LeadNurtured, LeadSuppressed])
def test_why_nobody_was_offered_the_lead_is_kept_until_somebody_is(
    outcome: type[Event], history: list[Event], builder: EventBuilder
) -> None:
    lead = builder.about("lead-0")
    steps = (PassedStep(step=7, rule="pool", why="gate not passed"),)
    fields = {"segment": "1"} if outcome is LeadNurtured else {}
    nobody = lead.make(outcome, fields, cycle=1, reason="below_gate", passed=steps)
    position = state_after([nobody]).rows(Position)["lead-0",]
    assert position.passed == steps
    offer = next(event for event in history if isinstance(event, LeadAssigned))
    assert state_after([nobody, offer]).rows(Position)["lead-0",].passed is None
    silent = lead.make(outcome, fields, cycle=1, reason="rejected")
    assert state_after([nobody, silent]).rows(Position)["lead-0",].passed is None


STEPS = (PassedStep(step=7, rule="pool", why="nobody in smb-na can take it now"),)


def test_a_lead_that_waits_keeps_why_until_somebody_has_it(builder: EventBuilder) -> None:
    lead = builder.about("lead-0")
    stage = {"cycle": 1, "stage": "mql", "why": "95 of 60"}
    waits = lead.make(StageChanged, stage, status="waiting_for_shift", owner="rep-ana", passed=STEPS)
    position = state_after([waits]).rows(Position)["lead-0",]
    assert (position.passed, position.owner) == (STEPS, None), "the owner of before has it no more"
    taken = lead.make(StageChanged, stage, status="assigned", owner="rep-ana")
    assert state_after([waits, taken]).rows(Position)["lead-0",].passed is None


def test_an_alert_that_nobody_can_take_the_lead_says_why(builder: EventBuilder) -> None:
    lead = builder.about("lead-0")
    text = {"to": "operations", "text": "nobody in smb-na can take the lead"}
    alert = lead.make(AlertRaised, text, reason="nobody_eligible", passed=STEPS)
    assert state_after([alert]).rows(Position)["lead-0",].passed == STEPS
    reminder = lead.make(AlertRaised, text, reason="routed")
    after = state_after([alert, reminder]).rows(Position)["lead-0",]
    assert after.passed == STEPS, "an alert without steps takes none away"


def test_why_nobody_had_a_lead_goes_when_a_rep_takes_it_out_of_nurture(builder: EventBuilder) -> None:
    lead = builder.about("lead-0")
    nobody = lead.make(LeadNurtured, cycle=1, segment="1", reason="below_gate", passed=STEPS)
    taken = lead.make(StageChanged, cycle=1, stage="sal", status="assigned", why="taken", owner="rep-ana")
    position = state_after([nobody, taken]).rows(Position)["lead-0",]
    assert (position.owner, position.passed) == ("rep-ana", None)


def test_a_lead_whose_company_somebody_has_keeps_why_it_was_not_offered(history: list[Event]) -> None:
    """Its owner was told; a lead that somebody has shows its own offer instead."""
    example = decode((EXAMPLES / f"{OwnerTold.type_name()}.json").read_bytes())
    assert isinstance(example, OwnerTold)
    steps = (PassedStep(step=0, rule="nobody", why="not disqualified"),)
    data = example.data.replaced(passed=steps)
    news = example.replaced(subject="lead-0", data=data)
    assert state_after([news]).rows(Position)["lead-0",].passed == steps
    offer = next(event for event in history if isinstance(event, LeadAssigned) and event.subject == "lead-0")
    assert state_after([offer, news]).rows(Position)["lead-0",].passed is None


def test_the_earliest_touch_with_a_campaign_gives_the_source(builder: EventBuilder) -> None:
    lead, early = builder.about("x"), NOON - timedelta(days=2)
    captured = lead.make(LeadCaptured, email="x@y.example", campaign=Campaign(source="google", name="google-2026"))
    campaign = Campaign(source="newsletter", name="june")
    engaged = lead.make(EngagementRecorded, at=early, kind="blog_read", name="blog", campaign=campaign)
    person = state_after([captured, engaged]).rows(Person)["x",]
    assert (person.source, person.campaign, person.first_seen) == ("newsletter", "june", early)


def test_a_touch_that_names_its_source_comes_before_an_earlier_channel(builder: EventBuilder) -> None:
    lead = builder.about("x")
    form = lead.make(LeadCaptured, email="x@y.example", channel="form:newsletter")
    google = Campaign(source="google", name="spring")
    demo = lead.make(EngagementRecorded, at=NOON + timedelta(days=1), kind="demo_request", name="demo", campaign=google)
    assert state_after([form]).rows(Person)["x",].source == "form:newsletter", "nobody named a source so far"
    for events in ([form, demo], [demo, form]):
        person = state_after(events, 1).rows(Person)["x",]
        assert (person.source, person.campaign, person.first_seen) == ("google", "spring", NOON)


def test_a_later_touch_leaves_the_person_as_it_is(builder: EventBuilder) -> None:
    lead = builder.about("x")
    known = state_after([lead.make(LeadCaptured, email="x@y.example")])
    for days, rows in ((1, 0), (-1, 1)):
        touch = lead.make(EngagementRecorded, at=NOON + timedelta(days=days), kind="blog_read", name="blog")
        outcome = decide(known, [touch], TERMS, now=NOON)
        assert (len(outcome.state.rows(Person)), len(outcome.state.rows(Touch))) == (rows, 1)


@pytest.mark.parametrize(
    ("more", "machine"), [({"user_agent": "proofpoint"}, True), ({"machine": True}, True), ({}, False)]
)
def test_what_a_machine_did_is_no_touch_to_be_credited(
    builder: EventBuilder, more: dict[str, object], machine: bool
) -> None:
    click = builder.about("x").make(EngagementRecorded, {"kind": "email_click", "name": "Clicked", **more})
    state = state_after([click])
    assert [touch.machine for touch in state.rows(Touch).values()] == [machine]
    assert [entry.text.endswith("(a machine)") for entry in state.rows(TimelineEntry).values()] == [machine]


def test_a_merged_person_is_let_go_of_for_good_and_an_erased_one_may_come_back(builder: EventBuilder) -> None:
    lead = builder.about("x")
    captured = lead.make(LeadCaptured, email="x@y.example")
    merged = lead.make(LeadMerged, into="z", reason="alias")
    person = state_after([captured, merged, captured]).rows(Person)["x",]
    assert person.merged_into == "z"
    person = state_after([captured, lead.make(LeadErased), captured]).rows(Person)["x",]
    assert (person.merged_into, person.email) == (None, "x@y.example")
    assert person.facts["email"]["form"]["value"] == "x@y.example", "the address is a claim of its channel's source"


def test_who_accepted_and_then_was_too_slow_had_accepted(builder: EventBuilder) -> None:
    slow, other = builder.about("slow"), builder.about("other")
    late = NOON + timedelta(hours=6)
    events = [
        slow.make(LeadAccepted, assignment="slow.1", rep="rep-ana"),
        slow.make(LeadReturned, at=late, assignment="slow.1", rep="rep-ana", reason="accept_timeout"),
        other.make(LeadReturned, assignment="other.1", rep="rep-ben", reason="accept_timeout"),
    ]
    for cuts in ((), (1,)):
        answers = state_after(events, *cuts).rows(OfferAnswer)
        assert {key[0]: (answer.answer, answer.accepted) for key, answer in answers.items()} == {
            "slow": ("accepted", True),
            "other": ("accept_timeout", False),
        }


def test_the_person_is_named_by_the_facts_that_survive(builder: EventBuilder) -> None:
    lead = builder.about("x")
    form = [("company", "form", "Acme Ltd"), ("name", "form", "Di W."), ("first_name", "form", "Dana")]
    facts = [KnownFact(name=name, source=source, value=value, at=EARLIER) for name, source, value in form]
    crm = [KnownFact(name="company", source="crm", value="Test", at=NOON)]
    last = [KnownFact(name="last_name", source="crm", value="Whitfield", at=NOON)]
    events = [
        lead.make(LeadCaptured, email="x@y.example", facts=facts),
        lead.make(LeadUpdated, facts=[*crm, *last]),
    ]
    for cuts in ((), (1,)):
        person = state_after(events, *cuts).rows(Person)["x",]
        assert (person.company, person.name) == ("Acme Ltd", "Dana Whitfield")


def test_a_batch_leaves_the_state_it_was_given_as_it_was(events: list[Event]) -> None:
    state = state_after(events[:40])
    before = copy.deepcopy(state)
    decide(state, events[40:], TERMS, now=NOON)
    assert state == before
