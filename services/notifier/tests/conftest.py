"""What the tests of notifier share: the story of one lead, and the notifier at work."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from agreement import Agreement
from events import Event, Fact
from events.codec import decode
from events.handoffs import LeadAccepted, LeadAssigned, LeadReturned, Snapshot
from events.leads import EngagementRecorded, Known, LeadCaptured, LeadErased
from events.scores import RouteFacts, ScoreLine, Signal
from events.slas import ClockStarted
from notifier.channels import channels
from notifier.decide import Terms
from notifier.deliver import Deliver
from notifier.handler import OweNotices
from notifier.service import SERVICE
from runtime.clock import LaboratoryClock
from runtime.service import Context, Service
from testing.events import NOON, as_read
from testing.service import batch
from testing.world import Postbox, Slack

LEAD = "0c5a9e0e-8f5f-5d1b-9d0a-5a2f3f1c7b11"


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def terms(agreement: Agreement) -> Terms:
    return Terms.of(agreement)


class Story:
    """Says facts about one lead and gives each its place in its stream."""

    def __init__(self, lead: str = LEAD, at: datetime = NOON) -> None:
        self.lead = lead
        self.at = at
        self._seq = dict[str, int]()

    def told(self, fact: Fact) -> Event:
        seq = self._seq[fact.event.topic] = self._seq.get(fact.event.topic, 0) + 1
        return as_read(fact, seq=seq)

    def captured(self, **facts: Any) -> Event:
        facts = {"first_name": "Jane", "last_name": "Doe", "company": "Acme Ltd", "title": "VP Sales", **facts}
        email = facts.pop("email", "jane@acme.example")
        known = tuple(Known(name=name, value=value, source="form", at=self.at) for name, value in facts.items())
        data = LeadCaptured.Data(email=email, facts=known, channel="form:demo")
        return self.told(LeadCaptured.fact(self.lead, data, time=self.at))

    def did(self, kind: str = "demo_request", *, minutes: int = 0, **more: Any) -> Event:
        given = {"kind": kind, "name": kind, "message_id": f"m{minutes}", "channel": "form:demo", **more}
        data = EngagementRecorded.Data.model_validate(given)
        return self.told(EngagementRecorded.fact(self.lead, data, time=self.at + timedelta(minutes=minutes)))

    def erased(self) -> Event:
        return self.told(LeadErased.fact(self.lead, LeadErased.Data(), time=self.at))

    def assigned(self, rep: str = "rep-ana", version: int = 1, mode: Any = "live", **more: Any) -> Event:
        given = {
            **{"assignment": f"{self.lead}.{version}", "version": version, "cycle": 1, "rep": rep, "team": "new-york"},
            **{"pool": "smb-na", "step": 7, "rule": "pool", "flag": "hot", "kind": "hand_raise", "touch": "4bh"},
            "snapshot": snapshot(self.at),
            **more,
        }
        data = LeadAssigned.Data.model_validate(given)
        return self.told(LeadAssigned.fact(self.lead, data, time=self.at, mode=mode))

    def accepted(self, rep: str = "rep-ana", version: int = 1) -> Event:
        data = LeadAccepted.Data(assignment=f"{self.lead}.{version}", cycle=1, rep=rep)
        return self.told(LeadAccepted.fact(self.lead, data, time=self.at))

    def returned(self, reason: str, then: str, rep: str = "rep-ana", version: int = 1) -> Event:
        data = LeadReturned.Data(assignment=f"{self.lead}.{version}", cycle=1, rep=rep, reason=reason, then=then)
        return self.told(LeadReturned.fact(self.lead, data, time=self.at))

    def clock(
        self, kind: type[Event] = ClockStarted, promise: str = "accepted", version: int = 1, **more: Any
    ) -> Event:
        assignment = f"{self.lead}.{version}"
        given = {
            **{"clock": f"{self.lead}/1/{promise}/{assignment}", "promise": promise, "level": "owner"},
            **{"side": "sales", "cycle": 1, "assignment": assignment, "holder": "rep-ana", "manager": "rep-grace"},
            **{"team": "new-york", "pool": "smb-na", "target": "1bd" if promise == "accepted" else "4bh"},
            **{"started": self.at, "due": self.at + timedelta(hours=24 if promise == "accepted" else 5)},
            **more,
        }
        data = vars(kind)["Data"].model_validate(given)
        return self.told(kind.fact(self.lead, data, time=self.at))

    def offer(self, **more: Any) -> list[Event]:
        """A form, an assignment, and the clocks that follow it."""
        assigned = [self.captured(), self.did(), self.assigned(**more)]
        return [*assigned, self.clock(), self.clock(promise="first_touch")]


def snapshot(at: datetime) -> Snapshot:
    return Snapshot(
        **{"fit": 55, "engagement": 80, "total": 135, "band": "hot", "completeness": 85},
        lines=(
            ScoreLine(rule="demo_request", points=50, because="demo request", at=at),
            ScoreLine(rule="pricing_view", points=30, because="pricing page", at=at),
            ScoreLine(rule="employees", points=25, because="51-200 employees", at=at),
        ),
        signals=(
            Signal(kind="pricing_view", text="pricing page 3x", count=3, last_at=at),
            Signal(kind="case_study", text="downloaded the retail case study", count=1, last_at=at, asset="retail"),
        ),
        facts=RouteFacts(
            **{"company": "Acme Ltd", "employees": 120, "industry": "B2B SaaS", "revenue": "$10M-$100M"},
            tech_stack=("HubSpot",),
        ),
        assets=("Retail case study",),
    )


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture(scope="session")
def tell_of() -> Callable[[str], Story]:
    """The story of another lead."""
    return Story


@dataclass
class Desk:
    """The notifier at work: read events, deliver what is due, move the clock, look at what is kept."""

    context: Context
    terms: Terms

    async def read(self, *events: Event) -> None:
        async with self.context.database.begin() as tx:
            await OweNotices(self.terms, lambda: None)(batch(events, await self.context.clock.now(tx)), tx)

    async def deliver(self) -> None:
        """Rounds of all channels until nothing is due."""
        open_ = [
            Deliver(self.context, channel, self.terms)
            for channel in channels(self.context.settings, self.terms.notices)
        ]
        while any([await channel.round() for channel in open_]):
            pass

    async def pass_(self, **time: float) -> None:
        clock = self.context.clock
        assert isinstance(clock, LaboratoryClock)
        clock.advance(clock.instant + timedelta(**time))

    async def rows(self, query: str = "SELECT * FROM notice ORDER BY channel, kind, recipient") -> list[dict[str, Any]]:
        async with self.context.database.begin() as tx:
            return [dict(row) for row in (await tx.execute(text(query))).mappings()]

    async def states(self) -> dict[str, str]:
        return {f"{row['channel']} {row['kind']} {row['recipient']}": row["state"] for row in await self.rows()}

    async def said(self) -> list[Event]:
        rows = await self.rows("SELECT body FROM stream_batch ORDER BY topic, p, first_seq")
        found = [decode(line) for row in rows for line in row["body"].split(b"\n")]
        return [said for said in found if said]

    async def do(self, statement: str) -> None:
        async with self.context.database.begin() as tx:
            await tx.execute(text(statement))

    def with_(self, **settings: Any) -> "Desk":
        changed = {
            name: SecretStr(value) if name in ("slack_token", "smtp") else value for name, value in settings.items()
        }
        return replace(self, context=replace(self.context, settings=self.context.settings.model_copy(update=changed)))


@pytest.fixture
def desk(context: Context, terms: Terms) -> Desk:
    """Nothing is configured: everything goes to the outbox."""
    return Desk(context, terms)


@pytest.fixture
def slack_desk(desk: Desk, slack: Slack) -> Desk:
    """Slack is configured."""
    return desk.with_(slack_token="xoxb-test", slack_url=slack.url)


@pytest.fixture
def mail_desk(desk: Desk, postbox: Postbox) -> Desk:
    """SMTP is configured."""
    return desk.with_(smtp=postbox.url)
