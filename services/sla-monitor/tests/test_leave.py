"""A rep who is away by a fact is not charged for it: leave that is said before, during and after a promise."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from agreement import Agreement
from agreement.calendar import Calendars
from events import Event, Fact
from events.handoffs import LeadAccepted, LeadAssigned, StageChanged
from events.sales import ContactAttempted, RepAvailability
from events.slas import ClockBreached, ClockCorrected, ClockMoved, ClockStarted, StatusUpdateJudged
from runtime.values import Input, Timer
from sla_monitor.decide import Outcome, State, Terms, decide
from sla_monitor.decide.draft import LEAVE
from sla_monitor.decide.milestones import MILESTONE
from sla_monitor.decide.state import Clock
from testing.events import EventBuilder, of_type

TOUCH = "lead-1/1/first_touch/lead-1.1"
ACCEPTED = "lead-1/1/accepted/lead-1.1"
Run = Callable[[Sequence[Input]], tuple[State, list[Fact]]]
Fire = Callable[[State, str, float], tuple[State, Outcome]]
After = Callable[[State, Outcome], State]
Builders = Callable[[str], EventBuilder]


def word(lead: EventBuilder, at: float, state: str = "away", **hours: float) -> Event:
    """Of Ana, so many hours after Wednesday 10:00 in New York: `since` and `until` as well."""
    when = {name: lead.at(hour) for name, hour in hours.items()}
    return lead.make(RepAvailability, when, at=lead.at(at), subject="rep-ana", state=state)


def touch(state: State, name: str = TOUCH) -> Clock:
    return state.leads["lead-1"].clocks[name]


def planned(outcome: Outcome, name: str = TOUCH, kind: str = MILESTONE) -> list[datetime | None]:
    return [timer.due_at for timer in outcome.timers if (timer.kind, timer.key) == (kind, name)]


def test_a_clock_that_begins_before_a_known_leave_goes_on_behind_it(lead: EventBuilder, run: Run, fire: Fire) -> None:
    """Two hours before Ana is away for two days: two are left for the morning on which she is back."""
    known = word(lead, -20, since=2, until=48)
    state, facts = run([known, lead.make(LeadAssigned, at=lead.at(0))])
    started = {data.promise: data for data in of_type(facts, ClockStarted.Data)}
    assert started["first_touch"].due == touch(state).due == lead.at(50), "Friday 12:00"
    assert touch(state).pauses == ((lead.at(2), lead.at(48)),)
    assert [(one.percent, one.at) for one in touch(state).milestones] == [
        (50, lead.at(2)),
        (80, lead.at(49.2)),
        (100, lead.at(50)),
        (150, lead.at(52)),
    ]
    assert started["accepted"].due == lead.at(48), "the same time on the next day at work"
    state, outcome = fire(state, TOUCH, 47)
    assert of_type(outcome.facts, ClockBreached.Data) == []


def test_a_leave_that_begins_after_the_due_time_keeps_the_lead_from_nobody(
    lead: EventBuilder, run: Run, fire: Fire
) -> None:
    """It was due before: the way back to the pool does not wait until the rep is here again."""
    state, _ = run([word(lead, -1, since=4, until=200), lead.make(LeadAssigned, at=lead.at(0))])
    state, outcome = fire(state, TOUCH, 6)
    assert [data.charged for data in of_type(outcome.facts, ClockBreached.Data)] == ["rep-ana"]
    assert outcome.facts[-1].event.type_name() == "clock.escalated.v1"


def test_a_leave_that_is_said_later_moves_the_clock_when_it_wakes(lead: EventBuilder, run: Run, fire: Fire) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0)), word(lead, 1, since=1, until=23)])
    assert touch(state).due == lead.at(4), "nobody has looked at it"
    state, outcome = fire(state, TOUCH, 4)
    (moved,) = of_type(outcome.facts, ClockMoved.Data)
    assert (moved.due_before, moved.due, moved.was, moved.now) == (lead.at(4), lead.at(26), "running", "running")
    assert of_type(outcome.facts, ClockBreached.Data) == []
    assert planned(outcome) == [lead.at(24)], "half of the time is gone tomorrow at 10:00"
    state, outcome = fire(state, TOUCH, 26)
    assert [data.charged for data in of_type(outcome.facts, ClockBreached.Data)] == ["rep-ana"], "she is back"


@pytest.mark.parametrize(("back", "due"), [(0.5, 4), (3, 6)], ids=["taken-back", "ended-early"])
def test_a_leave_that_is_over_early_gives_the_time_back(
    lead: EventBuilder, run: Run, terms: Terms, after: After, back: float, due: float
) -> None:
    state, _ = run([word(lead, -1, since=1, until=23), lead.make(LeadAssigned, at=lead.at(0))])
    assert touch(state).due == lead.at(26)
    active = word(lead, back, "active")
    note = lead.make(LeadAccepted, at=lead.at(3.5))
    outcome = decide(state, [active, note], terms, now=lead.at(3.5))
    (moved,) = [one for one in of_type(outcome.facts, ClockMoved.Data) if one.promise == "first_touch"]
    assert (moved.due_before, moved.due) == (lead.at(26), lead.at(due))
    assert planned(outcome) == [touch(after(state, outcome)).next_at]
    waiting = {"rep-ana": (("lead-1", TOUCH),)}
    (woken,) = decide(replace(state, waiting=waiting), [active], terms, now=lead.at(back)).timers
    assert (woken.subject, woken.key, woken.due_at) == ("lead-1", TOUCH, lead.at(back)), "in whatever lane it is"
    outcome = decide(after(state, decide(state, [active], terms, now=lead.at(back))), [woken], terms, now=lead.at(back))
    (moved,) = of_type(outcome.facts, ClockMoved.Data)
    assert (moved.due, outcome.facts[0].time) == (lead.at(due), lead.at(back))


def test_a_clock_that_waits_since_this_very_batch_is_woken_too(lead: EventBuilder, terms: Terms, after: After) -> None:
    """Where a batch is cut never shows: the store knows of it only once the batch is kept."""
    begun = [word(lead, -1, since=1, until=23), lead.make(LeadAssigned, at=lead.at(0))]
    active, now = word(lead, 0.5, "active"), lead.at(0.5)
    state = after(State(), decide(State(), begun, terms, now=now))
    kept = tuple(("lead-1", one.id) for one in state.leads["lead-1"].clocks.values() if one.waits_for == "rep-ana")
    cut = decide(replace(state, waiting={"rep-ana": kept}), [active], terms, now=now).timers
    whole = decide(State(), [*begun, active], terms, now=now).timers
    assert [one for one in whole if one.kind == LEAVE] == cut != []
    first = decide(State(), begun, terms, now=lead.at(0)).timers
    assert {one.key for one in first if one.kind == LEAVE} == {clock for _, clock in kept}, "each looks once more"
    gone = lead.make(StageChanged, at=lead.at(0.2), stage="lost", closed=True)
    ended = decide(replace(state, waiting={"rep-ana": kept}), [gone, active], terms, now=now).timers
    assert [one for one in ended if one.kind == LEAVE] == []


def test_a_clock_that_begins_to_wait_looks_again_and_finds_that_the_leave_is_over(
    lead: EventBuilder, terms: Terms, run: Run, after: After
) -> None:
    """Whoever was heard in the rep's lane just then did not know of the clock."""
    state, _ = run([word(lead, -1, since=1, until=23), lead.make(LeadAssigned, at=lead.at(0))])
    words = decide(State(words=state.words), [word(lead, 0.5, "active")], terms, now=lead.at(0.5))
    assert [one for one in words.timers if one.kind == LEAVE] == []
    state = replace(state, words=words.words)
    outcome = decide(state, [Timer("lead-1", LEAVE, TOUCH, lead.at(0.5))], terms, now=lead.at(0.5))
    assert [data.due for data in of_type(outcome.facts, ClockMoved.Data)] == [lead.at(4)]
    assert touch(after(state, outcome)).next_at == lead.at(2)
    assert planned(outcome, kind=LEAVE) == [], "it waits no more"


