"""Who is who in the course of one batch: people become known, turn out to be one, are forgotten."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from events import Fact
from events.leads import (
    ConsentChanged,
    EngagementRecorded,
    EngagementVerdict,
    LeadCaptured,
    LeadErased,
    LeadMerged,
    LeadUpdated,
    MailSent,
    lead_id,
)
from events.sales_data import DealData
from ingest.decide.state import Identity, Person, Registry, StoredFact, in_order, with_verdict
from ingest.decide.submissions import Judgement

UNWRITTEN: Final = 1 << 62
"""Facts of this batch rank after all that is written."""


class IdentityGraph:
    """Reads the registry, writes beside it: the changes are what differs afterwards."""

    def __init__(self, registry: Registry, now: datetime) -> None:
        self.now = now
        self.facts: list[Fact] = []
        """To be emitted, in order."""
        self.stored: list[StoredFact] = []
        self.moved: dict[str, str] = {}
        self.erased: set[str] = set()
        self.consulted: set[str] = set()
        self.verdicts: dict[int, EngagementVerdict] = {}
        self.changed_identities: dict[Identity, str | None] = {}
        self.changed_people: dict[str, Person] = {}
        self._identities = dict(registry.identities)
        self._held: dict[str, set[Identity]] | None = None
        self._people = dict(registry.people)
        self._memory = {who: list(rows) for who, rows in registry.memory.items()}
        self._new: dict[str, list[StoredFact]] = {}

    def lead(self, who: str | None) -> Person | None:
        """The lead of this id, or the one it turned out to be."""
        person = self._people.get(who) if who else None
        while person is not None and person.into is not None:
            person = self._people.get(person.into)
        return person if person is not None and person.is_known else None

    def holder(self, kind: str, value: str | None) -> str | None:
        """Whose identity this is: a lead id, or the name under which a visitor's facts are parked."""
        return self._identities.get((kind, value)) if value else None

    def link(self, kind: str, value: str, who: str) -> None:
        """The last one to use an identity has it."""
        key = (kind, value)
        before = self._identities.get(key)
        if before == who:
            return
        if self._held is not None:
            self._held.get(before or "", set()).discard(key)
            self._held.setdefault(who, set()).add(key)
        self._identities[key] = self.changed_identities[key] = who

    @property
    def _names(self) -> dict[str, set[Identity]]:
        """Identities by holder. Few batches ask for them: they are collected when the first one does."""
        if self._held is None:
            self._held = {}
            for key, who in self._identities.items():
                self._held.setdefault(who, set()).add(key)
        return self._held

    def capture(self, email: str) -> Person:
        """A new lead with this address."""
        person = Person(lead_id(email), email, self.now)
        self._put(person)
        self.link("email", email, person.id)
        return person

    def accept(self, row: StoredFact) -> None:
        """Stores a person's fact, and emits it unless its subject is a visitor: then it is parked."""
        self._store(row)
        if self.lead(row.person) is not None:
            self.facts.append(row.fact)

    def emit(self, row: StoredFact) -> None:
        """Stores and emits a fact whoever its subject is: of sales, campaigns, reps."""
        self._store(row)
        self.facts.append(row.fact)

    def engagements(self, lead: Person, judgement: Judgement) -> list[StoredFact]:
        """What the lead did that the judgement is about, as far as the memory is loaded: it is asked for."""
        self.consulted.add(lead.id)
        rows = (*self._memory.get(lead.id, ()), *self._new.get(lead.id, ()))
        return [
            row
            for row in rows
            if isinstance(row.fact.data, EngagementRecorded.Data) and judgement.is_about(row.fact.data)
        ]

    def keep_verdict(self, lead: Person, row: StoredFact, verdict: EngagementVerdict) -> None:
        """The engagement is told with it from now on, if it is told once more."""
        if row.place >= UNWRITTEN:
            row.fact = with_verdict(row, verdict).fact
            return
        self.verdicts[row.place] = verdict
        rows = self._memory[lead.id]
        rows[rows.index(row)] = with_verdict(row, verdict)

    def absorb(self, names: set[str], into: str) -> None:
        """Visitors turn out to be this person; if it is a lead, what was parked is released in order."""
        known = self.lead(into) is not None
        released = [row for name in sorted(names) for row in self._move(name, into)]
        if known:
            for row in in_order(released):
                self._copy(row, into, merged=False)

    def merge(self, one: Person, other: Person, reason: str) -> Person:
        """Two leads are one. The older wins; everything the younger did is copied to the winner's stream."""
        winner, loser = sorted((one, other), key=lambda person: (person.since or self.now, person.id))
        self.facts.append(LeadMerged.fact(loser.id, LeadMerged.Data(into=winner.id, reason=reason), time=self.now))
        self._put(replace(loser, into=winner.id))
        for row in in_order(self._move(loser.id, winner.id)):
            self._copy(row, winner.id, merged=True)
        return winner

    def erase(self, lead: Person, row: StoredFact) -> None:
        """Forgets a lead and all it was made of; the stream of each gets `lead.erased`."""
        removed = {lead.id} | {person.id for person in self._people.values() if person.into == lead.id}
        moved_there = {name for name, into in self.moved.items() if into in removed}
        self.erased |= removed | moved_there
        self.moved = {name: into for name, into in self.moved.items() if name not in moved_there}
        self.stored = [old for old in self.stored if old.person not in removed]
        for name in sorted(removed | moved_there):
            self._memory.pop(name, None)
            self._new.pop(name, None)
            for key in self._names.pop(name, ()):
                del self._identities[key]
                self.changed_identities[key] = None
        for name in sorted(removed):
            self._put(Person(name, None, None))
            self.facts.append(LeadErased.fact(name, row.fact.data, time=row.fact.time))
        self._store(row)

    def _store(self, row: StoredFact) -> None:
        row.place = UNWRITTEN + len(self.stored)
        self.stored.append(row)
        self._new.setdefault(row.person, []).append(row)

    def _put(self, person: Person) -> None:
        self._people[person.id] = self.changed_people[person.id] = person

    def _move(self, name: str, into: str) -> list[StoredFact]:
        """All that was this one's is now that one's; returns the facts that moved."""
        for earlier, target in self.moved.items():
            if target == name:
                self.moved[earlier] = into
        self.moved[name] = into
        self.consulted.add(name)
        for key in self._names.pop(name, set()):
            self._identities[key] = self.changed_identities[key] = into
            self._names.setdefault(into, set()).add(key)
        for person in [p for p in self._people.values() if p.into == name]:
            self._put(replace(person, into=into))
        old, new = self._memory.pop(name, []), self._new.pop(name, [])
        for row in new:
            row.person = into
        self._memory.setdefault(into, []).extend(old)
        self._new.setdefault(into, []).extend(new)
        return old + new

    def _copy(self, row: StoredFact, lead: str, *, merged: bool) -> None:
        fact = copy_for(row.fact, lead, merged=merged)
        if fact is not None:
            self.facts.append(fact)


def copy_for(fact: Fact, lead: str, *, merged: bool) -> Fact | None:
    """The fact for another lead's stream: a visitor's when they become known, a loser's when two leads are one.

    None for what stays with the old name: what sales did, endings. Deals belong to the winner.
    """
    match fact.data:
        case DealData() as deal:
            return fact.event.fact(lead, deal.replaced(merged=merged or deal.merged), time=fact.time, mode=fact.mode)
        case EngagementRecorded.Data() as done:
            data = done.replaced(merged=True) if merged else done
            return EngagementRecorded.fact(lead, data, time=fact.time, mode=fact.mode)
        case MailSent.Data() as mail:
            return MailSent.fact(lead, mail.replaced(merged=merged or mail.merged), time=fact.time, mode=fact.mode)
        case LeadUpdated.Data() as learned:
            facts, merged = learned.facts, merged or learned.merged
        case LeadCaptured.Data() as captured:
            facts = captured.facts
        case ConsentChanged.Data() as consent:
            return ConsentChanged.fact(lead, consent, time=fact.time, mode=fact.mode)
        case _:
            return None
    return LeadUpdated.fact(lead, LeadUpdated.Data(facts=facts, merged=merged), time=fact.time, mode=fact.mode)
