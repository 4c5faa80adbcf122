"""Messages: who was told what, by which channel, drawn as people see it; and how many a person gets a day."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from reporting.pages.page_router import PageRouter, address_with, query_of
from reporting.period import Day
from reporting.reports.report import ReportScope
from reporting.store.conditions import DatabaseRow
from reporting.store.notices import kinds, message_counts, messages
from runtime.http.problems import Malformed

DAYS: Final = 14
"""So many days are counted."""
WIDTH: Final = 700
HEIGHT: Final = 96
_FLOOR: Final = HEIGHT - 18
_TOP: Final = 14


class MessagesQuery(BaseModel):
    """Which messages: all filters stand in the address."""

    model_config = ConfigDict(extra="forbid")

    person: Annotated[str | None, Field(max_length=200)] = None
    """Rep or audience, in whatever part (`manager:rep-ana` is Ana)."""
    kind: Annotated[str | None, Field(max_length=100)] = None
    channel: Literal["slack", "email"] | None = None
    state: Literal["sent", "failed", "unknown"] | None = None
    lead: Annotated[str | None, Field(max_length=1000)] = None
    day: Day | None = None
    """Of the house's zone."""
    sent: Literal["again"] | None = None
    """A message was just sent again from the page."""
    after: Annotated[str | None, Field(max_length=300)] = None
    """Take it from the link to older ones."""
    limit: Annotated[int, Field(ge=1, le=500)] = 50


@dataclass(frozen=True, slots=True)
class DayBar:
    """One day as a bar: where it stands, and how many messages it is."""

    day: date
    messages: int
    x: float
    y: float
    width: float
    height: float
    label: str


def add_outbox(pages: PageRouter) -> None:
    """Adds `/outbox`."""

    @pages.page("/outbox")
    async def outbox_page(request: Request, scope: ReportScope) -> Response:
        query = query_of(MessagesQuery, request)
        zone = scope.agreement.definitions.house.zone
        today = scope.now.astimezone(ZoneInfo(zone)).date()
        chosen = query.model_dump(include={"person", "kind", "channel", "state", "lead"})
        rows = await messages(
            scope.tx, {**chosen, **_span(query.day, zone)}, before=_cursor(query.after), limit=query.limit + 1
        )
        first = today - timedelta(days=DAYS - 1)
        since = {"start": _midnight(first, zone), "end": None}
        counts = await message_counts(scope.tx, {**chosen, **since}, zone)
        days = [first + timedelta(days=number) for number in range(DAYS)]
        shown = rows[: query.limit]
        people = [("Reps", [(one.id, one.name) for one in scope.agreement.teams.reps])]
        people.append(("Audiences", [(one.audience, one.name) for one in scope.agreement.teams.contacts]))
        return pages.renderer.page(
            request,
            "outbox.html",
            scope.now,
            query=query,
            filtered=any(chosen.values()) or query.day is not None,
            with_=address_with(request),
            messages=shown,
            older=_cursor_of(shown[-1]) if len(rows) > query.limit else None,
            bars=bars(days, counts),
            table=by_person(counts),
            days=days,
            size=(WIDTH, HEIGHT, _FLOOR),
            people=people,
            kinds=await kinds(scope.tx),
        )


def bars(days: Sequence[date], counts: Sequence[DatabaseRow]) -> list[DayBar]:
    """One bar for each day, over all people."""
    by_day = Counter[date]()
    for row in counts:
        by_day[row["day"]] += row["messages"]
    highest = max([1, *by_day.values()])
    step = WIDTH / max(1, len(days))
    drawn = []
    for number, day in enumerate(days):
        height = round((_FLOOR - _TOP) * by_day[day] / highest, 1)
        x, width = round(number * step + step * 0.15, 1), round(step * 0.7, 1)
        label = f"{day:%-d %b}" if number % 2 == 0 else ""
        drawn.append(DayBar(day, by_day[day], x, round(_FLOOR - height, 1), width, height, label))
    return drawn


def by_person(counts: Sequence[DatabaseRow]) -> list[tuple[str, int, Mapping[date, int]]]:
    """Person, messages in all, messages by day; who got most comes first."""
    people: dict[str, dict[date, int]] = {}
    for row in counts:
        people.setdefault(row["person"], {})[row["day"]] = row["messages"]
    rows = [(person, sum(days.values()), days) for person, days in people.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _span(day: date | None, zone: str) -> dict[str, datetime | None]:
    if day is None:
        return {"start": None, "end": None}
    return {"start": _midnight(day, zone), "end": _midnight(day + timedelta(days=1), zone)}


def _cursor(after: str | None) -> tuple[datetime, str] | None:
    """Raises Malformed."""
    if not after:
        return None
    at, _, identity = after.partition("_")
    try:
        return datetime.fromisoformat(at), identity
    except ValueError as error:
        raise Malformed("`after` is not a cursor of this list") from error


def _cursor_of(row: DatabaseRow) -> str:
    return f"{row['at'].isoformat()}_{row['id']}"
