"""Topic `slas`: was each promise kept, by both teams. Written by sla-monitor."""

from datetime import date
from typing import ClassVar, Final, Literal

from events.body import AwareDatetime, Body
from events.envelope import Event
from events.vocabulary import Side

ClockEnd = Literal["met", "late", "breached", "void"]
"""How a clock ended: kept in time; kept late; the due time passed and nothing kept it yet; ended before it was due."""
ClockState = Literal["running"] | ClockEnd
CommitmentState = Literal["met", "missed", "review", "immature", "no_data"]
"""`review`: kept, and low enough to be looked at. `immature`: too young to be judged. `no_data`: nothing to count."""


class ClockData(Body):
    """The record of one clock, as every fact about it carries it."""

    clock: str
    """Id: `lead/cycle/promise/assignment`."""
    promise: str
    level: Literal["lead", "owner"]
    """A lead's own clock never resets; an owner's starts fresh with each assignment."""
    side: Side
    cycle: int
    assignment: str | None = None
    holder: str | None = None
    """Rep id, or `marketing`, or `system`."""
    manager: str | None = None
    team: str | None = None
    pool: str | None = None
    target: str
    """`4bh`, `1bd`, `24h`."""
    started: AwareDatetime
    due: AwareDatetime
    agreement: str | None = None
    """Version of the agreement under which it began: its terms do not move."""
    deal: str | None = None
    """Of a clock that a closed deal began."""


class ClockStarted(Event):
    """A promise begins to run."""

    topic: ClassVar[str] = "slas"

    class Data(ClockData):
        pass

    type: Literal["clock.started.v1"] = "clock.started.v1"
    data: Data


class ClockReminded(Event):
    """50 % or 80 % of the business time is gone."""

    topic: ClassVar[str] = "slas"

    class Data(ClockData):
        percent: int

    type: Literal["clock.reminded.v1"] = "clock.reminded.v1"
    data: Data


class ClockMet(Event):
    """The promise was kept, or kept late (`late`)."""

    topic: ClassVar[str] = "slas"

    class Data(ClockData):
        stopped: AwareDatetime
        cause: str
        late: bool = False

    type: Literal["clock.met.v1"] = "clock.met.v1"
    data: Data


class ClockBreached(Event):
    """Due passed and nobody acted. Charged to who held it at that instant; to the system when that rep never heard."""

    topic: ClassVar[str] = "slas"

    class Data(ClockData):
        charged: str | None = None

    type: Literal["clock.breached.v1"] = "clock.breached.v1"
    data: Data


class ClockEscalated(Event):
    """150 % and still nothing: back to the pool, or the manager decides. Read by routing: the feedback edge."""

    topic: ClassVar[str] = "slas"

    class Data(ClockData):
        percent: int
        action: Literal["repool", "manager"]

    type: Literal["clock.escalated.v1"] = "clock.escalated.v1"
    data: Data


class ClockCorrected(Event):
    """An earlier stamp came late: the earliest stamp counts, and a breach may be undone."""

    topic: ClassVar[str] = "slas"

    class Data(ClockData):
        was: ClockEnd
        now: ClockEnd
        """The same as `was` when only somebody else is charged, or it was kept late at another time."""
        stopped: AwareDatetime | None = None
        cause: str
        charged: str | None = None
        """Of a breach: who is charged from now on."""

    type: Literal["clock.corrected.v1"] = "clock.corrected.v1"
    data: Data


class ClockMoved(Event):
    """A leave of its holder was heard of, taken back or ended early: the clock is due at another time.

    What was said of it until now gives way to what it is: a breach before it was due is none.
    """

    topic: ClassVar[str] = "slas"

    class Data(ClockData):
        due_before: AwareDatetime
        was: ClockState
        now: ClockState
        """`running` when only time can decide."""
        stopped: AwareDatetime | None = None
        cause: str | None = None
        """What stopped it."""
        charged: str | None = None
        """Of a breach that stands: who is charged."""

    type: Literal["clock.moved.v1"] = "clock.moved.v1"
    data: Data


class ClockVoided(Event):
    """The lead closed, moved on or changed hands: the clock ends neither met nor breached."""

    topic: ClassVar[str] = "slas"

    class Data(ClockData):
        stopped: AwareDatetime
        cause: str

    type: Literal["clock.voided.v1"] = "clock.voided.v1"
    data: Data


class CommitmentJudged(Event):
    """A monthly commitment of one team, with its numerator and denominator. Subject: the commitment's name."""

    topic: ClassVar[str] = "slas"

    class Data(Body):
        name: str
        side: Side
        start: date
        end: date
        """First day after the period."""
        target: float
        """A number, or a rate as a fraction."""
        actual: float | None = None
        low: float | None = None
        """Wilson interval of a conversion rate."""
        high: float | None = None
        numerator: int
        denominator: int
        state: CommitmentState
        lacking: tuple[str, ...] = ()
        """Of the feedback: pools that were offered leads in the period and rated none."""

    type: Literal["commitment.judged.v1"] = "commitment.judged.v1"
    data: Data


class StatusUpdateJudged(Event):
    """A fact of sales was recorded in time, or too late after it occurred. No clock runs for it."""

    topic: ClassVar[str] = "slas"

    class Data(Body):
        promise: str
        side: Side
        fact: str
        """Id of the event on `sales`."""
        kind: str
        """`contact.attempted`, `deal.won`, and so on."""
        by: str | None = None
        """Rep id; null when a system said it."""
        team: str | None = None
        target: str
        """`1bd`."""
        occurred: AwareDatetime
        recorded: AwareDatetime
        due: AwareDatetime
        late: bool

    type: Literal["status_update.judged.v1"] = "status_update.judged.v1"
    data: Data


EVENTS: Final = (
    ClockStarted,
    ClockReminded,
    ClockMet,
    ClockBreached,
    ClockEscalated,
    ClockCorrected,
    ClockMoved,
    ClockVoided,
    CommitmentJudged,
    StatusUpdateJudged,
)
