"""The agreement as reporting reads it while it folds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from agreement import Agreement
from agreement.bots import BotRule
from agreement.events import KindTerm
from agreement.people import People
from agreement.routing import Routing
from agreement.survivorship import Survivorship
from agreement.teams import Account
from events import Body


@dataclass(frozen=True, slots=True)
class Terms:
    """The agreement as reporting reads it: who is who, which claims survive, and titles for people."""

    people: People
    survivorship: Survivorship
    accounts: Mapping[str, Account]
    """By domain: what is known of a company without asking anybody."""
    kinds: Mapping[str, KindTerm]
    """Kinds of engagement."""
    bots: BotRule
    referral_mediums: frozenset[str]
    """Media of a campaign that make a touch a referral, in lower case."""
    routing: Routing
    """Its size bands."""
    reject_reasons: Mapping[str, str]
    """Reason to its title, as are nurture segments, promises and disqualifiers to theirs."""
    segments: Mapping[str, str]
    promises: Mapping[str, str]
    disqualifiers: Mapping[str, str]
    zone: ZoneInfo
    """The house's."""
    best_rating: int
    """Of a rep's rating of a lead."""

    @classmethod
    def of(cls, agreement: Agreement) -> "Terms":
        """The terms of this agreement: made once, while it is the latest that was asked for."""
        for of, known in _LATEST:
            if of is agreement:
                return known
        terms = cls._made_of(agreement)
        _LATEST[:] = [(agreement, terms)]
        return terms

    @classmethod
    def _made_of(cls, agreement: Agreement) -> "Terms":
        routing = agreement.routing
        return cls(
            people=People(agreement.teams),
            survivorship=Survivorship.of(agreement.definitions),
            accounts=agreement.teams.account_by_domain,
            kinds=agreement.events.by_kind,
            bots=BotRule.of(agreement.events),
            referral_mediums=frozenset(medium.casefold() for medium in agreement.events.referrals.mediums),
            routing=routing,
            reject_reasons={one.reason: one.title for one in routing.reject_reasons},
            segments={one.segment: one.title for one in routing.nurture.segments},
            promises={one.name: one.title for one in agreement.service_levels.promises},
            disqualifiers={one.name: one.text for one in agreement.definitions.disqualifiers},
            zone=ZoneInfo(agreement.definitions.house.zone),
            best_rating=agreement.definitions.lead_quality.best,
        )

    def doer(self, data: Body) -> str:
        """The name of whose doing a fact is, or else of who reported it; `Somebody` when neither is known."""
        who = getattr(data, "by", None) or getattr(data, "actor", None)
        return self.people.name(who) if who else "Somebody"

    def moment(self, at: datetime) -> str:
        """An instant within a line, in the house's zone, which it names."""
        local = at.astimezone(self.zone)
        return f"{local.day} {local:%b, %H:%M %Z}"

    def size(self, employees: int | None) -> str | None:
        """Name of the size band of a company, which reports call its segment; None while the size is not known."""
        band = self.routing.size_of(employees)
        return band.name if band else None


_LATEST: Final[list[tuple[Agreement, Terms]]] = []
"""At most one: each page of a lead would make the reader of mail subjects anew."""
