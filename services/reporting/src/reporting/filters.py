"""What a reader may send with a question: the same filters everywhere, the period they mean, and cursors of lists."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson
from pydantic import BaseModel, ConfigDict, Field

from agreement import Agreement
from agreement.deals import DealState
from agreement.months import midnight, month_of
from agreement.places import Place
from agreement.types import Band
from events.vocabulary import FunnelStage, Side, Stage, Status
from reporting.decide.challenger import PassedBy
from runtime.http.problems import Malformed

DateRange = Literal["7d", "30d", "90d", "mtd", "qtd", "prev_quarter"]
FunnelMode = Literal["cohort", "activity"]
Sort = Literal["total", "first_seen", "last_engaged", "name", "company"]
NONE: Final = "-"
"""As the value of a filter: the leads of which this is not known."""
LEADS: Final = "/api/leads"
DIMENSIONS: Final = ("source", "campaign", "segment", "team", "rep", "product")


class NoQuery(BaseModel):
    """For a report that takes no parameters."""


class PageQuery(BaseModel):
    """For a list without filters: how many rows, and after which cursor."""

    limit: int = Field(50, ge=1, le=500)
    after: str | None = None


class PlacesQuery(PageQuery):
    """Which place: one of `agreement.places`; without one, leads that are nowhere."""

    place: Place | None = None


class InboxQuery(PageQuery):
    """Whose open leads: one rep's, or everybody's."""

    rep: str | None = None
    """Rep by id or e-mail address; without one, everybody."""


class DecisionsQuery(PageQuery):
    """Whose decisions: one manager's, or everybody's."""

    manager: str | None = None
    """Rep by id or e-mail address; without one, everybody."""


class StewardsQuery(PageQuery):
    """What waits for a steward, or what stewards decided."""

    closed: bool = False
    """What was decided, the newest first, instead of what waits."""


class ReviewsQuery(PageQuery):
    """What waits to be reviewed, or what was."""

    state: Literal["open", "reviewed"] = "open"


class LanesQuery(PageQuery):
    """A page of the lanes; all of them fit on one unless asked otherwise."""

    limit: int = Field(500, ge=1, le=500)


class ReportQuery(BaseModel):
    """The filters that every report takes. Unknown parameters are refused: a typo must not look like an answer."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)

    from_: date | None = Field(None, alias="from")
    to: date | None = None
    range: DateRange | None = None
    source: str | None = None
    campaign: str | None = None
    segment: str | None = None
    team: str | None = None
    rep: str | None = None
    product: str | None = None

    def dimensions(self) -> dict[str, str | None]:
        """The filters that are not about time, by name."""
        return {name: getattr(self, name) for name in DIMENSIONS}


class ListQuery(ReportQuery):
    """A report that comes in pages: at most `limit` rows, beyond the cursor `after`."""

    limit: int = Field(50, ge=1, le=500)
    after: str | None = None


class SourcesQuery(ListQuery):
    """By what the leads are divided: their source, or the class of its traffic."""

    by: Literal["source", "traffic"] = "source"


class LeadsQuery(ListQuery):
    """The list of leads: its own filters, and those by which a number of a report links to the leads behind it."""

    q: str | None = None
    stage: Stage | None = None
    status: Status | None = None
    band: Band | None = None
    owner: str | None = None
    reached: FunnelStage | None = None
    """Behind a number of the funnel: leads that entered this stage, counted as `mode` says."""
    stalled: FunnelStage | None = None
    """With `reached`: and did not enter this one."""
    implied: bool | None = None
    """With `reached`: only entries that were (not) filled in because a later stage was reached."""
    mode: FunnelMode = "cohort"
    rejected: str | None = None
    """Behind a number of the rejections: the reason."""
    recycled: str | None = None
    """Behind a number of the recycled leads: what brought them back."""
    answered: Literal["accepted", "rejected", "any"] | None = None
    """Behind the same: how reps answered, whatever the reason."""
    fit_line: str | None = None
    """Behind what scoring got wrong: the fit line (`employees:25`) that had spoken for a lead not of our kind."""
    deals: DealState | None = None
    """Behind the pipeline: a contact of a deal that is open now, or was won or lost in the period."""
    credited: Side | Literal["unattributed"] | None = None
    """Behind a number of the attribution: the side credited by `model` with a deal won in the period …"""
    touch: str | None = None
    touch_source: str | None = None
    """… the kind of touch, and where it came from."""
    model: str | None = None
    rated: bool | None = None
    """Behind the feedback: leads that a rep rated in the period (or did not)."""
    promise: str | None = None
    """Behind a number of the service levels: the promise …"""
    kept: Literal["met", "late", "breached", "missed", "system", "running", "judged"] | None = None
    """… and how it was kept: `missed` is late or breached; `system` is missed, and charged to nobody's rep."""
    handed_at_least: int | None = None
    """Behind what the score is worth: leads first handed over in the period, their total then at least this …"""
    handed_at_most: int | None = None
    outcome: Literal["qualified", "won", "lost", "sql", "rejected", "open", "untouched"] | None = None
    """… and how they ended; `qualified` are SQLs whatever became of them."""
    traffic: str | None = None
    """The class of the first touch's traffic: direct, referral, organic, paid, email, social, partner."""
    passed_by: PassedBy | None = None
    """Behind the challenger: whose total ever opened the gate, of leads that it scored, too."""
    sort: Sort = "total"


