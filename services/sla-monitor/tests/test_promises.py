"""A promise is a row: its named starts begin its clocks, its named stops keep it, without code."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, get_args

import pytest

from agreement import Agreement, load, shipped
from agreement.service_levels import WITHOUT_CLOCK, ClockStart, ClockStop, Promise
from events import Event, Fact
from events.deals import DealOpened, SurveyAnswered
from events.handoffs import LeadAccepted, LeadAssigned, LeadReturned, StageChanged
from events.sales import ContactAttempted, ContactConnected, FeedbackGiven, LeadSalesQualified
from events.slas import ClockBreached, ClockData, ClockMet, ClockReminded, ClockStarted, ClockVoided
from events.topics import partition
from runtime.database.connection import Connection
from runtime.service import Context, Handler
from sla_monitor.decide import Outcome, State, Terms, decide
from sla_monitor.decide.state import Clock
from sla_monitor.service import build
from testing.events import EventBuilder, of_type
from testing.service import batch, fire

After = Callable[[State, Outcome], State]
END_OF_PROMISES: Final = "\n# At this share of the business time"
OPENS_A_DEAL: Final = """
  - name: opens_a_deal
    title: Deal opened after qualification
    side: sales
    target: 5bd
    level: owner
    starts: [qualified]
    stops: [deal_opened]
"""
BECOMES_A_DEAL: Final = """
  - name: becomes_a_deal
    title: From MQL to deal
    side: marketing
    target: 10bd
    level: lead
    starts: [becomes_mql]
    stops: [deal_opened]
    reminders: [{percent: 50, to: [operations]}]