@pytest.mark.parametrize("by", ["the next event of the lead", "its next timer"])
def test_a_breach_is_taken_back_when_a_leave_from_before_it_is_heard_of(
    lead: EventBuilder, run: Run, fire: Fire, terms: Terms, after: After, by: str
) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0))])
    state, outcome = fire(state, TOUCH, 4)
    assert [data.charged for data in of_type(outcome.facts, ClockBreached.Data)] == ["rep-ana"]
    ill = word(lead, 5, since=1, until=23)
    state = after(state, decide(state, [ill], terms, now=lead.at(5)))
    if by == "its next timer":
        state, outcome = fire(state, TOUCH, 6)
    else:
        seen = lead.make(StageChanged, at=lead.at(5.5), stage="mql", owner="rep-ana")
        outcome = decide(state, [seen], terms, now=lead.at(5.5))
        state = after(state, outcome)
    moved = next(one for one in of_type(outcome.facts, ClockMoved.Data) if one.promise == "first_touch")
    assert (moved.was, moved.now, moved.due, moved.charged) == ("breached", "running", lead.at(26), None)
    assert (touch(state).state, touch(state).charged) == ("running", None)
    assert planned(outcome) == [lead.at(26)], "nobody is reminded twice"
    state, outcome = fire(state, TOUCH, 26)
    assert [data.due for data in of_type(outcome.facts, ClockBreached.Data)] == [lead.at(26)]


