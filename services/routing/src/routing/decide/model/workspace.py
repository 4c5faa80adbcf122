"""The rows of one fold while they change. Only what was loaded, that is locked, may change."""

from collections.abc import Mapping
from datetime import date, datetime

from msgspec.structs import replace

from agreement import teams
from agreement.leave import AwayTimes, RepWord, has_left, leave_of
from agreement.types import Span
from events import Fact
from routing.decide.model.shared_deals import SharedDeal
from routing.decide.state import Company, Deal, Lead, Pick, Rep, Seat, State
from routing.decide.terms import Terms
from runtime.values import Timer


class Workspace:
    """A copy of `State` that the cases of a batch change one after the other, and what they decided so far."""

    def __init__(self, state: State, terms: Terms, now: datetime) -> None:
        self.terms, self.now = terms, now
        self.leads, self.companies = dict(state.leads), dict(state.companies)
        self.reps, self.seats = dict(state.reps), dict(state.seats)
        self.work, self.people, self.deals = state.work, state.people, dict(state.deals)
        self._records = state.records
        self._other_companies = state.other_companies
        self._days: dict[str, date] = {}
        self._on_shift: dict[str, bool] = {}
        self._leave: dict[str, tuple[tuple[RepWord, ...], AwayTimes]] = {}
        self.picks: list[Pick] = []
        self.facts: list[Fact] = []
        self.timers: list[Timer] = []

    def lead(self, lead: str) -> Lead:
        """The lead as it stands now; a new one when it is not known."""
        return self.leads.get(lead) or Lead(lead)

    def company(self, domain: str | None) -> Company | None:
        """The company of this domain as it stands now, a new one when it is not known; None without a domain."""
        if not domain:
            return None
        return self.companies.get(domain) or self._other_companies.get(domain) or Company(domain)

    def rep(self, rep: str) -> Rep:
        """The rep's load and availability as they stand now; without any load when the rep is not known."""
        return self.reps.get(rep) or Rep(rep)

    def seat(self, pool: str, rep: str) -> Seat:
        """The rep's seat in this pool as it stands now; an empty one when there is none."""
        return self.seats.get((pool, rep)) or Seat(pool, rep)

    def deal(self, deal: str) -> SharedDeal:
        """The deal as it stands now; one without facts when it is not known."""
        return self.deals.get(deal) or SharedDeal(deal)

    def record(self, name: str) -> list[Lead]:
        """The record that a rep names, as it stands now: the lead of this id, else the contacts of this deal."""
        stored = {lead.id: lead for lead in self._records.get(name, ())}
        known = {**stored, **self.leads}
        if name in known:
            return [known[name]]
        deal = self.deals.get(name)
        contacts = {*stored, *(deal.contacts if deal else ())}
        return [known[lead] for lead in sorted(contacts) if lead in known]

    def put_deal(self, deal: SharedDeal) -> None:
        """Raises LookupError when the deal was not locked."""
        if deal.deal not in self.deals:
            raise LookupError("this deal was not locked")
        self.deals[deal.deal] = deal

    def put_company(self, company: Company) -> None:
        """Raises LookupError when the company changes and was not locked."""
        if company == self.company(company.domain):
            return
        if company.domain not in self.companies:
            raise LookupError(f"{company.domain} was not locked")
        self.companies[company.domain] = company

    def put_rep(self, rep: Rep) -> None:
        """Raises LookupError when the rep was not locked."""
        self._locked(rep.rep)
        self.reps[rep.rep] = rep

    def put_seat(self, seat: Seat) -> None:
        """A seat belongs to its rep's lock. Raises LookupError when that was not taken."""
        self._locked(seat.rep)
        self.seats[seat.pool, seat.rep] = seat

    def _locked(self, rep: str) -> None:
        if rep not in self.reps:
            raise LookupError(f"{rep} was not locked")

    def put_lead(self, before: Lead, after: Lead) -> None:
        """The lead as it is now; its rep's load and its company's deals follow."""
        if before is not after:
            self._count_work(before, after)
            self._list_deals(before, after)
            self.leads[after.id] = after

    def present(self, rep: str | None) -> bool:
        """Employed and not away: the first thing asked of whoever is to get a lead."""
        person = self.terms.people.rep(rep)
        if person is None or not person.active:
            return False
        if any(since <= self.now for since, _ in self.leave(person.id)):
            return False
        return not person.leave or not any(leave.first <= self.today(person.id) <= leave.last for leave in person.leave)

    def employed(self, rep: str | None) -> bool:
        """In the agreement, and has not left: whoever is away still has what is theirs."""
        person = self.terms.people.rep(rep)
        return person is not None and person.active and not self.has_left(person.id)

    def has_left(self, rep: str) -> bool:
        """Gone for good, by what was said."""
        words = self.rep(rep).words
        return bool(words) and has_left(words)

    def leave(self, rep: str) -> AwayTimes:
        """What was said of the rep's leave: what lasts, and what is to come."""
        words = self.rep(rep).words
        if not words:
            return ()
        known = self._leave.get(rep)
        if known is None or known[0] is not words:
            leave = tuple(one for one in leave_of(words) if one[1] is None or one[1] > self.now)
            known = self._leave[rep] = words, leave
        return known[1]

    def leaves_before(self, person: teams.Rep, span: Span) -> date | None:
        """First day of the leave on which the rep is when a promise that begins now would be due; None: on none."""
        leave = self.leave(person.id)
        if not (person.leave or leave):
            return None
        return self.terms.calendars.leave_when_due(person.id, self.now, span, leave)

    def next_open(self, rep: str) -> datetime:
        """When the rep works next, leave left out; now, when at work."""
        return self.terms.calendars.of_rep(rep, self.leave(rep)).next_open(self.now)

    def today(self, rep: str) -> date:
        """The rep's local day: the same for the whole batch."""
        day = self._days.get(rep)
        if day is None:
            day = self._days[rep] = self.terms.calendars.of_rep(rep).local_day(self.now)
        return day

    def on_shift(self, rep: str) -> bool:
        """Whether the rep works now: the same for the whole batch."""
        working = self._on_shift.get(rep)
        if working is None:
            working = self._on_shift[rep] = self.terms.calendars.of_rep(rep).is_open(self.now)
        return working

    def taken_today(self, rep: str) -> int:
        """Leads given to the rep on the local day."""
        row = self.rep(rep)
        return row.today if row.day == self.today(rep) else 0

    def _count_work(self, before: Lead, after: Lead) -> None:
        """Open work follows the lead from rep to rep."""
        if (before.owner, before.stage, before.status) == (after.owner, after.stage, after.status):
            return
        left, taken = before.counts_for, after.counts_for
        for rep, step in ((left, -1), (taken, 1)) if left != taken else ():
            if rep and self.terms.people.rep(rep):
                row = self.rep(rep)
                self.put_rep(replace(row, open=max(0, row.open + step)))

    def _list_deals(self, before: Lead, after: Lead) -> None:
        """A company's open, won and ended deals are the sum of its leads'."""
        if not (before.deals or after.deals):
            return
        domain = after.facts.domain
        if before.facts.domain != domain:
            self._list_at(before.facts.domain, replace(before, deals=()))
        self._list_at(domain, after)

    def _list_at(self, domain: str | None, lead: Lead) -> None:
        company = self.company(domain)
        if company is not None:
            opened, won, churned = lead.open_deals, lead.customer_deals, lead.churned_deals
            listed = {
                "open": _listed(company.open, lead, opened, self._owner_of(opened, lead)),
                "won": _listed(company.won, lead, won, self._owner_of(won, lead)),
                "churned": _listed(company.churned, lead, churned, self._owner_of(churned, lead)),
            }
            self.put_company(replace(company, **listed))

    def _owner_of(self, deals: tuple[Deal, ...], lead: Lead) -> str | None:
        """Of a lead in work, who has it: person and deal are in one hand. Else the deal's own, who is here."""
        if lead.worked:
            return lead.owner
        owners = [owner for owner in (deals[0].owner if deals else None, lead.owner) if owner]
        return next((owner for owner in owners if self.present(owner)), owners[0] if owners else None)


def _listed(
    owners: Mapping[str, str | None], lead: Lead, deals: tuple[Deal, ...], owner: str | None
) -> dict[str, str | None]:
    """Leads with such deals and their owners, this lead's entry made new; in key order."""
    others = {key: known for key, known in owners.items() if key != lead.id}
    return dict(sorted((others | {lead.id: owner} if deals else others).items()))
