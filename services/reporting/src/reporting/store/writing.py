"""What the handler needs: the old rows of the batch's subjects, and saving what has changed."""

from collections.abc import Mapping, Sequence
from typing import Final

from events import Event
from reporting.decide import Outcome, State
from reporting.decide.handoffs import OfferAnswer, Position, StageEntry
from reporting.decide.leads import Person
from reporting.decide.rows import Row
from reporting.decide.sales import Deal
from reporting.decide.scores import Standing
from reporting.decide.slas import Clock
from reporting.store.tables import TABLES
from runtime.database.connection import Connection
from runtime.database.statement import statement

_LOADED: Final[Mapping[str, tuple[type[Row], ...]]] = {
    "handoffs": (Position, StageEntry, OfferAnswer),
    "sales": (Deal,),
    "scores": (Standing,),
    "slas": (Clock,),
}
"""Topic to the kinds of rows that its fold builds upon. Persons are loaded always: one of them may be forgotten."""

_FORGET: Final = statement("""
    WITH erased AS (
        SELECT lead, erased_at FROM person
        WHERE lead = ANY (CAST(:leads AS text[])) AND erased_at IS NOT NULL),
    notes AS (
        UPDATE remark SET note = NULL FROM erased
        WHERE remark.lead = erased.lead AND remark.recorded_at <= erased.erased_at AND note IS NOT NULL)
    UPDATE story SET private = NULL FROM erased
    WHERE story.lead = erased.lead AND story.recorded_at <= erased.erased_at AND private IS NOT NULL
""")


async def load(tx: Connection, events: Sequence[Event], subjects: Sequence[str]) -> State:
    """Locks, in key order, every row that the fold may rewrite."""
    kinds: list[type[Row]] = [Person]
    for topic in sorted({event.topic for event in events}):
        kinds += _LOADED.get(topic, ())
    state = State()
    for kind in kinds:
        for row in await TABLES[kind].load(tx, subjects):
            state.put(row)
    return state


async def save(tx: Connection, outcome: Outcome) -> None:
    """At most one statement a table, and one more when somebody was forgotten."""
    for kind, table in TABLES.items():
        await table.save(tx, outcome.state.rows(kind).values())
    if outcome.erasures:
        await tx.execute(_FORGET, {"leads": sorted(outcome.erasures)})
