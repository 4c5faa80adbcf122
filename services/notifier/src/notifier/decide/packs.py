"""Topic `packs`: the figures of a period go to who reads them, at their hour; a day that stands out is said."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from agreement.notices import NoticeKind
from events.packs import AnomalySeen, PackFrozen, PackKind
from notifier.decide.notices import NoticeBuilder
from notifier.decide.recipients import at_hour
from notifier.decide.state import Notice

KINDS: Final[Mapping[PackKind, NoticeKind]] = {
    "week": "weekly_pack",
    "month": "monthly_review",
    "quarter": "quarterly_review",
}
"""Kind of a pack to the kind of its notice."""
_NEWS: Final = timedelta(days=7)
"""What ended longer ago is read on its page: a house that catches up mails nobody the past."""


def pack_frozen(event: PackFrozen, build: NoticeBuilder) -> Iterator[Notice]:
    """The pack to each reader, at the agreed hour of the reader's zone; none of a period that is long over."""
    data, terms = event.data, build.terms.packs
    over = datetime.combine(data.end, datetime.min.time(), ZoneInfo(build.terms.zone))
    if event.recordedtime - over > _NEWS:
        return

    def at(recipient: str) -> datetime:
        return at_hour(recipient, data.end, terms.mailed_at, build.terms, working=data.kind != "week")

    yield from build.make(KINDS[data.kind], about=data.pack, data=data, personal=False, at=at)


def anomaly_seen(event: AnomalySeen, build: NoticeBuilder) -> Iterator[Notice]:
    """A notice of a day that stands out, once for each anomaly; none of a day that is long over."""
    day = datetime.combine(event.data.day, datetime.min.time(), ZoneInfo(build.terms.zone))
    late = event.recordedtime - day > _NEWS and event.data.metric not in _LATE
    if not late:
        yield from build.make("anomaly", about=event.data.anomaly, data=event.data, personal=False)


_LATE: Final = ("mql_to_sql",)
"""Metrics of leads that had their agreed time first: old days are news."""
