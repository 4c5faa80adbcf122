"""Topics `handoffs` and `slas`: which notices each event makes, and for whom."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from agreement.routing import MonthRange
from events import Body, Event
from events.body import wire_values
from events.deals import SurveyAnswered
from events.enrolment import CampaignEntered
from events.grounds import WITH_DEAL
from events.handoffs import (
    AlertRaised,
    AnswerIgnored,
    LeadAssigned,
    LeadNurtured,
    LeadReturned,
    LeadSuppressed,
    NurtureLeft,
    OwnerTold,
    StageChanged,
)
from events.leads import ConsentChanged
from events.slas import ClockBreached, ClockData, ClockEscalated, ClockReminded, ClockStarted, CommitmentJudged
from notifier.decide.recipients import Roles, recipients
from notifier.decide.state import LeadView, Notice, notice_id
from notifier.decide.terms import Terms

GOES_ON: Final = ("reroute", "repool")
"""Ends of an offer after which somebody else gets the lead: the next assignment tells the previous rep."""
_AUDIENCES: Final = ("marketing", "stewards", "manager")
"""Those of a reject reason's `tells` who hear of it by notice; scoring and the owner hear of it as events."""
_OWN_KIND: Final[Mapping[str, str]] = {
    "re_engaged": "re_engaged",
    "revisit": "revisit",
    "nudged": "nudge",
    "stalled": "follow_up",
    "one_channel": "follow_up",
}
"""Reasons to tell an owner that have a kind of notice of their own."""
_ALERTS: Final[Mapping[str, str]] = {"undecided": "undecided"}
"""Reasons of an alert that have a kind of notice of their own."""
_NOT_KEPT: Final = ("missed", "review")
CARD: Final = "assignment"
"""The kind of notice that is a card: about its assignment, and drawn anew as long as it is there."""
_NOBODY: Final = Roles()


@dataclass(frozen=True, slots=True)
class NoticeBuilder:
    """Makes notices about one event, under the terms and at the instant given."""

    event: Event
    terms: Terms
    now: datetime
    lead: LeadView
    """As it is after the event."""

    def make(
        self,
        kind: str,
        *,
        about: str,
        data: Body,
        roles: Roles = _NOBODY,
        to: Sequence[str] | None = None,
        assignment: str | None = None,
        personal: bool = True,
        more: Mapping[str, Any] = MappingProxyType({}),
        at: Callable[[str], datetime] | None = None,
    ) -> Iterator[Notice]:
        """One for each recipient and channel of the rule for `kind`; `to` takes the place of the rule's list.

        `more` stands in the payload beside the event's data. `at`: when a recipient may have it, if not at once.
        """
        payload = {"at": self.event.time.isoformat(), "event": self.event.id, **wire_values(data), **more}
        rule = self.terms.notices.by_kind.get(kind)
        under = assignment if rule and rule.form != "message" else None
        for recipient in recipients(kind, to, roles, self.terms, self.now):
            yield Notice(
                lead=self.event.subject,
                kind=kind,
                about=about,
                recipient=recipient.name,
                channel=recipient.channel,
                address=recipient.address,
                next_at=max(recipient.at, at(recipient.name)) if at else recipient.at,
                payload=payload,
                personal=personal,
                assignment=assignment,
                cause=self.event.id,
                correlation=self.event.correlationid or self.event.id,
                card=under and notice_id(self.event.subject, CARD, under, recipient.channel, recipient.name),
            )


def lead_assigned(event: LeadAssigned, build: NoticeBuilder) -> Iterator[Notice]:
    """The card for the new rep; the previous rep of a reassignment hears to whom the lead went.

    That it went with its deal, which nobody decided, is a message of its own, not only another look of the card.
    """
    data = event.data.replaced(candidates=(), passed=())
    manager = build.terms.people.manager(data.rep, data.pool)
    roles = Roles(rep=data.rep, previous_rep=data.reassigned_from, manager=manager)
    yield from build.make("assignment", about=data.assignment, data=data, roles=roles, assignment=data.assignment)
    if data.reassigned_from and data.reassigned_from != data.rep:
        card = None if data.rule == WITH_DEAL else data.previous
        yield from build.make("reassigned", about=data.assignment, data=data, roles=roles, assignment=card)


