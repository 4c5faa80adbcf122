"""What visitors, robots and marketing do, and when: worked out from world and span before anything is sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Literal

from simulation.days import CALM, STEP, SimulatedDays, day_of, time_on, up_to
from simulation.dice import dice, pick
from simulation.names import MESSAGES, SPAM
from simulation.world import CAMPAIGNS, CONTENT, EVENT_NAMES, Asset, Visitor, World

Interest = Literal["raise", "research", "read", "glance"]
"""How far somebody goes: raises a hand, compares products, reads, looks once."""
Entrance = Literal["track", "form", "event"]
"""Which route takes it: /v1/batch, /f/NAME, /events."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that comes in: `sent` is when it reaches the door (on the grid of the clock), `at` when it happened."""

    sent: datetime
    at: datetime
    door: Entrance
    name: str
    """Of a form its name, of an event its type."""
    body: Mapping[str, Any] = field(compare=False)
    visitor: int | None = None
    """Who does it."""
    makes_known: bool = False
    """It says who the visitor is."""
    source: str | None = None
    """Where it says that the visitor comes from."""
    spam: bool = False
    spend: tuple[str, int, str] | None = None
    """Of money: the source that it was spent on, minor units, currency."""


@dataclass(frozen=True, slots=True)
class Mishaps:
    """Days on which something is wrong."""

    broken_tracking: date
    """The script of the web site sends nothing; forms work."""
    spam_wave: date

    @classmethod
    def of(cls, span: SimulatedDays) -> "Mishaps":
        """A working day in the first third without tracking, one in the second half full of robots."""
        return cls(span.working(span.days // 5), span.working(span.days // 2))


def arrivals(world: World, span: SimulatedDays) -> list[Happening]:
    """All that comes in without being asked for, in the order in which it reaches the door."""
    mishaps = Mishaps.of(span)
    every = [*_money(span), *_content(span), *_spam(world.seed, len(world.visitors), mishaps.spam_wave)]
    for visitor in world.visitors:
        every += _Journey(visitor, world.seed, span, mishaps).arrivals()
    kept = [one for one in every if span.holds(one.at) and one.sent < span.until]
    return sorted(kept, key=lambda one: (one.sent, one.at, one.door, one.name, str(one.body)))


def interest_of(visitor: Visitor, seed: int) -> Interest:
    """How far this visitor goes; better campaigns bring people who go further."""
    quality = visitor.campaign.quality
    weights: dict[Interest, float] = {
        "raise": 0.04 + 0.24 * quality,
        "research": 0.10 + 0.24 * quality,
        "read": 0.34,
        "glance": 0.44 - 0.3 * quality,
    }
    return pick(weights, dice(seed, "interest", visitor.number))


class _Journey:
    """One person's way from the first page to the last, as messages of a tracking client and as forms."""

    def __init__(self, visitor: Visitor, seed: int, span: SimulatedDays, mishaps: Mishaps) -> None:
        self._visitor, self._span, self._mishaps = visitor, span, mishaps
        self._interest = interest_of(visitor, seed)
        self._luck: Random = dice(seed, "journey", visitor.number)
        self._made: list[Happening] = []
        self._linked = False
        """The house knows whose browser this is."""
        self._tells = self._interest
        """How much of themselves people say in forms: who only looks gives an address and a name."""

    def arrivals(self) -> list[Happening]:
        """In the order in which they happen."""
        luck, country = self._luck, self._visitor.firm.country
        moment = time_on(day_of(self._span, luck), country, luck)
        self._session(moment, self._interest)
        for _ in range(2 if self._interest in ("raise", "research") else 1):
            moment = time_on((moment + timedelta(days=luck.randint(2, 21))).date(), country, luck)
            if luck.random() < (0.2 + 0.5 * self._visitor.fit):
                self._session(moment, pick({"raise": 0.10, "research": 0.35, "read": 0.55}, luck))
        return self._made

    def _session(self, moment: datetime, interest: Interest) -> None:
        luck = self._luck
        first = len(self._made)
        self._page(moment, "/")
        moment += timedelta(seconds=luck.randint(20, 200))
        if interest in ("raise", "research"):
            for product in luck.sample(("routing", "scoring", "service-levels", "reports"), luck.randint(1, 3)):
                self._track(moment, "Product Page Viewed", {"asset": product})
                moment += timedelta(seconds=luck.randint(20, 240))
            self._page(moment, "/pricing")
            moment += timedelta(seconds=luck.randint(20, 240))
        if interest != "glance":
            moment = self._read(moment, luck.randint(1, 3))
        if interest == "raise":
            sent = self._raise_hand(moment)
            self._made[first:] = [replace(one, sent=sent) for one in self._made[first:]]  # it is seen with the form
        elif interest == "glance" and not self._linked and luck.random() < 0.5:
            self._newsletter(moment)
        elif not self._linked:
            self._read(moment, 1, gated=True)
            self._identify(moment + timedelta(seconds=5))

    def _read(self, moment: datetime, many: int, *, gated: bool = False) -> datetime:
        kinds = ("whitepaper", "webinar_attended") if gated else ("blog_read", "case_study", "whitepaper")
        shelf: dict[Asset, float] = {one: one.weight for one in CONTENT if one.kind in kinds and one.weight}
        for _ in range(many):
            asset = pick(shelf, self._luck)
            self._track(moment, EVENT_NAMES[asset.kind], {"asset": asset.name, "title": asset.title})
            moment += timedelta(seconds=self._luck.randint(30, 400))
        return moment

    # -- what reaches the door ---------------------------------------------------------------------------------------

    def _raise_hand(self, moment: datetime) -> datetime:
        form = pick({"demo": 6, "contact": 2, "trial": 2}, self._luck)
        sent = up_to(moment, STEP)
        self._tells = "raise"
        fields = {**self._traits(flat=True), "message": self._luck.choice(MESSAGES)}
        if self._luck.random() < 0.3:
            fields["how_did_you_hear_about_us"] = pick({"A colleague": 3, "Podcast": 4, "Search": 3}, self._luck)
        if not self._is_broken(sent):
            fields |= {f"utm_{name}": value for name, value in self._campaign().items() if name != "name"}
            fields |= {"utm_campaign": self._visitor.campaign.name} if self._visitor.campaign.name else {}
        self._keep(Happening(sent, sent, "form", form, fields, self._visitor.number, True, self._source(sent)))
        self._identify(sent)
        return sent

    def _newsletter(self, moment: datetime) -> None:
        self._track(moment, "Newsletter Subscribed", {})
        self._identify(moment + timedelta(seconds=1))

    def _identify(self, moment: datetime) -> None:
        if not self._is_broken(moment):
            self._send(moment, {"type": "identify", "userId": self._user, "traits": self._traits()}, makes_known=True)
            self._linked = True

    def _page(self, moment: datetime, path: str) -> None:
        self._send(moment, {"type": "page", "properties": {"url": f"https://northwind.example{path}", "path": path}})

    def _track(self, moment: datetime, event: str, properties: Mapping[str, str]) -> None:
        self._send(moment, {"type": "track", "event": event, "properties": properties})

    def _send(self, moment: datetime, message: Mapping[str, Any], *, makes_known: bool = False) -> None:
        if self._is_broken(moment):
            return
        number = len(self._made)
        body = {
            "messageId": f"v{self._visitor.number}-{number}",
            "anonymousId": f"browser-{self._visitor.number}",
            "timestamp": moment.isoformat(),
            "context": {"campaign": campaign} if (campaign := self._campaign()) else {},
            **message,
        }
        sent, kind = up_to(moment, CALM), str(message["type"])
        who, source = self._visitor.number, self._source(moment)
        self._keep(Happening(sent, moment, "track", kind, body, who, makes_known, source))

    def _keep(self, one: Happening) -> None:
        self._made.append(one)

    def _is_broken(self, moment: datetime) -> bool:
        return moment.date() == self._mishaps.broken_tracking

    def _source(self, moment: datetime) -> str | None:
        return None if self._is_broken(moment) else self._visitor.campaign.source

    @property
    def _user(self) -> str:
        return f"user-{self._visitor.number}"

    def _campaign(self) -> dict[str, str]:
        one = self._visitor.campaign
        parts = {"name": one.name, "source": one.source, "medium": one.medium, "referral": one.partner}
        return {name: value for name, value in parts.items() if value}

    def _traits(self, *, flat: bool = False) -> dict[str, Any]:
        one, firm = self._visitor, self._visitor.firm
        person = {"email": one.email, "first_name": one.first_name, "last_name": one.last_name}
        if self._tells == "glance":
            return person
        if self._tells == "read":
            return {**person, "title": one.title, "company": {"name": firm.name, "domain": firm.domain}}
        person["title"] = one.title
        facts: dict[str, Any] = {"employees" if flat else "employee_count": firm.employees, "industry": firm.industry}
        company = {"name": firm.name, "domain": firm.domain, **(facts if firm.tells else {})}
        if flat:
            named = {"company": firm.name, **{name: str(facts[name]) for name in facts if firm.tells}}
            return {**person, "country": firm.country, **named}
        return {**person, "country": firm.country, "company": company}


# -- marketing and robots ----------------------------------------------------------------------------------------------


def _money(span: SimulatedDays) -> Iterator[Happening]:
    """What each campaign cost, week by week, told on its first day; the last week is as long as the span has days."""
    for campaign in CAMPAIGNS:
        for number in range(0, span.days, 7):
            start = span.first + timedelta(days=number)
            days = min(7, span.days - number)
            if not campaign.weekly or campaign.name is None:
                continue
            luck = dice(0, "money", campaign.name, number)
            amount = round(campaign.weekly * days / 7 * luck.uniform(0.85, 1.2))
            source = campaign.source or campaign.name
            data = {
                "campaign": campaign.name,
                "source": campaign.source,
                "amount": {"amount": amount, "currency": campaign.currency},
                "start": start.isoformat(),
                "end": (start + timedelta(days=days)).isoformat(),
            }
            at = up_to(span.begin + timedelta(days=number, hours=8), STEP)
            yield _event(at, "spend.recorded.v1", campaign.name, data, spend=(source, amount, campaign.currency))


def _content(span: SimulatedDays) -> Iterator[Happening]:
    for one in CONTENT:
        url = f"https://northwind.example/library/{one.name}"
        data = {"asset": one.name, "kind": one.kind, "title": one.title, "url": url}
        data |= {name: made for name, made in (("persona", one.persona), ("stage", one.stage)) if made}
        yield _event(up_to(span.begin, STEP), "content.published.v1", one.name, data)


def _event(
    at: datetime, kind: str, subject: str, data: Mapping[str, Any], spend: tuple[str, int, str] | None = None
) -> Happening:
    event = {
        "specversion": "1.0",
        "id": f"{subject}/{at:%Y-%m-%d}",
        "source": "marketing",
        "type": kind,
        "subject": subject,
        "data": data,
    }
    return Happening(at, at, "event", kind, event, spend=spend)


def _spam(seed: int, leads: int, day: date) -> Iterator[Happening]:
    """A wave within two hours of one day, and a robot now and then before and after it."""
    luck = dice(seed, "spam")
    wave = datetime.combine(day, time(15), UTC)
    many = max(12, leads // 20)
    for number in range(many):
        first, last, message = luck.choice(SPAM)
        stray = number % 8 == 0
        moment = wave + (timedelta(days=luck.randint(-3, 3)) if stray else timedelta(minutes=luck.randrange(120)))
        fields = {
            "email": f"robot{number}@mail{number}.example",
            "first_name": first,
            "last_name": last,
            "message": message,
        }
        sent = up_to(moment, CALM)
        yield Happening(sent, sent, "form", "contact", fields, spam=True)


def by_round(every: Sequence[Happening]) -> dict[datetime, list[Happening]]:
    """The same by the instant at which they reach the door."""
    rounds: dict[datetime, list[Happening]] = {}
    for one in every:
        rounds.setdefault(one.sent, []).append(one)
    return rounds
