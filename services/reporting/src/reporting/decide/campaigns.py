"""Topic `campaigns`: what marketing spent and published."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar, Final

from events.campaigns import CompanyChanged, ContentPublished, SpendRecorded
from reporting.decide.rows import Row, row
from reporting.decide.state import Fold, Handle, timeline_only
from runtime.values import Key


class Spend(Row, frozen=True):
    """Money spent: a row for each fact."""

    table: ClassVar[str] = "spend"
    key: ClassVar[tuple[str, ...]] = ("campaign", "event")
    campaign: str
    event: str
    source: str | None
    amount: int
    """In minor units of the currency."""
    currency: str
    starts: date
    ends: date
    """The first day after the period."""


class Content(Row, frozen=True):
    """An asset that is out."""

    table: ClassVar[str] = "content"
    key: ClassVar[tuple[str, ...]] = ("asset",)
    asset: str
    kind: str
    title: str
    published_at: datetime


def on_spent(fold: Fold, event: SpendRecorded) -> None:
    """Puts one row of spend; amounts are minor units of their currency."""
    data = event.data
    money = data.amount
    fold.put(row(Spend, event, amount=money.amount, currency=money.currency, starts=data.start, ends=data.end))


def on_published(fold: Fold, event: ContentPublished) -> None:
    """Puts the asset; a later publication of the same one overwrites it."""
    fold.put(row(Content, event, published_at=event.time))


ROWS: Final = (Spend, Content)
HANDLES: Final[Mapping[Key, Handle]] = {
    SpendRecorded: on_spent,
    ContentPublished: on_published,
    CompanyChanged: timeline_only,
}
