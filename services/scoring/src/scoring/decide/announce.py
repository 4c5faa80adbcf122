"""What is said of a changed standing: scored, then qualified, cooled or withdrawn."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from events import Event, Fact, Mode
from events.scores import LeadCooled, LeadQualified, LeadScored, MqlWithdrawn
from events.vocabulary import Body
from scoring.decide.profile import Profile
from scoring.decide.standing import Reason, Stood, stand
from scoring.decide.state import Lead
from scoring.decide.terms import Terms


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the lead is looked at: an event, news of its company, or time."""

    reason: Reason
    trigger: str
    mode: Mode
    event: str | None = None
    correlation: str | None = None
    kind: str | None = None
    raised: bool = False
    """A person raised a hand, right now."""
    moved: bool = False
    """Lines of the past changed, even if their sum did not."""


def announce(lead: Lead, profile: Profile, cause: Cause, time: datetime, terms: Terms) -> list[Fact]:
    """Empty when the standing is what was last said. Remembers in the lead whether the gate is open."""
    stood = stand(lead, profile, terms, cause.reason, cause.kind)
    lead.lapses = stood.lapses
    if stood.said == lead.said and not cause.moved:
        return []
    by_score, was_open = lead.by_score, lead.open
    judgement = stood.judgement
    lead.said, lead.by_score, lead.open = stood.said, judgement.by_score, judgement.passed
    said: list[tuple[type[Event], Body]] = [(LeadScored, stood.data)]
    how = _qualifies(stood, profile, cause, by_score, was_open)
    closed = was_open and not judgement.passed
    if how is not None:
        said.append((LeadQualified, _qualified(stood, how, cause.trigger)))
    elif cause.reason == "decay" and (closed or (by_score and not judgement.by_score)):
        said.append((LeadCooled, LeadCooled.Data(total=stood.data.total, reason=judgement.reason)))
    elif closed:
        said.append((MqlWithdrawn, MqlWithdrawn.Data(total=stood.data.total, reason=judgement.reason)))
    return [Fact(event, lead.id, data, time, cause.event, cause.correlation, cause.mode) for event, data in said]


def _qualifies(
    stood: Stood, profile: Profile, cause: Cause, by_score: bool, was_open: bool
) -> Literal["score", "hand_raise"] | None:
    """Every live hand-raise qualifies anew; otherwise the gate must have been closed."""
    judgement = stood.judgement
    if cause.raised and cause.mode == "live" and not profile.hard:
        return "hand_raise"
    if judgement.by_score and not by_score:
        return "score"
    if judgement.passed and not was_open:
        return "hand_raise"
    return None


def _qualified(stood: Stood, how: Literal["score", "hand_raise"], trigger: str) -> LeadQualified.Data:
    standing = {name: value for name, value in stood.data.__dict__.items() if name not in ("reason", "kind")}
    return LeadQualified.Data.model_construct(**standing, how=how, trigger=trigger)
