"""Topic `leads`: what each event changes of the person. Late events fold in by their own time."""

from typing import Final

from agreement.survivorship import Claim, captured_facts, learn
from events.leads import (
    ConsentChanged,
    EngagementRecorded,
    KnownFact,
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
    """With the facts of the event. One who was erased is somebody new; one who was merged is let go of for good."""
    if person.removed == "merged":
        return person
    return _learn(person.replaced(removed=None), captured_facts(event))


def lead_updated(person: Person, event: LeadUpdated, terms: Terms) -> Person:
    """With more, newer or withdrawn facts; of a person who left nothing is learned."""
    return person if person.removed else _learn(person, event.data.facts)


def engagement_recorded(person: Person, event: EngagementRecorded, terms: Terms) -> Person:
    """With a line more on the timeline, which keeps as many of the latest as the agreement shows.

    What a machine did is left out.
    """
    data = event.data
    if person.removed or terms.bots.judge(event):
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
    return person.replaced(activities=tuple(ordered[-terms.notices.card.timeline :]))


def consent_changed(person: Person, event: ConsentChanged, terms: Terms) -> Person:
    """The latest answer counts, not the last to arrive."""
    data = event.data
    before = person.consents.get(data.channel)
    if person.removed or (before is not None and before.at > event.time):
        return person
    answer = SourceValue(value=data.granted, source=data.basis or "", at=event.time)
    return person.replaced(consents={**person.consents, data.channel: answer})


def lead_merged(person: Person, event: LeadMerged, terms: Terms) -> Person:
    """Nothing of the person but who goes on; one who was erased stays erased."""
    return person if person.removed == "erased" else Person(removed="merged", into=event.data.into)


def lead_erased(person: Person, event: LeadErased, terms: Terms) -> Person:
    """Nothing of the person."""
    return Person(removed="erased")


def _learn(person: Person, known: tuple[KnownFact, ...]) -> Person:
    """With each source's newest value of each of these facts, in order of sources."""
    facts = dict(person.facts)
    for fact in known:
        by_source = {value.source: Claim(value.value, value.source, value.at) for value in facts.get(fact.name, ())}
        if learn(by_source, Claim(fact.value, fact.source, fact.at)):
            facts[fact.name] = tuple(SourceValue(**claim._asdict()) for _, claim in sorted(by_source.items()))
    return person.replaced(facts=facts)
