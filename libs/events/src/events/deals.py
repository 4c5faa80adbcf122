"""Topic `sales`: deals, and the survey once one is closed. Written by ingest, on behalf of reps and CRM."""

from datetime import date
from typing import ClassVar, Literal

from events.body import AwareDatetime
from events.envelope import Event
from events.sales_data import DealData, SalesData
from events.vocabulary import Money


class DealOpened(Event):
    """A deal exists for the lead."""

    topic: ClassVar[str] = "sales"

    class Data(DealData):
        amount: Money | None = None
        product: str | None = None
        expected_close: date | None = None
        decision_maker: bool | None = None
        """Whether who decides is found; null: nothing is said of it."""
        solution_fit: bool | None = None
        """Whether what we sell was found to solve it."""

    type: Literal["deal.opened.v1"] = "deal.opened.v1"
    data: Data


class DealChanged(Event):
    """Amount, stage, product or expected close moved; absent fields stay as they were."""

    topic: ClassVar[str] = "sales"

    class Data(DealData):
        amount: Money | None = None
        stage: str | None = None
        product: str | None = None
        expected_close: date | None = None
        decision_maker: bool | None = None
        solution_fit: bool | None = None

    type: Literal["deal.changed.v1"] = "deal.changed.v1"
    data: Data


class DealWon(Event):
    """Contract signed (`time`); `paid_at` is another matter."""

    topic: ClassVar[str] = "sales"

    class Data(DealData):
        amount: Money | None = None
        product: str | None = None
        paid_at: AwareDatetime | None = None
        promised: str | None = None
        """What the customer was promised, for whoever looks after them."""

    type: Literal["deal.won.v1"] = "deal.won.v1"
    data: Data


class DealLost(Event):
    """The deal did not close."""

    topic: ClassVar[str] = "sales"

    class Data(DealData):
        reason: str
        competitor: str | None = None
        note: str | None = None

    type: Literal["deal.lost.v1"] = "deal.lost.v1"
    data: Data


class SurveyAnswered(Event):
    """Why a deal was won or lost, as its owner sees it: one for each closed deal; a later answer takes its place."""

    topic: ClassVar[str] = "sales"

    class Data(SalesData):
        deal: str
        outcome: Literal["won", "lost"]
        reason: str | None = None
        competitor: str | None = None
        content: tuple[str, ...] = ()
        """Of ours, that they mentioned."""
        objections: tuple[str, ...] = ()
        champion: str | None = None
        could_differ: str | None = None
        """What could have been different, and what else marketing should know."""
        lead_quality_issue: bool | None = None
        deal_breaker: str | None = None
        """The feature that was missing."""

    type: Literal["survey.answered.v1"] = "survey.answered.v1"
    data: Data