def test_a_touch_that_was_late_is_in_time_once_the_leave_is_heard_of(
    lead: EventBuilder, run: Run, terms: Terms, after: After
) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0)), lead.make(ContactAttempted, at=lead.at(24))])
    assert touch(state).state == "late"
    more = [word(lead, 25, since=1, until=23), lead.make(LeadAccepted, at=lead.at(25))]
    outcome = decide(state, more, terms, now=lead.at(25))
    moved = next(one for one in of_type(outcome.facts, ClockMoved.Data) if one.promise == "first_touch")
    assert (moved.was, moved.now, moved.stopped, moved.charged) == ("late", "met", lead.at(24), None)
    assert touch(after(state, outcome)).charged is None


def test_a_leave_without_an_end_holds_nothing_back_and_is_charged_to_the_side(
    lead: EventBuilder, run: Run, fire: Fire, terms: Terms, after: After
) -> None:
    """Nobody knows when it would be due: the lead goes on to the next rep, and the one who is ill owes nothing."""
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0)), word(lead, 1)])
    state, outcome = fire(state, TOUCH, 4)
    (breached,) = of_type(outcome.facts, ClockBreached.Data)
    assert (breached.due, breached.charged) == (lead.at(4), "sales")
    state, outcome = fire(state, TOUCH, 6)
    assert [fact.event.type_name() for fact in outcome.facts] == ["clock.escalated.v1"]
    back = [word(lead, 47, "active"), lead.make(LeadAccepted, at=lead.at(48))]
    outcome = decide(state, back, terms, now=lead.at(48))
    moved = next(one for one in of_type(outcome.facts, ClockMoved.Data) if one.promise == "first_touch")
    assert (moved.was, moved.now, moved.due) == ("breached", "running", lead.at(50)), "Friday 9:00, and three hours"


def test_who_is_ill_since_before_a_breach_is_taken_off_it(
    lead: EventBuilder, run: Run, fire: Fire, terms: Terms, after: After
) -> None:
    state, _ = run([lead.make(LeadAssigned, at=lead.at(0))])
    state, _ = fire(state, TOUCH, 4)
    outcome = decide(state, [word(lead, 5, since=3)], terms, now=lead.at(5))
    state, outcome = fire(after(state, outcome), TOUCH, 6)
    (corrected,) = of_type(outcome.facts, ClockCorrected.Data)
    assert (corrected.was, corrected.now, corrected.charged, corrected.cause) == (
        "breached",
        "breached",
        "sales",
        "leave",
    )


def test_the_leads_own_clock_goes_on_and_is_not_charged_to_who_is_away(
    lead: EventBuilder, agreement: Agreement, after: After
) -> None:
    terms, name = Terms.of(agreement), "lead-1/1/lead_touch/-"
    events = [word(lead, -1, since=1, until=23), lead.make(LeadAssigned, at=lead.at(0))]
    state = after(State(), decide(State(), events, terms, now=lead.at(0)))
    assert touch(state, name).due == lead.at(4)
    outcome = decide(state, [Timer("lead-1", "milestone", name, lead.at(4))], terms, now=lead.at(4))
    assert [data.charged for data in of_type(outcome.facts, ClockBreached.Data)] == ["sales"]


def test_a_report_of_who_was_away_is_judged_by_the_days_at_work(lead: EventBuilder, run: Run) -> None:
    late = lead.make(ContactAttempted, at=lead.at(0), recorded=lead.at(72))
    _, facts = run([word(lead, -1, since=2, until=96), late])
    assert [one.late for one in of_type(facts, StatusUpdateJudged.Data)] == [False]
    _, facts = run([late])
    assert [one.late for one in of_type(facts, StatusUpdateJudged.Data)] == [True]


def test_a_new_agreement_alone_moves_no_clock_and_leave_is_said_once(
    lead: EventBuilder, run: Run, terms: Terms, after: After, agreement: Agreement
) -> None:
    state, _ = run([word(lead, -1, since=1, until=23), lead.make(LeadAssigned, at=lead.at(0))])
    teams = agreement.teams
    shorter = [
        team.model_copy(update={"shifts": {day: shifts[:1] for day, shifts in team.shifts.items() if day != "thu"}})
        for team in teams.teams
    ]
    other = replace(terms, calendars=Calendars(teams.model_copy(update={"teams": tuple(shorter)})))
    outcome = decide(state, [lead.make(LeadAccepted, at=lead.at(0.5))], other, now=lead.at(0.5))
    assert of_type(outcome.facts, ClockMoved.Data) == []
    assert touch(after(state, outcome)) == touch(state)
