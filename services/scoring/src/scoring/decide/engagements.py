"""What comes in of a person's doing: one engagement enters the ledgers, at its place in time."""

from collections.abc import Sequence
from datetime import datetime

from events.leads import EngagementRecorded
from scoring.decide import bursts, ledger
from scoring.decide.decay import arrive, occurred
from scoring.decide.origin import learn_origin
from scoring.decide.standing import Reason
from scoring.decide.state import Lead, LeadEngagement, LedgerLine
from scoring.decide.terms import Terms
from scoring.decide.working_set import WorkingSet


def enter_engagement(work: WorkingSet, event: EngagementRecorded) -> None:
    """Enters one engagement into the lead's ledgers and announces what follows; of a removed lead it is dropped.

    A late one, or a click that completes a burst, may take back lines of the past: then the reason is `correction`.
    """
    lead, data, terms = work.lead(event.subject), event.data, work.terms
    if lead.removed:
        return
    late = lead.as_of is not None and occurred(event) <= lead.as_of
    at = arrive(work, lead, event)
    learn_origin(lead, data.campaign, data.channel, at, terms)
    engagement = _engagement(event, at, terms)
    added, corrected = _enter(lead, engagement, late, terms)
    reason: Reason = "merged" if data.merged else "correction" if corrected else "engagement"
    kind = terms.kinds.get(data.kind)
    work.announce_event(
        lead,
        event,
        reason,
        merged=data.merged,
        kind=data.kind,
        hand_raised=kind is not None and kind.hand_raise and not engagement.bot,
        ledger_changed=added or corrected,
    )


def _enter(lead: Lead, engagement: LeadEngagement, late: bool, terms: Terms) -> tuple[bool, bool]:
    """Whether lines of the past were added, and whether some were taken back; only what is late or a click can."""
    click = engagement.link is not None and engagement.message is not None
    before = _lines(lead) if late or click else {}
    ledger.enter(lead, engagement, terms)
    if click and bursts.mark_bursts(lead, engagement.message, terms.bursts):
        ledger.refold(lead, terms)
    return ledger.compare_lines(lead, before)


def _lines(lead: Lead) -> dict[str, Sequence[LedgerLine]]:
    return {model: list(one.lines) for model, one in lead.ledgers.items()}


def _engagement(event: EngagementRecorded, at: datetime, terms: Terms) -> LeadEngagement:
    """What the lead keeps of the event. An asset without a name is its address, title or the tool's name for it."""
    data, kind = event.data, terms.kinds.get(event.data.kind)
    asset = data.asset
    if asset is None and kind is not None and kind.per_asset:
        asset = (data.url or "").partition("?")[0].partition("#")[0] or data.title or data.name
    per_message = kind is not None and (kind.mail or kind.per_message)
    return LeadEngagement(
        at=at,
        event=event.id,
        kind=data.kind,
        asset=asset,
        message=(data.mail or data.message_id) if per_message else None,
        link=data.link if kind is not None and kind.click else None,
        bot=terms.machines.judge(event),
        final=data.machine is not None,
        asset_named=data.asset is not None,
    )
