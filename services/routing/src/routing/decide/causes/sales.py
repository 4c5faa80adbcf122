"""What sales did and found out: attempts, contact, evidence, deals, accounts. Facts of the world are kept."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from events.handoffs import LeadSuppressed
from events.sales import (
    AccountHandedBack,
    AccountSuppressed,
    ContactAttempted,
    ContactConnected,
    DealLost,
    DealOpened,
    DealWon,
    LeadSalesDisqualified,
    LeadSalesQualified,
)
from routing.decide.causes.answers import accept, ignore, successor_pool
from routing.decide.causes.scores import evaluate
from routing.decide.model.workspace import Case
from routing.decide.placing import nurture as recycle
from routing.decide.placing.offer import HANDS_TO, place
from routing.decide.placing.steps import SALES_SUPPRESSED, Found
from routing.decide.state import Attempt, Deal, Exit, Lead

LATER: Final = "3"
"""The segment of the right person at the wrong time."""


def on_attempted(case: Case, event: ContactAttempted) -> None:
    attempt = Attempt(event.time, event.data.channel)
    case.change(attempts=tuple(sorted((*case.lead.attempts, attempt), key=lambda a: (a.at, a.channel))))
    if case.allowed("attempted"):
        case.move("attempted", f"{event.data.channel}")
    if not case.lead.closed:
        recycle.watch_attempts(case)
    case.settle(f"contact attempted: {event.data.channel}")


def on_connected(case: Case, event: ContactConnected) -> None:
    by, offer = event.data.by, case.lead.current
    if offer and offer.answer == "open" and by not in (None, offer.rep):
        was_theirs = any(o.rep == by and o.cycle == offer.cycle for o in case.lead.offers)
        text = f"{'already reassigned to' if was_theirs else 'it is with'} {case.terms.name(offer.rep)}"
        ignore(case, "connected", "reassigned" if was_theirs else "not_yours", text, by=by)
        return
    if not case.allowed("connected"):
        return
    if offer and offer.answer == "open":
        accept(case, offer, via=event.data.via, implied=True)
    _reach(case, "connected", "the person answered", by)


def on_qualified(case: Case, event: LeadSalesQualified) -> None:
    missing = _evidence(case, event.data)
    if missing:
        ignore(case, "sales_qualified", "invalid", missing, by=event.data.by)
    elif not case.allowed("sales_qualified"):
        text = f"it is in stage {case.lead.stage} already"
        ignore(case, "sales_qualified", "already_answered", text, by=event.data.by)
    else:
        _take(case, event.data.via)
        _reach(case, "sales_qualified", "need confirmed", event.data.by)
        if case.live:
            _hand_on(case)


def _evidence(case: Case, said: LeadSalesQualified.Data) -> str | None:
    """What BANT evidence is missing; None when it suffices."""
    terms = case.terms.definitions.qualification
    timely = said.timeline_months is not None and said.timeline_months <= terms.timeline_months_at_most
    further = sum((bool(said.budget), bool(said.authority), timely))
    if terms.need and not said.need:
        return "the need is not confirmed"
    if further < terms.further:
        return f"{further} of {terms.further} of budget, authority and timeline"
    return None


def _hand_on(case: Case) -> None:
    """Sales-qualified by a pool that hands on: an account executive takes over, as an offer of its own."""
    to, offer = successor_pool(case), case.lead.current
    if to and offer and to != offer.pool:
        why = f"qualified by {case.terms.name(offer.rep)}"
        place(case, Found(case.terms.numbers["pool"], HANDS_TO, why, pool=to), why_reassigned="sales_qualified")


def on_disqualified(case: Case, event: LeadSalesDisqualified) -> None:
    data = event.data
    if not case.allowed("disqualified"):
        ignore(case, "sales_disqualified", "closed", f"it is {case.lead.stage}, {case.lead.status}", by=data.by)
    elif data.reason not in case.terms.definitions.disqualified_reasons:
        ignore(case, "sales_disqualified", "invalid", f"{data.reason} is no reason of the agreement", by=data.by)
    else:
        _take(case, data.via)
        if data.revisit_on:
            case.move("nurtured", data.reason)
            _leave(case, data.reason)
            recycle.nurse(case, LATER, data.reason, revisit_on=data.revisit_on)
        else:
            case.move("disqualified", data.reason)
            _leave(case, data.reason)
        case.settle(f"disqualified: {data.reason}")


def on_deal_opened(case: Case, event: DealOpened) -> None:
    _take(case, event.data.via)
    _book(case, event.data.deal, "open", event.data.by)
    _reach(case, "deal_opened", "deal opened", event.data.by, deal=event.data.deal)


def on_deal_won(case: Case, event: DealWon) -> None:
    _take(case, event.data.via)
    _book(case, event.data.deal, "won", event.data.by)
    if case.allowed("deal_won"):
        case.change(owner=case.lead.owner or event.data.by)
        case.move("deal_won", "deal won")
    case.settle("deal won", deal=event.data.deal)
    evaluate_after_close(case)


def on_deal_lost(case: Case, event: DealLost) -> None:
    data = event.data
    if _state_of(case.lead, data.deal) == "won":
        ignore(case, "deal_lost", "closed", "this deal is won", by=data.by)
        return
    _take(case, data.via)
    _book(case, data.deal, "lost", data.by)
    if not case.lead.open_deals and not case.lead.closed and case.allowed("deal_lost"):
        case.change(owner=case.lead.owner or data.by)
        case.move("deal_lost", data.reason)
        recycle.nurse(case, LATER, f"deal lost: {data.reason}")
        recycle.watch_lost(case)
    case.settle(f"deal lost: {data.reason}", deal=data.deal)
    evaluate_after_close(case)


def evaluate_after_close(case: Case) -> None:
    """A hand raised after the close, heard of before it, still opens the next cycle."""
    if case.lead.closed and case.lead.standing and case.live:
        evaluate(case, fresh=False)


def on_suppressed(case: Case, event: AccountSuppressed) -> None:
    _company(case, event.data.account, suppressed=True)
    if case.allowed("suppressed"):
        case.move("suppressed", SALES_SUPPRESSED)
        _leave(case, SALES_SUPPRESSED)
        data = LeadSuppressed.Data(cycle=case.lead.cycle, reason=SALES_SUPPRESSED, alert_marketing=True)
        case.say(LeadSuppressed, data)
    case.settle(SALES_SUPPRESSED)


def on_handed_back(case: Case, event: AccountHandedBack) -> None:
    """A stalled account goes back to marketing; a suppressed one may be written to again."""
    _company(case, event.data.account, suppressed=False)
    recycle.enrol(case, case.terms.routing.nurture.segment, "handed back by sales")
    case.settle("handed back by sales")


def _company(case: Case, account: str | None, *, suppressed: bool) -> None:
    company = case.desk.company(account or case.lead.facts.domain)
    if company:
        case.desk.keep_company(replace(company, suppressed=suppressed))


def _reach(case: Case, move: str, why: str, by: str | None, deal: str | None = None) -> None:
    """The lead stands at a stage of sales now; who says so owns it when nobody does."""
    if case.allowed(move):
        case.move(move, why)
        case.change(owner=case.lead.owner or by, nursed=None)
        case.wake("unresponsive", None)
    case.settle(why, deal=deal)


def _take(case: Case, via: str) -> None:
    """Whoever reports an outcome has taken the lead: an open offer is accepted, implied."""
    offer = case.lead.current
    if offer and offer.answer == "open" and case.allowed("accepted"):
        accept(case, offer, via=via, implied=True)


def _leave(case: Case, reason: str) -> None:
    """A lead that never entered the funnel keeps why it went, too."""
    if case.lead.stage == "lead":
        case.change(exit=Exit(case.cause.time, reason), nursed=None)


def _book(case: Case, deal: str, state: str, by: str | None) -> None:
    known = {d.deal: d for d in case.lead.deals}
    owner = known[deal].owner if deal in known else None
    kept = Deal(deal, state, by or owner or case.lead.owner)  # type: ignore[arg-type]
    case.change(deals=tuple(sorted((known | {deal: kept}).values(), key=lambda d: d.deal)))


def _state_of(lead: Lead, deal: str) -> str | None:
    return next((d.state for d in lead.deals if d.deal == deal), None)


def leave_behind(work: tuple[str, ...], leads: Iterator[Lead], rep: str) -> list[str]:
    """Open leads of a rep who leaves: as stored, corrected by what this batch has done so far."""
    seen = {lead.id: lead for lead in leads}
    stored = [lead for lead in work if lead not in seen or seen[lead].owner == rep]
    return sorted({*stored, *(lead.id for lead in seen.values() if lead.owner == rep and lead.worked)})