"""


def agreement_with(folder: Path, rows: str) -> Agreement:
    """The shipped terms with these promises added to their text."""
    shutil.copytree(shipped(), folder)
    chapter = folder / "service_levels.yaml"
    before = chapter.read_text()
    assert before.count(END_OF_PROMISES) == 1
    chapter.write_text(before.replace(END_OF_PROMISES, rows + END_OF_PROMISES))
    return load(folder)


@pytest.fixture
def handler(context: Context, tmp_path: Path) -> Handler:
    found = build(replace(context, agreement=agreement_with(tmp_path / "terms", OPENS_A_DEAL + BECOMES_A_DEAL))).handler
    assert found is not None
    return found


def only(terms: Terms, *promises: Promise) -> Terms:
    """Terms with no other promises than these."""
    return replace(terms, levels=terms.levels.model_copy(update={"promises": promises}))


def promise(
    *, starts: tuple[ClockStart, ...], stops: tuple[ClockStop, ...], level: str = "owner", attempts: int | None = None
) -> Promise:
    rule = {"level": level, "starts": starts, "stops": stops, "attempts": attempts}
    return Promise.model_validate({"name": "new", "title": "New", "side": "sales", "target": "5bd", **rule})


def clocks_of(inputs: Sequence[Event], terms: Terms, after: After) -> list[Clock]:
    """All clocks of the lead after these inputs, in the order in which they began."""
    state = after(State(), decide(State(), inputs, terms, now=inputs[-1].recordedtime))
    return [clock for lead in state.leads.values() for clock in lead.clocks.values()]


def kinds(facts: Sequence[Fact], name: str) -> list[tuple[str, str | None]]:
    """Type and holder of the facts about one promise."""
    found = [(fact.event.type_name(), fact.data) for fact in facts]
    return [(kind, data.holder) for kind, data in found if isinstance(data, ClockData) and data.promise == name]


def handed_over(lead: EventBuilder) -> list[Event]:
    """Ana, who qualified the lead, has it; then Dan, an account executive."""
    return [
        lead.make(LeadAssigned, at=lead.at(0)),
        lead.make(LeadSalesQualified, at=lead.at(1)),
        lead.make(StageChanged, at=lead.at(1), stage_from="sal", stage="sql", owner="rep-ana", team="new-york"),
        lead.make(
            LeadAssigned, at=lead.at(1.1), version=2, assignment="lead-1.2", rep="rep-dan", rule="hands_to", pool=None
        ),
    ]


async def test_a_new_row_is_a_clock_that_starts_is_handed_on_and_is_met(
    handler: Handler, tx: Connection, lead: EventBuilder
) -> None:
    facts = list(await handler(batch(handed_over(lead), lead.at(2)), tx))
    assert kinds(facts, "opens_a_deal") == [
        ("clock.started.v1", "rep-ana"),
        ("clock.voided.v1", "rep-ana"),
        ("clock.started.v1", "rep-dan"),
    ]
    opened = lead.make(DealOpened, at=lead.at(48), by="rep-dan")
    (met,) = [
        data
        for data in of_type(list(await handler(batch([opened], lead.at(48)), tx)), ClockMet.Data)
        if data.promise == "opens_a_deal"
    ]
    assert (met.holder, met.assignment, met.cause, met.late) == ("rep-dan", "lead-1.2", "deal_opened", False)


async def test_a_new_row_is_reminded_of_and_breached(handler: Handler, tx: Connection, lead: EventBuilder) -> None:
    await handler(batch(handed_over(lead), lead.at(2)), tx)
    facts = list(await fire(handler, tx, partition(lead.subject), lead.at(24 * 8)))
    reminded = [data.percent for data in of_type(facts, ClockReminded.Data) if data.promise == "opens_a_deal"]
    breached = [data for data in of_type(facts, ClockBreached.Data) if data.promise == "opens_a_deal"]
    assert reminded == [50, 80]
    assert [(data.charged, data.due) for data in breached] == [("rep-dan", lead.at(1.1 + 24 * 7))], "over a weekend"


async def test_a_row_of_the_lead_itself_never_resets_and_its_side_is_charged(
    handler: Handler, tx: Connection, lead: EventBuilder
) -> None:
    entry = lead.make(StageChanged, at=lead.at(0))
    facts = list(await handler(batch([entry, *handed_over(lead)], lead.at(2)), tx))
    assert kinds(facts, "becomes_a_deal") == [("clock.started.v1", "marketing")]
    facts = list(await fire(handler, tx, partition(lead.subject), lead.at(24 * 15)))
    assert [d.charged for d in of_type(facts, ClockBreached.Data) if d.promise == "becomes_a_deal"] == ["marketing"]
    opened = lead.make(DealOpened, at=lead.at(24 * 16), by="rep-kate")
    facts = list(await handler(batch([opened], lead.at(24 * 16)), tx))
    assert [d.late for d in of_type(facts, ClockMet.Data) if d.promise == "becomes_a_deal"] == [True], "by whomever"


def test_what_the_lead_reached_with_one_owner_is_not_asked_of_the_next(
    lead: EventBuilder, terms: Terms, after: After
) -> None:
    rule = only(terms, promise(starts=("qualified",), stops=("deal_opened",)))
    opened = lead.make(DealOpened, at=lead.at(1.05))
    expected = [("rep-ana", "met", "deal_opened"), ("rep-dan", "void", "deal_opened")]
    for events in ([opened, *handed_over(lead)], [*handed_over(lead), opened]):
        clocks = clocks_of(events, rule, after)
        assert [(clock.holder, clock.state, clock.cause) for clock in clocks] == expected


STARTS: Final[dict[ClockStart, tuple[type[Event], dict[str, object]]]] = {
    "becomes_mql": (StageChanged, {}),
    "assigned": (LeadAssigned, {}),
    "handed_on": (LeadAssigned, {"rule": "hands_to"}),
    "accepted": (LeadAccepted, {}),
    "qualified": (StageChanged, {"stage": "sql", "owner": "rep-ana"}),
    "deal_opened": (StageChanged, {"stage": "opportunity", "owner": "rep-ana"}),
    "deal_closed": (StageChanged, {"stage": "lost", "closed": True, "owner": "rep-ana"}),
}
STOPS: Final[dict[ClockStop, tuple[type[Event], dict[str, object]]]] = {
    "assigned": (LeadAssigned, {}),
    "accepted": (LeadAccepted, {}),
    "rejected": (LeadReturned, {}),
    "attempted": (ContactAttempted, {}),
    "connected": (ContactConnected, {}),
    "qualified": (LeadSalesQualified, {}),
    "deal_opened": (DealOpened, {}),
    "deal_closed": (StageChanged, {"stage": "won", "closed": True}),
    "feedback": (FeedbackGiven, {}),
    "survey": (SurveyAnswered, {}),
}


def test_every_name_of_the_agreement_is_an_event_but_those_without_a_clock() -> None:
    assert {*STARTS} == {*get_args(ClockStart)} - WITHOUT_CLOCK
    assert {*STOPS} == {*get_args(ClockStop)} - WITHOUT_CLOCK


@pytest.mark.parametrize("start", STARTS)
def test_each_start_begins_a_clock_and_no_other_start_does(
    lead: EventBuilder, terms: Terms, after: After, start: ClockStart
) -> None:
    rule = only(terms, promise(starts=(start,), stops=("feedback",), level="lead"))
    for name, (kind, data) in STARTS.items():
        clocks = clocks_of([event(lead, kind, 0, data)], rule, after)
        assert [clock.begun_by for clock in clocks] == ([start] if name == start else [])


@pytest.mark.parametrize("stop", STOPS)
def test_each_stop_keeps_a_promise_and_no_other_stop_does(
    lead: EventBuilder, terms: Terms, after: After, stop: ClockStop
) -> None:
    rule = only(terms, promise(starts=("becomes_mql",), stops=(stop,), level="lead"))
    for name, (kind, data) in STOPS.items():
        (clock,) = clocks_of([lead.make(StageChanged, at=lead.at(0)), event(lead, kind, 1, data)], rule, after)
        assert (clock.state == "met", clock.cause == stop) == (name == stop, name == stop), name


def event(lead: EventBuilder, kind: type[Event], hours: float, data: dict[str, object]) -> Event:
    return lead.make(kind, at=lead.at(hours), **data)  # type: ignore[arg-type]


def test_what_has_no_clock_starts_none(lead: EventBuilder, terms: Terms) -> None:
    rows = [row for row in terms.levels.promises if not WITHOUT_CLOCK.isdisjoint(row.starts)]
    assert [row.name for row in rows] == ["status_updated"]
    events = [event(lead, kind, hours, data) for hours, (kind, data) in enumerate((*STARTS.values(), *STOPS.values()))]
    outcome = decide(State(), events, only(terms, *rows), now=lead.at(100))
    assert outcome.clocks == {}


def test_a_promise_without_a_target_takes_the_first_touch_target_of_the_lead(
    lead: EventBuilder, terms: Terms, after: After
) -> None:
    rule = promise(starts=("assigned",), stops=("connected",)).model_copy(update={"target": None})
    (clock,) = clocks_of([lead.make(LeadAssigned, at=lead.at(0), touch="2bh")], only(terms, rule), after)
    assert (clock.target, clock.due) == ("2bh", lead.at(2))


def test_an_owners_clock_needs_an_owner(lead: EventBuilder, terms: Terms, after: After) -> None:
    rule = only(terms, promise(starts=("qualified",), stops=("deal_opened",)))
    assert clocks_of([lead.make(StageChanged, at=lead.at(0), stage="sql")], rule, after) == []


def test_a_clock_that_runs_keeps_its_rule_when_the_agreement_changes(
    lead: EventBuilder, terms: Terms, after: After
) -> None:
    old = only(terms, promise(starts=("assigned",), stops=("attempted",), attempts=2))
    new = only(terms, promise(starts=("assigned",), stops=("connected",)))
    state = after(State(), decide(State(), [lead.make(LeadAssigned, at=lead.at(0))], old, now=lead.at(0)))
    kinds: tuple[type[Event], ...] = (ContactConnected, ContactAttempted)
    work = [lead.make(kind, at=lead.at(1 + n)) for n, kind in enumerate(kinds)]
    state = after(state, decide(state, work, new, now=lead.at(2)))
    assert [clock.state for clock in state.leads["lead-1"].clocks.values()] == ["running"]
    state = after(state, decide(state, [lead.make(ContactAttempted, at=lead.at(3))], new, now=lead.at(3)))
    assert [clock.cause for clock in state.leads["lead-1"].clocks.values()] == ["attempted"]


def test_the_closing_ends_what_it_did_not_start(lead: EventBuilder, terms: Terms) -> None:
    rules = only(
        terms,
        promise(starts=("assigned",), stops=("feedback",)),
        promise(starts=("deal_closed",), stops=("feedback",)).model_copy(update={"name": "afterwards"}),
    )
    won = lead.make(StageChanged, at=lead.at(1), stage="won", closed=True, owner="rep-ana", why="signed")
    events = [lead.make(LeadAssigned, at=lead.at(0)), won, lead.make(LeadAssigned, at=lead.at(2), cycle=2)]
    outcome = decide(State(), events, rules, now=lead.at(2))
    assert [data.promise for data in of_type(outcome.facts, ClockVoided.Data)] == ["new"]
    assert [data.promise for data in of_type(outcome.facts, ClockStarted.Data)] == ["new", "afterwards", "new"]
