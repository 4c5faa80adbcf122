"""Why something was decided: an assignment, or any event, down to the first event that led to it."""

from reporting.reports.report import Answer, ReportScope
from reporting.store import decision as store
from runtime.errors import Refused


class NoSuchDecision(Refused):
    """No decision or event has this id."""

    status = 404


async def decision(scope: ReportScope, key: str) -> Answer:
    """By assignment or event id. `chain` has the nearest cause first. Raises NoSuchDecision."""
    assignment = await store.assignment(scope.tx, key)
    event = assignment["event"] if assignment else key
    chain = await store.chain(scope.tx, event)
    if not chain:
        raise NoSuchDecision(
            f"nothing here is known as {key!r}: give an event id such as handoffs/3/12, or an assignment"
        )
    return {
        "id": key,
        "event": event,
        "lead": chain[0]["lead"],
        "text": chain[0]["text"],
        "agreement": chain[0]["agreement"],
        "decision": {**assignment, "rep_name": scope.people.name(assignment["rep"])} if assignment else None,
        "chain": chain,
        "followed_by": await store.followed(scope.tx, chain[0]["lead"], event),
    }
