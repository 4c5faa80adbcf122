"""Facts of deals: a lead goes where the state of its deal says, whatever the order in which the facts arrive.

A deal is shared by its contacts, who may be worked in several lanes: a fact about one of them is obeyed by all.
"""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from agreement.deals import KINDS, UNDATED, CustomerEvent, DealEvent, DealHistory, DealState
from events.deal_ends import DealJudged
from events.envelope import Cause
from events.vocabulary import ENDED_STAGES, Via
from routing.decide.causes.accounts import people_of
from routing.decide.causes.answers import ignore
from routing.decide.causes.deal_owners import go_with_deals, leave
from routing.decide.causes.sales import advance, take
from routing.decide.causes.scores import PERSON_ENDED
from routing.decide.model.case import Case
from routing.decide.model.deal_owners import owner_by_deals, seller
from routing.decide.model.shared_deals import PassedOn, SharedDeal
from routing.decide.placing.nurture import put_in_segment, watch_lost
from routing.decide.placing.route import route
from routing.decide.state import Deal, Lead
from routing.decide.wake_ups import CONTACT, RECORD_CLOSED
from runtime.values import Timer

_OPEN: Final = "opened"


def on_deal(case: Case, event: DealEvent) -> None:
    """Keeps the fact with the deal, and moves the lead when the state of the deal is another by it.

    `answer.ignored` when the deal has moved on: opened or lost before it was won, opened before it was lost. Other
    contacts of the deal get a timer `contact` that is due now: they follow in their own lanes.
    """
    old = case.workspace.deal(event.data.deal)
    history, known = old.history, _view(case, old.deal)
    if known and case.lead.id not in old.contacts:
        history = history.remember(known.state, known.owner)
    before = history if history.is_reported else None
    contacts = tuple(sorted({*old.contacts, case.lead.id}))
    deal = replace(old, contacts=contacts, history=history.after(event))
    case.put_deal(deal)
    if before is None or _seen(deal.history) != _seen(before):
        _wake_others(case, deal)
    kind, repeated = KINDS[type(event)], event.data.merged or event.historical
    if not _obey(case, deal, event.data.via, event.data.by) and not repeated and _is_past(kind, deal.history.state):
        ignore(case, f"deal_{kind}", "closed", f"this deal is {deal.history.state}", by=event.data.by)


def on_customer(case: Case, event: CustomerEvent) -> None:
    """Keeps with the deal whether its customer goes on, for all contacts; stages do not move by it."""
    old = case.workspace.deal(event.data.deal)
    contacts = tuple(sorted({*old.contacts, case.lead.id}))
    deal = replace(old, contacts=contacts, history=old.history.after(event))
    case.put_deal(deal)
    if deal.history.is_reported:
        _wake_others(case, deal)
        _obey(case, deal, event.data.via, event.data.by)


def on_contact(case: Case, timer: Timer) -> None:
    """What another contact's lane heard of their deal holds for this lead too; it answers to the same event."""
    case.cause = Cause(timer.payload["cause"], timer.payload["correlation"], timer.payload["mode"])
    deal = case.workspace.deal(timer.payload["deal"])
    owner = deal.history.owner
    _obey(case, deal, "api", owner.value if owner else None)


def _seen(history: DealHistory) -> tuple[object, ...]:
    """What each contact knows of the deal; of one that is open, nobody asks which surveys count."""
    return (
        history.state,
        history.owner,
        history.open_from,
        history.closed_at,
        history.closed_at and history.surveys_from,
    )


def _wake_others(case: Case, deal: SharedDeal) -> None:
    for lead in deal.contacts:
        case.wake_another(lead, CONTACT, deal.deal)


def _wake_the_joined(case: Case, before: Lead, deal: str) -> None:
    """Everybody of the company, once the lead has no open deal any more, or is no customer any more."""
    lead, domain = case.lead, case.lead.facts.domain
    closed = bool(before.open_deals) and not lead.open_deals
    if domain and (closed or (before.customer_deals and not lead.customer_deals)):
        for other, _ in people_of(domain, case.workspace):
            case.wake_another(other, RECORD_CLOSED, deal)


def _view(case: Case, deal: str) -> Deal | None:
    """The deal as this lead knows it."""
    return next((one for one in case.lead.deals if one.deal == deal), None)


def _is_past(kind: str, state: DealState) -> bool:
    """A fact that would have made another state of it."""
    return kind in (_OPEN, "lost") and kind != (_OPEN if state == "open" else state)


