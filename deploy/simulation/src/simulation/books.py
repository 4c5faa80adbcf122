"""The simulation's own book-keeping: what was sent, added up without a line of Baton's code."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from simulation.plan import Happening


@dataclass(frozen=True, slots=True)
class TouchEntry:
    """One thing that somebody did: `source` as it was named, `form` where it was one."""

    at: datetime
    source: str | None
    form: str | None


@dataclass(slots=True)
class DealEntry:
    """One deal as its facts tell it; the last of won and lost counts."""

    visitor: int | None
    amount: int = 0
    currency: str = "USD"
    state: str = "open"
    reason: str | None = None


@dataclass(slots=True)
class Books:
    """Counts and sums; money in minor units of its currency."""

    known: set[int] = field(default_factory=set)
    """Everybody who said who they are."""
    linked: set[int] = field(default_factory=set)
    """Those of them whose browser is known, with all that was done in it before."""
    touches: dict[int, list[TouchEntry]] = field(default_factory=dict)
    spam: int = 0
    spend: list[tuple[str, int, str]] = field(default_factory=list)
    """Source, amount and currency of each bill: each is converted by itself."""
    offers: set[str] = field(default_factory=set)
    """Assignments that stood in an inbox."""
    waiting: int = 0
    """Offers that nobody has answered yet."""
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """Answers by reason; silence is in no book."""
    deals: dict[str, DealEntry] = field(default_factory=dict)
    surveys: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """The last one of each deal."""
    facts: Counter[str] = field(default_factory=Counter)
    """What sales reported, by type."""
    messages: int = 0
    """Messages of the tracking script and forms."""

    def arrive(self, one: Happening) -> None:
        """Enters what came in by itself."""
        self.messages += one.door != "event"
        self.spam += one.spam
        if one.visitor is not None:
            if one.makes_known:
                self.known.add(one.visitor)
                self.linked |= {one.visitor} if one.door == "track" else set()
            form = one.name if one.door == "form" else None
            self.touches.setdefault(one.visitor, []).append(TouchEntry(one.at, one.source, form))
        if one.spend:
            self.spend.append(one.spend)

    def report(self, fact: Mapping[str, Any], visitor: int | None) -> None:
        """Enters a fact of sales."""
        kind = fact["type"]
        self.facts[kind] += 1
        if kind == "accepted":
            self.accepted += 1
        elif kind == "rejected":
            self.rejected[fact["reason"]] += 1
        elif kind == "survey":
            self.surveys[fact["deal"]] = fact
        elif kind.startswith("deal_"):
            self._deal(kind, fact, visitor)

    def _deal(self, kind: str, fact: Mapping[str, Any], visitor: int | None) -> None:
        money = fact.get("amount")
        entry = self.deals.get(fact["deal"])
        if entry is None:
            entry = self.deals[fact["deal"]] = DealEntry(visitor)
        if money:
            entry.amount, entry.currency = money["amount"], money["currency"]
        if kind in ("deal_won", "deal_lost"):
            entry.state = kind.removeprefix("deal_")
            entry.reason = fact.get("reason")

    def source_of(self, visitor: int) -> str | None:
        """The first touch that names a source; else the first form; nowhere for those of whom neither is known."""
        touches = [one for one in self.touches[visitor] if one.form or visitor in self.linked]
        named = [one for one in touches if one.source]
        if named:
            return min(named, key=lambda one: one.at).source
        forms = [one for one in touches if one.form]
        return f"form:{min(forms, key=lambda one: one.at).form}" if forms else None

    def sources(self) -> Counter[str | None]:
        """How many people each source brought."""
        return Counter(self.source_of(visitor) for visitor in self.known)

    def revenue(self, rates: Mapping[str, Decimal]) -> Counter[str | None]:
        """What was won with the people of each source, at these rates (units of the house for one of the currency)."""
        sums = Counter[str | None]()
        for deal in self.deals.values():
            if deal.state == "won" and deal.visitor is not None:
                sums[self.source_of(deal.visitor)] += round(deal.amount * rates[deal.currency])
        return sums

    def sums(self, state: str) -> Counter[str]:
        """What deals in this state are worth, by currency."""
        sums = Counter[str]()
        for deal in self.deals.values():
            if deal.state == state:
                sums[deal.currency] += deal.amount
        return sums

    def in_all(self) -> dict[str, object]:
        """For people and for comparing two runs."""
        states = Counter(deal.state for deal in self.deals.values())
        return {
            "leads": len(self.known),
            "sources": {name or "-": count for name, count in sorted(self.sources().items(), key=str)},
            "spam": self.spam,
            "spend": sorted(self.spend),
            "offers": len(self.offers),
            "accepted": self.accepted,
            "rejected": dict(sorted(self.rejected.items())),
            "deals": dict(sorted(states.items())),
            "won": dict(sorted(self.sums("won").items())),
            "open": dict(sorted(self.sums("open").items())),
            "surveys": len(self.surveys),
            "facts": dict(sorted(self.facts.items())),
            "messages": self.messages,
        }
