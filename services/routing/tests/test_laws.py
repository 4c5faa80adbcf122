"""The laws of the fold: no cut shows, the locks are never too few, and what no interleaving may change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache

from hypothesis import example, given, settings
from hypothesis import strategies as st
from services.routing.tests import conftest as kit
from services.routing.tests.conftest import START, LeadStory, escalated, make, people_of, qualified, scored, state_after

from agreement import load
from events import Event, Fact
from events.deals import DealChanged, DealLost, DealOpened, DealWon
from events.sales import (
    AccountHandedBack,
    AccountSuppressed,
    ContactAttempted,
    ContactConnected,
    ItemReviewed,
    LeadHandedOver,
    LeadReassigned,
    LeadSalesDisqualified,
    LeadSalesQualified,
    RepAvailability,
    SalesAccepted,
    SalesNurtured,
    SalesRejected,
    StewardDecided,
)
from events.scores import LeadCooled, LeadQualified, LeadScored, MqlWithdrawn
from events.slas import ClockEscalated
from events.vocabulary import STAGES
from routing.decide import HANDLES, State, Terms, decide
from routing.decide.locks import deals_of, domains_of, leads_of, locks_of
from routing.decide.state import CONTACT, Company, Lead, Pick, SharedDeal
from runtime.values import Input, Timer
from testing.examples import examples
from testing.laws import FoldLaws
from testing.service import SHIPPED

LAW = settings(deadline=None, max_examples=examples(80), database=None)
ONE = ("lead-1",)
LEADS = ("lead-1", "lead-2", "lead-3")
DOMAINS = {"lead-1": "acme.example", "lead-2": "acme.example", "lead-3": "wideworldimporters.example"}
DEALS = ("shared", *(f"{lead}-{number}" for lead in LEADS for number in (1, 2)))
SCORERS: dict[type[Event], Callable[..., Event]] = {LeadScored: scored, LeadQualified: qualified}


@cache
def shipped_terms() -> Terms:
    return Terms.of(load(SHIPPED))


@dataclass(frozen=True)
class Recipe:
    """A drawn input before it is made: short to print when a law fails."""

    what: type[Event] | str
    """A type of events, or a kind of timers."""
    lead: str
    fields: dict[str, object]
    ago: int = 0

    def __call__(self) -> Input:
        at = START - timedelta(days=self.ago)
        if isinstance(self.what, str):
            return Timer(self.lead, self.what, f"{self.what}/{self.lead}", START, self.fields)
        if self.what is ClockEscalated:
            return escalated(self.lead, str(self.fields["assignment"]), action=str(self.fields["action"]))
        if self.what in SCORERS:
            referral = {"referral_at": at} if "referral" in self.fields else {}
            fields = {"domain": DOMAINS[self.lead], **self.fields}
            return SCORERS[self.what](self.lead, at=at, **fields, **referral)
        return make(self.what, self.lead, at=at, data=self.fields)


MODES = ("live", "live", "historical")
REPS = ("rep-dan", "rep-elena", "rep-frank", "rep-ana", None)
FORWARD = (ContactAttempted, ContactConnected, LeadSalesQualified, DealOpened)
OUTCOMES = (*FORWARD, DealChanged, DealWon, DealLost)
SIZES: tuple[dict[str, object], ...] = tuple(
    {"employees": size, "country": country} for size in (None, 5, 120, 500) for country in ("US", "DE", "AU", None)
)
FACTS: tuple[dict[str, object], ...] = (
    *SIZES,
    {"hard": ("competitor",)},
    {"soft": ("free_mail",)},
    {"referral": "litware"},
    {"unsubscribed": True},
    {"referral": "litware", "employees": 20, "customer": True},
)
STEWARD: type[Event] = StewardDecided
DECIDED: tuple[type[Event], ...] = (LeadReassigned, LeadHandedOver, SalesNurtured)
REASONS = ("not_icp", "out_of_territory", "other", "bad_data", "already_in_pipeline", "competitor_or_agency",
           "nonsense")  # fmt: skip


NAMED = (
    *((("reason", "already_in_pipeline"), ("record", one)) for one in (*LEADS, "shared", "nobody")),
    *((("reason", "out_of_territory"), ("region", one)) for one in ("na", "emea", "apac")),
)


@st.composite
def score(draw: st.DrawFn, leads: tuple[str, ...] = LEADS, modes: tuple[str, ...] = MODES) -> Recipe:
    kinds: tuple[type[Event], ...] = (LeadScored, LeadQualified)
    lead, kind = draw(st.sampled_from(leads)), draw(st.sampled_from(kinds))
    total, hand = draw(st.sampled_from((10, 45, 72, 90))), draw(st.sampled_from((None, None, "demo_request")))
    facts, mode = draw(st.sampled_from(FACTS)), draw(st.sampled_from(modes))
    data: dict[str, object] = {"total": total, "hand_raise": hand, "mode": mode, **facts}
    return Recipe(kind, lead, data, draw(st.integers(0, 40)))


@st.composite
def answer(draw: st.DrawFn) -> Recipe:
    lead = draw(st.sampled_from(LEADS))
    assignment = f"{lead}.{draw(st.integers(1, 3))}"
    by = draw(st.sampled_from(REPS))
    reason, state = draw(st.sampled_from(REASONS)), draw(st.sampled_from(("left", "away", "active")))
    action, why = draw(st.sampled_from(("repool", "manager"))), draw(st.sampled_from(("facts", "merged")))
    rep = by or "rep-dan"
    named = draw(st.sampled_from(NAMED))
    return draw(
        st.sampled_from(
            (
                Recipe(SalesAccepted, lead, {"assignment": assignment, "by": by}),
                Recipe(SalesAccepted, lead, {"by": by}),
                Recipe(SalesRejected, lead, {"assignment": assignment, "by": by, "reason": reason, "note": "so"}),
                Recipe(SalesRejected, lead, {**dict(named), "assignment": assignment, "by": by}),
                Recipe(ItemReviewed, lead, {"item": assignment, "by": by}),
                Recipe(ClockEscalated, lead, {"assignment": assignment, "action": action}),
                Recipe(LeadCooled, lead, {"total": 30, "reason": "decay"}),
                Recipe(MqlWithdrawn, lead, {"total": 30, "reason": why}),
                Recipe(RepAvailability, rep, {"rep": rep, "state": state}),
            )
        )
    )


@st.composite
def outcome(
    draw: st.DrawFn,
    leads: tuple[str, ...] = LEADS,
    by: tuple[str | None, ...] = REPS,
    kinds: tuple[type[Event], ...] = OUTCOMES,
) -> Recipe:
    lead = draw(st.sampled_from(leads))
    data: dict[str, object] = {"by": draw(st.sampled_from(by))}
    kind = draw(st.sampled_from(kinds))
    if kind is ContactAttempted:
        data["channel"] = draw(st.sampled_from(("email", "call")))
    elif kind is LeadSalesQualified:
        data |= {"need": True, "budget": True, "timeline_months": draw(st.sampled_from((3, 12)))}
    elif kind is not ContactConnected:
        data["deal"] = draw(st.sampled_from((f"{lead}-1", f"{lead}-2", "shared")))
        data |= {"reason": "price"} if kind is DealLost else {}
    return Recipe(kind, lead, data, draw(st.integers(0, 40)))


@st.composite
def ending(draw: st.DrawFn) -> Recipe:
    lead = draw(st.sampled_from(LEADS))
    kinds: tuple[type[Event], ...] = (AccountSuppressed, AccountHandedBack, LeadSalesDisqualified, *DECIDED)
    kind = draw(st.sampled_from((*kinds, STEWARD)))
    if kind is STEWARD:
        decision, facts = draw(st.sampled_from((("fixed", ()), ("drop", ()), ("pin", ("employees",)))))
        return Recipe(kind, lead, {"item": "lead", "decision": decision, "facts": facts, "steward": "rep-grace"})
    if kind in DECIDED:
        to = {} if kind is SalesNurtured else {"to": draw(st.sampled_from(REPS[:4]))}
        return Recipe(kind, lead, {"by": draw(st.sampled_from(("rep-grace", *REPS))), **to})
    data: dict[str, object] = {"reason": "timing"} if kind is LeadSalesDisqualified else {}
    if kind is LeadSalesDisqualified and draw(st.booleans()):
        data["revisit_on"] = date(2026, 9, 4)
    data["by"] = draw(st.sampled_from(REPS))
    return Recipe(kind, lead, data)


@st.composite
def wake(draw: st.DrawFn) -> Recipe:
    lead = draw(st.sampled_from(LEADS))
    kind = draw(st.sampled_from(sorted(key for key in HANDLES if isinstance(key, str))))
    return Recipe(kind, lead, {"rep": draw(st.sampled_from(REPS)), **(SHARED if kind == CONTACT else {})})


SHARED: dict[str, object] = {"deal": "shared", "cause": None, "correlation": None, "mode": "live"}
ANYTHING = st.lists(st.one_of(score(), score(), answer(), answer(), outcome(), ending(), wake()), max_size=14)


def make_inputs(recipes: Sequence[Recipe]) -> list[Input]:
    return [recipe() for recipe in recipes]


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


OFFERED = Recipe(LeadQualified, "lead-1", {})
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
    deals = {deal: full.deals[deal] for deal in deals_of(rest)}
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