def _obey(case: Case, deal: SharedDeal, via: Via, by: str | None) -> bool:
    """The lead's view of the deal follows, and the lead with it; False when the state is what it was."""
    known, history = _view(case, deal.deal), deal.history
    if known and known.passed_on and deal.passed is None:  # kept before contacts shared it
        deal = replace(deal, passed=PassedOn(known.passed_on, known.owner))
    passed_on = deal.passed.at if deal.passed else None
    owner = deal.owner or (known.owner if known and not (history.owner or deal.passed) else None)
    churned, surveys_from, open_from = history.churned_at is not None, history.surveys_from, history.open_from
    view = Deal(deal.deal, history.state, owner, churned, passed_on, history.closed_at, surveys_from, open_from)
    deals, before = {one.deal: one for one in case.lead.deals} | {deal.deal: view}, case.lead
    case.change(deals=tuple(sorted(deals.values(), key=lambda one: one.deal)))
    _wake_the_joined(case, before, deal.deal)
    if _is_gone(case):
        return False
    if known and known.state == history.state:
        _judge(case, known, view, by)
        return False
    case.at = history.closed_at or (history.opened.last.at if history.opened else case.at)
    if history.state == "open" or (history.state == "lost" and case.lead.open_deals):
        go_with_deals(case, via)
    else:
        _leave_to_seller(case)
    reason = history.reason.value if history.reason and history.state == "lost" else None
    again = " again" if known and history.state == "open" else ""
    words = f"deal {'opened' if history.state == 'open' else history.state}{again}"
    case.because(f"{words}: {reason}" if reason else words, deal=deal.deal, owner=case.lead.owner or by)
    same_cycle = known is not None and known.state == "open" and case.lead.stage == "opportunity"
    take(case, via)
    if history.state == "open":
        _opened(case, words, by, again=bool(again))
    elif history.state == "won":
        _won(case, by, same_cycle=same_cycle)
    else:
        _lost(case, reason or "other", by, same_cycle=same_cycle)
    _judge(case, known, view, by)
    if history.state != "open" and not _still_open_to(case, deal):
        route_after_close(case)
    return True


def _judge(case: Case, known: Deal | None, view: Deal, by: str | None) -> None:
    """Says `deal.judged` of an end, of another instant of the same end or of its surveys, and of one taken back.

    Nothing of a deal that is opened first; nor of when it ended, where that was not kept.
    """
    ended_at = view.closed_at
    if known is None or known.state != view.state:
        if known is None and view.state == "open":
            return
    elif None in (ended_at, known.closed_at) or _when(known) == _when(view):
        return
    if ended_at == UNDATED.at:
        return
    owner, offer = view.owner or by or case.before.owner, case.lead.current or case.before.current
    data = DealJudged.Data(
        cycle=case.lead.cycle,
        deal=view.deal,
        state=view.state,
        owner=owner,
        team=case.terms.people.team(owner),
        pool=offer.pool if offer else None,
        surveys_from=view.surveys_from,
    )
    case.emit(DealJudged, data, time=ended_at)


def _when(deal: Deal) -> tuple[datetime | None, datetime | None]:
    return deal.closed_at, deal.surveys_from


def _is_gone(case: Case) -> bool:
    """The person is no more: whoever they turned out to be follows the deal."""
    last = case.lead.exit
    return case.lead.status == "suppressed" and last is not None and last.reason in PERSON_ENDED


def _opened(case: Case, words: str, by: str | None, *, again: bool) -> None:
    """Stage `opportunity`, from wherever it stands; a deal that is open again goes on in the cycle it ended."""
    by = owner_by_deals(case.lead, case.workspace.employed) or by
    if again and case.lead.stage in ENDED_STAGES:
        by = by or _last_owner(case)
        case.wake("recycle", None)
        advance(case, "deal_reopened", words, by)
    else:
        advance(case, "deal_opened", words, by)


def _last_owner(case: Case) -> str | None:
    """Who had the lead when its deal closed, and is here still: of a deal that names nobody."""
    last = case.lead.exit.owner if case.lead.exit else None
    return last if case.workspace.employed(last) else None


def _leave_to_seller(case: Case) -> None:
    """A deal that closes is its owner's, and so is the lead that it closes: whoever had that hears so."""
    whose = owner_by_deals if case.lead.open_deals else seller
    to = whose(case.lead, case.workspace.employed)
    if case.lead.worked and to not in (None, case.lead.owner):
        leave(case, "none")
        case.change(owner=to)


def _won(case: Case, by: str | None, *, same_cycle: bool) -> None:
    """Stage `won`, which closes the cycle, or says how it ended."""
    if case.allowed("deal_won"):
        case.change(owner=case.lead.owner or by, nurture=None)
        case.move("deal_won", "deal won", same_cycle=same_cycle)


def _lost(case: Case, reason: str, by: str | None, *, same_cycle: bool) -> None:
    """With the last open deal the lead becomes `lost` and is nurtured (`lead.nurtured`).

    It stays where it is while another deal is open or won, or when its cycle ended otherwise: not by the win of this
    deal, nor in nurture with this deal open.
    """
    lead = case.lead
    corrects = (lead.stage == "won" and not lead.won_deals) or (same_cycle and lead.status == "nurture")
    ended = lead.closed and not corrects
    if not lead.open_deals and not ended and case.allowed("deal_lost"):
        case.change(owner=lead.owner or by)
        case.move("deal_lost", reason, same_cycle=same_cycle)
        put_in_segment(case, case.terms.revisit_segment, f"deal lost: {reason}")
        watch_lost(case)


def _still_open_to(case: Case, deal: SharedDeal) -> bool:
    """Another contact at the company has yet to hear of it in its own lane: nothing to join, and its going wakes us."""
    open_to = case.company.open if case.company else {}
    return any(lead in open_to for lead in deal.contacts if lead != case.lead.id)


def route_after_close(case: Case) -> None:
    """A hand raised after the close, heard of before it, still opens the next cycle: a step of its own."""
    case.next_step()
    if case.lead.closed and case.lead.standing and case.live:
        route(case, fresh=False)
