"""Scoring's state in the database against a pure fold of everything that it has read, lead by lead.

When a batch was cut, and when a timer rang, is chance: so both are let run on until all timers of a year have rung, as
the laws of the fold compare them (services/scoring/tests/test_laws.py). The load says nothing of companies, which are
all that leads share.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import orjson
from services.scoring.tests.conftest import Scorer

from agreement import Agreement
from events import Event
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.values import Timer
from scoring.decide import HANDLES, Terms, lead_json
from scoring.decide.state import Lead

AT_ONCE: Final = 50
"""Events in a batch of the pure fold."""
LATER: Final = timedelta(days=400)
"""Time alone has changed all that it can by then."""
_LEADS: Final = statement("SELECT lead, hot FROM scoring.lead")
_PERSONS: Final = statement("SELECT lead, CAST(facts AS text) AS facts FROM scoring.person")
_BLOCKS: Final = statement("SELECT lead, n, body FROM scoring.past")
_TIMERS: Final = statement("SELECT subject, kind, key, due_at, payload FROM scoring.timer")
Scorers = Mapping[str, Scorer]
"""What is kept of each lead."""


async def kept_by_scoring(tx: Connection, agreement: Agreement) -> Scorers:
    """What the database holds, as the fold would keep it."""
    terms = Terms.of(agreement)
    kept = defaultdict[str, Scorer](lambda: Scorer(terms))
    for row in await tx.execute(_LEADS):
        kept[row.lead].stored[row.lead] = row.hot
    for row in await tx.execute(_PERSONS):
        kept[row.lead].persons[row.lead] = lead_json.facts_of(orjson.loads(row.facts))
    for row in await tx.execute(_BLOCKS):
        kept[row.lead].blocks.setdefault(row.lead, {})[row.n] = row.body
    for row in await tx.execute(_TIMERS):
        timer = Timer(row.subject, row.kind, row.key, row.due_at, row.payload)
        kept[row.subject].timers[row.subject, row.kind] = timer
    return dict(kept)


def folded(events: Iterable[Event], agreement: Agreement) -> Scorers:
    """From nothing, in memory: all events that scoring reads, each stream in its order."""
    terms, logs = Terms.of(agreement), defaultdict[str, list[Event]](list)
    for event in events:
        if type(event) in HANDLES:
            logs[event.subject].append(event)
    return {lead: _folded(log, Scorer(terms)) for lead, log in logs.items()}


def _folded(log: Sequence[Event], scorer: Scorer) -> Scorer:
    for first in range(0, len(log), AT_ONCE):
        some = log[first : first + AT_ONCE]
        scorer.read(*some, now=max(event.recordedtime for event in some))
    return scorer


def different(kept: Scorers, pure: Scorers, at: datetime) -> list[str]:
    """Leads of which not the same is kept once all timers until 400 days after `at` have rung."""
    found = []
    for lead in sorted(kept.keys() | pure.keys()):
        if lead not in kept or lead not in pure:
            found.append(f"scoring knows lead {lead} {'' if lead in kept else 'not '}and the facts say otherwise")
            continue
        for scorer in (kept[lead], pure[lead]):
            scorer.advance(at + LATER)
        if fields := _different_fields(kept[lead], pure[lead]):
            found.append(f"scoring's state of lead {lead} is not the fold of its facts: {', '.join(fields)}")
    return found


def _different_fields(one: Scorer, other: Scorer) -> list[str]:
    """Names of what is not equal. Without the alarms, which ring early."""
    (mine,), (pure,) = (list(map(_fields, scorer.leads.values())) for scorer in (one, other))
    found = [name for name in mine if name != "wakes_at" and mine[name] != pure[name]]
    return found + [name for name in ("persons", "blocks") if getattr(one, name) != getattr(other, name)]


def _fields(lead: Lead) -> dict[str, object]:
    return msgspec.structs.asdict(lead)


def latest(events: Iterable[Event]) -> datetime:
    """When the last of them was recorded."""
    return max(event.recordedtime for event in events)
