"""What somebody may do about a lead, with the choices of each form: the action bar of the inbox and the lead page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agreement import Agreement
from agreement.people import User
from agreement.routing import ChannelTerm, RejectReason
from events.vocabulary import OPEN_STAGES
from reporting.pages.inbox_words import MARGIN, LaterChoice, later_choices
from reporting.reports.inbox import calendar_of
from reporting.reports.report import Answer, ReportScope

LOGGED: Final[Mapping[str, str]] = {"call": "c", "email": "e", "linkedin": "l", "meeting": "m"}
"""Channels that are logged by one key; what else the agreement has is in a menu."""


@dataclass(frozen=True, slots=True)
class ActionTerms:
    """What the forms offer by the agreement: the same for every lead."""

    reasons: Sequence[RejectReason]
    merges: str | None
    """The reason that says that the lead is in the pipeline already."""
    regions: Sequence[str]
    quick: Sequence[tuple[ChannelTerm, str]]
    """Channels with a key each."""
    others: Sequence[ChannelTerm]
    disqualified: Sequence[str]
    lost: Sequence[str]
    currency: str


@dataclass(frozen=True, slots=True)
class ActionBar:
    """The bar of one lead; its template is `actions.html`."""

    lead: str
    name: str
    assignment: str | None
    by: str | None
    """For whom it is done; null: whoever is signed in."""
    offered: bool
    """It waits for an answer."""
    working: bool
    """It is in work, so that it can be qualified, and deals can be opened."""
    returnable: bool
    """It can be given back with a reason."""
    later: Sequence[LaterChoice]
    due: datetime | None
    """When the next promise breaks."""
    hold: int
    """Seconds that a fact may be held back, so that it can be undone, without breaking a promise."""
    deals: Sequence[str]
    """Those that are open."""
    new_deal: str
    """A name for one more."""
    terms: ActionTerms


UNDO_SECONDS: Final = 10


def action_terms(agreement: Agreement) -> ActionTerms:
    """The choices that the agreement has."""
    routing, definitions = agreement.routing, agreement.definitions
    reasons = [reason for reason in routing.reject_reasons if reason.chosen_by_rep]
    quick = {one.channel: one for one in routing.channels if one.channel in LOGGED}
    return ActionTerms(
        reasons=reasons,
        merges=next((one.reason for one in reasons if one.then == "merge"), None),
        regions=[region.name for region in routing.regions],
        quick=[(quick[channel], key) for channel, key in LOGGED.items() if channel in quick],
        others=[one for one in routing.channels if one.channel not in LOGGED],
        disqualified=definitions.disqualified_reasons,
        lost=definitions.lost_reasons,
        currency=definitions.house.currency,
    )


def action_bar(scope: ReportScope, user: User | None, lead: Answer) -> ActionBar | None:
    """The bar of a lead, as `reports.lead.lead` answers it; None where this user has nothing to do about it.

    `user` null is somebody at this machine, who may act for every rep.
    """
    step = lead["next_step"]
    task = step["rep"] if step and step["kind"] in ("revisit", "re_engaged") else None
    open_ = lead["owner"] and not lead["closed"] and lead["stage"] in OPEN_STAGES
    owner = lead["owner"] if open_ else task
    if not owner or (user is not None and not scope.people.acts_for(user, owner)):
        return None
    due = _next_due(lead, owner)
    known = [deal["deal"] for deal in lead["deals"]]
    left = None if due is None else (due - scope.now).total_seconds()
    calendar = calendar_of(scope, owner)
    return ActionBar(
        lead=lead["id"],
        name=lead["name"] or lead["company"] or "the lead",
        assignment=lead["assignment"] if open_ else None,
        by=None if user is not None and user.id == owner else owner,
        offered=bool(open_ and lead["assignment"] and not lead["accepted"]),
        working=bool(open_),
        returnable=bool(open_ and lead["assignment"] and lead["stage"] in ("mql", "sal")),
        later=later_choices(scope.now, due, calendar, scope.people.zone(owner) or scope.zone),
        due=due,
        hold=UNDO_SECONDS if left is None or not 0 < left <= MARGIN.total_seconds() else 0,
        deals=[deal["deal"] for deal in lead["deals"] if deal["state"] == "open"],
        new_deal=f"D-{lead['id'][:6]}-{len(known) + 1}",
        terms=action_terms(scope.agreement),
    )


def _next_due(lead: Answer, owner: str) -> datetime | None:
    """When the next promise of its owner breaks, or when the first that is broken already was due."""
    mine: list[Any] = [
        clock["due"]
        for clock in lead["clocks"]
        if clock["assignment"] is not None
        and clock["assignment"] == lead["assignment"]
        and clock["holder"] == owner
        and clock["stopped"] is None
        and clock["state"] in ("running", "breached")
    ]
    return min(mine, default=None)
