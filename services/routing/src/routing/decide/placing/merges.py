"""A lead is merged into a record, another lead: it stands with that one, whose owner hears of it."""

from events.handoffs import OwnerTold
from routing.decide.model.case import Case, carried, snapshot
from routing.decide.wake_ups import FOLLOWED
from runtime.values import Timer


def join_record(case: Case, name: str, why: str, reason: str, *, rejected: bool = False) -> bool:
    """Into the record of this name, whose owner hears of it. False when there is none that somebody owns.

    `why` it moves; `reason` is kept when the cycle ends by it.
    """
    for lead in case.workspace.record(name):
        named = [deal for deal in lead.deals if deal.deal == name]
        owner = next((deal.owner for deal in (*named, *lead.open_deals) if deal.owner), None) or lead.owner
        if lead.id != case.lead.id and owner:
            _join(case, lead.id, owner, why, reason, rejected=rejected)
            return True
    return False


def join_company(case: Case, rejected_by: str, why: str, reason: str) -> bool:
    """Into an open record of the company that somebody else has. False when none is known."""
    records = case.company.open.items() if case.company else ()
    for record, owner in records:
        if owner and owner != rejected_by and record != case.lead.id:
            _join(case, record, owner, why, reason, rejected=True)
            return True
    return False


def _join(case: Case, record: str, owner: str, why: str, reason: str, *, rejected: bool) -> None:
    case.because(why, record=record, owner=owner)
    case.move("joined", reason, rejected=rejected)
    case.change(merged_into=record)
    cycle, payload = case.lead.cycle, {"follower": case.lead.id, **carried(case.cause)}
    data = OwnerTold.Data(cycle=cycle, rep=owner, why="merged", record=record, snapshot=snapshot(case.lead))
    case.emit(OwnerTold, data, time=case.now)
    case.workspace.timers.append(Timer(record, FOLLOWED, f"{FOLLOWED}/{record}/{case.lead.id}", case.now, payload))
