"""The fold: requests in the order of receipt, a receipt for each, and everything that follows from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from msgspec import structs

from events import Fact
from events.envelope import HISTORY
from events.leads import (
    EngagementJudged,
    EngagementRecorded,
    EngagementVerdict,
    KnownFact,
    LeadErased,
    LeadUpdated,
    lead_id,
)
from ingest.decide import times
from ingest.decide.identity import IdentityGraph
from ingest.decide.names import Names, subject_of
from ingest.decide.readings import Reading, Request
from ingest.decide.recognition import Recognition
from ingest.decide.state import Identity, Person, Registry, StoredFact, with_verdicts
from ingest.decide.submissions import (
    Alias,
    Arrival,
    CampaignFact,
    Consent,
    Engagement,
    Erase,
    FormSubmitted,
    Group,
    Identify,
    Judgement,
    MailReport,
    Merge,
    Page,
    PersonArrival,
    SalesFact,
    Submission,
    Track,
)


@dataclass(frozen=True, slots=True)
class UnknownLead:
    """A submission that needs a known lead names somebody else."""

    pointer: str
    name: str | None

    @property
    def detail(self) -> str:
        """What is wrong, for the sender."""
        return f"no lead {self.name} is known here"


@dataclass(frozen=True, slots=True)
class LiesAhead:
    """A fact of sales is dated in the future."""

    pointer: str
    detail: str = "lies in the future: say it when it has happened (of a deal: expected_close)"


@dataclass(frozen=True, slots=True)
class NoSuchEngagement:
    """What is judged again is nothing that the lead did."""

    pointer: str
    detail: str = "the lead did nothing that goes by this id"


@dataclass(slots=True)
class Receipt:
    """Of one request: counts, or what is wrong with it (then nothing of it was kept)."""

    accepted: int = 0
    duplicates: int = 0
    wrong: Sequence[UnknownLead | LiesAhead | NoSuchEngagement] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to store and what to emit."""

    receipts: Sequence[Receipt] = ()
    message_times: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    identities: Mapping[Identity, str | None] = field(default_factory=dict)
    """None: forgotten."""
    people: Mapping[str, Person] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)
    """Whose earlier facts and identities now belong to whom."""
    erased: frozenset[str] = frozenset()
    """Whose earlier facts and identities are forgotten."""
    consulted: frozenset[str] = frozenset()
    """Whose memory was needed: all who moved, also those who were erased afterwards."""
    stored: Sequence[StoredFact] = ()
    facts: Sequence[Fact] = ()
    verdicts: Mapping[int, EngagementVerdict] = field(default_factory=dict)
    """By place in the memory: what a person says of an engagement that was stored before."""
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Of assets and campaigns that were never named before: how they are written."""

    def unread(self, registry: Registry) -> set[str]:
        """People whose facts moved although the registry did not hold their memory: load it and decide again."""
        return set(self.consulted) - set(registry.memory)


def decide(registry: Registry, requests: Sequence[Request], *, now: datetime) -> Outcome:
    """Where a batch of requests is cut never shows. A duplicate changes nothing; a refused request leaves nothing."""
    fold = _Fold(registry, now)
    receipts = [fold.take(request) for request in requests]
    graph = fold.graph
    return Outcome(
        receipts=receipts,
        message_times=fold.message_times,
        identities=graph.changed_identities,
        people=graph.changed_people,
        moved=graph.moved,
        erased=frozenset(graph.erased),
        consulted=frozenset(graph.consulted),
        stored=graph.stored,
        facts=graph.facts,
        verdicts=graph.verdicts,
        names=fold.names.new,
    )


class _Fold:
    def __init__(self, registry: Registry, now: datetime) -> None:
        self.now = now
        self.graph = IdentityGraph(registry, now)
        self.names = Names(registry.names)
        self.message_times: dict[tuple[str, str], datetime] = {}
        self._times_before = registry.message_times
        self._people_before, self._memory = frozenset(registry.people), frozenset(registry.memory)
        self._recognition = Recognition(self.graph, self._row)

    def take(self, request: Request) -> Receipt:
        receipt = Receipt()
        readings = [reading for reading in request if not self._duplicate(reading.submission)]
        receipt.wrong = (*self._unknown(readings), *self._ahead(readings), *self._unmatched(readings))
        if receipt.wrong:
            return receipt
        for reading in readings:
            submission = reading.submission
            if submission.key in self.message_times and self._duplicate(submission):  # twice in one request
                continue
            self.message_times[submission.key] = self.now
            events, campaign = self.names.as_first_written(reading.events, reading.campaign)
            self._apply(structs.replace(reading, events=events, campaign=campaign))
            receipt.accepted += 1
        receipt.duplicates = len(request) - receipt.accepted
        return receipt

    def _duplicate(self, submission: Submission) -> bool:
        before = self.message_times.get(submission.key) or self._times_before.get(submission.key)
        if before is None:
            return False
        again_after = submission.again_after if isinstance(submission, FormSubmitted) else None
        return again_after is None or self.now - before < timedelta(seconds=again_after)

    def _ahead(self, readings: Sequence[Reading]) -> list[LiesAhead]:
        facts = [one.submission for one in readings if isinstance(one.submission, SalesFact)]
        return [LiesAhead(fact.time_pointer) for fact in facts if times.lies_ahead(fact, self.now)]

    def _unmatched(self, readings: Sequence[Reading]) -> list[NoSuchEngagement]:
        """Judgements about nothing. Whose memory is not there yet is decided on again with it; newcomers have none."""
        wrong = []
        for reading in readings:
            judgement = reading.submission
            if isinstance(judgement, Judgement) and (lead := self._lead(reading)):
                found = self.graph.engagements(lead, judgement)
                if not found and (lead.id in self._memory or lead.id not in self._people_before):
                    wrong.append(NoSuchEngagement(judgement.pointer))
        return wrong

    def _unknown(self, readings: Sequence[Reading]) -> list[UnknownLead]:
        """Leads whom neither the house nor an earlier part of this request knows."""
        if not any(map(_names_a_lead, readings)):
            return []
        unknown: list[UnknownLead] = []
        newcomers = set[str]()
        for reading in readings:
            submission = reading.submission
            if isinstance(submission, PersonArrival):
                if reading.email is not None:
                    newcomers |= {name for name in (reading.lead, reading.email, lead_id(reading.email)) if name}
                    continue
                if reading.lead is None:
                    continue
            elif isinstance(submission, CampaignFact) or (isinstance(submission, SalesFact) and submission.rep):
                continue
            missing = [] if self._is_known(reading, newcomers) else [reading.lead or reading.email]
            if isinstance(submission, Merge) and self.graph.lead(submission.into) is None:
                missing += [name for name in (submission.into,) if name not in newcomers]
            unknown += [UnknownLead(submission.pointer, name) for name in missing]
        return unknown

    def _is_known(self, reading: Reading, newcomers: set[str]) -> bool:
        return self._lead(reading) is not None or not newcomers.isdisjoint((reading.lead, reading.email))

    def _lead(self, reading: Reading) -> Person | None:
        graph = self.graph
        return graph.lead(reading.lead) or graph.lead(graph.holder("email", reading.email))

    def _apply(self, reading: Reading) -> None:
        submission = reading.submission
        match submission:
            case Track() | Page() | Identify() | Group() | FormSubmitted() | Engagement() | Consent():
                who, learned = self._recognition.recognise(submission, reading)
                self._accept(submission, reading, who, learned)
            case Alias():
                who, learned = self._recognition.recognise(submission, reading)
                self._accept(submission, reading, self._recognition.join(submission, who), learned)
            case CampaignFact():
                self._emit(submission, reading, subject_of(submission.subject, reading.events))
            case SalesFact() | MailReport():
                rep = submission.rep if isinstance(submission, SalesFact) else None
                lead = None if rep else self._lead(reading)
                subject = subject_of(rep, reading.events) if rep else lead and lead.id
                if subject:  # none: erased by an earlier part of the request
                    self._emit(submission, reading, subject)
            case Judgement() | Erase() | Merge():
                if lead := self._lead(reading):
                    self._apply_to(lead, submission, reading)
            case _:
                assert_never(submission)

    def _apply_to(self, lead: Person, submission: Judgement | Erase | Merge, reading: Reading) -> None:
        """What changes the memory of somebody who is known."""
        if isinstance(submission, Judgement):
            self._judge(submission, lead, reading)
        elif isinstance(submission, Erase):
            fact = LeadErased.fact(lead.id, submission.data, time=reading.at)
            self.graph.erase(lead, self._row(submission, fact))
        elif (other := self.graph.lead(submission.into)) and lead.id != other.id:
            self.graph.merge(lead, other, "steward")

    def _accept(self, arrival: PersonArrival, reading: Reading, who: str, learned: tuple[KnownFact, ...]) -> None:
        """What was learned of a person comes before what they did."""
        at, mode = reading.at, reading.mode
        if learned:
            fact = LeadUpdated.fact(who, LeadUpdated.Data(facts=learned), time=at, mode=mode)
            self.graph.accept(self._row(arrival, fact))
        for event, data in reading.events:
            self.graph.accept(self._row(arrival, event.fact(who, data, time=at, mode=mode)))

    def _emit(self, arrival: Arrival, reading: Reading, subject: str) -> None:
        for event, data in reading.events:
            fact = event.fact(subject, data, time=reading.at, mode=reading.mode)
            self.graph.emit(self._row(arrival, fact))

    def _judge(self, judgement: Judgement, lead: Person, reading: Reading) -> None:
        """Each engagement that is meant keeps the verdict, for whoever is told of it later; its readers hear it now."""
        verdict = EngagementVerdict(machine=judgement.machine, by=judgement.by, at=reading.at)
        for row in self.graph.engagements(lead, judgement):
            done = row.fact.data
            assert isinstance(done, EngagementRecorded.Data)  # noqa: S101
            self.graph.keep_verdict(lead, row, verdict)
            data = EngagementJudged.Data(
                message_id=done.message_id,
                kind=done.kind,
                name=done.name,
                occurred=min(row.fact.time, self.now),
                mail=done.mail,
                link=done.link,
                verdict=verdict,
            )
            self.graph.accept(self._row(judgement, EngagementJudged.fact(lead.id, data, time=reading.at)))

    def _row(self, arrival: Arrival, fact: Fact) -> StoredFact:
        """Old news belongs together: by the import that it came with, else by its source and the day."""
        if fact.mode == "historical" and fact.correlation is None:
            batch = arrival.batch or f"{arrival.source} {self.now:%Y-%m-%d}"
            fact = structs.replace(fact, correlation=f"{HISTORY}{batch}")
        return StoredFact(fact.subject, fact, arrival.source, arrival.message_id)


def _names_a_lead(reading: Reading) -> bool:
    """All others are about whoever it turns out to be."""
    return not isinstance(reading.submission, PersonArrival) or (reading.lead is not None and reading.email is None)


def after(registry: Registry, outcome: Outcome) -> Registry:
    """The registry as the next batch finds it, with the whole memory. The store does the same in SQL."""
    erased, moved = outcome.erased, outcome.moved
    names = {key: moved.get(who, who) for key, who in registry.identities.items() if who not in erased}
    identities = {key: who for key, who in {**names, **outcome.identities}.items() if who is not None}
    people = {
        key: replace(person, into=moved.get(person.into or "", person.into)) for key, person in registry.people.items()
    }
    memory: dict[str, list[StoredFact]] = {}
    for who, rows in registry.memory.items():
        if who not in erased:
            memory.setdefault(moved.get(who, who), []).extend(with_verdicts(rows, outcome.verdicts))
    written = max((row.place for rows in registry.memory.values() for row in rows), default=0)
    for place, row in enumerate(outcome.stored, start=written + 1):
        memory.setdefault(row.person, []).append(structs.replace(row, place=place))
    return Registry(
        message_times={**registry.message_times, **outcome.message_times},
        identities=identities,
        people={**people, **outcome.people},
        memory={who: sorted(rows, key=lambda row: row.place) for who, rows in memory.items()},
        names={**registry.names, **outcome.names},
    )
