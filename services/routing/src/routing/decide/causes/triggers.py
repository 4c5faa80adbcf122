"""What starts a new run through the funnel: a deal lost months ago, another job, an event of the company."""

from typing import Final

from agreement.readers.companies import company_key
from events.campaigns import CompanyChanged
from events.envelope import Cause
from events.vocabulary import humanize
from routing.decide.causes.accounts import people_of
from routing.decide.model.case import Case, wake_up
from routing.decide.placing.comebacks import may_come_back
from routing.decide.placing.route import route
from runtime.values import Timer

LOST_DEAL: Final = "lost_deal"
JOB_CHANGE: Final = "job_change"


def on_company_changed(case: Case, event: CompanyChanged) -> None:
    """An event of the company that the agreement names: each of its people is looked at in the lane of that lead.

    Nothing follows from facts alone, nor from old news.
    """
    data = event.data
    if event.historical or data.happened not in case.terms.routing.recycling.company_events:
        return
    cause = Cause.of(event)
    payload = {"trigger": data.happened, "cause": cause.id, "correlation": cause.correlation}
    for lead, _ in people_of(company_key(event.data.domain), case.workspace):
        case.workspace.timers.append(wake_up(lead, "company_event", case.now, payload))


def on_company_event(case: Case, timer: Timer) -> None:
    """Something happened at the company of this lead."""
    trigger = timer.payload.get("trigger")
    if trigger:
        case.cause = Cause(timer.payload.get("cause"), timer.payload.get("correlation"))
        recycle(case, trigger, f"{humanize(trigger)} at the company")


def on_job_change(case: Case, timer: Timer) -> None:
    """The person works elsewhere now."""
    recycle(case, JOB_CHANGE, "changed job")


def on_recycle(case: Case, timer: Timer) -> None:
    """Months after a lost deal: the next cycle, whatever the score; not after the latest time that was agreed."""
    lead, terms = case.lead, case.terms.routing.recycling
    if lead.stage == "lost" and lead.exit and case.now < terms.lost_deal_at_latest.after(lead.exit.at):
        recycle(case, LOST_DEAL, f"lost a deal {terms.lost_deal_after} ago")


def recycle(case: Case, trigger: str, why: str) -> None:
    """A new cycle of a lost, an unresponsive or a wrong-timing lead, whatever its score; nothing for any other."""
    if may_come_back(case.lead, case.terms):
        case.trigger = trigger
        route(case, fresh=False, recycled=True, why=f"recycled: {why}")
