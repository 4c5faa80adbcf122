"""The MQL gate: total, a human engagement lately, no disqualifier; or the fast track of somebody who raised a hand.

Domain, section 4.
"""

from datetime import datetime
from functools import lru_cache
from typing import Final

from msgspec import Struct

from events.scores import Gate
from scoring.decide.state import ProfileSums, Recency
from scoring.decide.terms import Terms

_CACHED: Final = 16_384


class GateDecision(Struct, frozen=True):
    """Whether the gate is open, and by what."""

    by_score: bool
    gate: Gate
    """As events carry it, with the reason as people read it (`58 of 60`)."""


def decide_gate(total: int, profile: ProfileSums, recency: Recency, as_of: datetime, terms: Terms) -> GateDecision:
    """A hand-raise keeps the fast track open as long as an engagement keeps the gate open."""
    start, engaged_at, raised_at = as_of - terms.gate.window, recency.engaged_at, recency.hand_raise_at
    engaged = None if engaged_at is None else engaged_at > start
    raised = raised_at is not None and raised_at > start and not profile.hard
    disqualifiers = (*profile.hard, *profile.soft)
    return _decided(total, disqualifiers, engaged, recency.hand_raise if raised else None, terms)


def passes(total: int, profile: ProfileSums, recency: Recency, as_of: datetime, terms: Terms) -> bool:
    """Whether this total opens the gate: with a human engagement lately, and no disqualifier."""
    return decide_gate(total, profile, recency, as_of, terms).by_score


def closing_time(decision: GateDecision, recency: Recency, terms: Terms) -> datetime | None:
    """When time alone closes the gate; None when it is closed."""
    if not decision.gate.passed:
        return None
    last = recency.engaged_at if decision.by_score else recency.hand_raise_at
    return last + terms.gate.window if last else None


@lru_cache(_CACHED)  # most leads look to the gate like one that it has seen before
def _decided(
    total: int, disqualifiers: tuple[str, ...], engaged: bool | None, raised: str | None, terms: Terms
) -> GateDecision:
    """`engaged`: whether the last engagement lies in the window, None without any; `raised`: the hand-raise that does.

    `disqualifiers`: all that hold, the hard ones first; with a hard one no hand-raise counts.
    """
    if engaged and total >= terms.gate.total and not disqualifiers:
        reason = f"{total} of {terms.gate.total}"
        return GateDecision(True, Gate(passed=True, reason=reason, fast_track=raised is not None, hand_raise=raised))
    if raised is not None:
        title = terms.kinds[raised].title if raised in terms.kinds else raised
        return GateDecision(False, Gate(passed=True, reason=title, fast_track=True, hand_raise=raised))
    missing = [terms.disqualifier_text[name] for name in disqualifiers]
    if total < terms.gate.total:
        missing.append(f"{total} of {terms.gate.total}")
    if engaged is None:
        missing.append("no engagement yet")
    elif not engaged:
        missing.append(f"no engagement within {terms.gate.window_text}")
    return GateDecision(False, Gate(passed=False, reason="; ".join(missing)))
