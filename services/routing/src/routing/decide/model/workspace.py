"""The working set of one fold, and `Case`: one lead under one cause, saying things in the order readers rely on."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from agreement.types import Span
from events import Body, Event, Fact
from events.handoffs import LeadAccepted, LeadReturned, Snapshot, StageChanged
from routing.decide.model import lifecycle
from routing.decide.state import Company, Deal, Lead, Outcome, Pick, Rep, Seat, State, Terms
from runtime.values import Timer

ANSWERS: Final = (LeadAccepted, LeadReturned)
"""Said before the stage moves: the clocks they stop must not be voided by it."""


class Desk:
    """State while it is folded. Reps and seats may only be changed if they were loaded, that is, locked."""

    def __init__(self, state: State, terms: Terms, now: datetime) -> None:
        self.terms, self.now = terms, now
        self.leads, self.companies = dict(state.leads), dict(state.companies)
        self.reps, self.seats = dict(state.reps), dict(state.seats)
        self.work = state.work
        self.loaded = state
        self.picks: list[Pick] = []
        self.facts: list[Fact] = []
        self.timers: list[Timer] = []

    def lead(self, lead: str) -> Lead:
        return self.leads.get(lead) or Lead(lead)

    def company(self, domain: str | None) -> Company | None:
        return (self.companies.get(domain) or Company(domain)) if domain else None

    def rep(self, rep: str) -> Rep:
        return self.reps.get(rep) or Rep(rep)

    def keep_rep(self, rep: Rep) -> None:
        if rep.rep not in self.reps:
            raise LookupError(f"{rep.rep} was not locked")
        self.reps[rep.rep] = rep

    def seat(self, pool: str, rep: str) -> Seat:
        return self.seats.get((pool, rep)) or Seat(pool, rep)

    def keep_seat(self, seat: Seat) -> None:
        if seat.rep not in self.reps:
            raise LookupError(f"{seat.rep} was not locked")
        self.seats[seat.pool, seat.rep] = seat

    def present(self, rep: str | None) -> bool:
        """Employed and not away: the first thing asked of whoever is to get a lead."""
        person = self.terms.person(rep)
        if person is None or not person.active:
            return False
        row = self.rep(person.id)
        back = row.state == "away" and row.until is not None and row.until <= self.now
        return (row.state == "active" or back) and not any(
            leave.first <= self.today(person.id) <= leave.last for leave in person.leave
        )

    def today(self, rep: str) -> date:
        return self.terms.calendars.of_rep(rep).local_day(self.now)

    def opened_today(self, rep: str) -> int:
        row = self.rep(rep)
        return row.today if row.day == self.today(rep) else 0

    def carry(self, before: Lead, after: Lead) -> None:
        """Open work follows the lead from rep to rep."""
        for rep, step in ((before.transport, -1), (after.transport, 1)):
            if before.transport != after.transport and self.terms.person(rep) and rep:
                row = self.rep(rep)
                self.keep_rep(replace(row, open=max(0, row.open + step)))

    def post(self, before: Lead, after: Lead) -> None:
        """A company's open and won deals are the sum of its leads'."""
        if not (before.deals or after.deals):
            return
        domain = after.facts.domain
        if before.facts.domain != domain:
            self._post(before.facts.domain, before, (), ())
        self._post(domain, after, after.open_deals, after.won_deals)

    def _post(self, domain: str | None, lead: Lead, opened: tuple[Deal, ...], won: tuple[Deal, ...]) -> None:
        company = self.company(domain)
        if company is not None:
            self.keep_company(
                replace(company, open=_entry(company.open, lead, opened), won=_entry(company.won, lead, won))
            )

    def keep_company(self, company: Company) -> None:
        if company == self.company(company.domain):
            return
        if company.domain not in self.companies:
            raise LookupError(f"{company.domain} was not locked")
        self.companies[company.domain] = company

    def outcome(self) -> Outcome:
        was = self.loaded
        return Outcome(
            {k: v for k, v in self.leads.items() if was.leads.get(k) != v},
            {k: v for k, v in self.companies.items() if was.companies.get(k) != v},
            {k: v for k, v in self.reps.items() if was.reps.get(k) != v},
            {k: v for k, v in self.seats.items() if was.seats.get(k) != v},
            tuple(self.picks),
            tuple(self.facts),
            tuple(self.timers),
        )


def _entry(entries: Mapping[str, str | None], lead: Lead, deals: tuple[Deal, ...]) -> dict[str, str | None]:
    others = {key: owner for key, owner in entries.items() if key != lead.id}
    owner = (deals[0].owner or lead.owner) if deals else None
    return dict(sorted((others | {lead.id: owner} if deals else others).items()))


@dataclass(frozen=True, slots=True)
class Cause:
    """What a fact answers to: an event, or (for a timer) the event that began the cycle."""

    time: datetime
    historical: bool = False
    id: str | None = None
    correlation: str | None = None

    @classmethod
    def of(cls, event: Event) -> "Cause":
        return cls(event.time, event.historical, event.id, event.correlationid or event.id)


class Case:
    def __init__(self, desk: Desk, lead: str, cause: Cause) -> None:
        self.desk, self.cause = desk, cause
        self.terms, self.now = desk.terms, desk.now
        self.before = self.lead = desk.lead(lead)
        self._said: list[Fact] = []

    @property
    def company(self) -> Company | None:
        return self.desk.company(self.lead.facts.domain)

    @property
    def live(self) -> bool:
        return not self.cause.historical

    def say(self, kind: type[Event], data: Body, *, time: datetime | None = None) -> None:
        self._said.append(
            Fact(
                kind,
                self.lead.id,
                data,
                time or self.cause.time,
                self.cause.id,
                self.cause.correlation,
                "historical" if self.cause.historical else "live",
            )
        )

    def wake(self, kind: str, due: datetime | None) -> None:
        self.desk.timers.append(Timer(self.lead.id, kind, f"{kind}/{self.lead.id}", due))

    def allowed(self, move: str) -> bool:
        return lifecycle.allowed(self.lead, move)

    def move(self, move: str, why: str, *, rejected: bool = False) -> None:
        """Only an allowed move; the caller asks first and says what a refusal means."""
        self.lead = lifecycle.moved(self.lead, move, at=self.cause.time, why=why, rejected=rejected)

    def change(self, **fields: object) -> None:
        self.lead = replace(self.lead, **fields)  # type: ignore[arg-type]

    def settle(self, why: str, *, deal: str | None = None, withdrawn: bool = False) -> None:
        """Ends one step of the story: answers first, then where the lead stands now, then what follows from it."""
        before, after = self.before, self.lead
        self.desk.carry(before, after)
        self.desk.post(before, after)
        answers = [fact for fact in self._said if fact.event in ANSWERS]
        follows = [fact for fact in self._said if fact.event not in ANSWERS]
        self._said = []
        if (before.stage, before.status, before.cycle) != (after.stage, after.status, after.cycle):
            self.say(StageChanged, self._stage(why, deal, withdrawn))
        self.desk.facts += [*answers, *self._said, *follows]
        self._said = []
        self.desk.leads[after.id] = self.before = after

    def _stage(self, why: str, deal: str | None, withdrawn: bool) -> StageChanged.Data:
        before, after, facts = self.before, self.lead, self.lead.facts
        owner = after.owner or before.owner
        offer = after.current or before.current
        standing = after.standing
        return StageChanged.Data(
            cycle=after.cycle,
            stage_from=before.stage,
            stage=after.stage,
            status_from=before.status,
            status=after.status,
            implied=lifecycle.implied(before, after),
            why=why,
            owner=owner,
            team=(self.terms.team(owner) or None) if owner else None,
            pool=offer.pool if offer else None,
            source=facts.source,
            campaign=facts.campaign,
            domain=facts.domain,
            band=standing.band if standing else None,
            total=standing.total if standing else None,
            completeness=standing.completeness if standing else None,
            hand_raise=after.entry is not None and after.entry.kind == "hand_raise",
            deal=deal,
            withdrawn=withdrawn,
            re_engaged=after.entry is not None and after.entry.re_engaged,
            closed=after.closed,
        )


def snapshot(lead: Lead) -> Snapshot:
    """What people are told about the lead, frozen now."""
    s = lead.standing
    if s is None:
        return Snapshot(fit=0, engagement=0, total=0, band="cold")
    return Snapshot(
        fit=s.fit,
        engagement=s.engagement,
        total=s.total,
        band=s.band,
        completeness=s.completeness,
        lines=(*s.fit_lines, *s.engagement_lines),
        signals=s.signals,
        facts=s.facts,
        assets=s.assets,
    )


def after(start: datetime, span: Span) -> datetime:
    """Wall clock or calendar months later; in a shorter month its last day stands in."""
    if span.unit != "mo":
        return start + timedelta(seconds=span.seconds)
    year, month = divmod(start.year * 12 + start.month - 1 + span.amount, 12)
    return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))
