"""Records that other leads are joined to: who was merged into one, and what follows once it is in nobody's hands."""

from typing import Final

from events.envelope import Cause
from routing.decide.causes.deals import route_after_close
from routing.decide.causes.sales import advance
from routing.decide.model.case import Case
from routing.decide.placing.nurture import enrol
from routing.decide.placing.route import route
from runtime.values import Timer

NOBODYS: Final = "the record it was joined to is nobody's any more"


def on_followed(case: Case, timer: Timer) -> None:
    """Keeps who was merged into this lead; whoever comes when it is in nobody's hands any more looks again at once."""
    case.cause = Cause(timer.payload["cause"], timer.payload["correlation"], timer.payload["mode"])
    case.change(followers=tuple(sorted({*case.lead.followers, timer.payload["follower"]})))


def on_record_closed(case: Case, timer: Timer) -> None:
    """Whoever joined a record of the company walks the steps again: to it as it is now, to a rep, or to nurture.

    So does whoever was merged into the record. A contact of the deal that closed, whose own fact came first, looks
    whether a hand was raised after it.
    """
    payload = timer.payload
    case.cause = Cause(payload["cause"], payload["correlation"], payload["mode"])
    if case.lead.status == "joined":
        if case.lead.merged_into and case.lead.merged_into == payload.get("record"):
            case.change(merged_into=None)
        before = case.lead
        route(case, fresh=False, rested=True)
        if case.lead is before and not before.merged_into:
            _leave(case)
    elif any(deal.deal == payload.get("deal") for deal in case.lead.deals):
        route_after_close(case)


def _leave(case: Case) -> None:
    """No step took it: with its own open deal it is the deal's owner's; else it is disqualified, or nurtured."""
    lead = case.lead
    case.because(NOBODYS)
    if lead.open_deals:
        advance(case, "deal_opened", NOBODYS, lead.open_deals[0].owner)
    elif lead.facts.hard and case.allowed("disqualified"):
        case.move("disqualified", lead.facts.hard[0])
    else:
        enrol(case, case.terms.routing.nurture.segment, NOBODYS)