def lead_returned(event: LeadReturned, build: NoticeBuilder) -> Iterator[Notice]:
    """A rep who rejected knows; one whose lead was taken without a successor hears so."""
    data = event.data
    routing = build.terms.routing
    roles = Roles(rep=data.rep, manager=build.terms.people.manager(data.rep, data.pool))
    if routing.is_answer(data.reason):
        steward = "stewards" if data.then == "steward" else None  # they are asked by an alert: the same thing once
        to = [one for one in routing.by_reason[data.reason].tells if one in _AUDIENCES and one != steward]
        yield from build.make(
            "rejected", about=data.assignment, data=data, roles=roles, to=to, assignment=data.assignment
        )
    elif data.then not in GOES_ON:
        yield from build.make("withdrawal", about=data.assignment, data=data, roles=roles, assignment=data.assignment)


def stage_changed(event: StageChanged, build: NoticeBuilder) -> Iterator[Notice]:
    """A notice when the lead becomes an SQL, or a customer, once for each cycle; none for other stages."""
    data = event.data
    if data.stage == "sql" and data.stage_from != "sql":
        data = data.replaced(candidates=(), passed=())
        yield from build.make("qualified", about=str(data.cycle), data=data, roles=Roles(rep=data.owner))
    if data.stage == "won" and data.stage_from != "won":
        data = data.replaced(candidates=(), passed=())
        roles = Roles(account_manager=_account_manager(data.domain, data.owner, build))
        yield from build.make("customer", about=f"won/{data.cycle}", data=data, roles=roles)


def survey_answered(event: SurveyAnswered, build: NoticeBuilder) -> Iterator[Notice]:
    """What the survey of a won deal adds to what the account manager heard; nothing of one that is not won.

    Answered before the win, it is part of the story that the win tells.
    """
    data, handoff = event.data, build.lead.handoff
    offer, deal = handoff.latest_offer, handoff.deals.get(data.deal)
    if deal is not None and deal.survey_counts(data.outcome, event.time):
        manager = _account_manager(offer.snapshot.facts.domain if offer else None, data.by, build)
        about, roles = f"survey/{data.deal}", Roles(account_manager=manager)
        yield from build.make("customer", about=about, data=data, roles=roles)


def _account_manager(domain: str | None, seller: str | None, build: NoticeBuilder) -> str | None:
    """Who looks after the customer from here on; where the agreement has no account manager, who sold it."""
    return next(iter(build.terms.people.account_managers(domain)), seller)


def owner_told(event: OwnerTold, build: NoticeBuilder) -> Iterator[Notice]:
    """A notice to the owner, of the kind that the reason names, else of new activity that is news."""
    if not _is_news(event.data, build.terms):
        return
    kind = _OWN_KIND.get(event.data.why, "activity")
    data = event.data.replaced(passed=())
    yield from build.make(kind, about=event.id, data=data, roles=Roles(rep=data.rep), assignment=data.assignment)


def _is_news(data: OwnerTold.Data, terms: Terms) -> bool:
    """What the person did is news when it is a hand-raise, the first thing ever, or comes after the agreed silence."""
    if data.hand_raise is None or data.hand_raise or data.engaged_before is None or data.engaged_at is None:
        return True
    return data.engaged_at - data.engaged_before >= terms.notices.activity.after_silence.timedelta


def answer_ignored(event: AnswerIgnored, build: NoticeBuilder) -> Iterator[Notice]:
    """Who answered in vain hears why nothing changed."""
    roles = Roles(rep=event.data.by)
    data = event.data
    yield from build.make(
        "answer_ignored", about=event.id, data=data, roles=roles, personal=False, assignment=data.assignment
    )


def lead_nurtured(event: LeadNurtured, build: NoticeBuilder) -> Iterator[Notice]:
    """A notice that a lead went to nurture, with the segment's title, its cadence and how long one stays there."""
    data = event.data.replaced(passed=())
    segments = build.terms.routing.nurture.segments
    term = next((one for one in segments if one.segment == data.segment), None)
    plan = {} if term is None else {"title": term.title, "mails_a_month": _range(term.mails_a_month)}
    if term and term.stays_months:
        plan["stays_months"] = _range(term.stays_months)
    yield from build.make("nurture", about=event.id, data=data, more=plan)


def _range(months: MonthRange) -> dict[str, int]:
    return {"at_least": months.at_least, "at_most": months.at_most}


def campaign_entered(event: CampaignEntered, build: NoticeBuilder) -> Iterator[Notice]:
    """The mail tool hears which of its campaigns the person is to get."""
    yield from build.make("enrolled", about=event.id, data=event.data)


