"""The laws of the fold: no cut shows, the scope is never too small, and what no interleaving may change."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events import Event
from events.sales import (
    AccountHandedBack,
    AccountSuppressed,
    ContactAttempted,
    ContactConnected,
    DealLost,
    DealOpened,
    DealWon,
    LeadSalesDisqualified,
    LeadSalesQualified,
    RepAvailability,
    SalesAccepted,
    SalesRejected,
)
from events.scores import LeadCooled, MqlWithdrawn
from routing.decide import State, decide
from routing.decide.locks import domains, scope, subjects
from routing.decide.model.lifecycle import STAGES
from routing.decide.state import Company, Lead
from runtime.values import Timer

KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        AccountHandedBack,
        AccountSuppressed,
        ContactAttempted,
        ContactConnected,
        DealLost,
        DealOpened,
        DealWon,
        LeadCooled,
        LeadSalesDisqualified,
        LeadSalesQualified,
        MqlWithdrawn,
        RepAvailability,
        SalesAccepted,
        SalesRejected,
    )
}
LAW = settings(deadline=None, max_examples=80, database=None)
LEADS = ("lead-1", "lead-2", "lead-3")
DOMAINS = {"lead-1": "acme.example", "lead-2": "acme.example", "lead-3": "wideworldimporters.example"}


@dataclass(frozen=True)
class Recipe:
    """A drawn input before it is made: short to print when a law fails."""

    what: str
    lead: str
    given: dict[str, Any]
    ago: int = 0

    def __call__(self, make: Any) -> Any:
        at = make.noon - timedelta(days=self.ago)
        match self.what:
            case "scored" | "qualified":
                referral = {"referral_at": at} if "referral" in self.given else {}
                return getattr(make, self.what)(self.lead, at=at, domain=DOMAINS[self.lead], **self.given, **referral)
            case "escalated":
                return make.escalated(self.lead, **self.given)
            case "wake":
                kind = self.given["kind"]
                return Timer(self.lead, kind, f"{kind}/{self.lead}", make.noon, {"rep": self.given["rep"]})
        return make.sales(KINDS[self.what], self.lead, at=at, **self.given)


MODES = ("live", "live", "historical")
REPS = ("rep-dan", "rep-elena", "rep-frank", "rep-ana", None)
FORWARD = (ContactAttempted, ContactConnected, LeadSalesQualified, DealOpened)
OUTCOMES = (*FORWARD, DealWon, DealLost)
FACTS: tuple[dict[str, Any], ...] = (
    *({"employees": size, "country": country} for size in (None, 5, 120, 500) for country in ("US", "DE", "AU", None)),
    {"hard": ("competitor",)},
    {"soft": ("free_mail",)},
    {"referral": "litware"},
    {"referral": "litware", "employees": 20, "customer": True},
)
REASONS = (
    "not_icp",
    "out_of_territory",
    "other",
    "bad_data",
    "already_in_pipeline",
    "competitor_or_agency",
    "nonsense",
)


@st.composite
def score(draw: st.DrawFn, leads: tuple[str, ...] = LEADS, modes: tuple[str, ...] = MODES) -> Recipe:
    lead, kind = draw(st.sampled_from(leads)), draw(st.sampled_from(("scored", "qualified")))
    total, hand = draw(st.sampled_from((10, 45, 72, 90))), draw(st.sampled_from((None, None, "demo_request")))
    facts, mode = draw(st.sampled_from(FACTS)), draw(st.sampled_from(modes))
    given = {"total": total, "hand_raise": hand, "mode": mode, **facts}
    return Recipe(kind, lead, given, draw(st.integers(0, 40)))


@st.composite
def answer(draw: st.DrawFn) -> Recipe:
    lead = draw(st.sampled_from(LEADS))
    assignment = f"{lead}.{draw(st.integers(1, 3))}"
    by = draw(st.sampled_from(REPS))
    reason, state = draw(st.sampled_from(REASONS)), draw(st.sampled_from(("left", "away", "active")))
    action, gone = draw(st.sampled_from(("repool", "manager"))), draw(st.sampled_from(("facts", "merged")))
    rep = by or "rep-dan"
    return draw(
        st.sampled_from(
            (
                Recipe("SalesAccepted", lead, {"assignment": assignment, "by": by}),
                Recipe("SalesAccepted", lead, {"by": by}),
                Recipe("SalesRejected", lead, {"assignment": assignment, "by": by, "reason": reason, "note": "so"}),
                Recipe("escalated", lead, {"assignment": assignment, "action": action}),
                Recipe("LeadCooled", lead, {"total": 30, "reason": "decay"}),
                Recipe("MqlWithdrawn", lead, {"total": 30, "reason": gone}),
                Recipe("RepAvailability", rep, {"rep": rep, "state": state}),
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
    data: dict[str, Any] = {"by": draw(st.sampled_from(by))}
    kind = draw(st.sampled_from(kinds))
    if kind is ContactAttempted:
        data["channel"] = draw(st.sampled_from(("email", "call")))
    elif kind is LeadSalesQualified:
        data |= {"need": True, "budget": True, "timeline_months": draw(st.sampled_from((3, 12)))}
    elif kind is not ContactConnected:
        data["deal"] = f"{lead}-{draw(st.integers(1, 2))}"
        data |= {"reason": "price"} if kind is DealLost else {}
    return Recipe(kind.__name__, lead, data, draw(st.integers(0, 40)))


@st.composite
def ending(draw: st.DrawFn) -> Recipe:
    lead = draw(st.sampled_from(LEADS))
    kind = draw(st.sampled_from((AccountSuppressed, AccountHandedBack, LeadSalesDisqualified)))
    data: dict[str, Any] = {"reason": "timing"} if kind is LeadSalesDisqualified else {}
    if kind is LeadSalesDisqualified and draw(st.booleans()):
        data["revisit_on"] = date(2026, 9, 4)
    data["by"] = draw(st.sampled_from(REPS))
    return Recipe(kind.__name__, lead, data)


@st.composite
def wake(draw: st.DrawFn) -> Recipe:
    lead = draw(st.sampled_from(LEADS))
    kind = draw(st.sampled_from(("shift", "repool", "recycle", "cooldown", "unresponsive", "silence", "revisit")))
    return Recipe("wake", lead, {"kind": kind, "rep": draw(st.sampled_from(REPS))})


ANYTHING = st.lists(
    st.one_of(score(), score(), answer(), answer(), outcome(), ending(), wake()), max_size=14
)  # fmt: skip
ONE = ("lead-1",)


def cooked(make: Any, recipes: list[Recipe]) -> list[Any]:
    return [recipe(make) for recipe in recipes]


def beginning(make: Any) -> State:
    state: State = make.story(make.terms).state
    return replace(state, companies={domain: Company(domain) for domain in set(DOMAINS.values())})


def after(state: State, changed: Any) -> State:
    return replace(
        state,
        leads={**state.leads, **changed.leads},
        companies={**state.companies, **changed.companies},
        reps={**state.reps, **changed.reps},
        seats={**state.seats, **changed.seats},
    )


@LAW
@given(recipes=ANYTHING, cut=st.integers(0, 14))
def test_where_a_batch_is_cut_never_shows(make: Any, recipes: list[Recipe], cut: int) -> None:
    inputs, start = cooked(make, recipes), beginning(make)
    whole = decide(start, inputs, make.terms, now=make.noon)
    head = decide(start, inputs[:cut], make.terms, now=make.noon)
    tail = decide(after(start, head), inputs[cut:], make.terms, now=make.noon)
    assert head.facts + tail.facts == whole.facts
    assert head.timers + tail.timers == whole.timers
    assert head.picks + tail.picks == whole.picks
    assert after(after(start, head), tail) == after(start, whole)


@LAW
@given(recipes=ANYTHING, cut=st.integers(0, 14))
def test_what_is_locked_is_enough(make: Any, recipes: list[Recipe], cut: int) -> None:
    """Decided from the rows that the scope names, everything is as if all rows had been there."""
    inputs, start = cooked(make, recipes), beginning(make)
    full = after(start, decide(start, inputs[:cut], make.terms, now=make.noon))
    rest = inputs[cut:]
    leads = {lead: full.leads[lead] for lead in subjects(rest) if lead in full.leads}
    companies = {domain: full.companies[domain] for domain in domains(leads, rest) if domain in full.companies}
    needed = scope(leads, companies, rest, make.terms)
    work: dict[str, tuple[str, ...]] = {}
    for rep in needed.leaving:
        work[rep] = tuple(lead.id for lead in full.leads.values() if lead.worked and lead.owner == rep)
    scoped = State(
        leads,
        companies,
        {rep: full.reps[rep] for rep in needed.reps},
        {key: seat for key, seat in full.seats.items() if key[1] in needed.reps},
        work,
    )
    assert decide(scoped, rest, make.terms, now=make.noon) == decide(full, rest, make.terms, now=make.noon)


@LAW
@given(recipes=ANYTHING)
def test_load_is_the_sum_of_open_work_and_a_lead_has_one_owner(make: Any, recipes: list[Recipe]) -> None:
    inputs, start = cooked(make, recipes), beginning(make)
    done = after(start, decide(start, inputs, make.terms, now=make.noon))
    for rep in done.reps.values():
        assert rep.open == sum(lead.transport == rep.rep for lead in done.leads.values())
    for lead in done.leads.values():
        assert len({offer.version for offer in lead.offers}) == lead.version
        in_cycle = [offer.rep for offer in lead.offers if offer.cycle == lead.cycle]
        assert len(in_cycle) == len(set(in_cycle)), "never offered twice to one rep in a cycle"


def reached(lead: Lead) -> tuple[Any, ...]:
    """How far the lead got with sales, what is known of it, who tried and which deals it has."""
    stage = lead.stage if STAGES.index(lead.stage) >= STAGES.index("sal") else "before"
    return stage, [(deal.deal, deal.state) for deal in lead.deals], lead.standing, lead.attempts


def woven(one: list[Any], other: list[Any], places: list[int]) -> list[Any]:
    """Both streams as one, each in its own order."""
    mixed = list(one)
    for number, (place, fact) in enumerate(zip(sorted(places), other, strict=False)):
        mixed.insert(min(place, len(one)) + number, fact)
    return mixed


PLACES = st.lists(st.integers(0, 4), min_size=5, max_size=5)


@LAW
@given(
    scores=st.lists(score(leads=ONE, modes=("live",)), max_size=4),
    sales=st.lists(outcome(leads=ONE, by=(None,), kinds=FORWARD), max_size=5),
    places=PLACES,
)
def test_interleaving_of_scores_and_outcomes_never_shows_in_how_far_a_lead_got(
    make: Any, scores: list[Recipe], sales: list[Recipe], places: list[int]
) -> None:
    """Who has the lead depends on what came first (domain 5, steps 1 and 2), and so does a cycle after a lost deal."""
    first, second, start = cooked(make, scores), cooked(make, sales), beginning(make)
    one = decide(start, [*first, *second], make.terms, now=make.noon)
    other = decide(start, woven(first, second, places), make.terms, now=make.noon)
    assert {k: reached(v) for k, v in one.leads.items()} == {k: reached(v) for k, v in other.leads.items()}


@LAW
@given(scores=st.lists(score(leads=ONE), max_size=4), sales=st.lists(outcome(leads=ONE), max_size=5), places=PLACES)
def test_interleaving_never_shows_in_deals_and_standing(
    make: Any, scores: list[Recipe], sales: list[Recipe], places: list[int]
) -> None:
    first, second, start = cooked(make, scores), cooked(make, sales), beginning(make)
    one = decide(start, [*first, *second], make.terms, now=make.noon)
    other = decide(start, woven(first, second, places), make.terms, now=make.noon)
    known = [{k: (v.standing, [(d.deal, d.state) for d in v.deals]) for k, v in o.leads.items()} for o in (one, other)]
    assert known[0] == known[1]
