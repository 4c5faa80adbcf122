"""What sales says about a whole account: marketing leaves it alone, or may have it again.

Each person of the company is looked at in the lane of that lead, by a timer that is due now.
"""

from typing import Final

from msgspec.structs import replace

from events.handoffs import LeadSuppressed
from events.sales import AccountHandedBack, AccountSuppressed
from routing.decide.model.case import Case, wake_up
from routing.decide.model.workspace import Workspace
from routing.decide.placing.comebacks import reopening
from routing.decide.placing.nurture import enrol, leave_segments, put_in_segment
from routing.decide.placing.reroute import end_offer
from routing.decide.placing.route import route
from routing.decide.placing.steps import SALES_SUPPRESSED, Situation, find_owner
from routing.decide.state import Exit, Lead, name_key
from routing.decide.wake_ups import WakeUp
from runtime.values import Timer

HANDED_BACK: Final = "handed_back"
WHY_HANDED_BACK: Final = "handed back by sales"


def on_suppressed(case: Case, event: AccountSuppressed) -> None:
    """Marks the company; each of its people leaves nurture (`suppress`). What reps work on goes on untouched."""
    _for_everybody(case, event.data.account, "suppress", suppressed=True)
    if case.lead.id != event.data.account:
        suppress(case)


def on_handed_back(case: Case, event: AccountHandedBack) -> None:
    """The company may be written to again, and all its people without an open deal are marketing's (`hand_back`)."""
    _for_everybody(case, event.data.account, "hand_back", suppressed=False)
    if case.lead.id != event.data.account:
        hand_back(case)


def on_suppress(case: Case, timer: Timer) -> None:
    """One of the people of a suppressed company."""
    suppress(case)


def on_hand_back(case: Case, timer: Timer) -> None:
    """One of the people of a company that was handed back."""
    hand_back(case)


def suppress(case: Case) -> None:
    """Out of nurture: status `suppressed`, and `lead.suppressed` without an alert. Nothing when sales has the lead."""
    if case.lead.worked or case.lead.waiting or case.lead.status == "suppressed" or not case.allowed("suppressed"):
        return
    case.because(SALES_SUPPRESSED)
    leave_segments(case, "suppressed", SALES_SUPPRESSED)
    owner = case.lead.exit.owner if case.lead.exit else None
    case.change(exit=Exit(case.at, SALES_SUPPRESSED, owner=owner))
    case.emit(LeadSuppressed, LeadSuppressed.Data(cycle=case.lead.cycle, reason=SALES_SUPPRESSED))


def hand_back(case: Case) -> None:
    """To nurture, from a rep too, whose offer ends. Nothing when it has an open deal, or left for another reason.

    Whoever raised a hand while the account was left alone walks the steps: nobody has answered it. Whom no rep ever had
    is in the segment of its total again.
    """
    lead = case.lead
    by_sales = lead.status == "suppressed" and lead.exit is not None and lead.exit.reason == SALES_SUPPRESSED
    if lead.open_deals or not (lead.worked or lead.waiting or by_sales) or not case.allowed(HANDED_BACK):
        return
    case.because(WHY_HANDED_BACK)
    if by_sales and lead.stage == "lead" and not _unheard(lead):
        put_back(case)
        return
    end_offer(case, HANDED_BACK, "nurture")
    case.move(HANDED_BACK, HANDED_BACK)
    if by_sales and _unheard(lead):
        case.change(exit=None)
        route(case, fresh=True, rested=True)
        return
    put_in_segment(case, case.terms.routing.nurture.segment, WHY_HANDED_BACK)


def put_back(case: Case) -> None:
    """Into the segment where the steps say that it belongs, with its goal; the first one where they say otherwise."""
    terms = case.terms.routing.nurture
    case.change(exit=None)
    gate, _ = reopening(case.lead, case.terms, case.now)
    match = find_owner(Situation(case.workspace, case.lead, case.company, gate))
    segment = match.segment or terms.segment
    goal = match.why if match.segment == terms.segment else None
    enrol(case, segment, WHY_HANDED_BACK, goal=goal, passed=match.passed)


def _unheard(lead: Lead) -> bool:
    """A hand was raised when marketing was to leave the account alone already."""
    at = lead.standing.hand_raise_at if lead.standing and lead.standing.gate.fast_track else None
    return at is not None and lead.exit is not None and at >= lead.exit.at


def people_of(account: str, workspace: Workspace) -> list[tuple[str, str | None]]:
    """Leads of the account with their domains, in key order: as stored, corrected by what this batch has learned."""
    seen = workspace.leads
    stored = [one for one in workspace.people.get(account, ()) if one[0] not in seen]
    domain, company = account.lower(), name_key(account)
    known = [(lead.id, lead.facts) for lead in seen.values()]
    return sorted(
        {*stored, *((id, f.domain) for id, f in known if f.domain == domain or name_key(f.company) == company)},
        key=lambda one: one[0],
    )


def _for_everybody(case: Case, account: str | None, kind: WakeUp, *, suppressed: bool) -> None:
    """Marks the companies of that domain or name, and wakes everybody else of them."""
    workspace = case.workspace
    named = account or case.lead.facts.domain
    people = people_of(named, workspace) if named else []
    domains = {named if named and "." in named else None, *(domain for _, domain in people)}
    for domain in sorted(domain for domain in domains if domain):
        company = workspace.company(domain)
        if company:
            workspace.put_company(replace(company, suppressed=suppressed))
    for lead, _ in people:
        if lead != case.lead.id:
            workspace.timers.append(wake_up(lead, kind, workspace.now))
