"""Who hears of what; and that neither the cut of a batch nor the interleaving of topics ever shows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.notifier.tests.conftest import LeadLog, with_channels

from agreement.notices import Notices
from agreement.teams import Teams
from events import Event, Fact
from events.grounds import Candidate, PassedStep
from events.handoffs import AlertRaised, AnswerIgnored, LeadNurtured, OwnerTold, StageChanged
from events.leads import ConsentChanged, LeadMerged
from events.slas import ClockBreached, ClockEscalated, ClockMet, ClockReminded
from notifier.decide import LeadView, Notice, Outcome, State, Terms, decide, is_stale, next_digest
from runtime.values import Input, Timer
from testing.events import NOON
from testing.laws import FoldLaws, interleavings
from testing.service import shipped_agreement


def outcome_of(terms: Terms, *events: Event, leads: dict[str, LeadView] | None = None) -> Outcome:
    return decide(State(leads or {}), events, terms, now=NOON)


def recipients(terms: Terms, *events: Event) -> set[tuple[str, str, str]]:
    return {(n.kind, n.recipient, n.channel) for n in outcome_of(terms, *events).notices}


def test_an_assignment_goes_out_by_one_channel_unless_both_are_asked_for(terms: Terms, story: LeadLog) -> None:
    assert recipients(terms, *story.offer()) == {("assignment", "rep-ana", "slack")}
    mail, both = (with_channels(terms, *channels) for channels in (("email",), ("slack", "email")))
    assert recipients(mail, *story.offer()) == {("assignment", "rep-ana", "email")}
    assert {channel for _, _, channel in recipients(both, *story.offer())} == {"slack", "email"}


def test_one_channel_for_one_thing_to_one_person(terms: Terms) -> None:
    """Of every event of two whole stories."""
    notices = outcome_of(terms, *(one for one in log_of_two_leads(False) if isinstance(one, Event))).notices
    reached = Counter((one.lead, one.kind, one.about, one.recipient) for one in notices)
    assert len(reached) > 5
    assert set(reached.values()) == {1}


def test_only_news_is_told_to_whoever_has_the_lead(terms: Terms, story: LeadLog) -> None:
    def hears(**more: object) -> set[tuple[str, str, str]]:
        data = {"cycle": 1, "rep": "rep-ana", "why": "already_owned", "snapshot": story.assigned().data.snapshot}
        return recipients(terms, story.make(OwnerTold, {**data, **more}))

    message = {("activity", "rep-ana", "slack")}
    recently = {"engaged_at": NOON, "engaged_before": NOON - timedelta(days=13)}
    assert hears(hand_raise=False, **recently) == set(), "a page view"
    assert hears(hand_raise=True, **recently) == message
    assert hears(hand_raise=False, engaged_at=NOON, engaged_before=NOON - timedelta(days=14)) == message, "it came back"
    assert hears(hand_raise=False, engaged_at=NOON) == message, "nobody has heard of the person yet"
    assert hears() == message, "what was not said then is told as it was"


def test_what_belongs_to_a_lead_in_work_belongs_to_its_card(terms: Terms, story: LeadLog) -> None:
    notices = {
        one.kind: one for one in outcome_of(terms, *story.offer(), story.clock(ClockReminded, percent=80)).notices
    }
    assert notices["reminder"].card == notices["assignment"].id
    assert notices["assignment"].card is None


def test_a_quiet_reminder_stands_on_the_card_alone(terms: Terms, story: LeadLog) -> None:
    outcome = outcome_of(terms, *story.offer(), story.clock(ClockReminded, percent=50))
    assert {notice.kind for notice in outcome.notices} == {"assignment"}
    reminded = {one.promise: one.reminded for one in outcome.leads[story.lead].handoff.clocks.values()}
    assert reminded == {"accepted": 50, "first_touch": 0, "three_attempts": 0}
    assert outcome.redraw == {story.lead}


@pytest.mark.parametrize(
    ("now", "digest"),
    [
        (NOON.replace(hour=3), NOON.replace(hour=13)),  # 9:00 in New York
        (NOON.replace(hour=13), NOON.replace(hour=18)),
        (NOON.replace(hour=13, minute=1), NOON.replace(hour=18)),
        (NOON.replace(hour=18), NOON.replace(hour=13) + timedelta(days=1)),
        (NOON.replace(hour=22) + timedelta(days=2), NOON.replace(hour=13) + timedelta(days=5)),  # Friday night
    ],
)
def test_the_next_digest_is_at_an_agreed_hour_of_a_working_day(terms: Terms, now: datetime, digest: datetime) -> None:
    assert next_digest("manager:rep-grace", terms, now) == digest


def test_nobody_hears_of_history(terms: Terms, story: LeadLog) -> None:
    assert recipients(terms, story.captured(), story.assigned(mode="historical")) == set()


def test_the_previous_rep_hears_to_whom_it_went(terms: Terms, story: LeadLog) -> None:
    again = story.assigned("rep-ben", 2, reassigned_from="rep-ana")
    assert ("reassigned", "rep-ana", "slack") in recipients(terms, *story.offer(), again)


@pytest.mark.parametrize(
    ("reason", "then", "expected"),
    [
        ("not_icp", "disqualify", {("rejected", "marketing", "slack")}),
        ("bad_data", "steward", {("rejected", "marketing", "slack")}),  # stewards are asked by an alert
        ("out_of_territory", "reroute", set()),
        ("accept_timeout", "repool", set()),
        ("withdrawn", "none", {("withdrawal", "rep-ana", "slack")}),
    ],
)
def test_the_reason_decides_who_hears_of_a_return(
    terms: Terms, story: LeadLog, reason: str, then: str, expected: set[tuple[str, str, str]]
) -> None:
    assert recipients(terms, story.returned(reason, then)) == expected


@pytest.mark.parametrize("more", [{"machine": True}, {"user_agent": "proofpoint"}, {"delivered_at": NOON}])
def test_what_a_machine_did_is_no_line_of_the_card(terms: Terms, story: LeadLog, more: dict[str, object]) -> None:
    events = [story.captured(), story.engaged(), story.engaged("email_click", minutes=0, **more)]
    lead = outcome_of(terms, *events).leads[story.lead]
    assert [activity.kind for activity in lead.person.activities] == ["demo_request"]


def test_a_merged_person_is_let_go_of_for_good_and_an_erased_one_may_come_back(terms: Terms, story: LeadLog) -> None:
    merged = story.events.make(LeadMerged, into="bob", reason="alias")
    for left, after in (([merged], "merged"), ([story.erased()], None), ([story.erased(), merged], None)):
        person = outcome_of(terms, story.captured(), *left, story.captured()).leads[story.lead].person
        assert (person.removed, bool(person.facts)) == (after, after is None)


def test_reminders_go_to_those_the_promise_names(terms: Terms, story: LeadLog) -> None:
    assert recipients(terms, story.clock(ClockReminded, percent=80)) == {("reminder", "rep-ana", "slack")}
    routed = story.clock(ClockReminded, "routed", percent=80, holder="marketing", assignment=None, level="lead")
    assert recipients(terms, routed) == {("reminder", "operations", "slack")}


def test_rep_and_manager_hear_of_a_breach(terms: Terms, story: LeadLog) -> None:
    assert recipients(terms, story.clock(ClockBreached)) == {
        ("breach", who, "slack") for who in ("rep-ana", "manager:rep-grace")
    }


def test_the_manager_hears_of_an_escalation(terms: Terms, story: LeadLog) -> None:
    escalated = story.clock(ClockEscalated, percent=150, action="manager")
    assert {who for _, who, _ in recipients(terms, escalated)} == {"manager:rep-grace"}


def test_marketing_hears_that_a_lead_is_an_sql(terms: Terms, story: LeadLog) -> None:
    moved = story.events.make(
        StageChanged, cycle=1, stage_from="sal", stage="sql", status="connected", why="bant", owner="rep-ana"
    )
    assert recipients(terms, moved) == {("qualified", "marketing", "slack")}


def test_whose_answer_was_ignored_hears_it_at_once(terms: Terms, story: LeadLog) -> None:
    ignored = story.events.make(
        AnswerIgnored, answer="accepted", by="rep-ana", reason="reassigned", text="already reassigned to Ben"
    )
    (notice,) = outcome_of(terms, ignored).notices
    assert (notice.kind, notice.recipient, notice.next_at) == ("answer_ignored", "rep-ana", NOON)


def test_messages_wait_for_the_recipients_hours_and_the_on_call_person_does_not(terms: Terms, story: LeadLog) -> None:
    night = NOON.replace(hour=3)
    data = story.assigned().data
    active = story.events.make(OwnerTold, at=night, cycle=1, rep="rep-ana", why="already_owned", snapshot=data.snapshot)
    (activity,) = decide(State(), [active], terms, now=night).notices
    assert activity.next_at == NOON.replace(hour=13)
    alarm = story.events.make(
        AlertRaised, at=night, to="on_call", rep="rep-ana", reason="nobody", text="a hot lead finds nobody"
    )
    rules = tuple(rule.model_copy(update={"waits": True}) for rule in terms.notices.rules)
    fields = {name: getattr(terms.notices, name) for name in Notices.model_fields}
    waiting = replace(terms, notices=Notices.model_construct(**{**fields, "rules": rules}))
    for one in (terms, waiting):
        calls = decide(State(), [alarm], one, now=night).notices
        assert {(notice.recipient, notice.next_at) for notice in calls} == {("on_call:rep-ana", night)}


def test_an_alert_carries_no_candidates_and_no_steps_to_people(terms: Terms, story: LeadLog) -> None:
    steps = (PassedStep(step=7, rule="pool", why="nobody in smb-na can take it now"),)
    counts = {"assigned": 0, "credits": 0, "weight": 1, "ratio": 0, "open": 0, "today": 0}
    row = Candidate.read({"rep": "rep-ana", "eligible": False, "reason": "away", **counts})
    text = {"to": "operations", "reason": "nobody_eligible", "text": "nobody in smb-na can take the lead"}
    alert = story.events.make(AlertRaised, text, passed=steps, candidates=(row,))
    payloads = [notice.payload for notice in outcome_of(terms, alert).notices]
    assert [(payload["passed"], payload["candidates"]) for payload in payloads] == [([], [])] * len(payloads)
    assert payloads


def test_a_rep_without_slack_gets_mail_instead(terms: Terms, story: LeadLog) -> None:
    reps = tuple(rep.model_copy(update={"slack_user": None}) for rep in terms.teams.reps)
    fields = {name: getattr(terms.teams, name) for name in Teams.model_fields}
    teams = Teams(**{**fields, "reps": reps})
    without = replace(terms, teams=teams, people=replace(terms.people, teams=teams))
    assert recipients(without, story.clock(ClockReminded, percent=80)) == {("reminder", "rep-ana", "email")}


def test_what_only_webhooks_carry_is_mailed_to_nobody(terms: Terms, story: LeadLog) -> None:
    nurtured = story.events.make(LeadNurtured, cycle=1, segment="long_term", reason="35 of 60")
    assert recipients(terms, nurtured) == set()


def test_what_was_overtaken_while_it_waited_is_not_sent(terms: Terms, story: LeadLog) -> None:
    events = [*story.offer(), story.clock(ClockReminded, percent=80), story.clock(ClockMet, stopped=NOON, cause="x")]
    outcome = outcome_of(terms, *events)
    lead = outcome.leads[story.lead]
    reasons = {n.kind: is_stale(n.kind, n.about, n.assignment, lead) for n in outcome.notices}
    assert reasons == {"assignment": None, "reminder": "the promise is met"}


def test_what_the_person_did_since_stands_on_the_card(terms: Terms, story: LeadLog) -> None:
    newer = story.assigned().data.snapshot.replaced(total=175)
    before = outcome_of(terms, *story.offer())
    active = story.events.make(OwnerTold, cycle=1, rep="rep-ana", why="already_owned", snapshot=newer)
    after = outcome_of(terms, active, leads=dict(before.leads))
    assert [offer.snapshot.total for offer in after.leads[story.lead].handoff.offers.values()] == [175]
    assert after.redraw == {story.lead}


def test_that_a_lead_cools_stands_on_the_card(terms: Terms, story: LeadLog) -> None:
    cooled = story.events.make(
        StageChanged, cycle=1, stage_from="mql", status_from="assigned", stage="mql", status="assigned",
        flags=("hot", "cooling"), why="32 of 60",
    )  # fmt: skip
    outcome = outcome_of(terms, *story.offer(), cooled)
    (offer,) = outcome.leads[story.lead].handoff.offers.values()
    assert offer.flags == ("hot", "cooling")
    assert outcome.redraw == {story.lead}


def test_who_wants_no_mail_is_not_enrolled_and_the_card_says_so(terms: Terms, story: LeadLog) -> None:
    def answer(granted: bool, hours: int) -> Event:
        return story.events.make(ConsentChanged, at=story.events.at(hours), channel="email", granted=granted)

    outcome = outcome_of(terms, *story.offer(), answer(False, 2), answer(True, 1))
    lead = outcome.leads[story.lead]
    assert lead.person.refused_channels == ("email",), "the latest answer counts, not the last to arrive"
    for kind in ("nurture", "sequence", "enrolled"):
        assert is_stale(kind, "x", None, lead) == "the person wants no e-mail"
    assert story.lead in outcome.redraw
    again = outcome_of(terms, answer(True, 3), leads=dict(outcome.leads)).leads[story.lead]
    assert (again.person.refused_channels, is_stale("nurture", "x", None, again)) == ((), None)


def test_an_input_that_is_in_no_table_is_refused(terms: Terms) -> None:
    with pytest.raises(KeyError, match="remind"):
        decide(State(), [Timer("lead-1", "remind", "x", NOON)], terms, now=NOON)


def log_of_two_leads(erased: bool) -> list[Input]:
    """Whole stories: each topic in its own order."""
    one, two = LeadLog("lead-1"), LeadLog("lead-2")
    log: list[Input] = [
        *(one.captured(), two.captured(), one.engaged(), one.engaged("blog_read", minutes=3), one.captured(phone="1")),
        *(one.assigned(), two.assigned("rep-ben"), one.returned("accept_timeout", "repool")),
        *(one.assigned("rep-ben", 2, reassigned_from="rep-ana", previous="lead-1.1"), one.accepted("rep-ben", 2)),
        *(*one.clocks(), one.clock(ClockReminded, percent=50), one.clock(ClockBreached)),
        *(one.clock(ClockEscalated, percent=150, action="repool"), one.clock(version=2)),
        *(one.clock(ClockMet, version=2, stopped=NOON, cause="accepted"), two.clock(ClockBreached), two.erased()),
    ]
    return [*log, one.erased()] if erased else log


@cache
def shipped_terms() -> Terms:
    return Terms.of(shipped_agreement())


@dataclass
class Tables:
    """What the tables would hold after some batches."""

    leads: dict[str, LeadView] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    redraw: frozenset[str] = frozenset()

    def after(self, inputs: Sequence[Input]) -> "Tables":
        outcome = decide(State(self.leads), inputs, shipped_terms(), now=NOON)
        notices = dict(self.notices)
        for notice in outcome.notices:
            notices.setdefault(notice.id, notice)
        for identity, notice in notices.items():
            if notice.lead in outcome.removed:
                notices[identity] = replace(notice, payload={}, next_at=None)
            elif notice.next_at and notice.kind == "assignment" and notice.about in outcome.timed:
                notices[identity] = replace(notice, next_at=NOON)
        return Tables({**self.leads, **outcome.leads}, notices, self.redraw | outcome.redraw)


class TestLaws(FoldLaws[Tables]):
    def logs(self) -> st.SearchStrategy[list[Input]]:
        return st.booleans().flatmap(lambda erased: interleavings(log_of_two_leads(erased)))

    def begin(self) -> Tables:
        return Tables()

    def fold(self, state: Tables, inputs: Sequence[Input]) -> tuple[Tables, Sequence[Fact]]:
        return state.after(inputs), ()

    def compared(self, state: Tables) -> object:
        """How often a card is looked at again depends on the order of topics."""
        return state.leads, state.notices

    @given(data=st.data())
    def test_where_batches_are_cut_never_shows_in_which_cards_are_redrawn(self, data: st.DataObject) -> None:
        log = data.draw(self.logs())
        cuts = sorted(data.draw(st.sets(st.integers(0, len(log)), max_size=5)) | {0, len(log)})
        piecewise = Tables()
        for start, end in pairwise(cuts):
            piecewise = piecewise.after(log[start:end])
        assert piecewise == Tables().after(log)
