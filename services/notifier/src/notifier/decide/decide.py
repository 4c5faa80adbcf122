"""The fold: what each event changes of a lead, which notices it makes, and what becomes of earlier ones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from agreement.content import LibraryAsset
from events import Event
from events.campaigns import ContentPublished
from events.deal_ends import DealJudged
from events.deals import DealChanged, DealLost, DealOpened, DealWon, SurveyAnswered
from events.enrolment import CampaignEntered
from events.handoffs import (
    AlertRaised,
    AnswerIgnored,
    AttemptCounted,
    LeadAccepted,
    LeadAssigned,
    LeadNurtured,
    LeadReturned,
    LeadSuppressed,
    NurtureLeft,
    OwnerTold,
    StageChanged,
)
from events.leads import ConsentChanged, EngagementRecorded, LeadCaptured, LeadErased, LeadMerged, LeadUpdated
from events.packs import AnomalySeen, PackFrozen
from events.slas import (
    ClockBreached,
    ClockCorrected,
    ClockEscalated,
    ClockMet,
    ClockMoved,
    ClockReminded,
    ClockStarted,
    ClockVoided,
    CommitmentJudged,
)
from notifier.decide import deals, handoffs, library, notices, packs, persons
from notifier.decide.notices import NoticeBuilder
from notifier.decide.sequences import sequence_notices
from notifier.decide.staleness import ABOUT_WHO_LEFT, ABOUT_WORK, why_removed
from notifier.decide.state import Handoff, LeadView, Notice, Person, State
from notifier.decide.terms import Terms
from runtime.values import Input, Key, Timer

PATIENCE: Final = timedelta(seconds=1.5)
"""How long a new card waits for its due times, which another service computes a moment after the assignment."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What one type of event does; `Any` is that type."""

    person: Callable[[Person, Any, Terms], Person] | None = None
    handoff: Callable[[Handoff, Any], Handoff] | None = None
    notices: Callable[[Any, NoticeBuilder], Iterator[Notice]] | None = None
    asset: Callable[[Any], LibraryAsset] | None = None
    """Of the content library: its subject is no lead."""
    history: bool = False
    """Old news makes notices too."""


HANDLES: Final[Mapping[Key, Effect]] = {
    LeadCaptured: Effect(person=persons.lead_captured),
    LeadUpdated: Effect(person=persons.lead_updated),
    EngagementRecorded: Effect(person=persons.engagement_recorded),
    ConsentChanged: Effect(person=persons.consent_changed, notices=notices.consent_changed, history=True),
    LeadMerged: Effect(person=persons.lead_merged),
    LeadErased: Effect(person=persons.lead_erased),
    LeadAssigned: Effect(handoff=handoffs.lead_assigned, notices=notices.lead_assigned),
    LeadAccepted: Effect(handoff=handoffs.lead_accepted),
    LeadReturned: Effect(handoff=handoffs.lead_returned, notices=notices.lead_returned),
    LeadNurtured: Effect(notices=notices.lead_nurtured),
    NurtureLeft: Effect(notices=notices.nurture_left),
    CampaignEntered: Effect(notices=notices.campaign_entered),
    LeadSuppressed: Effect(notices=notices.lead_suppressed),
    StageChanged: Effect(handoff=handoffs.stage_changed, notices=notices.stage_changed),
    DealJudged: Effect(handoff=deals.deal_judged),
    AttemptCounted: Effect(handoff=handoffs.attempt_counted),
    AnswerIgnored: Effect(notices=notices.answer_ignored),
    OwnerTold: Effect(handoff=handoffs.owner_told, notices=notices.owner_told),
    AlertRaised: Effect(notices=notices.alert_raised),
    ClockStarted: Effect(handoff=handoffs.clock_started, notices=notices.clock_started),
    ClockReminded: Effect(handoff=handoffs.clock_reminded, notices=notices.clock_reminded),
    ClockMet: Effect(handoff=handoffs.clock_met),
    ClockBreached: Effect(handoff=handoffs.clock_breached, notices=notices.clock_breached),
    ClockEscalated: Effect(notices=notices.clock_escalated),
    ClockCorrected: Effect(handoff=handoffs.clock_corrected),
    ClockMoved: Effect(handoff=handoffs.clock_moved),
    ClockVoided: Effect(handoff=handoffs.clock_voided),
    CommitmentJudged: Effect(notices=notices.commitment_judged),
    ContentPublished: Effect(asset=library.content_published),
    DealOpened: Effect(handoff=deals.deal_reported),
    DealChanged: Effect(handoff=deals.deal_reported),
    DealWon: Effect(handoff=deals.deal_won),
    DealLost: Effect(handoff=deals.deal_lost),
    SurveyAnswered: Effect(handoff=deals.survey_answered, notices=notices.survey_answered),
    PackFrozen: Effect(notices=packs.pack_frozen),
    AnomalySeen: Effect(notices=packs.anomaly_seen),
}
"""Every type of event that is handled. The notifier plans no timers."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one batch changes: leads, new notices, and earlier notices to be drawn anew, released or emptied."""

    leads: Mapping[str, LeadView]
    """Only those that changed."""
    notices: Sequence[Notice]
    redraw: frozenset[str]
    """Leads whose living card may look different now."""
    timed: frozenset[str]
    """Assignments whose due times are known: their card need not wait any longer."""
    removed: frozenset[str]
    """Leads whose person left: what was written about them is emptied."""
    merged: Mapping[str, str] = field(default_factory=dict)
    """Those of them that are known under another id: what is about work goes out under that lead."""
    assets: Mapping[str, LibraryAsset] = field(default_factory=dict)
    """By id, what was published."""

    @property
    def is_of_leads_alone(self) -> bool:
        """No notice, old or new, has anything to do with it, and nothing was published."""
        return not (self.notices or self.redraw or self.removed or self.assets)

    def channels_due(self, now: datetime) -> set[str]:
        """Channels of new notices that are to be sent now."""
        return {notice.channel for notice in self.notices if notice.next_at and notice.next_at <= now}

    def leads_due(self, now: datetime) -> frozenset[str]:
        """Leads of which something may have to be sent now that was never sent before."""
        new = {notice.lead for notice in self.notices if notice.next_at and notice.next_at <= now}
        mine = frozenset(new | self.redraw if self.timed else new) - self.removed
        return mine - {notice.lead for notice in self.notices if notice.of}


