"""The fold: (desks, events, terms, now) to changed desks, owed notices, and what becomes of earlier notices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from events import Event
from notifier.decide.matters import fold_matter
from notifier.decide.owed import owed
from notifier.decide.people import fold_person
from notifier.decide.state import Desk, Matter, Notice
from notifier.decide.terms import Terms

PATIENCE: Final = timedelta(seconds=1.5)
"""How long a new card waits for its due times, which another service computes a moment after the assignment."""
_OWN_PROMISES: Final = frozenset({"accepted", "first_touch"})
"""Promises whose clocks start with every assignment."""


@dataclass(frozen=True, slots=True)
class Outcome:
    desks: Mapping[str, Desk]
    """Only those that changed."""
    notices: Sequence[Notice]
    touched: frozenset[str]
    """Leads whose living card may look different now."""
    timed: frozenset[str]
    """Assignments whose due times are known: their card need not wait any longer."""
    gone: frozenset[str]
    """Leads whose person left: what was written about them is emptied."""


def decide(desks: Mapping[str, Desk], events: Sequence[Event], terms: Terms, now: datetime) -> Outcome:
    state = dict(desks)
    notices = dict[str, Notice]()
    touched, timed, gone = set[str](), set[str](), set[str]()
    for event in events:
        before = state.get(event.subject, Desk())
        after = _folded(before, event, terms)
        state[event.subject] = after
        if after.person.gone and not before.person.gone:
            gone.add(event.subject)
            notices = {i: _emptied(n) if n.lead == event.subject else n for i, n in notices.items()}
        if _shows(before, after):
            touched.add(event.subject)
        timed |= _complete(after.matter) - _complete(before.matter)
        if event.historical:
            continue
        for notice in owed(event, terms, now):
            notices.setdefault(notice.id, _placed(notice, after, now))
    changed = {lead: desk for lead, desk in state.items() if desk != desks.get(lead, Desk())}
    owing = [_released(notice, timed, now) for notice in notices.values()]
    return Outcome(changed, owing, frozenset(touched), frozenset(timed), frozenset(gone))


def _folded(desk: Desk, event: Event, terms: Terms) -> Desk:
    person = fold_person(desk.person, event, terms.notices.card.timeline)
    if person.gone:
        return Desk(person)
    matter = desk.matter if event.historical else fold_matter(desk.matter, event)
    return Desk(person, matter)


def _shows(before: Desk, after: Desk) -> bool:
    """A new line of the timeline alone does not redraw a card."""
    shown, was = after.person, before.person
    return after.matter != before.matter or (shown.facts, shown.refused) != (was.facts, was.refused)


def _complete(matter: Matter) -> frozenset[str]:
    promised: dict[str, set[str]] = {}
    for clock in matter.clocks.values():
        if clock.assignment:
            promised.setdefault(clock.assignment, set()).add(clock.promise)
    return frozenset(assignment for assignment, names in promised.items() if names >= _OWN_PROMISES)


def _placed(notice: Notice, desk: Desk, now: datetime) -> Notice:
    if desk.person.gone:
        return _emptied(notice)
    if notice.kind == "assignment" and notice.next_at and notice.about not in _complete(desk.matter):
        return replace(notice, next_at=max(notice.next_at, now + PATIENCE))
    return notice


def _released(notice: Notice, timed: set[str], now: datetime) -> Notice:
    waits = notice.kind == "assignment" and notice.about in timed
    if waits and notice.next_at and notice.next_at <= now + PATIENCE:
        return replace(notice, next_at=now)
    return notice


def _emptied(notice: Notice) -> Notice:
    return replace(notice, payload={}, next_at=None)
