"""Topic `packs`: what only time says: the figures of a period that is over, and days that stand out.

Written by reporting, which reads it back: a frozen pack is a fact, so it is the same after every rebuild, and no
erasure reaches it. So it names no person: counts, companies, and reasons of the agreement.
"""

from datetime import date
from typing import ClassVar, Final, Literal

from events.body import Body
from events.envelope import Event
from events.vocabulary import Side

PackKind = Literal["week", "month", "quarter"]
PartName = Literal["metrics", "forecast", "quality", "campaigns", "deals", "promises", "money", "actions"]
AnomalyKind = Literal["fall", "rise", "outage"]


class PackFigure(Body):
    """One number of a pack, with what it was measured against."""

    name: str
    """`mqls`, `mql_to_sql`, `forecast_mqls`, …: the same in every pack, so that packs can be compared."""
    title: str
    value: float | None = None
    """A count, a fraction, seconds, or minor units of the pack's currency; null: nothing to divide by."""
    text: str
    """The value as both teams read it: `126`, `25 %`, `1.02 M USD`."""
    of: int | None = None
    """Of a rate: of how many."""
    target: float | None = None
    note: str = ""
    """What stands beside it: target, numbers, interval."""
    state: Literal["good", "bad"] | None = None
    """Whether the target was reached; null where there is none."""
    link: str | None = None
    """Address of the list behind it."""


class PackRow(Body):
    """One row of a table, as words."""

    cells: tuple[str, ...]
    link: str | None = None


class PackTable(Body):
    """A small table."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[PackRow, ...] = ()


class PackPart(Body):
    """One part of the meeting."""

    name: PartName
    title: str
    sentences: tuple[str, ...] = ()
    figures: tuple[PackFigure, ...] = ()
    tables: tuple[PackTable, ...] = ()


class PackFrozen(Event):
    """A week, month or quarter is over: its figures as both teams saw them. Subject: the pack. The first counts."""

    topic: ClassVar[str] = "packs"

    class Data(Body):
        pack: str
        """`2026-W48`, `2026-11`, `2026-Q4`."""
        kind: PackKind
        title: str
        start: date
        end: date
        """Exclusive."""
        currency: str
        parts: tuple[PackPart, ...]

    type: Literal["pack.frozen.v1"] = "pack.frozen.v1"
    data: Data


class AnomalySeen(Event):
    """A day stands out on its bad side, or a channel fell silent. Subject: the anomaly, by metric and day."""

    topic: ClassVar[str] = "packs"

    class Data(Body):
        anomaly: str
        """`mqls/2026-11-24`; of an outage `outage/google/2026-11-24`."""
        kind: AnomalyKind
        metric: str
        """A metric of the agreement (`goals.anomalies`); of an outage `leads`."""
        day: date
        value: float
        expected: float
        """The median of the same weekdays before."""
        count: int
        """What the value is made of: the count itself, or of how many a share or a median is."""
        deviations: float
        """How many robust deviations it lies on its bad side."""
        weeks: int
        """So many of the same weekdays were compared."""
        dimension: str | None = None
        """`source`, `campaign`, `region` or `band`: what explains most of it; null: no part of it does."""
        part: str | None = None
        share: float | None = None
        """How much of the difference it explains, from 0 to 1."""
        text: str
        """The whole in a sentence."""
        link: str | None = None
        """Address of the list behind it."""

    type: Literal["anomaly.seen.v1"] = "anomaly.seen.v1"
    data: Data


class PackOpened(Event):
    """Somebody of the house looked at a pack's page. Subject: the pack. Of one person the first counts."""

    topic: ClassVar[str] = "packs"

    class Data(Body):
        pack: str
        by: str
        """Id of who is signed in."""
        side: Side | None = None
        """The team of this person, by the roles of that day; null: of neither."""

    type: Literal["pack.opened.v1"] = "pack.opened.v1"
    data: Data


EVENTS: Final = (PackFrozen, AnomalySeen, PackOpened)
