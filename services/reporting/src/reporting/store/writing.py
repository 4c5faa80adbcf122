"""What the handler needs: the old rows of the batch's subjects, and saving what has changed."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from agreement.deals import STEPS
from events import Event
from reporting.decide import PERSONAL, Outcome, State
from reporting.decide.audiences import moved_audiences
from reporting.decide.credits import moved_credits
from reporting.decide.handoffs import OfferAnswer, StageEntry
from reporting.decide.journeys import moved_journeys
from reporting.decide.leads import Person, StoredVerdict
from reporting.decide.packs import Pack, PackReader, StoredAnomaly
from reporting.decide.positions import Position
from reporting.decide.rows import Row
from reporting.decide.sales import Deal
from reporting.decide.scores import LeadStanding
from reporting.decide.slas import Clock
from reporting.decide.timeline import WORDS
from reporting.store import audiences
from reporting.store.first_touches import find_again
from reporting.store.journeys import refresh
from reporting.store.tables import SAVE, TABLES
from runtime.database.connection import Connection
from runtime.database.statement import statement

_TOPICS: Final[Mapping[type[Row], Collection[str]]] = {
    Person: WORDS,
    Position: ("handoffs",),
    StageEntry: ("handoffs",),
    OfferAnswer: ("handoffs",),
    LeadStanding: ("scores",),
    Clock: ("slas",),
    Pack: ("packs",),
    StoredAnomaly: ("packs",),
    PackReader: ("packs",),
}
"""Kinds of rows that the fold builds upon, with the topics whose events need them.

What a person wrote, or was written about a person, may have been forgotten already: that stands in the row Person.
"""

_ABOUT_DEALS: Final = frozenset(STEPS)
_MAKE_DEALS: Final = statement(
    "INSERT INTO deal (deal) SELECT * FROM unnest(CAST(:deals AS text[])) ON CONFLICT DO NOTHING"
)
"""Lanes share deals: a row that is missing is made, so that there is something to lock."""


def _forgets(kind: type[Row]) -> str:
    empty, filled = f"{kind.personal} = NULL", f"r.{kind.personal} IS NOT NULL"
    if kind.personal_list:
        empty, filled = f"{empty}, {kind.personal_list} = '[]'", f"({filled} OR r.{kind.personal_list} <> '[]')"
    return f"""forgotten_{kind.table} AS (
        UPDATE {kind.table} r SET {empty} FROM erased
        WHERE r.lead = erased.lead AND r.recorded_at <= erased.erased_at AND {filled})"""  # noqa: S608


_FORGET_WORDS: Final = ", ".join(map(_forgets, PERSONAL))
"""Every kind of row with words about a person loses those that were recorded before the erasure."""
_FORGET: Final = statement(f"""
    WITH erased AS (
        SELECT lead, erased_at FROM person
        WHERE lead = ANY (CAST(:leads AS text[])) AND erased_at IS NOT NULL),
    {_FORGET_WORDS}
    SELECT lead FROM erased
""")  # noqa: S608


_JUDGE: Final = statement("""
    UPDATE touch SET machine = v.machine
    FROM unnest(CAST(:leads AS text[]), CAST(:messages AS text[]), CAST(:machines AS boolean[]))
         AS v(lead, message_id, machine)
    WHERE touch.lead = v.lead AND touch.message_id = v.message_id
""")


async def load(tx: Connection, events: Sequence[Event]) -> State:
    """Locks, in key order, every row that the fold of these events may rewrite; no other row is read."""
    subjects: dict[str, set[str]] = {}
    for event in events:
        subjects.setdefault(event.topic, set()).add(event.subject)
    state = State()
    if deals := sorted({event.data.deal for event in events if type(event) in _ABOUT_DEALS}):
        await tx.execute(_MAKE_DEALS, {"deals": deals})
        for deal in await TABLES[Deal].load(tx, deals):
            state.put(deal)
    for kind, topics in _TOPICS.items():
        if keys := set[str]().union(*(subjects.get(topic, ()) for topic in topics)):
            for row in await TABLES[kind].load(tx, sorted(keys)):
                state.put(row)
    return state


async def save(tx: Connection, state: State, outcome: Outcome, lane: int) -> None:
    """One statement; one more when a lead came nearer to a sale, somebody met content, or was forgotten; two more when
    an engagement was judged again. `state`: what was loaded.
    """
    moved = moved_credits(state, outcome.state)
    credits = {"credits_leads": moved.leads, "credits_merged": moved.merged, "credits_deals": moved.deals}
    await SAVE(tx, {kind.table: rows.values() for kind, rows in outcome.state.tables.items()}, **credits)
    if verdicts := outcome.state.tables.get(StoredVerdict):
        latest = {(one.lead, one.message_id): one.machine for one in sorted(verdicts.values(), key=lambda one: one.at)}
        leads, messages = [lead for lead, _ in latest], [message for _, message in latest]
        await tx.execute(_JUDGE, {"leads": leads, "messages": messages, "machines": list(latest.values())})
        await find_again(tx, set(leads))
    if outcome.erasures:
        await tx.execute(_FORGET, {"leads": sorted(outcome.erasures)})
    await refresh(tx, moved_journeys(state, outcome.state))
    await audiences.refresh(tx, lane, moved_audiences(state, outcome.state))
