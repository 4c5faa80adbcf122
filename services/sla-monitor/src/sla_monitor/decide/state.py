"""What this service remembers: clocks with their evidence, touches by sales, MQLs that count, and their tallies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from agreement.service_levels import ClockStart, ClockStop
from events.slas import ClockState
from events.vocabulary import Side

Action = Literal["remind", "breach", "repool", "manager"]
TouchKind = Literal["attempted", "connected", "qualified", "deal_opened", "feedback", "survey", "reached", "unreached"]
"""The stops of a promise that topic `sales` brings; and, of topic `notices`, that the word of an offer reached its rep,
or has failed for good on one channel."""
MonthKey = tuple[str, date]
"""Counter (or commitment), and the first day of the month or of the feedback period."""


class Milestone(msgspec.Struct, frozen=True):
    """At this percentage of the promised time (an instant, worked out at the start), this happens."""

    percent: int
    at: datetime
    action: Action


class Hand(msgspec.Struct, frozen=True, omit_defaults=True):
    """From this instant on this rep had the lead, by this offer; without a rep, nobody had it."""

    since: datetime
    rep: str | None = None
    assignment: str | None = None


class Clock(msgspec.Struct, frozen=True, omit_defaults=True):
    """One promise that runs. Carries its own terms: a new agreement does not move a clock that runs."""

    id: str
    lead: str
    promise: str
    level: Literal["lead", "owner"]
    side: Side
    cycle: int
    assignment: str | None
    holder: str | None
    """Rep id; for a lead's own clock the side that promised."""
    manager: str | None
    team: str | None
    pool: str | None
    target: str
    started: datetime
    due: datetime
    milestones: tuple[Milestone, ...]
    pauses: tuple[tuple[datetime, datetime], ...]
    begun_by: ClockStart
    stops: tuple[ClockStop, ...]
    attempts: int
    """So many attempts stop it."""
    agreement: str
    correlation: str | None
    state: ClockState | None = None
    last_percent: int = 0
    """The last milestone that was passed, in per cent."""
    stopped_at_evidence: datetime | None = None
    """Earliest instant at which its promise was kept, as far as the evidence says, and by which stop (`stop_name`)."""
    stop_name: str | None = None
    ended: datetime | None = None
    """Earliest instant at which it was over without being kept, and why (`ended_why`)."""
    ended_why: str | None = msgspec.field(default=None, name="ending")
    stopped: datetime | None = None
    cause: str | None = None
    charged: str | None = None
    hands: tuple["Hand", ...] = ()
    """Of a lead's own clock that sales holds: who had the lead since when. An owner's clock has its holder."""
    unreached: str | None = None
    """Who is charged when no channel reached the rep: as the agreement had it at the start."""
    deal: str | None = None
    """That was closed as it began: what it asks for is about this deal."""
    endings: tuple[str, ...] = ()
    """How this deal has ended, `won` or `lost`; empty in older ones, and some of those have both, the latest last."""
    surveys_from: datetime | None = None
    """A survey from before this instant is about an earlier end of this deal; null: none was taken back."""
    debtor: str | None = None
    """Who is charged with a breach, as far as the evidence says; null of older ones: the holder."""

    @property
    def hand(self) -> "Hand":
        """Who had the lead when it was due; nobody: the side that holds the clock."""
        if self.level == "owner":
            return Hand(self.started, self.holder, self.assignment)
        before = [hand for hand in self.hands if hand.since <= self.due]
        return max(reversed(before), key=attrgetter("since"), default=Hand(self.started))

    def handed(self, since: datetime, rep: str | None, assignment: str | None = None) -> "Clock":
        """With this change of hands; of an owner's clock, and of one that marketing holds, none is kept.

        Without an assignment: nothing changes when that rep has the lead already.
        """
        if self.level == "owner" or self.side != "sales":
            return self
        now = max(reversed(self.hands), key=attrgetter("since"), default=None)
        if rep is not None and assignment is None and now is not None and now.rep == rep:
            return self
        return replace(self, hands=(*self.hands, Hand(since, rep, assignment)))

    @property
    def live(self) -> bool:
        """Whether milestones may still come."""
        return self.state == "running" or (self.state == "breached" and self.ended is None)

    @property
    def next_at(self) -> datetime | None:
        """When the next milestone is; None when none will come."""
        if not self.live:
            return None
        return next((milestone.at for milestone in self.milestones if milestone.percent > self.last_percent), None)

    @property
    def outlives_the_lead(self) -> bool:
        """It began when everything else ended: neither the closing nor a new owner ends it, but the deal may go on."""
        return self.begun_by == "deal_closed"

    def stopped_by(self, at: datetime, stop: str) -> "Clock":
        """With this evidence that the promise was kept: the earliest counts; nobody acts before the clock starts."""
        at = max(at, self.started)
        known = self.stopped_at_evidence
        if known is not None and (known, self.stop_name or "") <= (at, stop):
            return self
        return replace(self, stopped_at_evidence=at, stop_name=stop)

    def ended_by(self, at: datetime, why: str) -> "Clock":
        """With this evidence that the promise was over before it was kept: the earliest counts."""
        at = max(at, self.started)
        return self if self.ended is not None and self.ended <= at else replace(self, ended=at, ended_why=why)

    def record(self) -> dict[str, Any]:
        """The fields of `ClockData`, which every fact about the clock carries."""
        return {
            "clock": self.id,
            "promise": self.promise,
            "level": self.level,
            "side": self.side,
            "cycle": self.cycle,
            "assignment": self.assignment,
            "holder": self.holder,
            "manager": self.manager,
            "team": self.team,
            "pool": self.pool,
            "target": self.target,
            "started": self.started,
            "due": self.due,
            "agreement": self.agreement,
            "deal": self.deal,
        }


class SalesTouch(msgspec.Struct, frozen=True):
    """What sales reported, or heard of an offer, remembered because the clock it is about may not have arrived yet."""

    at: datetime
    kind: TouchKind
    event: str
    by: str | None = None
    about: str | None = None
    """Of `reached` and `unreached` the offer that the notice to `by` was about; of `survey` the deal; of `attempted`
    the channel, null in what was kept before."""
    outcome: str | None = None
    """Of `survey` how it says that the deal ended; null in what was kept before."""

    @property
    def order(self) -> tuple[datetime, str, str, str]:
        """By time; between those of one instant always the same way."""
        return self.at, self.kind, self.event, self.by or ""


class Lead(msgspec.Struct, frozen=True):
    """The clocks of one lead by id, and all touches of it."""

    clocks: Mapping[str, Clock] = msgspec.field(default_factory=dict)
    touches: tuple[SalesTouch, ...] = ()


class Mql(msgspec.Struct, frozen=True):
    """One entry into the stage `mql` that counts (`agreement.months`); the last of its cycle."""

    lead: str
    cycle: int
    at: datetime
    month: date
    complete: bool
    converted: bool = False
    withdrawn: bool = False


@dataclass(slots=True)
class MonthTally:
    """What one batch adds to a counter of a period."""

    n: int = 0
    live: bool = False
    """Old news is counted, but nobody hears of months long gone."""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What is loaded for a batch: its leads, their MQLs, and the periods that it counts in or judges."""

    leads: Mapping[str, Lead] = field(default_factory=dict)
    mqls: Mapping[tuple[str, int], Mql] = field(default_factory=dict)
    """By lead and cycle."""
    sums: Mapping[MonthKey, int] = field(default_factory=dict)
    """Over all lanes."""
    live: frozenset[MonthKey] = frozenset()
    """Periods that this lane has counted something live in."""