class StatusUpdatesQuery(ListQuery):
    """Facts of sales of the period, by `rep` and `team`: all, or only those recorded late (or in time)."""

    late: bool | None = None


class FunnelQuery(ReportQuery):
    """How the funnel counts, and by what it is divided; without `by` it is whole."""

    mode: FunnelMode = "cohort"
    by: Literal["source", "campaign", "segment", "team", "rep"] | None = None


class DealsQuery(ListQuery):
    """Open deals, and those that closed in the period; all there are when no period is named."""

    state: DealState | None = None


class AttributionQuery(ListQuery):
    """By which model deals are credited."""

    model: str | None = None
    """A model of the agreement; null is its default."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the house's zone, `until` exclusive, and the instants (UTC) they mean."""

    first: date
    until: date
    zone: str

    @property
    def start(self) -> datetime:
        """The instant (UTC) at which the first day begins in the house's zone."""
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The instant (UTC) at which the day `until` begins: it is not in the period."""
        return midnight(self.until, self.zone)

    @property
    def parameters(self) -> dict[str, str]:
        """The period as `from` and `to` of an address."""
        return {"from": self.first.isoformat(), "to": self.until.isoformat()}


def period(query: ReportQuery, now: datetime, zone: str, default: DateRange = "90d") -> Period:
    """The days a query is about. Raises Malformed when `from` is not before `to`, or a range and dates are given."""
    if not (query.from_ or query.to):
        return Period(*_days_of(query.range or default, now, zone), zone)
    if query.range:
        raise malformed("range", "give either `range` or `from` and `to`")
    until = query.to or now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    first = query.from_ or until - timedelta(days=90)
    if first >= until:
        raise malformed("to", "must be after `from`; `to` is exclusive")
    return Period(first, until, zone)


def _days_of(name: DateRange, now: datetime, zone: str) -> tuple[date, date]:
    today = now.astimezone(ZoneInfo(zone)).date()
    tomorrow = today + timedelta(days=1)
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    if name == "mtd":
        return month_of(now, zone), tomorrow
    if name == "qtd":
        return quarter, tomorrow
    if name == "prev_quarter":
        last = quarter - timedelta(days=1)
        return date(last.year, (last.month - 1) // 3 * 3 + 1, 1), quarter
    return tomorrow - timedelta(days=int(name.removesuffix("d"))), tomorrow


def malformed(parameter: str, detail: str) -> Malformed:
    """The refusal of one parameter, with a pointer to it."""
    return Malformed(detail, errors=[{"pointer": f"/query/{parameter}", "detail": detail}])


def refuse_unknown(query: ReportQuery, agreement: Agreement) -> None:
    """Raises Malformed for a team or segment of which the agreement knows nothing: it must not look like no leads."""
    teams = {team.id for team in agreement.teams.teams}
    if query.team and query.team not in teams | {NONE}:
        raise malformed("team", f"is not a team of the agreement; would be one of {', '.join(sorted(teams))}")
    sizes = {size.name for size in agreement.routing.sizes if size.employees}
    if query.segment and query.segment not in sizes | {NONE}:
        raise malformed("segment", f"is not a company size of the agreement: {', '.join(sorted({NONE, *sizes}))}")


def link(path: str, **parameters: Any) -> str:
    """An address: the path with the parameters that are not null."""
    return f"{path}?{urlencode({key: value for key, value in parameters.items() if value is not None})}"


def link_to_entered(stage: str, days: Mapping[str, Any]) -> str:
    """The address of the list of those who entered a stage in the period `from` to `to`; of MQLs, those of a month."""
    implied = "false" if stage == "mql" else None
    return link(LEADS, **days, reached=stage, mode="activity", implied=implied)


def page_of(answer: dict[str, Any], query: PageQuery | ListQuery) -> dict[str, Any]:
    """Of an answer that holds all its items, the part between the query's cursor and its limit."""
    first = offset_of(query)
    items = answer["items"][first:]
    return {**answer, "items": items[: query.limit], "next": next_of(items, query)}


def offset_of(query: PageQuery | ListQuery) -> int:
    """How many rows come before the page, by the query's cursor. Raises Malformed for what is no cursor."""
    return max(0, int(read_cursor(query.after, int)[0])) if query.after else 0


def next_of(rows: Sequence[object], query: PageQuery | ListQuery) -> str | None:
    """The cursor of the next page; null at the end. `rows` are the page and, where there are more, at least one."""
    return cursor(offset_of(query) + query.limit) if len(rows) > query.limit else None


def cursor(*position: Any) -> str:
    """An opaque text for a position in a list."""
    return urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def read_cursor(text: str, *kinds: type) -> list[Any]:
    """The position in a cursor. Raises Malformed when it is not of these types."""
    try:
        position = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError) as error:
        raise malformed("after", "is not a cursor of this list") from error
    if not isinstance(position, list) or [type(one) for one in position] != list(kinds):
        raise malformed("after", "is not a cursor of this list")
    return position
