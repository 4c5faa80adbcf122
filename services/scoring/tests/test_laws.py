"""Laws of the fold: cuts never show, arrival order never shows, interleaving never shows, lines always sum."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.scoring.tests.conftest import LeadEvents, Scorer, shipped_terms

from events import Event, Fact
from events.sales import SalesAccepted
from events.scores import LeadQualified, LeadScored
from runtime.values import Input, Timer
from scoring.decide import Terms, decide
from scoring.decide.state import Company, Facts, Lead
from testing.events import of_type
from testing.laws import FoldLaws

Make = Callable[[LeadEvents, int], Event]
"""An event to be, given the kit and its number in the log."""
NOW = 150.0
"""The day on which everything is received, whenever it occurred."""
HOURS = st.integers(0, 150 * 24)
LEADS = st.sampled_from(["ann", "bob"])
KINDS = st.sampled_from(
    ["demo_request", "pricing_view", "webinar_attended", "case_study", "product_page", "blog_read", "newsletter_signup"]
    + ["site_visit"] * 3
    + ["email_open", "email_reply", "email_click", "other"]
)
CLAIMS: list[tuple[str, str | int | None]] = [
    ("employees", 120),
    ("employees", 5),
    ("employees", None),
    ("title", "CEO"),
    ("title", "Intern"),
    ("industry", "SaaS"),
    ("domain", "acme.example"),
    ("domain", None),
    ("company", "n/a"),
]


def engagement(kind: str, hours: int, lead: str, asset: str, machine: bool | None) -> Make:
    def make(events: LeadEvents, number: int) -> Event:
        at = timedelta(hours=hours)
        return events.engaged(kind, at, lead=lead, asset=asset, mail=asset, link=str(number % 4), machine=machine)

    return make


def update(claim: tuple[str, str | int | None], hours: int, lead: str, source: str) -> Make:
    name, value = claim
    return lambda events, _: events.updated(lead, timedelta(hours=hours), source=source, claims={name: value})


def removal(erased: bool, hours: int, lead: str) -> Make:
    at = timedelta(hours=hours)
    return lambda events, _: events.erased(lead, at) if erased else events.merged(lead, at)


def company(hours: int, employees: int, domain: str) -> Make:
    return lambda events, _: events.company(domain, timedelta(hours=hours), employees=employees)


ENGAGEMENTS = st.builds(
    engagement, KINDS, HOURS, LEADS, st.sampled_from("abc"), st.sampled_from([None, None, None, True])
)
UPDATES = st.builds(update, st.sampled_from(CLAIMS), HOURS, LEADS, st.sampled_from(["form", "crm", "steward"]))
REMOVALS = st.builds(removal, st.booleans(), HOURS, LEADS)
COMPANIES = st.builds(
    company, HOURS, st.sampled_from([40, 120, 700]), st.sampled_from(["acme.example", "unknown-company.example"])
)


def events_at_once(events: LeadEvents, makes: Sequence[Make]) -> list[Event]:
    """Events received at once, on day 150."""
    return [make(events, number).replaced(recordedtime=events.at(NOW)) for number, make in enumerate(makes)]


def newcomers(events: LeadEvents) -> list[Event]:
    return [events.captured("ann", 0), events.captured("bob", 0, email="bob@acme.example")]


Stored = tuple[dict[str, Lead], dict[str, Facts], dict[str, dict[int, bytes]], dict[str, Company]]


def after_all_timers(scorer: Scorer) -> Stored:
    """What is kept once all timers due by day 150 have rung.

    Without the leads' alarms, which ring early, and the time by which what was told last is told anew.
    """
    later = scorer.copy()
    later.advance(LeadEvents().at(NOW))
    leads = later.leads
    for lead in leads.values():
        lead.wakes_at = lead.expires_at = None
    return leads, later.persons, later.blocks, later.companies


class TestFold(FoldLaws[Scorer]):
    """With timers rung: a company's news reaches its leads by a timer, unless they come later than the news."""

    def logs(self) -> st.SearchStrategy[list[Input]]:
        makes = st.lists(ENGAGEMENTS | UPDATES | REMOVALS | COMPANIES, max_size=12)

        def log(makes: Sequence[Make]) -> list[Input]:
            events = LeadEvents()
            return [*newcomers(events), *events_at_once(events, makes)]

        return makes.map(log)

    def begin(self) -> Scorer:
        return Scorer(shipped_terms())

    def fold(self, state: Scorer, inputs: Sequence[Input]) -> tuple[Scorer, Sequence[Fact]]:
        scorer = state.copy()
        return scorer, scorer.read(*inputs, now=LeadEvents().at(NOW))

    def compared(self, state: Scorer) -> object:
        return after_all_timers(state)


