"""What counts towards the commitments: rollups, so that an event costs the same however many came before it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

from msgspec.structs import replace

from agreement.months import MqlEntry, month_of
from events.handoffs import LeadAssigned, LeadReturned, StageChanged
from events.sales import FeedbackGiven
from events.vocabulary import CONVERTED_STAGES
from runtime.values import Input
from sla_monitor.decide.draft import Draft
from sla_monitor.decide.periods import FEEDBACK, period_of
from sla_monitor.decide.state import Mql
from sla_monitor.decide.terms import Terms

MQLS: Final = "mql"
COMPLETE: Final = "complete"
SQLS: Final = "sql"
GUARANTEE: Final = "owed"
"""Leads that came back and that marketing owes one more for: the month's volume target rises by them."""

OFFERED: Final = "offered/"
RATED: Final = "rated/"
"""Before a pool's id: leads offered in the pool, ratings by its members; by the feedback period."""


def periods_of(inputs: Iterable[Input], mqls: Mapping[tuple[str, int], Mql], terms: Terms) -> set[date]:
    """First days of all periods that these inputs may count in."""
    found = {mql.month for mql in mqls.values()}
    for one in inputs:
        if isinstance(one, StageChanged | LeadReturned):
            found.add(month_of(one.time, terms.zone))
        elif isinstance(one, FeedbackGiven | LeadAssigned):
            found.add(period_of(FEEDBACK, one.time, terms))
    return found


def entry_of(data: StageChanged.Data) -> MqlEntry | None:
    """The lead's entry into `mql`, or its going on there; None when the change is about another stage."""
    implied = "mql" in data.implied
    if data.stage != "mql" and not implied:
        return None
    return MqlEntry(
        implied=implied, re_engaged=data.re_engaged, withdrawn=data.withdrawn, completeness=data.completeness
    )


def count_stage(draft: Draft, event: StageChanged) -> None:
    """The first entry of a cycle counts; one that was withdrawn gives way to the next. Of a merged lead none counts."""
    if event.data.merged:
        for one in draft.mqls_of(event.subject):
            _take_back(draft, one, event)
        return
    data, mql = event.data, draft.mql(event.subject, event.data.cycle)
    entry = entry_of(data)
    if mql is None or mql.withdrawn:
        if entry is not None and entry.counts:
            _enter(draft, event, entry)
    elif data.withdrawn:
        _take_back(draft, mql, event)
    elif _converts(data) and not mql.converted and event.time <= _mature_at(mql, draft.terms):
        _keep(draft, replace(mql, converted=True))
        draft.add(SQLS, mql.month, 1, event)


def count_guarantee(draft: Draft, event: LeadReturned) -> None:
    """One more for the month in which the lead came back, when its reason says so."""
    if event.data.lead_guarantee:
        draft.add(GUARANTEE, month_of(event.time, draft.terms.zone), 1, event)


def count_feedback(draft: Draft, event: FeedbackGiven) -> None:
    """One count more in the feedback period of the event, and for each pool of who rates."""
    period = period_of(FEEDBACK, event.time, draft.terms)
    draft.add(FEEDBACK, period, 1, event)
    for pool in draft.terms.people.teams.pools:
        if event.data.by in pool.members:
            draft.add(RATED + pool.id, period, 1, event)


def count_offer(draft: Draft, event: LeadAssigned) -> None:
    """The pool has something to rate in the feedback period of the event."""
    if event.data.pool:
        draft.add(OFFERED + event.data.pool, period_of(FEEDBACK, event.time, draft.terms), 1, event)


def _enter(draft: Draft, event: StageChanged, entry: MqlEntry) -> None:
    month = month_of(event.time, draft.terms.zone)
    complete = entry.complete(draft.terms.commitments.completeness)
    _keep(draft, Mql(event.subject, event.data.cycle, event.time, month, complete))
    draft.add(MQLS, month, 1, event)
    draft.add(COMPLETE, month, int(complete), event)


def _take_back(draft: Draft, mql: Mql, event: StageChanged) -> None:
    if not mql.withdrawn:
        _keep(draft, replace(mql, withdrawn=True))
        for counter, n in ((MQLS, 1), (COMPLETE, int(mql.complete)), (SQLS, int(mql.converted))):
            draft.add(counter, mql.month, -n, event)


def _keep(draft: Draft, mql: Mql) -> None:
    draft.mqls[mql.lead, mql.cycle] = mql


def _mature_at(mql: Mql, terms: Terms) -> datetime:
    """What happens later no longer counts for the month of the MQL."""
    return mql.at + terms.commitments.quality.mature_after.timedelta


def _converts(data: StageChanged.Data) -> bool:
    """The month's MQL became an SQL, or more."""
    return data.stage in CONVERTED_STAGES or "sql" in data.implied
