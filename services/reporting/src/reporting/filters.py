"""What a reader may send with a question: the same filters everywhere, the period they mean, and cursors of lists."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson
from pydantic import BaseModel, ConfigDict, Field

from agreement import Agreement
from agreement.deals import DealState
from agreement.places import Place
from events.vocabulary import FunnelStage, Side
from reporting.period import Compare, DateRange, Day, Period, days_of
from runtime.http.problems import Malformed

FunnelMode = Literal["cohort", "activity"]
AnswerFilter = Literal["accepted", "rejected", "any"]
KeptFilter = Literal["met", "late", "breached", "missed", "system", "running", "judged"]
HeldBy = Literal["owner", "lead"]
CreditDivision = Literal["campaign", "source", "content", "partner"]
"""By what credits of touches are added up."""
NONE: Final = "-"
"""As the value of a filter: the leads of which this is not known."""
LEADS: Final = "/api/leads"
DEALS: Final = "/api/deals"
OFFERS: Final = "/api/offers"
OUTCOMES: Final = "/api/outcomes"
DIMENSIONS: Final = ("source", "campaign", "segment", "team", "rep", "product")
TIMES: Final = ("from", "to", "range")
FILTERS: Final = (*TIMES, *DIMENSIONS, "compare")
"""What every panel of the dashboard takes, or says that it does not."""
_NO_CURSOR: Final = "is not a cursor of this list"
_FURTHEST: Final = 2**31
"""Rows that a list may have before a page: beyond, no number of PostgreSQL would hold where the next begins."""


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


class LanesQuery(PageQuery):
    """A page of the lanes; all of them fit on one unless asked otherwise."""

    limit: int = Field(500, ge=1, le=500)


class ReportQuery(BaseModel):
    """The filters that every report takes. Unknown parameters are refused: a typo must not look like an answer."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)

    from_: Day | None = Field(None, alias="from")
    to: Day | None = None
    range: DateRange | None = None
    source: str | None = None
    campaign: str | None = None
    segment: str | None = None
    team: str | None = None
    rep: str | None = None
    product: str | None = None
    compare: Compare | None = None

    def dimensions(self) -> dict[str, str | None]:
        """The filters that are not about time, by name."""
        return {name: getattr(self, name) for name in DIMENSIONS}


class ListQuery(ReportQuery):
    """A report that comes in pages: at most `limit` rows, beyond the cursor `after`."""

    limit: int = Field(50, ge=1, le=500)
    after: str | None = None


class SourcesQuery(ListQuery):
    """By what the leads are divided: their source, their campaign, or the class of the source's traffic."""

    by: Literal["source", "campaign", "traffic"] = "source"


class ReviewsQuery(ListQuery):
    """What waits to be reviewed, or what was; of any time."""

    state: Literal["open", "reviewed"] = "open"


class OffersQuery(ListQuery):
    """Offers that ended in the period; `rep` and `team` are who was asked. All, or only these of them.

    `rejected`: the reason; `lead_guarantee`: marketing owes one more for it; `credited`: the turn was given back.
    """

    answered: AnswerFilter | None = None
    rejected: str | None = None
    lead_guarantee: bool | None = None
    credited: bool | None = None


class OutcomesQuery(ListQuery):
    """Promises that began in the period, one by one; `rep` and `team` are who had to keep them."""

    promise: str | None = None
    kept: KeptFilter | None = None


class StatusUpdatesQuery(ListQuery):
    """Facts of sales of the period, by `rep` and `team`: all, or only those recorded late (or in time)."""

    late: bool | None = None


class FunnelQuery(ReportQuery):
    """How the funnel counts, and by what it is divided; without `by` it is whole."""

    mode: FunnelMode = "cohort"
    by: Literal["source", "campaign", "segment", "team", "rep", "persona"] | None = None


class TrendQuery(ReportQuery):
    """Which figure: leads that entered a stage, or deals won; counted as the funnel counts."""

    metric: FunnelStage = "mql"
    mode: FunnelMode = "cohort"


