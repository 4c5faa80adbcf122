"""Which facts follow from a changed standing: scored, then qualified, cooled or withdrawn."""

from datetime import datetime
from typing import Literal, NamedTuple

from events import Body, Cause, Event, Fact
from events.body import fields_of
from events.scores import LeadCooled, LeadQualified, LeadScored, MqlWithdrawn, Standing
from scoring.decide.profile import Profile
from scoring.decide.standing import ComputedStanding, Reason, compute_standing
from scoring.decide.state import Lead
from scoring.decide.terms import Terms

How = Literal["score", "hand_raise"]


class Recalculation(NamedTuple):
    """Why the standing of a lead is computed again, and what its facts inherit from the event behind it."""

    reason: Reason
    cause: Cause
    kind: str | None = None
    """Of the engagement, if it was one."""
    hand_raised: bool = False
    """A person raised a hand, right now."""
    ledger_changed: bool = False
    """Lines of the past changed, even if their sum did not."""

    @property
    def trigger(self) -> str:
        """What qualified the lead, in a word: the engagement's kind, `facts` or `decay`."""
        return self.kind or ("decay" if self.reason == "decay" else "facts")


def announce(lead: Lead, profile: Profile, why: Recalculation, time: datetime, terms: Terms) -> list[Fact]:
    """The facts to emit; none when the standing is what was announced last. Changes what the lead keeps of its gate."""
    standing = compute_standing(lead, profile, terms, why.reason, why.kind)
    lead.closes_at = standing.closes_at
    if standing.checksum == lead.announced and not why.ledger_changed:
        return []
    by_score, was_open = lead.open_by_score, lead.gate_open
    decision, total = standing.gate, standing.data.total
    lead.announced, lead.open_by_score, lead.gate_open = standing.checksum, decision.by_score, decision.passed
    news: list[tuple[type[Event], Body]] = [(LeadScored, standing.data)]
    how = _qualifies(standing, profile, why, by_score, was_open)
    closed = was_open and not decision.passed
    if how is not None:
        news.append((LeadQualified, _qualified(standing, how, why.trigger)))
    elif why.reason == "decay" and (closed or (by_score and not decision.by_score)):
        news.append((LeadCooled, LeadCooled.Data(total=total, reason=decision.reason)))
    elif closed:
        news.append((MqlWithdrawn, MqlWithdrawn.Data(total=total, reason=decision.reason)))
    return [event.fact(lead.id, data, time=time, cause=why.cause) for event, data in news]


def _qualifies(
    standing: ComputedStanding, profile: Profile, why: Recalculation, by_score: bool, was_open: bool
) -> How | None:
    """Every live hand-raise qualifies anew; otherwise the gate must have been closed."""
    if why.hand_raised and not why.cause.historical and not profile.hard:
        return "hand_raise"
    if standing.gate.by_score and not by_score:
        return "score"
    if standing.gate.passed and not was_open:
        return "hand_raise"
    return None


def _qualified(standing: ComputedStanding, how: How, trigger: str) -> LeadQualified.Data:
    """The standing's own fields, and how it came about."""
    fields = {name: getattr(standing.data, name) for name in fields_of(Standing)}
    return LeadQualified.Data(**fields, how=how, trigger=trigger)
