"""The fold: which event or due timer changes what. Its table HANDLES is all that scoring reads."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from events import Fact
from events.campaigns import CompanyChanged
from events.leads import (
    ConsentChanged,
    EngagementJudged,
    EngagementRecorded,
    LeadCaptured,
    LeadErased,
    LeadMerged,
    LeadUpdated,
)
from runtime.values import Input, Key, Timer, key_of
from scoring.decide import companies, decay, engagements, facts, removals, rescore
from scoring.decide.companies import ANSWER
from scoring.decide.rescore import RESCORE
from scoring.decide.state import Ask, Company, Facts, Lead, State
from scoring.decide.terms import Terms
from scoring.decide.waits import ENRICHMENT
from scoring.decide.working_set import COMPANY, DECAY, Missing, WorkingSet

HANDLES: Final[Mapping[Key, Callable[[WorkingSet, Any], None]]] = {
    LeadCaptured: facts.capture,
    LeadUpdated: facts.update,
    EngagementRecorded: engagements.enter_engagement,
    EngagementJudged: engagements.judge_engagement,
    ConsentChanged: facts.change_consent,
    LeadMerged: removals.merge,
    LeadErased: removals.erase,
    CompanyChanged: companies.change_company,
    DECAY: decay.wake,
    COMPANY: companies.look_again,
    RESCORE: rescore.rescore,
    ENRICHMENT: decay.end_wait,
    ANSWER: companies.hear_answer,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What changed, the facts to emit, and the timers to plan or cancel; and whose past or facts are missing."""

    leads: dict[str, Lead] = field(default_factory=dict)
    persons: dict[str, Facts] = field(default_factory=dict)
    """Facts of persons that changed, by lead."""
    blocks: dict[str, dict[int, bytes]] = field(default_factory=dict)
    """Blocks of the past that are new or changed, by lead and number."""
    forgotten: set[str] = field(default_factory=set)
    """Leads of whom nothing else is kept than what is in here."""
    companies: dict[str, Company] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """By domain, what companies are called that had no name."""
    facts: list[Fact] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    missing: frozenset[str] = frozenset()
    """Leads that could not be decided on: `decide_rest` does, once their facts and past are loaded."""
    pasts: frozenset[str] = frozenset()
    """Those among them whose past is asked for."""
    domains: frozenset[str] = frozenset()
    """Companies to be loaded too."""
    asks: dict[tuple[str, str], Ask] = field(default_factory=dict)
    """What providers are to be asked, by provider and domain."""
    places: tuple[tuple[int, int], ...] = ()
    """How many facts and timers there were after each input."""


def decide(state: State, inputs: Iterable[Input], terms: Terms, *, now: datetime) -> Outcome:
    """Folds events and due timers in their order; `state` is left as it was. KeyError for what is not in HANDLES."""
    return _decide(state, inputs, terms, now, frozenset())


def decide_rest(first: Outcome, state: State, inputs: Sequence[Input], terms: Terms, *, now: datetime) -> Outcome:
    """The outcome of the whole batch, now that `state` has what `first` missed.

    Leads are independent of each other, so only those that were missing are folded again, from what is stored;
    everybody, when a company changes in this batch. What is known then may show that more is missing.
    """
    if any(isinstance(one, CompanyChanged) or (isinstance(one, Timer) and one.kind == ANSWER) for one in inputs):
        return _decide(state, inputs, terms, now, frozenset())
    others = {one.subject for one in inputs} - first.missing
    return _joined(first, _decide(state, inputs, terms, now, others, names=first.names))


def _decide(
    state: State,
    inputs: Iterable[Input],
    terms: Terms,
    now: datetime,
    passed_over: "set[str] | frozenset[str]",
    *,
    names: Mapping[str, str] = MappingProxyType({}),
) -> Outcome:
    work = WorkingSet(state, terms, now, names)
    missing, pasts, domains = set[str](), set[str](), set[str]()
    subjects: list[str] = []
    places: list[tuple[int, int]] = []
    for one in inputs:
        subject = one.subject
        if subject not in missing and subject not in passed_over:
            work.begin()
            try:
                HANDLES[key_of(one)](work, one)
            except Missing as absent:
                missing.add(subject)
                pasts |= {subject} if absent.past else set()
                domains |= {absent.domain} if absent.domain else set()
        subjects.append(subject)
        places.append((len(work.facts), len(work.timers)))
    if missing:
        _drop(work, missing, subjects, places)
    return Outcome(
        work.leads,
        work.persons,
        work.blocks,
        work.forgotten,
        work.companies,
        work.names,
        work.facts,
        work.timers,
        frozenset(missing),
        frozenset(pasts),
        frozenset(domains),
        work.asks,
        tuple(places),
    )


def _drop(work: WorkingSet, missing: set[str], subjects: Sequence[str], places: list[tuple[int, int]]) -> None:
    """Takes out what inputs about these leads led to before something was missing."""
    for id in missing:
        work.let_go(id)
    facts, timers, was = list[Fact](), list[Timer](), (0, 0)
    for place, (subject, now) in enumerate(zip(subjects, places, strict=True)):
        if subject not in missing:
            facts += work.facts[was[0] : now[0]]
            timers += work.timers[was[1] : now[1]]
        places[place], was = (len(facts), len(timers)), now
    work.facts, work.timers = facts, timers


def _joined(one: Outcome, other: Outcome) -> Outcome:
    """Both, facts and timers in the order of the inputs; no lead is in both."""
    facts, timers, places = list[Fact](), list[Timer](), list[tuple[int, int]]()
    was, other_was = (0, 0), (0, 0)
    for now, other_now in zip(one.places, other.places, strict=True):
        if now != was:
            facts += one.facts[was[0] : now[0]]
            timers += one.timers[was[1] : now[1]]
        if other_now != other_was:
            facts += other.facts[other_was[0] : other_now[0]]
            timers += other.timers[other_was[1] : other_now[1]]
        places.append((len(facts), len(timers)))
        was, other_was = now, other_now
    return Outcome(
        one.leads | other.leads,
        one.persons | other.persons,
        one.blocks | other.blocks,
        one.forgotten | other.forgotten,
        one.companies | other.companies,
        other.names | one.names,
        facts,
        timers,
        other.missing,
        other.pasts,
        other.domains,
        one.asks | other.asks,
        tuple(places),
    )
