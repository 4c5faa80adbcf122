"""What the tests of notifier share: the story of one lead, and the notifier at work on a real database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import pytest
from pydantic import SecretStr

from agreement import Agreement
from agreement.content import LibraryAsset
from agreement.teams import PersonalChannel, Teams
from events import Event, Mode
from events.codec import decode
from events.grounds import Snapshot
from events.handoffs import LeadAccepted, LeadAssigned, LeadReturned
from events.leads import EngagementRecorded, KnownFact, LeadCaptured, LeadErased, LeadUpdated
from events.scores import RouteFacts, ScoreLine, Signal
from events.slas import ClockBreached, ClockReminded, ClockStarted
from notifier.channels import channels
from notifier.decide import State, Terms, decide
from notifier.deliver import DeliveryLoop, HandOver
from notifier.handler import MakeNotices
from notifier.render import Message, NoticeView, message
from notifier.service import SERVICE
from runtime.clock import LaboratoryClock
from runtime.database.statement import statement
from runtime.service import Context, Service
from testing.events import NOON, EventBuilder
from testing.service import batch
from testing.world import Postbox, Slack

E = TypeVar("E", bound=Event)
LEAD: Final = "0c5a9e0e-8f5f-5d1b-9d0a-5a2f3f1c7b11"
PROMISES: Final = {"accepted": "1bd", "first_touch": "4bh", "three_attempts": "3bd"}
"""Those that begin with an assignment, and their targets."""
_HOURS: Final = {"1bd": 24, "4bh": 5, "3bd": 72}


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def terms(agreement: Agreement) -> Terms:
    return Terms.of(agreement)


class LeadLog:
    """Makes the events of one lead."""

    def __init__(self, lead: str = LEAD, company: str = "Acme Ltd") -> None:
        self.lead = lead
        self.events = EventBuilder(lead)
        self.company = company
        """What the person's form says, and what scoring decided on."""

    def make(
        self, kind: type[E], data: Mapping[str, object], *, at: datetime | None = None, mode: Mode | None = None
    ) -> E:
        """For data with fields that are named like an argument of the builder."""
        return replace(self.events, defaults={kind: data}).make(kind, at=at, mode=mode)

    def captured(self, **facts: object) -> LeadCaptured:
        jane = {"first_name": "Jane", "last_name": "Doe", "company": self.company, "title": "VP Sales"}
        known = [KnownFact(name=name, value=value, source="form", at=NOON) for name, value in {**jane, **facts}.items()]
        return self.events.make(LeadCaptured, email="jane@acme.example", facts=known, channel="form:demo")

    def updated(self, name: str, value: object, source: str, hours: float = 0) -> LeadUpdated:
        return self.events.make(
            LeadUpdated, facts=[KnownFact(name=name, value=value, source=source, at=self.events.at(hours))]
        )

    def engaged(self, kind: str = "demo_request", *, minutes: int = 0, **more: object) -> EngagementRecorded:
        data = {"kind": kind, "name": kind, "message_id": f"m{minutes}", "channel": "form:demo", **more}
        return self.make(EngagementRecorded, data, at=NOON + timedelta(minutes=minutes))

    def erased(self) -> LeadErased:
        return self.events.make(LeadErased)

    def assigned(self, rep: str = "rep-ana", version: int = 1, mode: Mode = "live", **more: object) -> LeadAssigned:
        data = {
            **{"assignment": f"{self.lead}.{version}", "version": version, "cycle": 1, "rep": rep, "team": "new-york"},
            **{"pool": "smb-na", "step": 7, "rule": "pool", "flag": "hot", "kind": "hand_raise", "touch": "4bh"},
            "snapshot": snapshot(company=self.company),
            **more,
        }
        return self.make(LeadAssigned, data, mode=mode)

    def accepted(self, rep: str = "rep-ana", version: int = 1) -> LeadAccepted:
        return self.events.make(LeadAccepted, assignment=f"{self.lead}.{version}", cycle=1, rep=rep)

    def returned(self, reason: str, then: str, rep: str = "rep-ana", version: int = 1) -> LeadReturned:
        assignment = f"{self.lead}.{version}"
        return self.events.make(LeadReturned, assignment=assignment, cycle=1, rep=rep, reason=reason, then=then)

    def clock(
        self, kind: type[Event] = ClockStarted, promise: str = "accepted", version: int = 1, **more: object
    ) -> Event:
        assignment, target = f"{self.lead}.{version}", PROMISES.get(promise, "1bd")
        data = {
            **{"clock": f"{self.lead}/1/{promise}/{assignment}", "promise": promise, "level": "owner"},
            **{"side": "sales", "cycle": 1, "assignment": assignment, "holder": "rep-ana", "manager": "rep-grace"},
            **{"team": "new-york", "pool": "smb-na", "target": target},
            **{"started": NOON, "due": self.events.at(_HOURS[target])},
            **more,
        }
        return self.make(kind, data)

    def clocks(self, promises: Sequence[str] = tuple(PROMISES), version: int = 1) -> list[Event]:
        """Those that an assignment starts."""
        return [self.clock(promise=promise, version=version) for promise in promises]

    def offer(self, rep: str = "rep-ana", *, promises: Sequence[str] = tuple(PROMISES)) -> list[Event]:
        """A form, an assignment, and the clocks that follow it."""
        return [self.captured(), self.engaged(), self.assigned(rep), *self.clocks(promises)]


