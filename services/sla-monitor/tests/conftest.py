"""The service under test, its terms, and the events it lives on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from agreement import Agreement
from agreement.calendar import Calendars
from events import Body, Event
from events.handoffs import LeadAccepted, LeadAssigned, LeadReturned, Snapshot, StageChanged
from events.sales import ContactAttempted, ContactConnected, FeedbackGiven
from runtime.service import Service
from sla_monitor.decide.start import Terms
from sla_monitor.service import SERVICE
from testing.events import as_read

TEN = datetime(2026, 8, 5, 14, 0, tzinfo=UTC)
"""Wednesday 10:00 in New York, where Ana works 9 to 18."""


@dataclass
class Story:
    """Events of one lead, each topic numbered in the order of telling; times in hours after Wednesday 10:00 (Ana's)."""

    lead: str = "lead-1"
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def at(self, hours: float) -> datetime:
        return TEN + timedelta(hours=hours)

    def tell(
        self, kind: type[Event], data: Body, at: float, *, mode: Any = "live", recorded: float | None = None
    ) -> Event:
        fact = kind.fact(self.lead, data, time=self.at(at), mode=mode)
        learned = None if recorded is None else self.at(recorded)
        return as_read(fact, seq=next(self.numbers), recorded=learned)

    def stage(self, at: float, stage: Any = "mql", cycle: int = 1, **more: Any) -> Event:
        mode = more.pop("mode", "live")
        data = StageChanged.Data(**{"cycle": cycle, "stage": stage, "status": "new", "why": "gate_passed", **more})
        return self.tell(StageChanged, data, at, mode=mode)

    def assigned(self, at: float, version: int = 1, rep: str = "rep-ana", cycle: int = 1, **more: Any) -> Event:
        mode = more.pop("mode", "live")
        given = {"team": "new-york", "pool": "smb-na", "step": 7, "rule": "pool", "touch": "4bh", **more}
        snapshot = Snapshot(fit=40, engagement=50, total=90, band="hot")
        name = f"{self.lead}.{version}"
        data = LeadAssigned.Data(assignment=name, version=version, cycle=cycle, rep=rep, snapshot=snapshot, **given)
        return self.tell(LeadAssigned, data, at, mode=mode)

    def accepted(self, at: float, version: int = 1, rep: str = "rep-ana", cycle: int = 1) -> Event:
        data = LeadAccepted.Data(assignment=f"{self.lead}.{version}", cycle=cycle, rep=rep)
        return self.tell(LeadAccepted, data, at)

    def returned(self, at: float, reason: str = "not_icp", version: int = 1, cycle: int = 1) -> Event:
        data = LeadReturned.Data(
            assignment=f"{self.lead}.{version}", cycle=cycle, rep="rep-ana", reason=reason, then="none"
        )
        return self.tell(LeadReturned, data, at)

    def attempted(self, at: float, by: str | None = "rep-ana", **more: Any) -> Event:
        return self.tell(ContactAttempted, ContactAttempted.Data(by=by, channel="call"), at, **more)

    def connected(self, at: float, by: str | None = "rep-ana", **more: Any) -> Event:
        return self.tell(ContactConnected, ContactConnected.Data(by=by), at, **more)

    def feedback(self, at: float, **more: Any) -> Event:
        return self.tell(FeedbackGiven, FeedbackGiven.Data(by="rep-ana", quality=7), at, **more)


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture(scope="session")
def stories() -> type[Story]:
    """For properties, which tell many."""
    return Story


@pytest.fixture(scope="session")
def terms(agreement: Agreement) -> Terms:
    return Terms(
        agreement.service_levels,
        agreement.teams,
        Calendars(agreement.teams),
        agreement.version,
        agreement.definitions.house.zone,
    )
