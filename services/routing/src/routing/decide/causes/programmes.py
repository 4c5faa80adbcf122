"""What a rep puts off, and the campaigns of the mail tool that sales puts leads and accounts in (domain, 12)."""

from typing import Final

from events.enrolment import CampaignEntered
from events.envelope import Cause
from events.teamwork import LeadEnrolled, LeadSnoozed
from events.vocabulary import Status, humanize
from routing.decide.causes.accounts import people_of
from routing.decide.causes.answers import ignore
from routing.decide.model.case import Case
from routing.decide.wake_ups import WakeUp
from runtime.values import Timer

PROGRAMME: Final[WakeUp] = "programme"
_NOTHING_IS_SENT: Final[tuple[Status, ...]] = ("suppressed", "archived", "unsubscribed")


def on_snoozed(case: Case, event: LeadSnoozed) -> None:
    """Moves nothing, and no promise waits; `answer.ignored` when it is not the rep's to put off."""
    by, lead = event.data.by, case.lead
    if by is None or by == lead.owner or (not lead.worked and lead.exit is not None and by == lead.exit.owner):
        return
    text = f"it is with {case.terms.people.name(lead.owner)}" if lead.owner else "nobody has it"
    ignore(case, "snoozed", "not_yours", text, by=by)


def on_enrolled(case: Case, event: LeadEnrolled) -> None:
    """`campaign.entered`, or `answer.ignored` with the reason. Of an account, each of its people in their own lanes."""
    data, workspace = event.data, case.workspace
    if data.account is None or case.lead.id != data.account:
        refusal = _refusal(case, data.campaign)
        if refusal is None:
            _enter(case, data.campaign, data.by)
        else:
            ignore(case, "enrolled", "invalid", refusal, by=data.by)
    if data.account is None:
        return
    payload = {"campaign": data.campaign, "by": data.by, "cause": event.id, "mode": event.mode}
    for lead, _ in people_of(data.account, workspace):
        if lead != case.lead.id:
            key = f"{PROGRAMME}/{lead}/{data.campaign}"
            workspace.timers.append(Timer(lead, PROGRAMME, key, workspace.now, payload))


def on_programme(case: Case, timer: Timer) -> None:
    """One of the people of an account that was enrolled; whoever cannot be is passed over without a word."""
    given = timer.payload
    case.cause = Cause(given["cause"], mode=given["mode"])
    if _refusal(case, given["campaign"]) is None:
        _enter(case, given["campaign"], given["by"])


def _enter(case: Case, campaign: str, by: str | None) -> None:
    titles = {one.campaign: one.title for one in case.terms.routing.programmes}
    data = CampaignEntered.Data(cycle=case.lead.cycle, campaign=campaign, title=titles.get(campaign, campaign), by=by)
    case.emit(CampaignEntered, data)


def _refusal(case: Case, campaign: str) -> str | None:
    """Why the lead cannot be in the campaign; None when it can."""
    lead, offered = case.lead, {one.campaign: one for one in case.terms.routing.programmes}
    if lead.status in _NOTHING_IS_SENT or lead.facts.unsubscribed:
        return f"nothing is sent to it: {humanize('unsubscribed' if lead.facts.unsubscribed else lead.status)}"
    if not offered:
        return None
    programme = offered.get(campaign)
    if programme is None:
        return f"the agreement offers no campaign {campaign}"
    if lead.stage not in programme.stages:
        return f"{campaign} is for the stages {', '.join(map(humanize, programme.stages))}"
    return None
