"""The MQL gate: total, a human engagement lately, no disqualifier; or the fast track of somebody who raised a hand."""

from dataclasses import dataclass
from datetime import datetime

from scoring.decide.profile import Profile
from scoring.decide.state import Latest
from scoring.decide.terms import Terms


@dataclass(frozen=True, slots=True)
class Judgement:
    by_score: bool
    fast_track: bool
    reason: str
    hand_raise: str | None

    @property
    def passed(self) -> bool:
        return self.by_score or self.fast_track


def judge(total: int, profile: Profile, latest: Latest, as_of: datetime, terms: Terms) -> Judgement:
    """A hand-raise keeps the fast track open as long as an engagement keeps the gate open."""
    missing = _missing(total, profile, latest, as_of, terms)
    raised = not profile.hard and lately(latest.raised, as_of, terms)
    kind = latest.raised_kind if raised else None
    if not missing:
        return Judgement(True, raised, f"{total} of {terms.gate.total}", kind)
    if raised and kind is not None:
        return Judgement(False, True, terms.kinds[kind].title, kind)
    return Judgement(False, False, "; ".join(missing), None)


def lately(at: datetime | None, as_of: datetime, terms: Terms) -> bool:
    return at is not None and as_of - at < terms.gate.window


def lapses(judgement: Judgement, latest: Latest, terms: Terms) -> datetime | None:
    """When time alone closes the gate."""
    holding = latest.engaged if judgement.by_score else latest.raised if judgement.fast_track else None
    return holding + terms.gate.window if holding else None


def _missing(total: int, profile: Profile, latest: Latest, as_of: datetime, terms: Terms) -> list[str]:
    missing = [terms.disqualifier_text[name] for name in (*profile.hard, *profile.soft)]
    if total < terms.gate.total:
        missing.append(f"{total} of {terms.gate.total}")
    if latest.engaged is None:
        missing.append("no engagement yet")
    elif not lately(latest.engaged, as_of, terms):
        missing.append(f"no engagement within {terms.gate.window_text}")
    return missing
