"""The fold: events and due timers in, changed state and facts out; and the table that says which function answers what.

Each input is one case, about one lead (availability: about a rep); its function decides, and the case is closed here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from agreement.deals import CUSTOMER_KINDS, KINDS
from events import Fact
from events.campaigns import CompanyChanged
from events.sales import (
    AccountHandedBack,
    AccountSuppressed,
    ContactAttempted,
    ContactConnected,
    ItemReviewed,
    LeadHandedOver,
    LeadReassigned,
    LeadSalesDisqualified,
    LeadSalesQualified,
    OwnerNudged,
    RepAvailability,
    SalesAccepted,
    SalesNurtured,
    SalesRejected,
    StewardDecided,
)
from events.scores import LeadCooled, LeadQualified, LeadScored, MqlWithdrawn
from events.slas import ClockEscalated
from events.teamwork import LeadEnrolled, LeadSnoozed
from routing.decide.causes import (
    accounts,
    answers,
    deal_owners,
    deals,
    programmes,
    reassignments,
    records,
    reps,
    sales,
    scores,
    slas,
    stewards,
    timers,
    triggers,
)
from routing.decide.model.case import Case
from routing.decide.model.shared_deals import SharedDeal
from routing.decide.model.workspace import Workspace
from routing.decide.state import Company, Lead, Pick, Rep, Seat, State
from routing.decide.terms import Terms
from routing.decide.wake_ups import WakeUp
from runtime.values import Input, Key, Timer, key_of

K = TypeVar("K")
V = TypeVar("V")

_WAKE_UPS: Final[Mapping[WakeUp, Callable[[Case, Timer], None]]] = {
    "enrol": timers.on_enrol,
    "shift": timers.on_shift,
    "repool": timers.on_repool,
    "pass_on": timers.on_pass_on,
    "recycle": triggers.on_recycle,
    "job_change": triggers.on_job_change,
    "company_event": triggers.on_company_event,
    "cooldown": timers.on_cooldown,
    "mended": stewards.on_mended,
    "unresponsive": timers.on_unresponsive,
    "silence": timers.on_silence,
    "revisit": timers.on_revisit,
    "contact": deals.on_contact,
    "record_closed": records.on_record_closed,
    "followed": records.on_followed,
    "decision": timers.on_decision,
    "suppress": accounts.on_suppress,
    "hand_back": accounts.on_hand_back,
    "stall": timers.on_stall,
    "programme": programmes.on_programme,
}
HANDLES: Final[Mapping[Key, Callable[[Case, Any], None]]] = {
    LeadScored: scores.on_standing,
    LeadQualified: scores.on_standing,
    LeadCooled: scores.on_cooled,
    MqlWithdrawn: scores.on_withdrawn,
    SalesAccepted: answers.on_accepted,
    SalesRejected: answers.on_rejected,
    StewardDecided: stewards.on_steward_decided,
    ItemReviewed: answers.on_reviewed,
    ContactAttempted: sales.on_attempted,
    ContactConnected: sales.on_connected,
    LeadSalesQualified: sales.on_qualified,
    LeadSalesDisqualified: sales.on_disqualified,
    **dict.fromkeys(KINDS, deals.on_deal),
    **dict.fromkeys(CUSTOMER_KINDS, deals.on_customer),
    LeadSnoozed: programmes.on_snoozed,
    LeadEnrolled: programmes.on_enrolled,
    AccountSuppressed: accounts.on_suppressed,
    AccountHandedBack: accounts.on_handed_back,
    LeadReassigned: reassignments.on_reassigned,
    LeadHandedOver: reassignments.on_handed_over,
    SalesNurtured: reassignments.on_sales_nurtured,
    OwnerNudged: reassignments.on_nudged,
    CompanyChanged: triggers.on_company_changed,
    RepAvailability: reps.on_availability,
    ClockEscalated: slas.on_escalated,
    **{str(kind): wake for kind, wake in _WAKE_UPS.items()},
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rows that changed, the picks to be kept, the facts in order, and the timers to be planned."""

    leads: Mapping[str, Lead]
    companies: Mapping[str, Company]
    reps: Mapping[str, Rep]
    seats: Mapping[tuple[str, str], Seat]
    picks: tuple[Pick, ...]
    facts: tuple[Fact, ...]
    timers: tuple[Timer, ...]
    deals: Mapping[str, SharedDeal] = field(default_factory=dict)


def decide(state: State, inputs: Sequence[Input], terms: Terms, *, now: datetime) -> Outcome:
    """Folds the inputs in their order. Pure.

    Raises KeyError for an input that no function answers, LookupError when a row would change that was not locked,
    LeftOpen when a function moved its lead and gave no reason.
    """
    workspace = Workspace(state, terms, now)
    for one in inputs:
        case = Case(workspace, one)
        HANDLES[key_of(one)](case, one)
        if case.is_another_hand:
            deal_owners.go_with_deals(case)
        case.close()
    return _outcome(workspace, state)


def _outcome(workspace: Workspace, loaded: State) -> Outcome:
    return Outcome(
        _changed(loaded.leads, workspace.leads),
        _changed(loaded.companies, workspace.companies),
        _changed(loaded.reps, workspace.reps),
        _changed(loaded.seats, workspace.seats),
        tuple(workspace.picks),
        tuple(workspace.facts),
        tuple(workspace.timers),
        _changed(loaded.deals, workspace.deals),
    )


def _changed(before: Mapping[K, V], after: Mapping[K, V]) -> dict[K, V]:
    """Rows that are not as they were loaded; an untouched one is still the same object."""
    return {key: row for key, row in after.items() if (old := before.get(key)) is not row and old != row}
