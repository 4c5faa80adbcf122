"""Chapter `service_levels`: what marketing and sales promise each other, and what follows when it is not kept."""

from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import Field

from agreement.types import Count, Flag, Id, Percent, Span, Terms, Wall
from events.vocabulary import Side

ClockStart = Literal[
    "becomes_mql",
    "assigned",
    "handed_on",
    "accepted",
    "qualified",
    "deal_opened",
    "deal_closed",
    "sales_fact_occurs",
]
"""What may begin a promise; `handed_on` is an assignment by which a pool passes its qualified lead to the next."""
OFFERS: Final[frozenset[ClockStart]] = frozenset({"assigned", "handed_on"})
"""Starts that bring the first-touch target of the lead's urgency."""
ClockStop = Literal[
    "assigned",
    "accepted",
    "rejected",
    "attempted",
    "connected",
    "qualified",
    "deal_opened",
    "deal_closed",
    "feedback",
    "survey",
    "sales_fact_recorded",
]
"""What may keep it: the first of these; of attempts the `attempts`th."""
WITHOUT_CLOCK: Final[frozenset[ClockStart | ClockStop]] = frozenset({"sales_fact_occurs", "sales_fact_recorded"})
"""Of a promise to report in time: no clock runs, each fact of sales is judged when it comes in."""
RemindedPerson = Literal["rep", "manager", "marketing", "operations"]


class Reminder(Terms):
    """At this share of the promise's business time, these people hear of it."""

    percent: Count
    to: tuple[RemindedPerson, ...] = ()
    quiet: bool = False
    """Nobody is disturbed: only the card says it."""


class Promise(Terms):
    """A rule by which clocks run: each row makes its own, without code.

    Without a target of its own it takes the first-touch target of the lead's urgency (chapter routing).
    """

    name: Id
    title: str
    side: Side
    target: Span | None = None
    level: Literal["lead", "owner"]
    """A lead's clock never resets, and its side holds it; an owner's is a rep's and starts fresh with each owner."""
    starts: tuple[ClockStart, ...]
    """Any of these begins it."""
    stops: tuple[ClockStop, ...]
    attempts: Count | None = None
    """Stopped by the nth attempt, this being n; by the first unless given."""
    reminders: tuple[Reminder, ...] = ()
    """Empty: the house's own reminders, below."""
    repools: bool = False
    """At the re-pool percentage the lead goes back to the pool."""
    kept_percent: Percent | None = None
    """So many per cent of its clocks must be kept; null: the house's share, below."""


class Repool(Terms):
    """When a lead goes back to the pool: at this share of a promise's time; with these flags its manager decides."""

    percent: Count
    manager_decides_for: tuple[Flag, ...]


class Volume(Terms):
    """So many MQLs a month."""

    side: Side
    title: str
    per_month: Count


class Conversion(Terms):
    """MQL to SQL, by the month of the MQL, judged when the cohort is mature."""

    side: Side
    title: str
    target_percent: Percent
    review_below_percent: Percent | None = None
    review_after_months: Count | None = None
    """Review when under it so many months running."""
    leads_at_least: Count
    mature_after: Wall
    confidence_percent: Percent
    """Of the Wilson interval shown beside the rate."""


class CompletenessGoal(Terms):
    """So many per cent of the MQLs are complete to at least `score`."""

    side: Side
    title: str
    target_percent: Percent
    score: Annotated[int, Field(ge=0, le=100)]


class FeedbackGoal(Terms):
    """Lead-quality feedback: in each such period, at least one rating by each pool that was offered a lead."""

    side: Side
    title: str
    every: Wall


class Commitments(Terms):
    """What both teams promise each other for a month or a feedback period."""

    volume: Volume
    quality: Conversion
    completeness: CompletenessGoal
    conversion: Conversion
    feedback: FeedbackGoal

    def is_count(self, name: str) -> bool:
        """Whether the commitment `name` is to a number of things; the others, and unknown ones, are to a share."""
        return isinstance(getattr(self, name, None), Volume | FeedbackGoal)


class ServiceLevels(Terms):
    """The whole chapter."""

    promises: tuple[Promise, ...]
    kept_percent: Percent
    """So many per cent of a promise's clocks must be kept."""
    amber_within_points: Percent
    """So many points below, a promise is amber; further down, red."""
    answer_goal: Wall
    """So soon a hand that is raised on shift should be answered, in the open time of the rep: a goal, no promise."""
    pass_on_after: Wall | None = None
    """A raised hand that its rep has not answered for so long goes to the next rep on shift; null: it does not."""
    reminders: tuple[Reminder, ...]
    repool: Repool
    manager_takes_after: Wall | None = None
    """A breach charged to its rep leaves the rep's inbox for the manager's once it is so old; null: never."""
    failed_channels_charged_to: Literal["system"]
    """Who is charged with a breach when every channel failed."""
    commitments: Commitments

    @cached_property
    def by_name(self) -> dict[str, Promise]:
        """The promises by name."""
        return {promise.name: promise for promise in self.promises}

    @cached_property
    def speed_to_lead(self) -> Promise | None:
        """The first promise of sales that takes its target from the lead's urgency; None where none does."""
        return next((one for one in self.promises if one.side == "sales" and one.target is None), None)

    def kept_percent_of(self, promise: Promise) -> float:
        """The share of its clocks that must be kept, in per cent: the promise's own, or the house's."""
        return self.kept_percent if promise.kept_percent is None else promise.kept_percent

    def reminder_at(self, promise: str, percent: int) -> Reminder | None:
        """What is said of the promise of this name at this percentage; None where nothing is agreed."""
        term = self.by_name.get(promise)
        reminders = self.reminders_of(term) if term else self.reminders
        return next((one for one in reminders if one.percent == percent), None)

    def reminders_of(self, promise: Promise) -> tuple[Reminder, ...]:
        """The promise's own reminders, or the house's where it has none."""
        return promise.reminders or self.reminders
