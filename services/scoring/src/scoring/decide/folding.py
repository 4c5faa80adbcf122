"""The fold itself: which event or timer changes what, in which order, and when a lead next has to be looked at."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from events import Event, Fact, Mode
from events.campaigns import CompanyChanged
from events.leads import EngagementRecorded, LeadCaptured, LeadErased, LeadMerged, LeadUpdated
from events.scores import MqlWithdrawn
from runtime.values import Input, Timer
from scoring.decide import facts, ledger, machines
from scoring.decide.announce import Cause, announce
from scoring.decide.profile import Profile, company_domain, draw
from scoring.decide.standing import Reason
from scoring.decide.state import Company, Entry, Lead, LedgerLine, Said, keep, moment
from scoring.decide.terms import Terms

DECAY: Final = "decay"
COMPANY: Final = "company"
"""Timer kinds: time passes for a lead; a lead's company has changed (said by the company's lane to the lead's)."""


@dataclass(frozen=True, slots=True)
class World:
    """What is known before: leads, companies by domain, and who works at the companies that change."""

    leads: Mapping[str, Lead] = field(default_factory=dict)
    companies: Mapping[str, Company] = field(default_factory=dict)
    people: Mapping[str, Iterable[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    """What changed, what is to be said, and which timers to plan."""

    leads: dict[str, Lead] = field(default_factory=dict)
    companies: dict[str, Company] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)


def decide(world: World, inputs: Iterable[Input], terms: Terms, now: datetime) -> Outcome:
    folding = _Folding(world, terms, now)
    for event in inputs:
        match event:
            case LeadCaptured() | LeadUpdated():
                folding.learned(event)
            case EngagementRecorded():
                folding.engaged(event)
            case LeadMerged():
                folding.let_go(event, "merged")
            case LeadErased():
                folding.let_go(event, "erased")
            case CompanyChanged():
                folding.company_changed(event)
            case Timer(kind="company"):
                folding.company_news(event)
            case Timer():
                folding.woken(event.subject)
    return folding.outcome


class _Folding:
    def __init__(self, world: World, terms: Terms, now: datetime) -> None:
        self.outcome = Outcome()
        self._world = world
        self._terms = terms
        self._now = now
        self._profiles: dict[str, Profile] = {}
        self._people = {domain: set(people) for domain, people in world.people.items()}

    def learned(self, event: LeadCaptured | LeadUpdated) -> None:
        lead = self._lead(event.subject, revive=isinstance(event, LeadCaptured))
        if lead.gone:
            return
        at = self._arrive(lead, event)
        facts.learn(lead, event.data.facts)
        merged = False
        if isinstance(event, LeadCaptured):
            source = event.data.channel.partition(":")[0]
            keep(lead.facts, "email", source, Said(event.data.email, at))
            facts.learn_origin(lead, event.data.campaign, event.data.channel, at, self._terms)
        else:
            merged = event.data.merged
        self._redraw(lead)
        self._announce(lead, _cause(event, "merged" if merged else "facts", self._mode(event, merged)), event.time)

    def engaged(self, event: EngagementRecorded) -> None:
        lead, data = self._lead(event.subject), event.data
        if lead.gone:
            return
        late = lead.as_of is not None and _occurred(event) <= lead.as_of
        at = self._arrive(lead, event)
        facts.learn_origin(lead, data.campaign, data.channel, at, self._terms)
        entry = _entry(event, at, self._terms)
        added, corrected = self._enter(lead, entry, late)
        reason: Reason = "merged" if data.merged else "correction" if corrected else "engagement"
        kind = self._terms.kinds.get(data.kind)
        raised = kind is not None and kind.hand_raise and not entry.machine
        mode = self._mode(event, data.merged)
        cause = _cause(event, reason, mode, data.kind, raised=raised, moved=added or corrected)
        self._announce(lead, cause, event.time)

    def _mode(self, event: Event, merged: bool) -> Mode:
        """What is said again after a merge pages nobody if it is old; a hand raised today still wants an answer."""
        old = merged and event.recordedtime - event.time > self._terms.historical_after
        return "historical" if old else event.mode

    def _enter(self, lead: Lead, entry: Entry, late: bool) -> tuple[bool, bool]:
        """Into the ledger; whether that moved lines of the past, as only late engagements and bursts of clicks can."""
        click = entry.link is not None and entry.message is not None
        before = _lines(lead) if late or click else {}
        ledger.enter(lead, entry, self._terms)
        if click and machines.rejudge(lead, entry.message, self._terms.machines):
            ledger.refold(lead, self._terms)
        return ledger.moved(lead, before)

    def let_go(self, event: LeadMerged | LeadErased, why: str) -> None:
        """A tombstone stays. Routing, which does not read `leads`, hears of it as a withdrawal."""
        subject = event.subject
        known = self._lead(subject)
        if not known.gone and known.as_of is not None:
            gone = MqlWithdrawn.Data(total=0, reason=why)
            self.outcome.facts.append(MqlWithdrawn.fact(subject, gone, time=event.time, cause=event))
        self.outcome.leads[subject] = Lead(subject, gone=known.gone if known.gone == "erased" else why)
        self._profiles.pop(subject, None)
        self._leave(subject)
        self.outcome.timers += [Timer(subject, kind, subject, None) for kind in (DECAY, COMPANY)]

    def company_changed(self, event: CompanyChanged) -> None:
        """Leads of the company live in other lanes: a timer due now asks each to look again."""
        domain = event.data.domain.casefold()
        known = self._company(domain) or Company(domain)
        company = Company(domain, {name: dict(said) for name, said in known.facts.items()})
        if not facts.learn_company(company, event):
            return
        self.outcome.companies[domain] = company
        payload = {
            "event": event.id,
            "correlation": event.correlationid or event.id,
            "time": event.time.isoformat(),
            "mode": event.mode,
        }
        for person in sorted(self._people.get(domain, ())):
            self._profiles.pop(person, None)
            self.outcome.timers.append(Timer(person, COMPANY, person, self._now, payload))

    def company_news(self, timer: Timer) -> None:
        lead = self._lead(timer.subject)
        if lead.gone or lead.as_of is None:
            return
        payload = timer.payload
        cause = Cause("facts", "facts", payload["mode"], payload["event"], payload["correlation"])
        self._announce(lead, cause, datetime.fromisoformat(payload["time"]))

    def woken(self, subject: str) -> None:
        lead = self._lead(subject)
        if lead.gone or lead.as_of is None:
            return
        lead.wake = None
        self._pass_time(lead, self._now)
        self._plan(lead)

    def _lead(self, subject: str, revive: bool = False) -> Lead:
        """The lead as folded so far; somebody erased who makes themselves known again is somebody new."""
        lead = self.outcome.leads.get(subject)
        if lead is None:
            known = self._world.leads.get(subject)
            lead = known.copy() if known else Lead(subject)
            if not lead.gone and lead.terms != self._terms.version:
                ledger.refold(lead, self._terms)
        if revive and lead.gone == "erased":
            lead = Lead(subject)
            ledger.refold(lead, self._terms)
        self.outcome.leads[subject] = lead
        return lead

    def _company(self, domain: str) -> Company | None:
        return self.outcome.companies.get(domain) or self._world.companies.get(domain)

    def _arrive(self, lead: Lead, event: Event) -> datetime:
        """Time passes for the lead up to the event; a late event finds it passed already."""
        at = _occurred(event)
        self._pass_time(lead, at)
        lead.since = lead.since or at
        lead.as_of = max(lead.as_of or at, at)
        return at

    def _pass_time(self, lead: Lead, until: datetime) -> None:
        """Each step is said with the instant at which it became true, whenever that is noticed."""
        while (at := _next_step(lead, self._terms)) is not None and at <= until:
            lead.as_of = max(lead.as_of or at, at)
            ledger.elapse(lead, at, self._terms)
            past = self._now - at > self._terms.historical_after
            self._announce(lead, Cause("decay", "decay", "historical" if past else "live"), at)

    def _redraw(self, lead: Lead) -> None:
        self._profiles.pop(lead.id, None)
        domain = company_domain(lead.facts, self._terms)
        if domain == lead.domain:
            return
        self._leave(lead.id)
        lead.domain = domain
        if domain in self._people:
            self._people[domain].add(lead.id)

    def _leave(self, subject: str) -> None:
        for people in self._people.values():
            people.discard(subject)

    def _announce(self, lead: Lead, cause: Cause, time: datetime) -> None:
        profile = self._profiles.get(lead.id)
        if profile is None:
            company = self._company(lead.domain) if lead.domain else None
            profile = self._profiles[lead.id] = draw(lead, company, self._terms)
        assert lead.as_of is not None  # noqa: S101  (nobody is announced before their first event)
        self.outcome.facts += announce(lead, profile, cause, max(time, lead.as_of), self._terms)
        self._plan(lead)

    def _plan(self, lead: Lead) -> None:
        """A timer that rings early is cheaper than one moved by every engagement: it is only ever moved forward."""
        at = _next_step(lead, self._terms)
        if at is not None and (lead.wake is None or at < lead.wake):
            lead.wake = at
            self.outcome.timers.append(Timer(lead.id, DECAY, lead.id, at))


def _occurred(event: Event) -> datetime:
    """Nothing occurs after it was recorded, whatever a client's clock says."""
    return moment(min(event.time, event.recordedtime))


def _next_step(lead: Lead, terms: Terms) -> datetime | None:
    decay = ledger.next_decay(lead, terms)
    return min(filter(None, (decay, lead.lapses)), default=None)


def _lines(lead: Lead) -> dict[str, Sequence[LedgerLine]]:
    return {name: list(known.lines) for name, known in lead.ledgers.items()}


def _cause(
    event: Event, reason: Reason, mode: Mode, kind: str | None = None, *, raised: bool = False, moved: bool = False
) -> Cause:
    return Cause(reason, kind or "facts", mode, event.id, event.correlationid or event.id, kind, raised, moved)


def _entry(event: EngagementRecorded, at: datetime, terms: Terms) -> Entry:
    data, kind = event.data, terms.kinds.get(event.data.kind)
    machine, settled = machines.judged(data, at, terms)
    asset = data.asset
    if asset is None and kind is not None and kind.per_asset:
        asset = (data.url or "").partition("?")[0].partition("#")[0] or data.title or data.name
    per_message = kind is not None and (kind.mail or kind.per_message)
    return Entry(
        at=at,
        event=event.id,
        kind=data.kind,
        asset=asset,
        message=(data.mail or data.message_id) if per_message else None,
        link=data.link if data.kind == machines.CLICK else None,
        machine=machine,
        settled=settled,
        named=data.asset is not None,
    )
