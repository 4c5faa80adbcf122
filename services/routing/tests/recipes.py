"""Inputs of routing to be drawn: scores, answers, outcomes, endings and wake-ups of three leads, as short recipes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from hypothesis import strategies as st
from services.routing.tests.conftest import START, escalated, make, qualified, scored

from events import Event
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
    OwnerNudged,
    RepAvailability,
    SalesAccepted,
    SalesNurtured,
    SalesRejected,
    StewardDecided,
)
from events.scores import LeadCooled, LeadQualified, LeadScored, MqlWithdrawn
from events.slas import ClockEscalated
from routing.decide import HANDLES, Terms
from routing.decide.causes.programmes import PROGRAMME
from routing.decide.wake_ups import CONTACT, FOLLOWED, RECORD_CLOSED
from runtime.values import Input, Timer
from testing.service import shipped_agreement

ONE = ("lead-1",)
LEADS = ("lead-1", "lead-2", "lead-3")
DOMAINS = {"lead-1": "acme.example", "lead-2": "acme.example", "lead-3": "wideworldimporters.example"}
DEALS = ("shared", *(f"{lead}-{number}" for lead in LEADS for number in (1, 2)))
SCORERS: dict[type[Event], Callable[..., Event]] = {LeadScored: scored, LeadQualified: qualified}


@cache
def shipped_terms() -> Terms:
    return Terms.of(shipped_agreement())


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
STEWARD_ANSWERS: tuple[Mapping[str, object], ...] = (
    {"decision": "fixed"},
    {"decision": "drop"},
    {"decision": "pin", "facts": ("employees",)},
    *({"decision": "merge", "record": one} for one in (*LEADS, "shared", "nobody")),
)
DECIDED: tuple[type[Event], ...] = (LeadReassigned, LeadHandedOver, SalesNurtured, OwnerNudged)
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
        data = draw(st.sampled_from(STEWARD_ANSWERS))
        return Recipe(kind, lead, {"item": "lead", "steward": "rep-grace", **data})
    if kind in DECIDED:
        to = {} if kind in (SalesNurtured, OwnerNudged) else {"to": draw(st.sampled_from(REPS[:4]))}
        return Recipe(kind, lead, {"by": draw(st.sampled_from(("rep-grace", *REPS))), **to})
    data = {"reason": "timing"} if kind is LeadSalesDisqualified else {}
    if kind is LeadSalesDisqualified and draw(st.booleans()):
        data["revisit_on"] = date(2026, 9, 4)
    data["by"] = draw(st.sampled_from(REPS))
    return Recipe(kind, lead, data)


@st.composite
def wake(draw: st.DrawFn) -> Recipe:
    lead = draw(st.sampled_from(LEADS))
    kind = draw(st.sampled_from(sorted(key for key in HANDLES if isinstance(key, str))))
    return Recipe(kind, lead, {"rep": draw(st.sampled_from(REPS)), **PAYLOADS.get(kind, {})})


SHARED: dict[str, object] = {"deal": "shared", "cause": None, "correlation": None, "mode": "live"}
PAYLOADS: dict[str, dict[str, object]] = {
    CONTACT: SHARED,
    RECORD_CLOSED: SHARED,
    FOLLOWED: {"follower": "lead-3", "cause": None, "correlation": None, "mode": "live"},
    PROGRAMME: {"campaign": "winback", "by": "rep-dan", "cause": "enrolment", "mode": "live"},
}
"""Of the kinds of timers that carry more than a rep."""
ANYTHING = st.lists(st.one_of(score(), score(), answer(), answer(), outcome(), ending(), wake()), max_size=14)


def make_inputs(recipes: Sequence[Recipe]) -> list[Input]:
    return [recipe() for recipe in recipes]


OFFERED = Recipe(LeadQualified, "lead-1", {})
