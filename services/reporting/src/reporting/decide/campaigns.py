"""Topic `campaigns`: what marketing spent and published, and what is said of companies."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar, Final

from agreement.content import page_address
from agreement.readers.companies import company_key
from events.campaigns import CompanyChanged, ContentPublished, SpendRecorded
from reporting.decide.rows import Json, Row, row
from reporting.decide.state import Fold, Handle
from reporting.decide.teamwork import answer_request
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
    url: str | None = None
    persona: str | None = None
    """For whom it was made; null: for everybody."""
    stage: str | None = None
    """For people at this stage; null: at any."""
    until: date | None = None
    """The last day on which it is to be used."""


class CompanyNews(Row, frozen=True):
    """What one event says of a company: facts of its record, and what happened to it. Never changes."""

    table: ClassVar[str] = "company_news"
    key: ClassVar[tuple[str, ...]] = ("domain", "event")
    domain: str
    event: str
    at: datetime
    source: str
    happened: str | None
    facts: Json


def on_spent(fold: Fold, event: SpendRecorded) -> None:
    """Puts one row of spend; amounts are minor units of their currency."""
    data = event.data
    money = data.amount
    fold.put(row(Spend, event, amount=money.amount, currency=money.currency, starts=data.start, ends=data.end))


def on_published(fold: Fold, event: ContentPublished) -> None:
    """Puts the asset; a later publication of the same one overwrites it. It may answer a request of sales."""
    fold.put(row(Content, event, published_at=event.time, url=page_address(event.data.url)))
    answer_request(fold, event)


def on_company_changed(fold: Fold, event: CompanyChanged) -> None:
    """Puts what is said of the company under the domain that scoring keeps it by."""
    fold.put(row(CompanyNews, event, domain=company_key(event.data.domain)))


ROWS: Final = (Spend, Content, CompanyNews)
HANDLES: Final[Mapping[Key, Handle]] = {
    SpendRecorded: on_spent,
    ContentPublished: on_published,
    CompanyChanged: on_company_changed,
}
