"""The laws of the fold: no cut shows, the locks are never too few, and what no interleaving may change."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from services.routing.tests import conftest as kit
from services.routing.tests.conftest import START, LeadStory, people_of, state_after
from services.routing.tests.recipes import (
    ANYTHING,
    DEALS,
    DOMAINS,
    FORWARD,
    OFFERED,
    ONE,
    Recipe,
    make_inputs,
    outcome,
    score,
    shipped_terms,
)

from events import Event, Fact
from events.deals import DealOpened
from events.sales import ContactConnected, LeadSalesQualified, SalesRejected
from events.scores import LeadQualified, LeadScored
from events.vocabulary import STAGES
from routing.decide import State, decide
from routing.decide.locks import deals_of, domains_of, leads_of, locks_of
from routing.decide.model.shared_deals import SharedDeal
from routing.decide.state import Company, Lead, Pick
from runtime.values import Input, Timer
from testing.examples import examples
from testing.laws import FoldLaws

LAW = settings(deadline=None, max_examples=examples(80), database=None)


def beginning() -> State:
    state = LeadStory(shipped_terms()).state
    companies = {domain: Company(domain) for domain in set(DOMAINS.values())}
    return replace(state, companies=companies, deals={deal: SharedDeal(deal) for deal in DEALS})


@dataclass(frozen=True)
class Life:
    """All that a lane keeps: its state, and the timers and picks so far."""

    state: State = field(default_factory=beginning)
    timers: tuple[Timer, ...] = ()
    picks: tuple[Pick, ...] = ()


class RoutingLaws(FoldLaws[Life]):
    """The fold; a law is a strategy for logs, and what must be equal."""

    def begin(self) -> Life:
        return Life()

    def fold(self, state: Life, inputs: Sequence[Input]) -> tuple[Life, Sequence[Fact]]:
        records = kit.records_known(state.state, inputs)
        known = replace(state.state, people=people_of(state.state, inputs), records=records)
        result = decide(known, inputs, shipped_terms(), now=START)
        after = state_after(state.state, result)
        return Life(after, state.timers + result.timers, state.picks + result.picks), result.facts


class TestAnything(RoutingLaws):
    """Who has a lead depends on what came first (domain, section 5, steps 1 and 2): no interleaving here."""

    interleaves = False

    def logs(self) -> st.SearchStrategy[list[Input]]:
        return ANYTHING.map(make_inputs)


class TestHowFarALeadGot(RoutingLaws):
    """Scores and outcomes of sales, in any order of the two: the same stage from `sal` on."""

    def logs(self) -> st.SearchStrategy[list[Input]]:
        scores = st.lists(score(leads=ONE, modes=("live",)), max_size=4)
        sales = st.lists(outcome(leads=ONE, by=(None,), kinds=FORWARD), max_size=5)
        return st.builds(lambda a, b: make_inputs([*a, *b]), scores, sales)

    def compared(self, state: Life) -> object:
        return {id: how_far(lead) for id, lead in state.state.leads.items()}


CUSTOMER: dict[str, object] = {"total": 10, "referral": "litware", "employees": 20, "customer": True}
QUALIFIED = Recipe(LeadSalesQualified, "lead-1", {"by": None, "need": True, "budget": True, "timeline_months": 3})
CONNECTED = Recipe(ContactConnected, "lead-1", {"by": None})
OPENED = Recipe(DealOpened, "lead-1", {"by": None, "deal": "lead-1-1"})


@pytest.mark.parametrize("sales", [[QUALIFIED, CONNECTED], [CONNECTED, QUALIFIED], [OPENED, CONNECTED]])
@pytest.mark.parametrize("kind", [LeadScored, LeadQualified])
def test_that_a_lead_is_a_customers_ends_no_talk_that_sales_has(sales: list[Recipe], kind: type[Event]) -> None:
    """Nobody is named who talks with the person: before, between or after, a score changes nothing in how far it is."""
    law, of_customer = TestHowFarALeadGot(), Recipe(kind, "lead-1", CUSTOMER)
    ways = [[*sales[:place], of_customer, *sales[place:]] for place in range(len(sales) + 1)]
    after = [law.fold(law.begin(), make_inputs(way))[0] for way in ways]
    assert [law.compared(one) for one in after] == [law.compared(after[0])] * len(ways)
    assert [(one.state.leads["lead-1"].cycle, one.state.leads["lead-1"].status) for one in after] == [
        (1, "connected")
    ] * len(ways)


class TestDealsAndStanding(RoutingLaws):
    """Whatever the outcomes and whoever reports them: the same deals, the same standing."""

    def logs(self) -> st.SearchStrategy[list[Input]]:
        scores, sales = st.lists(score(leads=ONE), max_size=4), st.lists(outcome(leads=ONE), max_size=5)
        return st.builds(lambda a, b: make_inputs([*a, *b]), scores, sales)

    def compared(self, state: Life) -> object:
        return {id: (lead.standing, states(lead)) for id, lead in state.state.leads.items()}


def states(lead: Lead) -> list[tuple[str, str]]:
    return [(deal.deal, deal.state) for deal in lead.deals]


def how_far(lead: Lead) -> tuple[object, ...]:
    """How far the lead got with sales, what is known of it, who tried and which deals it has."""
    stage = lead.stage if STAGES.index(lead.stage) >= STAGES.index("sal") else "before"
    return stage, states(lead), lead.standing, lead.attempts


REFUSED = Recipe(
    SalesRejected, "lead-1", {"assignment": "lead-1.1", "by": "rep-dan", "reason": "out_of_territory", "note": "so"}
)
DEAL = Recipe(DealOpened, "lead-2", {"deal": "lead-2-1", "by": "rep-ana"})


@LAW
@example(recipes=[OFFERED, Recipe(LeadScored, "lead-1", {"customer": True}), REFUSED], cut=2, expands=False)
@example(recipes=[Recipe(LeadScored, "lead-1", {"customer": True}), REFUSED, OFFERED], cut=0, expands=True)
@example(recipes=[OFFERED, Recipe(LeadScored, "lead-2", {"total": 45}), DEAL, REFUSED], cut=3, expands=False)
@example(recipes=[DEAL, Recipe(LeadScored, "lead-2", {"total": 45, "domain": DOMAINS["lead-3"]})], cut=1, expands=False)
@given(recipes=ANYTHING, cut=st.integers(0, 14), expands=st.booleans())
def test_what_is_locked_is_enough(recipes: list[Recipe], cut: int, expands: bool) -> None:
    """Decided from the rows that the locks name, everything is as if all rows had been there.

    `expands`: the one model scores customers, too, and hands them over.
    """
    inputs, start, terms = make_inputs(recipes), beginning(), shipped_terms()
    if expands:
        terms = replace(terms, expansion="default", expansion_at_least=60)
    full = state_after(start, decide(start, inputs[:cut], terms, now=START))
    rest = inputs[cut:]
    leads = {lead: full.leads[lead] for lead in leads_of(rest) if lead in full.leads}
    people = people_of(full, rest)
    full = replace(full, people=people, records=kit.records_known(full, rest))
    domains = domains_of(leads, rest, people)
    companies, others = (
        {domain: full.companies[domain] for domain in some if domain in full.companies}
        for some in (domains.changed, domains.read)
    )
    deals = {deal: full.deals[deal] for deal in deals_of(rest, leads)}
    locks = locks_of(leads, companies, rest, terms, deals)
    work = {
        rep: tuple(lead.id for lead in full.leads.values() if lead.worked and lead.owner == rep)
        for rep in locks.leaving
    }
    locked = State(
        leads,
        companies,
        {rep: full.reps[rep] for rep in locks.reps},
        {key: seat for key, seat in full.seats.items() if key[1] in locks.reps},
        work,
        others,
        deals,
        people,
        kit.records_known(full, rest),
    )
    assert decide(locked, rest, terms, now=START) == decide(full, rest, terms, now=START)


@LAW
@given(recipes=ANYTHING)
def test_load_is_the_sum_of_open_work_and_a_lead_has_one_owner(recipes: list[Recipe]) -> None:
    start = beginning()
    done = state_after(start, decide(start, make_inputs(recipes), shipped_terms(), now=START))
    for rep in done.reps.values():
        assert rep.open == sum(lead.counts_for == rep.rep for lead in done.leads.values())
    for lead in done.leads.values():
        assert len({offer.version for offer in lead.offers}) == lead.version
        ruled = ("reassigned", "refused")
        in_cycle = [offer.rep for offer in lead.offers if offer.cycle == lead.cycle and offer.rule not in ruled]
        assert len(in_cycle) == len(set(in_cycle)), "never offered twice to one rep in a cycle"
