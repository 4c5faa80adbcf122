"""Whether a lead may come back by a trigger, and whether a person changed jobs (domain, section 8)."""

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