def decide(state: State, inputs: Sequence[Input], terms: Terms, *, now: datetime) -> Outcome:
    """Folds the inputs in their order. Raises KeyError for a key that is not in HANDLES; `state` stays as it was."""
    leads = dict(state.leads)
    new = dict[str, Notice]()
    redraw, timed, removed = set[str](), set[str](), set[str]()
    assets = dict[str, LibraryAsset]()
    for event in inputs:
        if isinstance(event, Timer):
            raise KeyError(event.kind)
        effect = HANDLES[type(event)]
        if effect.asset is not None:
            assets[event.subject] = effect.asset(event)
            continue
        before = leads.get(event.subject, LeadView())
        after = leads[event.subject] = _fold(before, event, effect, terms)
        if after.person.removed and not before.person.removed:
            removed.add(event.subject)
            kept = [of_removed(one, after.person) if one.lead == event.subject else one for one in new.values()]
            new = {one.id: one for one in kept}
        if _looks_different(before, after):
            redraw.add(event.subject)
        if after.handoff is not before.handoff:
            timed |= _with_due_times(after.handoff, terms) - _with_due_times(before.handoff, terms)
        build = NoticeBuilder(event, terms, now, after)
        mine = effect.notices(event, build) if effect.notices and (effect.history or not event.historical) else ()
        for notice in (*mine, *sequence_notices(before, after, build)):
            placed = _wait_for_due_times(notice, after, terms, now)
            new.setdefault(placed.id, placed)
    changed = {lead: view for lead, view in leads.items() if view != state.leads.get(lead, LeadView())}
    notices_now = [_release(notice, timed, now) for notice in new.values()]
    merged = {lead: into for lead in removed if (into := leads[lead].person.into)}
    return Outcome(changed, notices_now, frozenset(redraw), frozenset(timed), frozenset(removed), merged, assets)


def _fold(lead: LeadView, event: Event, effect: Effect, terms: Terms) -> LeadView:
    """History tells of the person, and makes no offer."""
    person = effect.person(lead.person, event, terms) if effect.person else lead.person
    if person.removed:
        return LeadView(person)
    handoff = effect.handoff(lead.handoff, event) if effect.handoff and not event.historical else lead.handoff
    return LeadView(person, handoff)


def _looks_different(before: LeadView, after: LeadView) -> bool:
    """A new line of the timeline alone does not redraw a card, and without an offer there is none."""
    if not after.handoff.offers:
        return False
    new, old = after.person, before.person
    return after.handoff != before.handoff or (new.facts, new.refused_channels) != (old.facts, old.refused_channels)


def _with_due_times(handoff: Handoff, terms: Terms) -> frozenset[str]:
    """Assignments of which all clocks are there that begin with it."""
    promises: dict[str, set[str]] = {}
    for clock in handoff.clocks.values():
        if clock.assignment:
            promises.setdefault(clock.assignment, set()).add(clock.promise)
    return frozenset(key for key, names in promises.items() if any(names >= all_ for all_ in terms.due_times))


def _wait_for_due_times(notice: Notice, lead: LeadView, terms: Terms, now: datetime) -> Notice:
    if lead.person.removed:
        return of_removed(notice, lead.person)
    if notice.kind == "assignment" and notice.next_at and notice.about not in _with_due_times(lead.handoff, terms):
        return replace(notice, next_at=max(notice.next_at, now + PATIENCE))
    return notice


def _release(notice: Notice, timed: set[str], now: datetime) -> Notice:
    waits = notice.kind == "assignment" and notice.about in timed
    if waits and notice.next_at and notice.next_at <= now + PATIENCE:
        return replace(notice, next_at=now)
    return notice


def of_removed(notice: Notice, person: Person) -> Notice:
    """The notice of one who is no more: emptied, with the reason.

    What waits and is about work goes out under the lead that goes on, as a message of its own.
    """
    if notice.kind in ABOUT_WHO_LEFT:
        return notice
    if person.into and notice.kind in ABOUT_WORK and notice.next_at:
        return replace(notice, lead=person.into, card=None, of=notice.lead)
    return replace(notice, payload={}, next_at=None, error=why_removed(person))
