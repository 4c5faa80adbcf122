"""Whether a handoff may begin, or begin again: the gate and what was raised since the last exit, cool-down, triggers, a
person who changed jobs (domain, sections 4 and 8).
"""

from datetime import datetime

from agreement.readers.companies import contradict
from events.scores import Standing
from routing.decide.state import Lead
from routing.decide.terms import Terms


def may_come_back(lead: Lead, terms: Terms) -> bool:
    """Lost, without an answer, or at the wrong time: a trigger may begin its next cycle."""
    if not lead.closed or lead.stage == "won":
        return False
    segments = (terms.revisit_segment, terms.routing.unresponsive.segment)
    waiting = lead.nurture is not None and lead.nurture.segment in segments
    return lead.stage == "lost" or lead.status == "unresponsive" or waiting


def changed_job(old: Standing, new: Standing) -> bool:
    """Whether the person is at another company now: another domain, or a name that cannot be the same company's."""
    before, after = old.facts, new.facts
    if before.domain and after.domain:
        return before.domain != after.domain
    return bool(before.company and after.company and contradict(before.company, after.company))


def hand_raised(lead: Lead) -> bool:
    """A hand-raise since the last exit."""
    at = lead.standing.hand_raise_at if lead.standing else None
    return at is not None and (lead.exit is None or at > lead.exit.at)


def reopening(lead: Lead, terms: Terms, now: datetime) -> tuple[str | None, datetime | None]:
    """Why no handoff may begin now (None: it may), and when waiting alone will change that (domain, section 4)."""
    standing = lead.standing
    raised = standing is not None and standing.gate.fast_track and hand_raised(lead)
    closed = _closed_gate(lead, standing, terms)
    back = lead.exit is not None and (lead.closed or lead.status == "disqualified")
    if closed or raised or not back or standing is None or lead.exit is None:
        return (None if raised else closed), None
    if standing.intent_at is None or standing.intent_at <= lead.exit.at:
        return "no new intent since the last exit", None
    until = terms.definitions.re_mql.cooldown.after(lead.exit.at)
    if lead.exit.rejected and now < until:
        return f"cool-down after a rejection until {until:%Y-%m-%d}", until
    return None, None


def _closed_gate(lead: Lead, standing: Standing | None, terms: Terms) -> str | None:
    """Why the gate is closed to whoever has raised no hand since the last exit; None when it is open."""
    if standing is None:
        return "nothing known"
    if not (standing.gate.passed or standing.gate.fast_track):
        return standing.gate.reason
    if standing.gate.fast_track and not hand_raised(lead) and not _scores_enough(standing, terms):
        return f"{standing.total} of {terms.definitions.mql_gate.total_at_least}, no hand raised since the last exit"
    return _stays(lead, standing, terms)


def _scores_enough(standing: Standing, terms: Terms) -> bool:
    """The gate would be open without the hand-raise that holds it open."""
    enough = standing.total >= terms.definitions.mql_gate.total_at_least
    return enough and not (standing.facts.hard or standing.facts.soft)


def _stays(lead: Lead, standing: Standing, terms: Terms) -> str | None:
    """Why its nurture segment is not left by passing the gate (domain, section 8); None when it is."""
    segment = terms.segments.get(lead.nurture.segment) if lead.nurture else None
    if lead.nurture is None or segment is None or "gate_passed" in segment.leaves_when:
        return None
    gained, needed = standing.total - lead.nurture.total, segment.points_gained
    if needed is not None and gained >= needed:
        return None
    return f"in segment “{segment.title}”" + (f": {gained:+d} of +{needed} points" if needed is not None else "")
