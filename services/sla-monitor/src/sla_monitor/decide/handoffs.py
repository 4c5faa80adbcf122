"""Topic `handoffs`: which named starts and stops of the agreement an event is, and which clocks it ends."""

from datetime import datetime
from typing import Final

from agreement.service_levels import ClockStart
from agreement.types import Span
from events.deal_ends import DealJudged
from events.grounds import WITH_DEAL
from events.handoffs import (
    HANDS_TO,
    KIND_FLAGS,
    LeadAccepted,
    LeadAssigned,
    LeadNurtured,
    LeadReturned,
    LeadSuppressed,
    StageChanged,
)
from events.vocabulary import ENDED_STAGES, OUT_OF_WORK, WITH_A_REP, Stage
from sla_monitor.decide.draft import Draft
from sla_monitor.decide.promises import Holder, clocks_of_a_successor, clocks_that_begin
from sla_monitor.decide.state import Clock
from sla_monitor.decide.tallies import count_guarantee, count_offer, count_stage

ENTERED: Final[dict[Stage, ClockStart]] = {"mql": "becomes_mql", "sql": "qualified", "opportunity": "deal_opened"}
"""What it is called when a lead enters this stage."""

_STARTS: Final[dict[str, ClockStart | None]] = {HANDS_TO: "handed_on", WITH_DEAL: None}
"""What an offer by such a rule begins; any other is `assigned`."""


def start_of(data: StageChanged.Data) -> ClockStart | None:
    """The named start that a change of stage is. Going on in the same stage is none; nor is an implied stage."""
    if data.merged:
        return None
    if data.closed or data.withdrawn:
        return "deal_closed" if data.closed and data.stage in ENDED_STAGES else None
    entered = data.stage_from != data.stage or data.status_from in OUT_OF_WORK
    return ENTERED.get(data.stage) if entered else None


def on_stage_changed(draft: Draft, event: StageChanged) -> None:
    """Starts the clocks that this stage begins, ends those of a cycle that is over, and counts the month's MQL.

    With an open deal the lead's own clocks and its owner's that wait for one have their stop, whoever opened it.

    What a deal's end begins is for `deal.judged` to say; before there was such a fact, the stage said it.
    """
    data, clocks = event.data, draft.lead(event.subject)
    start = start_of(data)
    if start == "deal_closed":
        clocks.stop("deal_closed", event, lambda clock: clock.cycle == data.cycle)
    if start == "deal_opened":
        clocks.stop("deal_opened", event, lambda clock: clock.cycle == data.cycle and _is_of(clock, data.owner))
    if data.closed or data.withdrawn:
        _close(draft, event, data.cycle, "withdrawn" if data.withdrawn else data.why)
    if data.deal and not data.deal_judged and data.stage == "opportunity" and not data.closed:
        _reopened(draft, event, data.deal)
    if start == "deal_closed" and not data.deal_judged:
        _ended(draft, event, data.deal, data.stage)
    elif start is not None and start != "deal_closed":
        holder = Holder(data.cycle, data.owner, data.team, data.pool, leave=draft.absences.of(data.owner))
        clocks.start(clocks_that_begin(start, event, holder, draft.terms), event)
    if data.owner and data.status in WITH_A_REP and data.stage != "mql" and not data.closed:
        clocks.hand_to(data.owner, None, event, data.cycle)  # who took it unasked; of an offer `lead.assigned` says it
    count_stage(draft, event)


def on_deal_judged(draft: Draft, event: DealJudged) -> None:
    """Starts the clocks that the end of a deal begins; of one that is open again, what its end began is over."""
    data = event.data
    if data.state == "open":
        _reopened(draft, event, data.deal)
    else:
        _ended(draft, event, data.deal, data.state, data.surveys_from)


def _ended(
    draft: Draft, event: StageChanged | DealJudged, deal: str | None, ending: str, since: datetime | None = None
) -> None:
    data = event.data
    leave = draft.absences.of(data.owner)
    holder = Holder(
        data.cycle, data.owner, data.team, data.pool, deal=deal, ending=ending, surveys_from=since, leave=leave
    )
    draft.lead(event.subject).start(clocks_that_begin("deal_closed", event, holder, draft.terms), event)


