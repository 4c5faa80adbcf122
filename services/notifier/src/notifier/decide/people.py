"""Folds topic `leads`: who the person is, and what they did lately."""

from events import Event
from events.leads import (
    ConsentChanged,
    EngagementRecorded,
    Known,
    LeadCaptured,
    LeadErased,
    LeadMerged,
    LeadUpdated,
)
from notifier.decide.state import Doing, Person, Value

_TEXT = 500


def fold_person(person: Person, event: Event, timeline: int) -> Person:
    """Late events fold in by their own time; a bounded timeline keeps the latest whatever the order."""
    match event:
        case LeadErased():
            person = Person(gone="erased")
        case LeadMerged():
            person = Person(gone="merged")
        case LeadCaptured():
            person = _captured(person, event)
        case LeadUpdated() if not person.gone:
            person = _learned(person, event.data.facts)
        case EngagementRecorded() if not person.gone and event.data.machine is not True:
            person = _did(person, event, timeline)
        case ConsentChanged() if not person.gone:
            person = _consented(person, event)
    return person


def _captured(person: Person, event: LeadCaptured) -> Person:
    data = event.data
    email = Known(name="email", value=data.email, source=data.channel.partition(":")[0], at=event.time)
    known = data.facts if any(fact.name == "email" for fact in data.facts) else (email, *data.facts)
    return _learned(person.model_copy(update={"gone": None}), known)


def _learned(person: Person, known: tuple[Known, ...]) -> Person:
    facts = dict(person.facts)
    for fact in known:
        others = [value for value in facts.get(fact.name, ()) if value.source != fact.source]
        before = [value for value in facts.get(fact.name, ()) if value.source == fact.source]
        newest = before[0] if before and before[0].at > fact.at else _value(fact)
        facts[fact.name] = tuple(sorted([*others, newest], key=lambda value: value.source))
    return person.model_copy(update={"facts": facts})


def _consented(person: Person, event: ConsentChanged) -> Person:
    said = Value(value=event.data.granted, source=event.data.basis or "", at=event.time)
    before = person.consents.get(event.data.channel)
    if before is not None and before.at > said.at:
        return person
    return person.model_copy(update={"consents": {**person.consents, event.data.channel: said}})


def _value(fact: Known) -> Value:
    return Value(value=fact.value, source=fact.source, at=fact.at)


def _did(person: Person, event: EngagementRecorded, timeline: int) -> Person:
    data = event.data
    doing = Doing(
        at=event.time,
        event=event.id,
        kind=data.kind,
        name=data.name,
        asset=data.asset,
        title=data.title,
        text=data.text[:_TEXT] if data.text else None,
    )
    doings = sorted([*person.doings, doing], key=lambda d: (d.at, d.event))[-timeline:]
    return person.model_copy(update={"doings": tuple(doings)})
