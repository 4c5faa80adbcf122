"""Topic `campaigns`: what marketing spent and published."""

from events import Event
from events.campaigns import CompanyChanged, ContentPublished, SpendRecorded
from reporting.decide.fold import Fold, Reader
from reporting.decide.work_rows import Content, Spend


def spent(fold: Fold, event: SpendRecorded) -> None:
    said = event.data
    fold.put(
        Spend(
            campaign=said.campaign,
            event=event.id,
            source=said.source,
            amount=said.amount.amount,
            currency=said.amount.currency,
            starts=said.start,
            ends=said.end,
        )
    )


def published(fold: Fold, event: ContentPublished) -> None:
    said = event.data
    fold.put(Content(asset=said.asset, kind=said.kind, title=said.title, published_at=event.time))


def told(fold: Fold, event: CompanyChanged) -> None:
    """Kept in the timeline only."""


READS: dict[type[Event], Reader] = {SpendRecorded: spent, ContentPublished: published, CompanyChanged: told}
