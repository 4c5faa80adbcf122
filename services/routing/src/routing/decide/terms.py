"""The agreement as routing reads it: steps, sizes and regions, pools, urgencies, segments, and who is who."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from agreement import Agreement
from agreement.calendar import Calendars
from agreement.definitions import Definitions
from agreement.people import People
from agreement.routing import NurtureSegment, RejectReason, Routing, UrgencyTerm
from agreement.service_levels import Promise
from agreement.teams import Partner, Teams
from agreement.types import Wall
from events.handoffs import AssignmentKind
from events.scores import RouteFacts
from events.vocabulary import Segment, humanize

TIMED_OUT: Final = "accept_timeout"
"""The one reject reason that code names: nobody chooses it."""


@dataclass(frozen=True)
class Terms:
    """The chapters that routing decides by, the calendars and the people made from them."""

    routing: Routing
    teams: Teams
    definitions: Definitions
    calendars: Calendars
    people: People
    promises: Mapping[str, Promise]
    """By name: what keeps them decides whether an escalation came too late."""
    expansion: str | None = None
    """Name of the model that scores existing customers."""
    expansion_at_least: int | None = None
    """The total of that model from which on a customer is handed to the account manager."""
    pass_on_after: Wall | None = None
    """Then the next rep on shift gets a raised hand that nobody answered."""

    @classmethod
    def of(cls, agreement: Agreement) -> "Terms":
        """From the whole agreement."""
        teams = agreement.teams
        promises = agreement.service_levels.by_name
        calendars, people, scoring = Calendars(teams), People(teams), agreement.scoring
        return cls(
            agreement.routing,
            teams,
            agreement.definitions,
            calendars,
            people,
            promises,
            scoring.expansion,
            scoring.expansion_at_least,
            agreement.service_levels.pass_on_after,
        )

    @cached_property
    def steps(self) -> tuple[tuple[int, str], ...]:
        """Numbers and names of the steps, in their order."""
        return tuple((term.number, term.step) for term in self.routing.steps)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Step names to their numbers."""
        return {term.step: term.number for term in self.routing.steps}

    @cached_property
    def segments(self) -> dict[Segment, NurtureSegment]:
        """Nurture segments by name."""
        return {segment.segment: segment for segment in self.routing.nurture.segments}

    @cached_property
    def revisit_segment(self) -> Segment:
        """Of the right person at the wrong time: the first that is left on the day to revisit, else step 8's."""
        segments = self.routing.nurture.segments
        return next((s.segment for s in segments if "revisit_on" in s.leaves_when), self.routing.nurture.segment)

    @cached_property
    def timed_out(self) -> RejectReason:
        """What follows when nobody answers in time."""
        return self.routing.by_reason[TIMED_OUT]

    @cached_property
    def disqualifiers(self) -> dict[str, str]:
        """Names of disqualifiers to their texts for people."""
        return {term.name: term.text for term in self.definitions.disqualifiers}

    @cached_property
    def account_managers(self) -> tuple[str, ...]:
        """Ids of all active account managers, in key order."""
        return self.people.account_managers(None)

    @cached_property
    def partners(self) -> dict[str, Partner]:
        """Partners by id."""
        return {partner.id: partner for partner in self.teams.partners}

    def reason_text(self, name: str) -> str:
        """Why a cycle or an offer ended, for people: the title of a reject reason, any other name as words."""
        term = self.routing.by_reason.get(name)
        return term.title if term else humanize(name)

    def size_of(self, facts: RouteFacts) -> str:
        """Size band. Unknown sizes and soft-disqualified hand-raises go to the band without numbers (triage)."""
        band = None if facts.soft else self.routing.size_of(facts.employees)
        return (band or self.routing.triage).name

    def region_of(self, facts: RouteFacts) -> str:
        """Name of the region of the lead's country; the agreement names the one for unknown countries."""
        for region in self.routing.regions:
            if facts.country in region.countries:
                return region.name
        return self.routing.unknown_country

    def pool_of(self, facts: RouteFacts, region: str | None = None) -> tuple[str, tuple[str, ...]] | str:
        """Pool and flags by size and region (domain, section 5, step 7), or a text that says why there is none.

        `region`: the one that a rep named, in place of the country's.
        """
        return self._places(facts.employees, facts.country, bool(facts.soft), region)

    @cached_property
    def _places(self) -> Callable[[int | None, str | None, bool, str | None], tuple[str, tuple[str, ...]] | str]:
        """`_place`, the last answers remembered: it depends on nothing but its arguments and the terms."""
        return lru_cache(maxsize=4096)(self._place)

    def _place(
        self, employees: int | None, country: str | None, soft: bool, named: str | None
    ) -> tuple[str, tuple[str, ...]] | str:
        facts = RouteFacts(employees=employees, country=country, soft=("soft",) if soft else ())
        terms, size, region = self.routing, self.size_of(facts), named or self.region_of(facts)
        if not next(r.served for r in terms.regions if r.name == region):
            return f"the region {region} is not served"
        for where, flags in ((region, ()), (terms.fallback_region, (terms.fallback_flag,))):
            for rule in terms.pools:
                if rule.size == size and rule.region == where:
                    return rule.pool, flags
        return f"no pool for {size} in {region}"

    def pools_near(self, facts: RouteFacts, region: str | None = None) -> tuple[str, ...]:
        """Every pool that a lead with these facts may reach: its own, and those it is handed to."""
        place = self.pool_of(facts, region)
        return () if isinstance(place, str) else self._near[place[0]]

    @cached_property
    def _near(self) -> dict[str, tuple[str, ...]]:
        pools = self.routing.pools
        return {
            one.pool: (one.pool, *(rule.hands_to for rule in pools if rule.pool == one.pool and rule.hands_to))
            for one in pools
        }

    def successor(self, pool: str) -> str:
        """The pool that takes a lead over once this one has qualified it; itself when it hands nothing on."""
        return next((rule.hands_to for rule in self.routing.pools if rule.pool == pool and rule.hands_to), pool)

    def urgency_of(self, kind: AssignmentKind, band: str) -> UrgencyTerm:
        """The first that fits; the last one is the rest."""
        return next((term for term in self.routing.urgency if term.name in (kind, band)), self.routing.urgency[-1])

    def is_urgent(self, urgency: UrgencyTerm) -> bool:
        """Anything but the rest: it does not wait for a shift."""
        return urgency.name != self.routing.urgency[-1].name