@given(
    makes=st.lists(ENGAGEMENTS | UPDATES | REMOVALS | COMPANIES, max_size=14),
    cuts=st.sets(st.integers(0, 16), max_size=4),
)
def test_wherever_and_however_often_a_batch_is_cut_facts_state_and_timers_are_the_same(
    makes: list[Make], cuts: set[int]
) -> None:
    events = LeadEvents()
    log = newcomers(events) + events_at_once(events, makes)
    now = events.at(NOW)
    whole, parts = Scorer(shipped_terms()), Scorer(shipped_terms())
    whole.read(*log, now=now)
    edges = [0, *sorted(cut for cut in cuts if cut < len(log)), len(log)]
    for first, last in pairwise(edges):
        parts.read(*log[first:last], now=now)
    assert parts.facts == whole.facts
    assert parts.leads == whole.leads
    assert (parts.persons, parts.blocks) == (whole.persons, whole.blocks)
    assert parts.companies == whole.companies
    assert parts.timers == whole.timers


@given(makes=st.lists(ENGAGEMENTS, max_size=12), order=st.randoms(use_true_random=False))
def test_in_whatever_order_engagements_arrive_the_ledger_is_the_same(makes: list[Make], order: Random) -> None:
    events = LeadEvents()
    log = events_at_once(events, makes)
    shuffled = list(log)
    order.shuffle(shuffled)
    first, second = Scorer(shipped_terms()), Scorer(shipped_terms())
    for scorer, arrived in ((first, log), (second, shuffled)):
        scorer.read_one_by_one([*newcomers(events), *arrived], now=events.at(NOW))
        scorer.advance(events.at(NOW))
    for lead in ("ann", "bob"):
        assert first.leads[lead].tally == second.leads[lead].tally
        assert first.engagements(lead) == second.engagements(lead)
        assert first.lines(lead) == second.lines(lead)
        assert first.standing(lead) == second.standing(lead)


@given(makes=st.lists(ENGAGEMENTS | UPDATES, max_size=14))
def test_lines_sum_to_balance_and_fit_at_every_instant(makes: list[Make]) -> None:
    events, scorer = LeadEvents(), Scorer(shipped_terms())
    for event in newcomers(events) + events_at_once(events, makes):
        scorer.read(event, now=events.at(NOW))
        for lead in scorer.leads:
            assert 0 <= scorer.points(lead) <= 100
    scorer.advance(events.at(400))
    standings = [data.standing for data in of_type(scorer.facts, LeadScored.Data) if data.standing]
    for standing in [*standings, *of_type(scorer.facts, LeadQualified.Data)]:
        assert sum(line.points for line in standing.fit_lines) == standing.fit
        assert standing.total == standing.fit + standing.engagement
        if len(standing.engagement_lines) < 20:
            assert sum(line.points for line in standing.engagement_lines) == standing.engagement
    for lead in scorer.leads:
        running = 0
        for line in scorer.lines(lead):
            running += line.points
            assert 0 <= running <= 100
        assert running == scorer.points(lead) == 0


@given(makes=st.lists(ENGAGEMENTS | UPDATES, max_size=10))
def test_times_of_a_lead_never_run_back(makes: list[Make]) -> None:
    events, scorer = LeadEvents(), Scorer(shipped_terms())
    scorer.read(*newcomers(events), *events_at_once(events, makes), now=events.at(NOW))
    scorer.advance(events.at(400))
    for lead in scorer.leads:
        times = [fact.time for fact in scorer.facts if fact.subject == lead]
        assert times == sorted(times)


def test_decide_leaves_its_state_as_it_was(events: LeadEvents, scorer: Scorer, terms: Terms) -> None:
    scorer.read(events.captured(), events.engaged("demo_request", 1))
    before, state = scorer.copy(), scorer.loaded(scorer.state(), ["ann"])
    outcome = decide(state, scorer.timers.values(), terms, now=events.at(300))
    assert outcome.leads["ann"] != before.leads["ann"]
    assert (scorer.stored, scorer.persons, scorer.blocks) == (before.stored, before.persons, before.blocks)


def test_an_input_that_the_table_does_not_know_is_refused(events: LeadEvents, scorer: Scorer) -> None:
    with pytest.raises(KeyError, match="nap"):
        scorer.read(Timer("ann", "nap", "ann", events.at(1)), now=events.at(1))
    with pytest.raises(KeyError, match="SalesAccepted"):
        scorer.read(events.builder.make(SalesAccepted))