def snapshot(**facts: object) -> Snapshot:
    """What scoring knows; `facts` of the company in place of the usual ones."""
    company: dict[str, Any] = {
        **{"company": "Acme Ltd", "employees": 120, "industry": "B2B SaaS", "revenue": "$10M-$100M"},
        "tech_stack": ("HubSpot",),
        **facts,
    }
    return Snapshot(
        fit=55,
        engagement=80,
        total=135,
        band="hot",
        completeness=85,
        lines=(
            ScoreLine(rule="demo_request", points=50, because="demo request", at=NOON),
            ScoreLine(rule="pricing_view", points=30, because="pricing page", at=NOON),
            ScoreLine(rule="employees", points=25, because="51-200 employees", at=NOON),
        ),
        signals=(
            Signal(kind="pricing_view", text="pricing page 3x", count=3, last_at=NOON),
            Signal(kind="case_study", text="downloaded the retail case study", count=1, last_at=NOON, asset="retail"),
        ),
        facts=RouteFacts.read(company),
        assets=("Retail case study",),
    )


def message_after(
    terms: Terms, events: Sequence[Event], kind: str = "assignment", library: Sequence[LibraryAsset] = ()
) -> Message:
    """The first notice of this kind that the events make, as it reads after them."""
    outcome = decide(State(), events, terms, now=NOON)
    notice = next(notice for notice in outcome.notices if notice.kind == kind)
    view = NoticeView(
        id=notice.id,
        kind=kind,
        lead=notice.lead,
        about=notice.about,
        recipient=notice.recipient,
        payload=notice.payload,
        lead_view=outcome.leads[notice.lead],
        terms=terms,
        url="http://baton",
        library=library,
        now=NOON,
    )
    return message(view)


@pytest.fixture
def story() -> LeadLog:
    return LeadLog()


StoryOf = Callable[[str], LeadLog]


@pytest.fixture(scope="session")
def story_of() -> StoryOf:
    """The story of another lead."""
    return LeadLog


