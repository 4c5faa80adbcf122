"""Topic `leads`: what each event changes of the person. Late events fold in by their own time."""

from typing import Final

from events.leads import (
    ConsentChanged,
    EngagementRecorded,
    Known,
    LeadCaptured,
    LeadErased,
    LeadMerged,
    LeadUpdated,
)
from notifier.decide.state import Activity, Person, SourceValue
from notifier.decide.terms import Terms

_TEXT: Final = 500
"""Characters kept of what somebody wrote."""


def lead_captured(person: Person, event: LeadCaptured, terms: Terms) -> Person:
    """Also the way back of somebody who had left."""
    data = event.data
    email = Known(name="email", value=data.email, source=data.channel.partition(":")[0], at=event.time)
    facts = data.facts if any(fact.name == "email" for fact in data.facts) else (email, *data.facts)
    return _learn(person.model_copy(update={"removed": None}), facts)


def lead_updated(person: Person, event: LeadUpdated, terms: Terms) -> Person:
    return person if person.removed else _learn(person, event.data.facts)


def engagement_recorded(person: Person, event: EngagementRecorded, terms: Terms) -> Person:
    """The timeline keeps as many of the latest activities as the agreement shows; machines are not people."""
    data = event.data
    if person.removed or data.machine is True:
        return person
    activity = Activity(
        at=event.time,
        event=event.id,
        kind=data.kind,
        name=data.name,
        asset=data.asset,
        title=data.title,
        text=data.text[:_TEXT] if data.text else None,
    )
    ordered = sorted([*person.activities, activity], key=lambda one: (one.at, one.event))
    return person.model_copy(update={"activities": tuple(ordered[-terms.notices.card.timeline :])})


def consent_changed(person: Person, event: ConsentChanged, terms: Terms) -> Person:
    """The latest answer counts, not the last to arrive."""
    data = event.data
    before = person.consents.get(data.channel)
    if person.removed or (before is not None and before.at > event.time):
        return person
    answer = SourceValue(value=data.granted, source=data.basis or "", at=event.time)
    return person.model_copy(update={"consents": {**person.consents, data.channel: answer}})


def lead_merged(person: Person, event: LeadMerged, terms: Terms) -> Person:
    return Person(removed="merged")


def lead_erased(person: Person, event: LeadErased, terms: Terms) -> Person:
    return Person(removed="erased")


def _learn(person: Person, known: tuple[Known, ...]) -> Person:
    """Per fact, the newest value of each source."""
    facts = dict(person.facts)
    for fact in known:
        values = {value.source: value for value in facts.get(fact.name, ())}
        before = values.get(fact.source)
        if before is None or before.at <= fact.at:
            values[fact.source] = SourceValue(value=fact.value, source=fact.source, at=fact.at)
        facts[fact.name] = tuple(values[source] for source in sorted(values))
    return person.model_copy(update={"facts": facts})
