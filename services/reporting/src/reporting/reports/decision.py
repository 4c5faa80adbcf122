"""Why something was decided, or a lead is where it is, down to the first event that led to it."""

from events.vocabulary import humanize
from reporting.reports.report import Answer, ReportScope
from reporting.store import decision as store
from reporting.store import lead as leads
from reporting.store.conditions import DatabaseRow
from runtime.errors import Refused


class NoSuchDecision(Refused):
    """No decision or event has this id."""

    status = 404


async def decision(scope: ReportScope, key: str) -> Answer:
    """By assignment, event, or lead (id or address): what put it where it is. `chain` has the nearest cause first.

    `decision` is an offer or, of a lead that nobody was offered, why: it was told, nurtured, suppressed, joined, or
    nobody could take it (`kind`), with the steps passed over; `who` it went to and `text` are for people. Raises
    NoSuchDecision.
    """
    assignment = await store.assignment(scope.tx, key)
    chain = await store.chain(scope.tx, assignment["event"] if assignment else key)
    if not chain and (card := await leads.card(scope.tx, key)) and (event := await store.latest(scope.tx, card["id"])):
        assignment = await store.assignment(scope.tx, event)
        chain = await store.chain(scope.tx, event)
    if not chain:
        raise NoSuchDecision(
            f"nothing here is known as {key!r}: give an event id such as handoffs/3/12, an assignment, or a lead"
        )
    first = chain[0]
    made = None
    if assignment is not None:
        none = dict.fromkeys(("record", "segment", "audience", "why", "batch"))
        made = _shown(scope, {**none, **assignment, "kind": "assigned"})
    elif explained := await store.explanation(scope.tx, first):
        made = _shown(scope, explained)
    return {
        "id": key,
        "event": first["event"],
        "lead": first["lead"],
        "text": first["text"],
        "agreement": first["agreement"],
        "decision": made,
        "chain": chain,
        "followed_by": await store.followed(scope.tx, first["lead"], first["event"]),
    }


def _shown(scope: ReportScope, row: DatabaseRow) -> DatabaseRow:
    rep = scope.people.name(row["rep"]) if row["rep"] else None
    who = rep or row["pool"] or row["segment"] or row["audience"] or "nobody"
    text = f"{humanize(row['rule'] or row['kind'])}: {who}" + (f", {row['why']}" if row["why"] else "")
    return {
        **row,
        "rep_name": rep,
        "who": who,
        "text": text + (f" (record {row['record']})" if row["record"] else ""),
        "passed": row["passed"] or [],
        "candidates": row["candidates"] or [],
    }
