"""What may be asked: the same filters everywhere, the period they mean, and cursors."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson
from pydantic import BaseModel, ConfigDict, Field

from agreement import Agreement
from runtime.http.problems import Malformed

Range = Literal["7d", "30d", "90d", "mtd", "qtd", "prev_quarter"]
FunnelStage = Literal["lead", "mql", "sal", "sql", "opportunity", "won"]
Sort = Literal["total", "first_seen", "last_engaged", "name", "company"]
NONE: Final = "-"
"""In a filter: the leads of which this is not known."""


class Asked(BaseModel):
    """The filters that every report takes."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)

    from_: date | None = Field(None, alias="from")
    to: date | None = None
    range: Range | None = None
    source: str | None = None
    campaign: str | None = None
    segment: str | None = None
    team: str | None = None
    rep: str | None = None
    product: str | None = None

    def dimensions(self) -> dict[str, str | None]:
        return {name: getattr(self, name) for name in ("source", "campaign", "segment", "team", "rep", "product")}


class AskedList(Asked):
    limit: int = Field(50, ge=1, le=500)
    after: str | None = None


class AskedLeads(AskedList):
    q: str | None = None
    stage: Literal["lead", "mql", "sal", "sql", "opportunity", "won", "lost"] | None = None
    status: (
        Literal[
            "new",
            "waiting_for_shift",
            "assigned",
            "attempting_contact",
            "connected",
            "unresponsive",
            "disqualified",
            "nurture",
            "long_term",
            "suppressed",
        ]
        | None
    ) = None
    band: Literal["cold", "cool", "warm", "hot"] | None = None
    owner: str | None = None
    reached: FunnelStage | None = None
    """Behind a number of the funnel: leads that entered this stage, counted as `mode` says."""
    stalled: FunnelStage | None = None
    """With `reached`: and did not enter this one."""
    implied: bool | None = None
    mode: Literal["cohort", "activity"] = "cohort"
    rejected: str | None = None
    """Behind a number of the rejections: the reason."""
    answered: Literal["accepted", "rejected", "any"] | None = None
    """Behind the same: how reps answered, whatever the reason."""
    deals: Literal["open", "won"] | None = None
    """Behind the pipeline: a deal that is open now, or was won in the period."""
    credited: Literal["marketing", "sales", "unattributed"] | None = None
    """Behind a number of the attribution: the side credited by `model` with a deal won in the period …"""
    touch: str | None = None
    touch_source: str | None = None
    """… the kind of touch, and where it came from."""
    model: str | None = None
    promise: str | None = None
    """Behind a number of the service levels: the promise …"""
    kept: Literal["met", "late", "breached", "running", "judged"] | None = None
    """… and how it was kept."""
    sort: Sort = "total"


class AskedFunnel(Asked):
    mode: Literal["cohort", "activity"] = "cohort"
    by: Literal["source", "campaign", "segment", "team", "rep"] | None = None


class AskedAttribution(AskedList):
    model: str | None = None
    """A model of the agreement; null is its default."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the house's zone, `until` exclusive, and the instants they mean."""

    first: date
    until: date
    zone: str

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), ZoneInfo(self.zone))

    @property
    def end(self) -> datetime:
        return datetime.combine(self.until, time(), ZoneInfo(self.zone))

    def as_query(self) -> dict[str, str]:
        return {"from": self.first.isoformat(), "to": self.until.isoformat()}


def period(asked: Asked, now: datetime, zone: str, default: Range = "90d") -> Period:
    """Raises Malformed when `from` is not before `to`, or both a range and dates are given."""
    today = now.astimezone(ZoneInfo(zone)).date()
    if asked.from_ or asked.to:
        if asked.range:
            raise wrong("range", "give either `range` or `from` and `to`")
        until = asked.to or today + timedelta(days=1)
        first = asked.from_ or until - timedelta(days=90)
        if first >= until:
            raise wrong("to", "must be after `from`; `to` is exclusive")
        return Period(first, until, zone)
    return Period(*_named(asked.range or default, today), zone)


def _named(name: Range, today: date) -> tuple[date, date]:
    tomorrow = today + timedelta(days=1)
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    if name == "mtd":
        return today.replace(day=1), tomorrow
    if name == "qtd":
        return quarter, tomorrow
    if name == "prev_quarter":
        last = quarter - timedelta(days=1)
        return date(last.year, (last.month - 1) // 3 * 3 + 1, 1), quarter
    return tomorrow - timedelta(days=int(name.removesuffix("d"))), tomorrow


def wrong(parameter: str, detail: str) -> Malformed:
    return Malformed(detail, errors=[{"pointer": f"/query/{parameter}", "detail": detail}])


def known(asked: Asked, agreed: Agreement) -> None:
    """Refuses a team, segment or reason that the agreement does not know: a typo must not look like an empty report."""
    teams = {team.id for team in agreed.teams.teams} | {NONE}
    if asked.team and asked.team not in teams:
        raise wrong("team", f"is not a team of the agreement; would be one of {', '.join(sorted(teams - {NONE}))}")
    sizes = {size.name for size in agreed.routing.sizes if size.employees} | {NONE}
    if asked.segment and asked.segment not in sizes:
        raise wrong("segment", f"is not a company size of the agreement: {', '.join(sorted(sizes - {NONE}))}")


def money(amount: Any, currency: str | None) -> dict[str, Any] | None:
    """Minor units with their currency, or null."""
    return {"amount": round(amount), "currency": currency} if amount is not None else None


def link(path: str, **given: Any) -> str:
    """A path with the parameters that are not null."""
    return f"{path}?{urlencode({key: value for key, value in given.items() if value is not None})}"


def paged(answer: dict[str, Any], limit: int, after: str | None) -> dict[str, Any]:
    """The asked part of a list that was made whole."""
    first = max(0, int(unpack(after, int)[0])) if after else 0
    items = answer["items"]
    more = len(items) > first + limit
    return {**answer, "items": items[first : first + limit], "next": pack(first + limit) if more else None}


def pack(*position: Any) -> str:
    """An opaque cursor."""
    return urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def unpack(cursor: str, *kinds: type) -> list[Any]:
    try:
        found = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise wrong("after", "is not a cursor of this list") from error
    if not isinstance(found, list) or [type(one) for one in found] != list(kinds):
        raise wrong("after", "is not a cursor of this list")
    return found
