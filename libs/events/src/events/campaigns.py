"""Topic `campaigns`: what marketing spends and publishes, and what happens to companies. Written by ingest."""

from datetime import date
from typing import Any, ClassVar, Final, Literal

from msgspec import field

from events.body import Body
from events.envelope import Event
from events.vocabulary import Money, Stage


class SpendRecorded(Event):
    """Money spent on a campaign in a period (`end` exclusive). Subject: the campaign."""

    topic: ClassVar[str] = "campaigns"

    class Data(Body):
        campaign: str
        source: str | None = None
        amount: Money
        start: date
        end: date

    type: Literal["spend.recorded.v1"] = "spend.recorded.v1"
    data: Data


class ContentPublished(Event):
    """An asset is out. Subject: the asset."""

    topic: ClassVar[str] = "campaigns"

    class Data(Body):
        asset: str
        kind: str
        title: str
        url: str | None = None
        topics: tuple[str, ...] = ()
        answers: str | None = None
        """The request of sales (`content.requested`) that it answers."""
        persona: str | None = None
        """For whom it was made: function, seniority or both, as `sales vp`; null: for everybody."""
        stage: Stage | None = None
        """For people at this stage; null: at any."""
        until: date | None = None
        """The last day on which it is to be used; null: no end is set."""

    type: Literal["content.published.v1"] = "content.published.v1"
    data: Data


class CompanyChanged(Event):
    """Firmographics or a company event (funding, hiring, new leadership, launch). Subject: the domain."""

    topic: ClassVar[str] = "campaigns"

    class Data(Body):
        domain: str
        facts: dict[str, Any] = field(default_factory=dict)
        happened: str | None = None
        source: str = "enrichment"

    type: Literal["company.changed.v1"] = "company.changed.v1"
    data: Data


EVENTS: Final = (
    SpendRecorded,
    ContentPublished,
    CompanyChanged,
)