def _reopened(draft: Draft, event: StageChanged | DealJudged, deal: str) -> None:
    draft.lead(event.subject).end("deal_reopened", event, lambda clock: clock.outlives_the_lead and clock.deal == deal)


def on_assigned(draft: Draft, event: LeadAssigned) -> None:
    """A new owner: what the owners before had is over."""
    data, clocks, terms = event.data, draft.lead(event.subject), draft.terms
    flags = {data.flag, *data.flags, *KIND_FLAGS.get(data.kind, ())}
    by_manager = not flags.isdisjoint(terms.levels.repool.manager_decides_for)
    touch = Span.model_validate(data.touch)
    holder = Holder(
        data.cycle,
        data.rep,
        data.team,
        data.pool,
        data.assignment,
        touch,
        by_manager=by_manager,
        leave=draft.absences.of(data.rep),
    )
    clocks.stop("assigned", event, lambda clock: clock.cycle == data.cycle)
    clocks.end("reassigned", event, lambda clock: _of_an_owner(clock) and clock.assignment != data.assignment)
    clocks.hand_to(data.rep, data.assignment, event, data.cycle)
    start = _STARTS.get(data.rule, "assigned")
    if start is not None:
        clocks.start(clocks_that_begin(start, event, holder, terms), event)
    clocks.start(clocks_of_a_successor(clocks.clocks.values(), event, holder, terms), event)
    count_offer(draft, event)


def on_accepted(draft: Draft, event: LeadAccepted) -> None:
    """Stops the clocks that wait for the rep's answer, and starts those that acceptance begins."""
    data, clocks = event.data, draft.lead(event.subject)
    clocks.stop("accepted", event, lambda clock: _answers(clock, data))
    team, leave = draft.terms.people.team(data.rep), draft.absences.of(data.rep)
    holder = Holder(data.cycle, data.rep, team, assignment=data.assignment, leave=leave)
    clocks.start(clocks_that_begin("accepted", event, holder, draft.terms), event)


def on_returned(draft: Draft, event: LeadReturned) -> None:
    """Ends the clocks of the offer; a reason that a rep chooses also keeps the promise to answer."""
    data, clocks = event.data, draft.lead(event.subject)
    if draft.terms.routing.is_answer(data.reason):
        clocks.stop("rejected", event, lambda clock: _answers(clock, data))
    clocks.end(data.reason, event, lambda clock: _of_the_offer(clock, data))
    clocks.hand_to(None, None, event, data.cycle)
    count_guarantee(draft, event)


def on_nurtured(draft: Draft, event: LeadNurtured) -> None:
    """Ends all clocks up to this cycle."""
    _close(draft, event, event.data.cycle, "nurtured")


def on_suppressed(draft: Draft, event: LeadSuppressed) -> None:
    """Ends all clocks up to this cycle."""
    _close(draft, event, event.data.cycle, "suppressed")


def _close(draft: Draft, event: StageChanged | LeadNurtured | LeadSuppressed, cycle: int, why: str) -> None:
    """All clocks up to this cycle are over, the lead's own and its owners'."""
    draft.lead(event.subject).end(why, event, lambda clock: clock.cycle <= cycle and not clock.outlives_the_lead)


def _is_of(clock: Clock, rep: str | None) -> bool:
    """The lead's own, or this owner's."""
    return clock.level == "lead" or (_of_an_owner(clock) and clock.holder == rep)


def _of_an_owner(clock: Clock) -> bool:
    return clock.level == "owner" and not clock.outlives_the_lead


def _of_the_offer(clock: Clock, data: LeadAccepted.Data | LeadReturned.Data) -> bool:
    """The owner's clocks of this assignment, and those that began while the rep had it, on the lead's way."""
    if clock.assignment is not None:
        return clock.assignment == data.assignment
    return _of_an_owner(clock) and (clock.cycle, clock.holder) == (data.cycle, data.rep)


def _answers(clock: Clock, data: LeadAccepted.Data | LeadReturned.Data) -> bool:
    return clock.cycle == data.cycle and (clock.level == "lead" or _of_the_offer(clock, data))
