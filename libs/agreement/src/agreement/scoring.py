"""Chapter `scoring`: how good a lead is, in points."""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from agreement.definitions import Geography, IndustryClass, Seniority
from agreement.events import EngagementKind
from agreement.types import Count, Id, Range, Terms, Wall

ConditionFact = Literal[
    "employees",
    "industry",
    "industry_class",
    "revenue",
    "country",
    "geography",
    "seniority",
    "function",
    "tech_stack",
    "title",
]


class EmployeePoints(Terms):
    """Points of fit for a company with so many employees."""

    employees: Range
    points: int


class Condition(Terms):
    """One test of one fact; exactly one of the tests is given. A fact that is unknown fits nothing."""

    fact: ConditionFact
    one_of: tuple[str | int, ...] = ()
    """The fact is one of these (a list such as the tech stack: shares one); case-blind."""
    none_of: tuple[str | int, ...] = ()
    at_least: int | None = None
    below: int | None = None


class FitRule(Terms):
    """Further points when all conditions hold."""

    name: str
    points: int
    when: tuple[Condition, ...]


class Fit(Terms):
    """Points for who the lead is (domain, 3.1); the sum is cut to `lowest` and `highest`."""

    lowest: int
    highest: int
    employees: tuple[EmployeePoints, ...]
    industry: dict[IndustryClass, int]
    seniority: dict[Seniority, int]
    geography: dict[Geography, int]
    further: tuple[FitRule, ...] = ()


class PointsCap(Terms):
    """At most so many points within any window of this length."""

    points: Count
    within: Wall
    """Rolling."""


class EngagementRule(Terms):
    """Points for one kind of engagement, and how often it counts."""

    kind: EngagementKind
    points: int
    once_per: Literal["lead", "asset", "message", "period"] | None = None
    period: Wall | None = None
    """With `once_per: period`: counts again after this time."""
    at_most: PointsCap | None = None


class NthVisit(Terms):
    """An engagement that scoring makes itself: each nth engagement of the kinds `of` counts as one of `kind`, too."""

    nth: Count
    kind: EngagementKind = "fifth_visit"
    of: tuple[EngagementKind, ...]


class DecayStep(Terms):
    """So long without a scored human engagement: the balance keeps this share, rounded down."""

    after: Wall
    keep_percent: Annotated[int, Field(ge=0, le=100)]


class EngagementTerm(Terms):
    """Points for what the lead does (domain, 3.2 and 3.3); the balance stays between `lowest` and `highest`."""

    lowest: int
    highest: int
    rules: tuple[EngagementRule, ...]
    visits: NthVisit
    decay: tuple[DecayStep, ...]

    @cached_property
    def by_kind(self) -> dict[str, EngagementRule]:
        """The rules by kind of engagement."""
        return {rule.kind: rule for rule in self.rules}


class Model(Terms):
    """One way to score: fit and engagement, for one product or for all."""

    name: Id
    product: str | None = None
    fit: Fit
    engagement: EngagementTerm


class AccountScore(Terms):
    """The best lead's total, plus points per further engaged person."""

    further_person: int
    highest: int


class Scoring(Terms):
    """The whole chapter."""

    models: tuple[Model, ...]
    """The headline score is the highest of these, challenger and expansion aside."""
    challenger: Id | None = None
    """Name of a model that scores silently beside the others."""
    expansion: Id | None = None
    """Name of the model that scores existing customers."""
    expansion_at_least: int | None = None
    """From this total of that model on a customer is handed to the account manager; below it the manager is told."""
    account: AccountScore

    @cached_property
    def by_name(self) -> dict[str, Model]:
        """The models by name."""
        return {model.name: model for model in self.models}
