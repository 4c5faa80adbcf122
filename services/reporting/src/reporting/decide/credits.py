"""What won deals bring to whom, as sums that add up over deals; and of which deals a batch has moved the credits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple

from reporting.decide.attribution import Credit, Share
from reporting.decide.handoffs import StageEntry
from reporting.decide.leads import Person, StoredVerdict, Touch
from reporting.decide.money import ReasonLeftOut
from reporting.decide.positions import Position
from reporting.decide.rows import Row
from reporting.decide.sales import DealStep
from reporting.decide.scores import LeadStanding
from reporting.decide.state import State, changed_rows

CreditDimension = Literal["deal", "tracked", "touch", "campaign", "source", "content", "partner"]
"""By what credits are added up: not at all, by kind and source of the touch, or by one thing that it names; `tracked`:
whole deals by where their first touch came from.
"""
_NAMED: Final[tuple[CreditDimension, ...]] = ("campaign", "source", "content", "partner")
INCLUDED: Final = "included"
"""Of division `deal`: worth something in the house's currency; else the reason why not is its side."""


class CreditKey(NamedTuple):
    """Whom a sum of credits is about."""

    division: CreditDimension
    side: str
    value: str | None = None
    """What the touches name (null: nothing): of `touch`, `tracked` the source, of `deal` a currency without a rate."""
    kind: str | None = None
    """Of `touch`: the kind of the touches."""


@dataclass(slots=True)
class CreditSums:
    """One number for each model of the agreement, in its order."""

    deals: list[int]
    touches: list[int]
    """Touches that have a share, each once a deal however many milestones it stands for; nobody is none."""
    units: list[int]
    """Minor units of the house's currency; of a deal that is in no sum, its own."""

    @classmethod
    def zero(cls, models: int) -> "CreditSums":
        """Nothing yet."""
        return cls([0] * models, [0] * models, [0] * models)

    def add(self, other: "CreditSums") -> None:
        """The same models of another sum."""
        for mine, theirs in ((self.deals, other.deals), (self.touches, other.touches), (self.units, other.units)):
            for place, number in enumerate(theirs):
                mine[place] += number

    def __bool__(self) -> bool:
        return any(self.deals) or any(self.touches) or any(self.units)


Credits = dict[CreditKey, CreditSums]


def sums_of_deal(shares: Sequence[Share], first: Share, amount: int) -> Credits:
    """What one deal adds to each sum; `shares` are its divisions under each model, `amount` their sum.

    `first`: what it is when the first touch has all.
    """
    found: Credits = {}
    by_touch: dict[int, list[CreditSums]] = {}
    models = len(shares)
    for place, share in enumerate(shares):
        counted = set[int]()
        for credit in share.credits:
            once = int(credit.touch is not None and id(credit.touch) not in counted)
            counted.add(id(credit.touch))
            mine = by_touch.get(id(credit.touch))
            if mine is None:
                mine = by_touch[id(credit.touch)] = [_sums(found, key, models) for key in keys_of(credit)]
            for sums in mine:
                sums.deals[place] = 1
                sums.touches[place] += once
                sums.units[place] += credit.minor_units
    for key in (CreditKey("deal", INCLUDED), CreditKey("tracked", INCLUDED, tracked_source(first))):
        found[key] = CreditSums([1] * models, [0] * models, [amount] * models)
    return found


def tracked_source(first: Share) -> str | None:
    """Where the touch came from that has all of the deal; `sales` where sales called first; null: no touch."""
    touch = first.credits[0].touch
    return (touch.source if touch.side == "marketing" else touch.side) if touch else None


def _sums(found: Credits, key: CreditKey, models: int) -> CreditSums:
    sums = found.get(key)
    if sums is None:
        sums = found[key] = CreditSums.zero(models)
    return sums


def sums_left_out(reason: ReasonLeftOut, amount: int | None, currency: str | None, models: int) -> Credits:
    """What a deal adds that is shared out to nobody, in its own currency."""
    key = CreditKey("deal", reason, currency if reason == "no_rate" else None)
    return {key: CreditSums([1] * models, [0] * models, [amount or 0] * models)}


def keys_of(credit: Credit) -> list[CreditKey]:
    """The sums to which a credit belongs, one in each division."""
    touch = credit.touch
    if touch is None:
        nobody = "unattributed"
        return [CreditKey("touch", nobody, None, nobody), *(CreditKey(by, nobody) for by in _NAMED)]
    return [
        CreditKey("touch", touch.side, touch.source, touch.kind),
        *(CreditKey(by, touch.side, getattr(touch, by)) for by in _NAMED),
    ]


_PARTS: Final = ("source", "campaign", "segment", "team", "rep", "product")


def parts_of_deal(deal: Mapping[str, Any]) -> list[str]:
    """By which filters a deal is found, beside its day: `source=google`; of what nothing is known the bare name."""
    return [part for name in _PARTS if (part := _part(name, deal[name])) is not None]


def parts_of_question(filters: Mapping[str, str | None]) -> list[str]:
    """The same of a question: the filters that are given; `-` asks for what is not known."""
    return [
        name if value == "-" and name != "product" else f"{name}={value}"
        for name in _PARTS
        if (value := filters[name]) is not None
    ]


def _part(name: str, value: str | None) -> str | None:
    if value is None:
        return None if name == "product" else name
    return f"{name}={value}"


@dataclass(frozen=True, slots=True)
class MovedCredits:
    """What a batch has moved, by id."""

    leads: list[str] = field(default_factory=list)
    """Deals of which they are contacts may be shared out differently, or be found by other filters."""
    merged: list[str] = field(default_factory=list)
    """Of these: who turned out to be another, or to be none. What is done to the other meanwhile is in another lane."""
    deals: list[str] = field(default_factory=list)
    """Of which a fact came in."""


_RESTS_ON: Final[Mapping[type[Row], Callable[[Any], object]]] = {
    Touch: attrgetter("event"),
    StoredVerdict: attrgetter("event"),
    StageEntry: lambda one: (one.stage == "mql", one.entered_at, one.implied, one.withdrawn),
    Person: attrgetter("captured_at", "merged_into", "source", "campaign"),
    LeadStanding: attrgetter("segment"),
    Position: attrgetter("first_rep", "first_team"),
}
"""What of each kind of row the credits of a deal rest on, and the filters by which it is found."""


def moved_credits(before: State, after: State) -> MovedCredits:
    """What the rows of a batch (`after`) move, beside those they were (`before`)."""
    leads = {
        row.lead
        for kind, look in _RESTS_ON.items()
        for row in changed_rows(before, after, kind, look)
        if kind is not StageEntry or row.stage == "mql"
    }
    persons = before.tables.get(Person, {})
    merged = {
        person.lead
        for key, person in after.tables.get(Person, {}).items()
        if person.merged_into != (persons[key].merged_into if key in persons else None)
    }
    deals = {step.deal for step in after.tables.get(DealStep, {}).values()}
    return MovedCredits(sorted(leads), sorted(merged), sorted(deals))