@dataclass
class Notifier:
    """The notifier at work: read events, deliver what is due, move the clock, look at the tables."""

    context: Context
    terms: Terms

    async def read(self, *events: Event) -> None:
        async with self.context.database.begin() as tx:
            await MakeNotices(self.terms, HandOver([]))(batch(events, await self.context.clock.now(tx)), tx)

    def loops(self) -> list[DeliveryLoop]:
        """One for each channel of these settings."""
        ways_out = channels(self.context.settings, self.terms.notices)
        return [DeliveryLoop(self.context, channel, self.terms) for channel in ways_out]

    async def deliver(self) -> None:
        """Rounds of all channels until nothing is due."""
        loops = self.loops()
        while any([await loop.round() for loop in loops]):
            pass

    def advance(self, **time: float) -> None:
        clock = self.context.clock
        assert isinstance(clock, LaboratoryClock)
        clock.advance(clock.instant + timedelta(**time))

    async def rows(
        self, query: str = "SELECT * FROM notice ORDER BY channel, kind, recipient"
    ) -> list[dict[str, object]]:
        async with self.context.database.begin() as tx:
            return [dict(row) for row in (await tx.execute(statement(query))).mappings()]

    async def card(self, channel: str = "slack") -> dict[str, object]:
        """The row of the only assignment notice on a channel."""
        (row,) = [row for row in await self.rows() if (row["channel"], row["kind"]) == (channel, "assignment")]
        return row

    async def states(self) -> dict[str, object]:
        return {f"{row['channel']} {row['kind']} {row['recipient']}": row["state"] for row in await self.rows()}

    async def stopped_places(self) -> list[dict[str, object]]:
        """Channels and addresses where nothing gets through."""
        return await self.rows("SELECT place, stopped FROM pace WHERE stopped IS NOT NULL")

    async def events(self, channel: str | None = None) -> list[Event]:
        """All that was written to the stream, or what concerns one channel."""
        rows = await self.rows("SELECT body FROM stream_batch ORDER BY topic, p, first_seq")
        decoded = [decode(line) for row in rows if isinstance(row["body"], bytes) for line in row["body"].split(b"\n")]
        return [event for event in decoded if event and channel in (None, event.data.channel)]

    async def execute(self, query: str) -> None:
        async with self.context.database.begin() as tx:
            await tx.execute(statement(query))

    def with_settings(self, **settings: str) -> "Notifier":
        """The same with other settings."""
        secret = {name: SecretStr(settings[name]) for name in settings.keys() & {"slack_token", "smtp"}}
        changed = self.context.settings.model_copy(update={**settings, **secret})
        return replace(self, context=replace(self.context, settings=changed))


def with_channels(terms: Terms, *channels: PersonalChannel) -> Terms:
    """Terms by which everybody hears by all of these channels."""
    fields = {name: getattr(terms.teams, name) for name in Teams.model_fields}
    messages = terms.teams.messages.model_copy(update={"channels": channels})
    teams = Teams.model_construct(**{**fields, "messages": messages})
    return replace(terms, teams=teams, people=replace(terms.people, teams=teams))


@pytest.fixture
def notifier(context: Context, terms: Terms) -> Notifier:
    """Nothing is configured: everything goes to the outbox. People have asked for both channels."""
    return Notifier(context, with_channels(terms, "slack", "email"))


@pytest.fixture
def slack_notifier(notifier: Notifier, slack: Slack) -> Notifier:
    """Slack is configured."""
    return notifier.with_settings(slack_token="xoxb-test", slack_url=slack.url)


@pytest.fixture
def mail_notifier(notifier: Notifier, postbox: Postbox) -> Notifier:
    """SMTP is configured."""
    return notifier.with_settings(smtp=postbox.url)


async def late(notifier: Notifier, story: LeadLog, *, hot: bool = False) -> None:
    """An offer whose first touch was not made."""
    flags = {"flag": "hot"} if hot else {"flag": None}
    await notifier.read(story.captured(), story.assigned(**flags), *story.clocks())
    await notifier.read(story.clock(ClockBreached, "first_touch"))


async def untouched(notifier: Notifier, story: LeadLog) -> None:
    """At 120 % nobody has touched the lead, whoever had it."""
    clock = f"{story.lead}/1/lead_touch/-"
    for kind, more in ((ClockStarted, {}), (ClockBreached, {}), (ClockReminded, {"percent": 120})):
        await notifier.read(story.clock(kind, "lead_touch", level="lead", assignment=None, clock=clock, **more))


async def settled(notifier: Notifier) -> None:
    """Everything that is due is delivered: one message a second to one address."""
    for _ in range(8):
        await notifier.deliver()
        notifier.advance(seconds=1)


def to(slack: Slack, channel: str) -> list[str]:
    return [str(message["blocks"]) for message in slack.posted if message["channel"] == channel]
