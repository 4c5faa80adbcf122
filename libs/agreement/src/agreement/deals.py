"""What becomes of a deal: its facts folded in the order in which they occurred, however they arrive (domain 1).

Routing and reporting keep a `DealHistory` of each deal and obey what it says.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, Generic, Literal, Self, TypeVar

import msgspec
from msgspec.structs import replace

from events.deals import DealChanged, DealLost, DealOpened, DealWon
from events.teamwork import CustomerChurned, CustomerRenewed
from events.vocabulary import Money

DealState = Literal["open", "won", "lost"]
DealEvent = DealOpened | DealChanged | DealWon | DealLost
"""The facts of a deal."""
KINDS: Final[dict[type[DealEvent], str]] = {
    DealOpened: "opened",
    DealChanged: "changed",
    DealWon: "won",
    DealLost: "lost",
}
"""Each fact to the field of `DealHistory` that keeps when there was one."""
CustomerEvent = CustomerRenewed | CustomerChurned
"""What becomes of the customer after the deal."""
CUSTOMER_KINDS: Final[dict[type[CustomerEvent], str]] = {CustomerRenewed: "renewed", CustomerChurned: "churned"}
"""The same for these: they change nothing of the deal itself."""
STEPS: Final[Mapping[type[DealEvent | CustomerEvent], str]] = dict((*KINDS.items(), *CUSTOMER_KINDS.items()))
"""All facts of a deal and of the customer by it."""
_FIELDS: Final = (
    *("amount", "product", "stage", "expected_close", "paid_at", "reason", "competitor"),
    *("decision_maker", "solution_fit"),
)
_STATES: Final[dict[DealState, str]] = {"open": "opened", "won": "won", "lost": "lost"}
T = TypeVar("T")


class Occurrence(msgspec.Struct, frozen=True, order=True):
    """The place of a fact in the order of occurrence: its time; of equal times, its place in its stream."""

    at: datetime
    stream: str
    """Topic and partition of the event."""
    generation: int
    number: int

    @classmethod
    def of(cls, event: DealEvent | CustomerEvent) -> Self:
        """When the event occurred, and its place by its id (`sales/3/1204@2`). A day stands for its end."""
        place, _, generation = event.id.partition("@")
        stream, _, number = place.rpartition("/")
        return cls(event.time, stream, int(generation or 1), int(number) if number.isdigit() else 0)

    def follows(self, other: "Occurrence") -> bool:
        """It came later. False for two facts of one instant in two streams: nobody knows their order."""
        return self > other and (self.at > other.at or self.stream == other.stream)


UNDATED: Final = Occurrence(datetime(1970, 1, 1, tzinfo=UTC), "", 0, 0)
"""Of what was known before times were kept: any fact with a time is later."""


class FirstAndLast(msgspec.Struct, frozen=True):
    """The first and the last fact of one kind."""

    first: Occurrence
    last: Occurrence


class Latest(msgspec.Struct, Generic[T], frozen=True):
    """What the last fact that says anything says of one field."""

    when: Occurrence
    value: T


class DealHistory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of the facts of one deal: of each kind the first and the last, of each field the latest value.

    It is the same in whatever order the facts come and however often, and does not grow with their number.
    """

    opened: FirstAndLast | None = None
    changed: FirstAndLast | None = None
    won: FirstAndLast | None = None
    lost: FirstAndLast | None = None
    amount: Latest[Money] | None = None
    product: Latest[str] | None = None
    stage: Latest[str] | None = None
    expected_close: Latest[date] | None = None
    paid_at: Latest[datetime] | None = None
    reason: Latest[str] | None = None
    competitor: Latest[str] | None = None
    decision_maker: Latest[bool] | None = None
    solution_fit: Latest[bool] | None = None
    owner: Latest[str] | None = None
    """Who opened, won or lost it last, where the fact names a rep."""
    renewed: FirstAndLast | None = None
    churned: FirstAndLast | None = None

    def after(self, event: DealEvent | CustomerEvent) -> "DealHistory":
        """With one fact more. What a fact leaves out stays as it was."""
        when, kind = Occurrence.of(event), STEPS[type(event)]
        if isinstance(event, CustomerRenewed | CustomerChurned):
            return self._with(kind, when, {})
        values = {name: value for name in _FIELDS if (value := getattr(event.data, name, None)) not in (None, "")}
        if event.data.by and not isinstance(event, DealChanged):
            values["owner"] = event.data.by
        return self._with(kind, when, values)

    def remember(self, state: DealState, owner: str | None) -> "DealHistory":
        """With a state that was known before times were kept; any fact with a time overrides it."""
        return self._with(_STATES[state], UNDATED, {"owner": owner} if owner else {})

    def _with(self, kind: str, when: Occurrence, values: dict[str, Any]) -> "DealHistory":
        known: FirstAndLast | None = getattr(self, kind)
        changes: dict[str, Any] = {
            kind: FirstAndLast(min(known.first, when), max(known.last, when)) if known else FirstAndLast(when, when)
        }
        for name, value in values.items():
            latest: Latest[Any] | None = getattr(self, name)
            if latest is None or when >= latest.when:
                changes[name] = Latest(when, value)
        return replace(self, **changes)

    @property
    def state(self) -> DealState:
        """The last of won and lost decides; opened after it was lost it is open, after it was won it stays won."""
        won, lost, opened = self.won, self.lost, self.opened
        if won and not (lost and lost.last.follows(won.last)):
            return "won"
        if lost and not (opened and opened.last.follows(lost.last)):
            return "lost"
        return "open"

    @property
    def is_reported(self) -> bool:
        """There is a fact of the deal itself, not only of the customer afterwards."""
        return any((self.opened, self.changed, self.won, self.lost))

    @property
    def renewed_at(self) -> datetime | None:
        """When the contract was renewed last."""
        return self.renewed.last.at if self.renewed else None

    @property
    def churned_at(self) -> datetime | None:
        """Since when a customer by this deal is none any more; None for one who never left, or came back by it.

        Won or renewed later than that, the customer is back.
        """
        if self.churned is None:
            return None
        back = (self.won, self.renewed)
        return None if any(one and one.last.follows(self.churned.last) for one in back) else self.churned.last.at

    @property
    def opened_at(self) -> datetime | None:
        """When it was opened first; None when nobody reported that."""
        return self.opened.first.at if self.opened else None

    @property
    def open_from(self) -> datetime | None:
        """From when on it is open, or was before it closed; None when nobody reported that it was opened.

        Of one that is open again: since then. To report it once more does not move it.
        """
        if self.opened is None or self.lost is None or self.state != "open":
            return self.opened_at
        again = [one.at for one in _occurrences(self.opened) if one.follows(self.lost.last)]
        return min(again, default=self.opened_at)

    @property
    def closed_at(self) -> datetime | None:
        """Since when it is won, or lost; None while it is open. To report it once more does not move the day."""
        end = self._end
        return end.at if end else None

    @property
    def _end(self) -> Occurrence | None:
        state = self.state
        closing = {"won": self.won, "lost": self.lost}.get(state)
        if closing is None:
            return None
        before = (self.lost,) if state == "won" else (self.won, self.opened)
        since_then = all(closing.first.follows(one.last) for one in before if one)
        return closing.first if since_then else closing.last

    @property
    def surveys_from(self) -> datetime | None:
        """After which instant a survey answers the end that the deal has now; None when no end was taken back before.

        That is since it was open again, or since an end like this one gave way to the other. While it is open: since
        it was open again. To report the other end once more does not move it.
        """
        end, lost, won = self._end, self.lost, self.won
        taken_back = [one for one in _first_after(lost, self.opened) if not self._stays_won(one)]
        if end is not None:
            same, other = (won, lost) if self.state == "won" else (lost, won)
            taken_back += _first_after(same, other)
        return max((one.at for one in taken_back if end is None or end.follows(one)), default=None)

    def _stays_won(self, opened: Occurrence) -> bool:
        won, lost = _last_before(self.won, opened), _last_before(self.lost, opened)
        return won is not None and not (lost and lost.follows(won))


def survey_counts(outcome: str | None, at: datetime, ending: str | None, surveys_from: datetime | None) -> bool:
    """Whether a survey answered at this instant is about the end that the deal has, and not about an earlier one.

    `outcome`: how the deal ended, as the survey says; `ending`: as its facts say. Each is `won`, `lost`, or None where
    that is not known. `surveys_from`: as `DealHistory` has it; whoever answers at that very instant means the end that
    is taken back just then, so that each survey is about one end.
    """
    return (None in (outcome, ending) or outcome == ending) and (surveys_from is None or at > surveys_from)


def _occurrences(facts: FirstAndLast | None) -> tuple[Occurrence, ...]:
    return (facts.first, facts.last) if facts else ()


def _last_before(facts: FirstAndLast | None, other: Occurrence) -> Occurrence | None:
    """The last of these facts that is known to be earlier than the other."""
    return max((one for one in _occurrences(facts) if other.follows(one)), default=None)


def _first_after(ends: FirstAndLast | None, facts: FirstAndLast | None) -> list[Occurrence]:
    """Of the facts those that followed an end, of several that followed the same one the first."""
    followed = {_last_before(ends, one): one for one in reversed(_occurrences(facts))}
    return [one for end, one in followed.items() if end is not None]
