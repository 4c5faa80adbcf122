"""Scoring's state in the database against a pure fold of everything that it has read.

When a batch was cut, and when a timer rang, is chance: so both are let run on until all timers of a year have rung, as
the laws of the fold compare them (services/scoring/tests/test_laws.py).
"""

from collections.abc import Iterable, Sequence
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
from scoring.decide.state import Company, Lead

AT_ONCE: Final = 500
"""Events in a batch of the pure fold."""
LATER: Final = timedelta(days=400)
"""Time alone has changed all that it can by then."""
_LEADS: Final = statement("SELECT lead, hot FROM scoring.lead")
_PERSONS: Final = statement("SELECT lead, CAST(facts AS text) AS facts FROM scoring.person")
_COMPANIES: Final = statement("SELECT domain, CAST(facts AS text) AS facts FROM scoring.company")
_BLOCKS: Final = statement("SELECT lead, n, body FROM scoring.past")
_TIMERS: Final = statement("SELECT subject, kind, key, due_at, payload FROM scoring.timer")


async def kept_by_scoring(tx: Connection, agreement: Agreement) -> Scorer:
    """What the database holds, as the fold would keep it."""
    scorer = Scorer(Terms.of(agreement))
    scorer.stored = {row.lead: row.hot for row in await tx.execute(_LEADS)}
    for row in await tx.execute(_PERSONS):
        scorer.persons[row.lead] = lead_json.facts_of(orjson.loads(row.facts))
    for row in await tx.execute(_COMPANIES):
        scorer.companies[row.domain] = Company(row.domain, lead_json.facts_of(orjson.loads(row.facts)))
    for row in await tx.execute(_BLOCKS):
        scorer.blocks.setdefault(row.lead, {})[row.n] = row.body
    for row in await tx.execute(_TIMERS):
        scorer.timers[row.subject, row.kind] = Timer(row.subject, row.kind, row.key, row.due_at, row.payload)
    return scorer


def folded(events: Sequence[Event], agreement: Agreement) -> Scorer:
    """From nothing, in memory: all events that scoring reads, each stream in its order."""
    scorer = Scorer(Terms.of(agreement))
    read = [event for event in events if type(event) in HANDLES]
    for first in range(0, len(read), AT_ONCE):
        some = read[first : first + AT_ONCE]
        scorer.read(*some, now=max(event.recordedtime for event in some))
    return scorer


def different(kept: Scorer, pure: Scorer, at: datetime) -> list[str]:
    """Leads, companies and facts that are not the same once all timers until 400 days after `at` have rung."""
    found = []
    for scorer in (kept, pure):
        scorer.advance(at + LATER)
        scorer.facts.clear()
    mine, other = _leads(kept), _leads(pure)
    for lead in sorted(mine.keys() | other.keys()):
        if mine.get(lead) != other.get(lead):
            found.append(f"scoring's state of lead {lead} is not the fold of its facts: {_fields(mine, other, lead)}")
        elif kept.persons.get(lead) != pure.persons.get(lead):
            found.append(f"scoring keeps other facts of lead {lead}")
        elif kept.blocks.get(lead) != pure.blocks.get(lead):
            found.append(f"scoring keeps another past of lead {lead}")
    if kept.companies != pure.companies:
        found.append("scoring keeps other companies")
    return found


def _leads(scorer: Scorer) -> dict[str, Lead]:
    """Without the alarms, which ring early."""
    leads = scorer.leads
    for lead in leads.values():
        lead.wakes_at = None
    return leads


def _fields(mine: dict[str, Lead], other: dict[str, Lead], lead: str) -> str:
    if lead not in mine or lead not in other:
        return "it is on one side only"
    one, two = msgspec.structs.asdict(mine[lead]), msgspec.structs.asdict(other[lead])
    return ", ".join(name for name in one if one[name] != two[name])


def latest(events: Iterable[Event]) -> datetime:
    """When the last of them was recorded."""
    return max(event.recordedtime for event in events)
