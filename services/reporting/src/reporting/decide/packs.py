"""Topic `packs`: frozen figures of periods, and days that stood out. Reporting wrote them, and reads them as facts."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar, Final

from events.packs import AnomalySeen, PackFrozen, PackOpened, PackPart
from reporting.decide.rows import Row, row
from reporting.decide.state import Fold, Handle
from runtime.values import Key


class Pack(Row, frozen=True):
    """The figures of a week, month or quarter as both teams saw them. Never changes: the first fact counts."""

    table: ClassVar[str] = "pack"
    key: ClassVar[tuple[str, ...]] = ("pack",)
    pack: str
    kind: str
    title: str
    first: date
    until: date
    """Exclusive."""
    currency: str
    at: datetime
    """When it was frozen."""
    agreement: str | None
    parts: tuple[PackPart, ...]


class StoredAnomaly(Row, frozen=True):
    """A day that stood out, or a channel that fell silent. Never changes: of several facts the first counts."""

    table: ClassVar[str] = "anomaly"
    key: ClassVar[tuple[str, ...]] = ("anomaly",)
    anomaly: str
    kind: str
    metric: str
    day: date
    value: float
    expected: float
    count: int
    deviations: float
    weeks: int
    dimension: str | None
    part: str | None
    share: float | None
    text: str
    link: str | None
    at: datetime


class PackReader(Row, frozen=True):
    """Who opened a pack. Never changes: the first time counts."""

    table: ClassVar[str] = "pack_reader"
    key: ClassVar[tuple[str, ...]] = ("pack", "by")
    pack: str
    by: str
    side: str | None
    at: datetime


def on_pack_frozen(fold: Fold, event: PackFrozen) -> None:
    """Puts the pack, unless it is there."""
    if fold.get(Pack, event.data.pack) is None:
        fold.put(row(Pack, event, first=event.data.start, until=event.data.end))


def on_anomaly_seen(fold: Fold, event: AnomalySeen) -> None:
    """Puts the anomaly, unless it is there."""
    if fold.get(StoredAnomaly, event.data.anomaly) is None:
        fold.put(row(StoredAnomaly, event))


def on_pack_opened(fold: Fold, event: PackOpened) -> None:
    """Puts the reader, unless there already."""
    if fold.get(PackReader, event.data.pack, event.data.by) is None:
        fold.put(row(PackReader, event))


ROWS: Final = (Pack, StoredAnomaly, PackReader)
HANDLES: Final[Mapping[Key, Handle]] = {
    PackFrozen: on_pack_frozen,
    AnomalySeen: on_anomaly_seen,
    PackOpened: on_pack_opened,
}
