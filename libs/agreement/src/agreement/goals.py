"""Chapter `goals`: where the business wants to be, and how money is credited to touches."""

from datetime import date, time
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from agreement.types import Amount, Count, Currency, Id, Percent, Span, Terms, TimeOfDay, Wall, Weekday

AttributionMilestone = Literal["first_touch", "lead_created", "mql", "opportunity", "closing", "last_touch"]


class Revenue(Terms):
    """From annual recurring revenue `start` to `target` in so many months."""

    start: Amount
    target: Amount
    months: Count
    deal: Amount


class ExchangeRate(Terms):
    """What one unit of another currency is worth in the house's, from a day on until the next rate."""

    currency: Currency
    since: date
    rate: Annotated[float, Field(gt=0)]


class Conversions(Terms):
    """The rates that the plan counts on, in per cent, from one stage to the next."""

    mql_to_sql: Percent
    sql_to_opportunity: Percent
    opportunity_to_won: Percent


class Coverage(Terms):
    """Open qualified pipeline over the remaining target."""

    at_least: Annotated[float, Field(gt=0)]
    at_most: Annotated[float, Field(gt=0)]


class Plan(Terms):
    """What turns a year's goal into one of a rep, a team, a week (page /funnel-model)."""

    leads_per_rep: Count = 25
    """MQLs that one rep can work in a month."""
    weeks_in_month: Annotated[float, Field(gt=0)] = 4.33


class AttributionModel(Terms):
    """How a deal's amount is divided among the touches before it (domain, section 9).

    `milestones`: `weights` in per cent, `others` shared by the remaining touches; `linear`: all touches alike; `decay`:
    a touch weighs half as much for each `half_life` between it and the closing.
    """

    name: Id
    title: str
    kind: Literal["milestones", "linear", "decay"]
    weights: dict[AttributionMilestone, Percent] = Field(default_factory=dict)
    others: Percent | None = None
    half_life: Wall | None = None


class Attribution(Terms):
    """Which touches may be credited with a deal, and by which models."""

    lookback: Wall
    """A milestone's touch is the last eligible one at or before it, within this time."""
    conversation: Wall = Span(amount=24, unit="h")
    """An attempt of sales and an answer to it within this time are one touch."""
    default: Id
    models: tuple[AttributionModel, ...]

    @cached_property
    def by_name(self) -> dict[str, AttributionModel]:
        """The models by name."""
        return {model.name: model for model in self.models}


FallingMetric = Literal["leads", "mqls", "acceptance_rate", "mql_to_sql", "won"]
RisingMetric = Literal["rejections", "breaches", "response_time", "machine_share"]
AnomalyMetric = FallingMetric | RisingMetric


class Anomalies(Terms):
    """A metric is odd when it is so many robust deviations on its bad side of the same weekdays before."""

    weeks: Count
    """So many of the same weekdays are compared; half of them must be there."""
    deviations: Annotated[float, Field(gt=0)]
    """Of the median absolute deviation, as standard deviations; what chance alone makes as likely is not odd either."""
    count_at_least: Count
    """Of a count: usually, or on the day; of a share or a median: of how many on the day."""
    at: TimeOfDay = time(6)
    """When a day is looked at in the house's zone: on the next one."""
    falling: tuple[FallingMetric, ...]
    """Metrics whose fall is bad."""
    rising: tuple[RisingMetric, ...]
    """Metrics whose rise is bad."""


class WeeklyPack(Terms):
    """When the figures of a week are frozen, and mailed to who is to read them; months and quarters alike."""

    first_day: Weekday
    """Of the week; that of its mail, too."""
    settles: Wall = Span(amount=2, unit="h")
    """After a period has ended: so long facts of it may come in before its figures are frozen."""
    mailed_at: TimeOfDay = time(8)
    """On the first day of the next week, in the reader's zone; of a month or quarter on its first working day."""


class Goals(Terms):
    """The whole chapter."""

    revenue: Revenue
    currencies: tuple[ExchangeRate, ...] = ()
    """Money in a currency without a rate is listed, and in no sum."""
    conversions: Conversions
    coverage: Coverage
    plan: Plan = Plan()
    attribution: Attribution
    anomalies: Anomalies
    weekly_pack: WeeklyPack
