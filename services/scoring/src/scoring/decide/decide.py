"""The fold: which event or due timer changes what. Its table HANDLES is all that scoring reads."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from events import Fact
from events.campaigns import CompanyChanged
from events.leads import EngagementRecorded, LeadCaptured, LeadErased, LeadMerged, LeadUpdated
from runtime.values import Input, Key, Timer, key_of
from scoring.decide import companies, decay, engagements, facts, removals
from scoring.decide.state import Company, Lead, State
from scoring.decide.terms import Terms
from scoring.decide.working_set import COMPANY, DECAY, WorkingSet

HANDLES: Final[Mapping[Key, Callable[[WorkingSet, Any], None]]] = {
    LeadCaptured: facts.capture,
    LeadUpdated: facts.update,
    EngagementRecorded: engagements.enter_engagement,
    LeadMerged: removals.merge,
    LeadErased: removals.erase,
    CompanyChanged: companies.change_company,
    DECAY: decay.wake,
    COMPANY: companies.look_again,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The leads and companies that changed, the facts to emit, and the timers to plan or cancel."""

    leads: dict[str, Lead] = field(default_factory=dict)
    companies: dict[str, Company] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)


def decide(state: State, inputs: Iterable[Input], terms: Terms, *, now: datetime) -> Outcome:
    """Folds events and due timers in their order; `state` is left as it was. KeyError for what is not in HANDLES."""
    work = WorkingSet(state, terms, now)
    for one in inputs:
        HANDLES[key_of(one)](work, one)
    return Outcome(work.leads, work.companies, work.facts, work.timers)