class DashboardQuery(FunnelQuery):
    """What the page of numbers takes: each panel reads from it what it knows."""

    by: Literal["source", "campaign", "segment", "team", "rep", "traffic"] | None = None  # type: ignore[assignment]
    metric: FunnelStage = "mql"
    model: str | None = None


class DealsQuery(ListQuery):
    """Open deals, and those that closed in the period; all there are when no period is named."""

    state: DealState | None = None
    left_out: str | None = None
    """Only deals in this currency (three letters), or `no_amount`: those that a sum does not have."""
    cohort: bool = False
    """The period is when the primary contact became known, not when the deal closed."""
    held: HeldBy = "owner"
    """By whom `rep` and `team` mean: who owns the deal; or to whom its primary contact was first handed, as where deals
    stand beside leads (sources, attribution), and whenever `cohort`, `credited` or `self_reported` is given."""
    traffic: str | None = None
    """The class of that contact's traffic, as for leads."""
    credited: Side | Literal["unattributed"] | None = None
    """As for leads: won deals of which this side, kind of touch and source have a share by `model`."""
    touch: str | None = None
    touch_source: str | None = None
    model: str | None = None
    credited_by: CreditDivision | None = None
    """With `credited`: what of the credited touch is meant …"""
    credited_to: str | None = None
    """… and which; `-`: none was named."""
    self_reported: str | None = None
    """Won deals whose primary contact answered so to where they had heard of us; `-`: nothing …"""
    tracked: str | None = None
    """… and whose first touch came from this source; `-`: from none."""

    sourced: Side | None = None
    """Whose touch was the first of any of its contacts."""
    surveyed: bool | None = None
    """Behind wins and losses: closed deals whose survey was answered (or was not) …"""
    question: Literal["reason", "competitor", "objection", "content", "lead_quality_issue", "champion"] | None = None
    answer: str | None = None
    """… and those of which this was answered, in any case; `-`: nothing; of `champion` whatever it is."""
    asset: str | None = None
    """Behind the content library: deals of which a contact had met this asset, or whose survey names it."""


class AttributionQuery(ListQuery):
    """By which model of the agreement deals are credited; null is its default."""

    model: str | None = None
    deals_after: str | None = None
    """After which cursor (`deals_next`) the deals one by one go on; `after` is about the rows."""


def period(query: ReportQuery, now: datetime, zone: str, default: DateRange = "90d") -> Period:
    """The days a query is about. Raises Malformed when `from` is not before `to`, or a range and dates are given."""
    if not (query.from_ or query.to):
        return days_of(query.range or default, now, zone)
    if query.range:
        raise malformed("range", "give either `range` or `from` and `to`")
    until = query.to or now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    first = query.from_ or until - timedelta(days=90)
    if first >= until and query.to is None:
        raise malformed("from", "is after today, with which the days end that have no `to`")
    if first >= until:
        raise malformed("to", "must be after `from`; `to` is exclusive")
    return Period(first, until, zone)


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
    (offset,) = read_cursor(query.after, int) if query.after else (0,)
    if offset > _FURTHEST:
        raise malformed("after", _NO_CURSOR)
    return max(0, int(offset))


def next_of(rows: Sequence[object], query: PageQuery | ListQuery) -> str | None:
    """The cursor of the next page; null at the end. `rows` are the page and, where there are more, at least one."""
    return cursor(offset_of(query) + query.limit) if len(rows) > query.limit else None


def cursor(*position: Any) -> str:
    """An opaque text for a position in a list."""
    return urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def read_cursor(text: str, *kinds: type, parameter: str = "after") -> list[Any]:
    """The position in a cursor, which came as this parameter. Raises Malformed when it is not of these types."""
    try:
        position = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError) as error:
        raise malformed(parameter, _NO_CURSOR) from error
    if not isinstance(position, list) or [type(one) for one in position] != list(kinds):
        raise malformed(parameter, _NO_CURSOR)
    return position


def read_instant(text: str) -> datetime:
    """The instant (UTC) that a cursor holds as text. Raises ValueError: it is none, or beyond the calendar's ends."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