def nurture_left(event: NurtureLeft, build: NoticeBuilder) -> Iterator[Notice]:
    """A notice that a lead left its segment; also of one who is no more, and then it names the lead alone."""
    yield from build.make("nurture_left", about=event.id, data=event.data)


def consent_changed(event: ConsentChanged, build: NoticeBuilder) -> Iterator[Notice]:
    """A notice that the person unsubscribed, or subscribed again; also of old news."""
    if event.data.channel == "email":
        yield from build.make("consent", about=event.id, data=event.data)


def lead_suppressed(event: LeadSuppressed, build: NoticeBuilder) -> Iterator[Notice]:
    """A notice that nobody is to write to the person, and an alert to marketing when the event asks for one."""
    data = event.data.replaced(passed=())
    yield from build.make("suppressed", about=event.id, data=data)
    if data.alert_marketing:
        yield from build.make("alert", about=event.id, data=data, to=("marketing",), personal=False)


def alert_raised(event: AlertRaised, build: NoticeBuilder) -> Iterator[Notice]:
    """An alert to the audience that the event names; of a manager who does not decide, a notice of its own kind."""
    people = build.terms.people
    data = event.data.replaced(candidates=(), passed=())
    pool = build.terms.teams.pool_by_id.get(data.pool) if data.pool else None
    manager = data.rep if data.to == "manager" and data.rep else people.manager(data.rep, data.pool)
    on_call: Sequence[str] = (data.rep,) if data.rep else (pool.on_call if pool else ())
    roles = Roles(manager=manager, on_call=on_call)
    kind = _ALERTS.get(data.reason, "alert")
    yield from build.make(kind, about=event.id, data=data, roles=roles, to=(data.to,), personal=False)


def commitment_judged(event: CommitmentJudged, build: NoticeBuilder) -> Iterator[Notice]:
    """A notice when a commitment was missed or is up for review; none when it was kept."""
    if event.data.state in _NOT_KEPT:
        about = f"{event.data.name}/{event.data.start.isoformat()}"
        yield from build.make("commitment", about=about, data=event.data, personal=False)


def clock_started(event: ClockStarted, build: NoticeBuilder) -> Iterator[Notice]:
    """Who closed a deal is asked for its survey; other clocks begin in silence."""
    data = event.data
    promise = build.terms.levels.by_name.get(data.promise)
    if data.deal is not None and promise is not None and "survey" in promise.stops:
        yield from build.make("survey", about=data.clock, data=data, roles=_holders(data, build.terms))


def clock_reminded(event: ClockReminded, build: NoticeBuilder) -> Iterator[Notice]:
    """A reminder to those whom the promise names at this percentage; none when it is a quiet one."""
    about = f"{event.data.clock}:{event.data.percent}"
    yield from _clock("reminder", about, event.data, event.data.percent, build)


def clock_breached(event: ClockBreached, build: NoticeBuilder) -> Iterator[Notice]:
    """A notice to those whom the promise names at 100 per cent."""
    yield from _clock("breach", event.data.clock, event.data, 100, build)


def clock_escalated(event: ClockEscalated, build: NoticeBuilder) -> Iterator[Notice]:
    """A notice to those whom the rule of the kind names, once for each clock."""
    data = event.data
    roles = _holders(data, build.terms)
    yield from build.make("escalation", about=data.clock, data=data, roles=roles, assignment=data.assignment)


def _clock(kind: str, about: str, data: ClockData, percent: int, build: NoticeBuilder) -> Iterator[Notice]:
    """Who is reminded is written with the promise; the rule of the kind says how."""
    levels = build.terms.levels
    promise = levels.by_name.get(data.promise)
    unnamed = () if promise and promise.reminders else None  # who has reminders of its own has no others
    reminder = levels.reminder_at(data.promise, percent)
    if reminder is not None and reminder.quiet:
        return
    to = reminder.to if reminder is not None else unnamed
    roles = _holders(data, build.terms)
    yield from build.make(kind, about=about, data=data, roles=roles, to=to, assignment=data.assignment)


def _holders(data: ClockData, terms: Terms) -> Roles:
    """The holder of a clock, when it is a rep, and who manages them."""
    holder = data.holder if terms.people.rep(data.holder) else None
    return Roles(rep=holder, manager=data.manager or terms.people.manager(holder, data.pool))
