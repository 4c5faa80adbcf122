"""Which notices an event of `handoffs` or `slas` owes, and to whom."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from events import Body, Event
from events.handoffs import (
    AlertRaised,
    AnswerIgnored,
    LeadAssigned,
    LeadNurtured,
    LeadReturned,
    LeadSuppressed,
    OwnerTold,
    StageChanged,
)
from events.slas import ClockBreached, ClockData, ClockEscalated, ClockReminded, CommitmentJudged
from notifier.decide.recipients import Roles, manager_of, told
from notifier.decide.state import Notice
from notifier.decide.terms import Terms

_DUE: Final = 100
"""Per cent of a promise's time at which it is broken."""
_HANDED_ON: Final = ("reroute", "repool")
_GROUPS: Final = ("marketing", "stewards", "manager")
"""Those of a reject reason's `tells` who are told by notice; scoring and the owner hear of it as events."""
_ASKED: Final = ("re_engaged", "revisit")
_UNKEPT: Final = ("missed", "review")
_NOBODY: Final = Roles()


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event that may owe notices, with the terms and the instant at hand."""

    event: Event
    terms: Terms
    now: datetime

    def tell(
        self,
        kind: str,
        *,
        about: str,
        data: Body,
        roles: Roles = _NOBODY,
        to: Sequence[str] | None = None,
        assignment: str | None = None,
        personal: bool = True,
    ) -> Iterator[Notice]:
        payload = {"at": self.event.time.isoformat(), **data.model_dump(mode="json", exclude_none=True)}
        for one in told(kind, to, roles, self.terms, self.now):
            yield Notice(
                lead=self.event.subject,
                kind=kind,
                about=about,
                recipient=one.recipient,
                channel=one.channel,
                address=one.address,
                next_at=one.at,
                payload=payload,
                personal=personal,
                assignment=assignment,
                cause=self.event.id,
                correlation=self.event.correlationid or self.event.id,
            )


def owed(event: Event, terms: Terms, now: datetime) -> Iterator[Notice]:
    tell = _OWED.get(type(event))
    return tell(event, Occasion(event, terms, now)) if tell else iter(())


def _assigned(event: LeadAssigned, occasion: Occasion) -> Iterator[Notice]:
    data = event.data.model_copy(update={"candidates": (), "passed": ()})
    manager = manager_of(data.rep, data.pool, occasion.terms)
    roles = Roles(rep=data.rep, previous_rep=data.reassigned_from, manager=manager)
    yield from occasion.tell("assignment", about=data.assignment, data=data, roles=roles, assignment=data.assignment)
    if data.reassigned_from and data.reassigned_from != data.rep:
        yield from occasion.tell("reassigned", about=data.assignment, data=data, roles=roles, assignment=data.previous)


def _returned(event: LeadReturned, occasion: Occasion) -> Iterator[Notice]:
    """A rep who rejected knows; one whose lead was taken without a successor is told so."""
    data = event.data
    reason = occasion.terms.routing.by_reason.get(data.reason)
    roles = Roles(rep=data.rep, manager=manager_of(data.rep, data.pool, occasion.terms))
    if reason and reason.chosen_by_rep:
        to = [group for group in reason.tells if group in _GROUPS]
        yield from occasion.tell(
            "rejected", about=data.assignment, data=data, roles=roles, to=to, assignment=data.assignment
        )
    elif data.then not in _HANDED_ON:
        yield from occasion.tell(
            "withdrawal", about=data.assignment, data=data, roles=roles, assignment=data.assignment
        )


def _moved(event: StageChanged, occasion: Occasion) -> Iterator[Notice]:
    data = event.data
    if data.stage == "sql" and data.stage_from != "sql":
        yield from occasion.tell("qualified", about=str(data.cycle), data=data, roles=Roles(rep=data.owner))


def _activity(event: OwnerTold, occasion: Occasion) -> Iterator[Notice]:
    kind = event.data.why if event.data.why in _ASKED else "activity"
    yield from occasion.tell(kind, about=event.id, data=event.data, roles=Roles(rep=event.data.rep))


def _ignored(event: AnswerIgnored, occasion: Occasion) -> Iterator[Notice]:
    roles = Roles(rep=event.data.by)
    yield from occasion.tell("answer_ignored", about=event.id, data=event.data, roles=roles, personal=False)


def _nurtured(event: LeadNurtured, occasion: Occasion) -> Iterator[Notice]:
    yield from occasion.tell("nurture", about=event.id, data=event.data, personal=False)


def _suppressed(event: LeadSuppressed, occasion: Occasion) -> Iterator[Notice]:
    if event.data.alert_marketing:
        yield from occasion.tell("alert", about=event.id, data=event.data, to=("marketing",), personal=False)


def _alert(event: AlertRaised, occasion: Occasion) -> Iterator[Notice]:
    data = event.data
    pool = occasion.terms.teams.pool_by_id.get(data.pool) if data.pool else None
    named = data.rep if data.to == "manager" else None
    on_call: Sequence[str] = (data.rep,) if data.rep else (pool.on_call if pool else ())
    roles = Roles(manager=named or manager_of(data.rep, data.pool, occasion.terms), on_call=on_call)
    yield from occasion.tell("alert", about=event.id, data=data, roles=roles, to=(data.to,), personal=False)


def _judged(event: CommitmentJudged, occasion: Occasion) -> Iterator[Notice]:
    if event.data.state in _UNKEPT:
        about = f"{event.data.name}/{event.data.start.isoformat()}"
        yield from occasion.tell("commitment", about=about, data=event.data, personal=False)


def _reminded(event: ClockReminded, occasion: Occasion) -> Iterator[Notice]:
    about = f"{event.data.clock}:{event.data.percent}"
    yield from _clock("reminder", about, event.data, event.data.percent, occasion)


def _breached(event: ClockBreached, occasion: Occasion) -> Iterator[Notice]:
    yield from _clock("breach", event.data.clock, event.data, _DUE, occasion)


def _escalated(event: ClockEscalated, occasion: Occasion) -> Iterator[Notice]:
    data = event.data
    roles = _holding(data, occasion.terms)
    yield from occasion.tell("escalation", about=data.clock, data=data, roles=roles, assignment=data.assignment)


def _clock(kind: str, about: str, data: ClockData, percent: int, occasion: Occasion) -> Iterator[Notice]:
    """Who is reminded is written with the promise; the rule of the kind says how."""
    levels = occasion.terms.levels
    promise = levels.by_name.get(data.promise)
    reminders = levels.reminders_of(promise) if promise else levels.reminders
    to = next((reminder.to for reminder in reminders if reminder.percent == percent), None)
    roles = _holding(data, occasion.terms)
    yield from occasion.tell(kind, about=about, data=data, roles=roles, to=to, assignment=data.assignment)


def _holding(data: ClockData, terms: Terms) -> Roles:
    holder = data.holder if data.holder in terms.teams.rep_by_id else None
    return Roles(rep=holder, manager=data.manager or manager_of(holder, data.pool, terms))


_OWED: Final[Mapping[type[Event], Callable[[Any, Occasion], Iterator[Notice]]]] = {
    LeadAssigned: _assigned,
    LeadReturned: _returned,
    StageChanged: _moved,
    OwnerTold: _activity,
    AnswerIgnored: _ignored,
    LeadNurtured: _nurtured,
    LeadSuppressed: _suppressed,
    AlertRaised: _alert,
    CommitmentJudged: _judged,
    ClockReminded: _reminded,
    ClockBreached: _breached,
    ClockEscalated: _escalated,
}
