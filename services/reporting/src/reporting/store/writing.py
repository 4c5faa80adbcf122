"""What the handler needs: the old rows of the batch's subjects, and saving what has changed."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from agreement.deals import KINDS
from events import Event
from reporting.decide import Outcome, State
from reporting.decide.handoffs import OfferAnswer, StageEntry
from reporting.decide.leads import Person
from reporting.decide.positions import Position
from reporting.decide.rows import Row
from reporting.decide.sales import Deal
from reporting.decide.scores import Standing
from reporting.decide.slas import Clock
from reporting.decide.timeline import WORDS
from reporting.store.tables import SAVE, TABLES
from runtime.database.connection import Connection
from runtime.database.statement import statement

_TOPICS: Final[Mapping[type[Row], Collection[str]]] = {
    Person: WORDS,
    Position: ("handoffs",),
    StageEntry: ("handoffs",),
    OfferAnswer: ("handoffs",),
    Standing: ("scores",),
    Clock: ("slas",),
}
"""Kinds of rows that the fold builds upon, with the topics whose events need them.

What a person wrote, or was written about a person, may have been forgotten already: that stands in the row Person.
"""

_MAKE_DEALS: Final = statement(
    "INSERT INTO deal (deal) SELECT * FROM unnest(CAST(:deals AS text[])) ON CONFLICT DO NOTHING"
)
"""Lanes share deals: a row that is missing is made, so that there is something to lock."""
_FORGET: Final = statement("""
    WITH erased AS (
        SELECT lead, erased_at FROM person
        WHERE lead = ANY (CAST(:leads AS text[])) AND erased_at IS NOT NULL),
    notes AS (
        UPDATE remark SET note = NULL FROM erased
        WHERE remark.lead = erased.lead AND remark.recorded_at <= erased.erased_at AND note IS NOT NULL),
    decisions AS (
        UPDATE steward_decision d SET note = NULL FROM erased
        WHERE d.lead = erased.lead AND d.recorded_at <= erased.erased_at AND note IS NOT NULL),
    surveys AS (
        UPDATE survey SET words = NULL FROM erased
        WHERE survey.lead = erased.lead AND survey.recorded_at <= erased.erased_at AND words IS NOT NULL)
    UPDATE story SET private = NULL FROM erased
    WHERE story.lead = erased.lead AND story.recorded_at <= erased.erased_at AND private IS NOT NULL
""")


async def load(tx: Connection, events: Sequence[Event]) -> State:
    """Locks, in key order, every row that the fold of these events may rewrite; no other row is read."""
    subjects: dict[str, set[str]] = {}
    for event in events:
        subjects.setdefault(event.topic, set()).add(event.subject)
    state = State()
    if deals := sorted({event.data.deal for event in events if type(event) in KINDS}):
        await tx.execute(_MAKE_DEALS, {"deals": deals})
        for deal in await TABLES[Deal].load(tx, deals):
            state.put(deal)
    for kind, topics in _TOPICS.items():
        if keys := set[str]().union(*(subjects.get(topic, ()) for topic in topics)):
            for row in await TABLES[kind].load(tx, sorted(keys)):
                state.put(row)
    return state


async def save(tx: Connection, outcome: Outcome) -> None:
    """One statement, and one more when somebody was forgotten."""
    await SAVE(tx, {kind.table: rows.values() for kind, rows in outcome.state.tables.items()})
    if outcome.erasures:
        await tx.execute(_FORGET, {"leads": sorted(outcome.erasures)})
