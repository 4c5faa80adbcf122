"""The MQL gate: total, a human engagement lately, no disqualifier; or the fast track of somebody who raised a hand.

Domain, section 4.
"""

from datetime import datetime

from msgspec import Struct

from scoring.decide.state import ProfileSums, Recency
from scoring.decide.terms import Terms


class GateDecision(Struct, frozen=True):
    """Whether the gate is open, by what, and the reason as people read it (`58 of 60`)."""

    by_score: bool
    fast_track: bool
    reason: str
    hand_raise: str | None
    """Kind of the hand-raise that holds the fast track open."""

    @property
    def passed(self) -> bool:
        """Whether the gate is open, by the score or by a hand-raise."""
        return self.by_score or self.fast_track


def decide_gate(total: int, profile: ProfileSums, recency: Recency, as_of: datetime, terms: Terms) -> GateDecision:
    """A hand-raise keeps the fast track open as long as an engagement keeps the gate open."""
    raised = not profile.hard and _in_window(recency.hand_raise_at, as_of, terms)
    kind = recency.hand_raise if raised else None
    if passes(total, profile, recency, as_of, terms):
        return GateDecision(True, raised, f"{total} of {terms.gate.total}", kind)
    if raised and kind is not None:
        title = terms.kinds[kind].title if kind in terms.kinds else kind
        return GateDecision(False, True, title, kind)
    engaged = _in_window(recency.engaged_at, as_of, terms)
    return GateDecision(False, False, _missing(total, profile, recency, terms, engaged=engaged), None)


def passes(total: int, profile: ProfileSums, recency: Recency, as_of: datetime, terms: Terms) -> bool:
    """Whether this total opens the gate: with a human engagement lately, and no disqualifier."""
    engaged = _in_window(recency.engaged_at, as_of, terms)
    return engaged and total >= terms.gate.total and not (profile.hard or profile.soft)


def closing_time(decision: GateDecision, recency: Recency, terms: Terms) -> datetime | None:
    """When time alone closes the gate; None when it is closed."""
    last = recency.engaged_at if decision.by_score else recency.hand_raise_at if decision.fast_track else None
    return last + terms.gate.window if last else None


def _in_window(at: datetime | None, as_of: datetime, terms: Terms) -> bool:
    return at is not None and as_of - at < terms.gate.window


def _missing(total: int, profile: ProfileSums, recency: Recency, terms: Terms, *, engaged: bool) -> str:
    """What keeps the gate closed, as people read it."""
    missing = [terms.disqualifier_text[name] for name in (*profile.hard, *profile.soft)]
    if total < terms.gate.total:
        missing.append(f"{total} of {terms.gate.total}")
    if recency.engaged_at is None:
        missing.append("no engagement yet")
    elif not engaged:
        missing.append(f"no engagement within {terms.gate.window_text}")
    return "; ".join(missing)
