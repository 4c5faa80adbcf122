"""What a report is. From one `Report` are made: the JSON route, the CSV route, their OpenAPI, and the page's panel."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, Literal, TypeVar

from pydantic import BaseModel

from agreement import Agreement
from agreement.people import People
from events import Money
from reporting.filters import LEADS, NONE, ReportQuery, link, period
from reporting.period import DateRange, Period
from reporting.store.conditions import DatabaseRow
from reporting.store.viewer import read_as, read_to_draw
from runtime.database.connection import Connection
from runtime.http.access import CALLER
from runtime.service import AgreementNotice, Context

Answer = dict[str, Any]
"""As JSON shows it; a list has `items` and `next`."""
Cell = Literal[
    "text",
    "words",
    "number",
    "percent",
    "money",
    "spend",
    "duration",
    "when",
    "relative",
    "rep",
    "lead",
    "deal",
    "stage",
    "score",
    "source",
    "figure",
    "answer",
    "team",
    "pool",
    "fact",
    "decimal",
    "converted",
]
"""How a page shows a value (templates/table.html)."""
_AT_THE_RIGHT: Final[frozenset[Cell]] = frozenset(
    ("number", "decimal", "percent", "money", "converted", "spend", "duration", "when", "relative", "score")
)
Q = TypeVar("Q", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ReportScope:
    """What every report reads from: one transaction, the agreement, one instant."""

    tx: Connection
    agreement: Agreement
    now: datetime
    ships: bool = False
    """Events go out through a broker: `shipped` of a lane has a meaning."""
    notice: AgreementNotice = field(default_factory=AgreementNotice)
    """What is known of an edited agreement that is not in force."""
    whole: bool = True
    """Whoever reads sees every lead."""

    @property
    def zone(self) -> str:
        """The house's zone: an IANA name."""
        return self.agreement.definitions.house.zone

    @property
    def currency(self) -> str:
        """The house's currency: three letters of ISO 4217."""
        return self.agreement.definitions.house.currency

    @property
    def people(self) -> People:
        """Who is who, by the agreement."""
        return People(self.agreement.teams)

    def period(self, query: ReportQuery, default: DateRange = "90d") -> Period:
        """The days that the query names, in the house's zone; `default` when it names none. Raises Malformed."""
        return period(query, self.now, self.zone, default)

    def month(self) -> Period:
        """The running month, up to and with today."""
        return self.period(ReportQuery(range="mtd"))

    def filters(self, query: ReportQuery, **more: Any) -> dict[str, Any]:
        """Parameters of the store: the filters, the instants of the period, and more."""
        days = self.period(query)
        owners = self._owners(query.team, query.rep)
        return {**query.dimensions(), "owners": owners, "start": days.start, "end": days.end, **more}

    def _owners(self, team: str | None, rep: str | None) -> list[str] | None:
        """Whoever both filters mean, as owners of deals: `-` is nobody, the empty text; None when all are meant."""
        if team is None and rep is None:
            return None
        nobody, people = "", self.people
        if team == NONE:
            owners = {nobody}
        else:
            owners = {one.id for one in self.agreement.teams.reps if team in (None, people.team(one.id))}
        if rep is None:
            return sorted(owners)
        mine = nobody if rep == NONE else rep
        return [mine] if team is None or mine in owners else []

    def leads(self, query: ReportQuery, **more: Any) -> str:
        """Address of the list of leads behind a number of this query."""
        return link(LEADS, **{**self.period(query).parameters, **query.dimensions(), **more})

    def money(self, amount: Any) -> Money | None:
        """Minor units in the house's currency; null stays null."""
        return Money(amount=round(amount), currency=self.currency) if amount is not None else None


@asynccontextmanager
async def open_scope(context: Context) -> AsyncIterator[ReportScope]:
    """A transaction and its instant. Whoever may not see every lead reads only the rows of theirs (store/viewer.py)."""
    caller = CALLER.get()
    async with context.database.begin() as tx:
        await read_to_draw(tx)
        now = await context.clock.now(tx)
        whole = caller is None or caller.user is None or caller.user.sees_all
        if caller is not None and caller.user is not None and not whole:
            await read_as(tx, caller.user)
        ships = context.settings.kafka is not None
        yield ReportScope(tx, context.agreement, now, ships=ships, notice=context.notice, whole=whole)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a report: in the file always (unless not `file`), on a page when it has a title."""

    name: str
    title: str | None = None
    cell: Cell = "text"
    link: str | None = None
    """Where the row keeps the API address behind this number: `leads`, or `links.mqls`."""
    sort: bool = False
    """A page can be sorted by it; its name is one of leads_query.Sort."""
    wide: bool = False
    """Left out where the screen is narrow."""
    file: bool = True
    fixed: bool = False
    """It says which row this is, or what was agreed: not compared with the days before."""
    better: Literal["more", "less"] | None = None
    """Which way is good; null: neither, as of spend. Beside the days before, the change has that colour."""

    @property
    def css(self) -> str:
        """The classes of its cells."""
        return f"{'num' if self.right else ''}{' wide' if self.wide else ''}"

    @property
    def right(self) -> bool:
        """Numbers and times stand at the right."""
        return self.cell in _AT_THE_RIGHT


def items_of(answer: Answer) -> Iterable[DatabaseRow]:
    """The rows of an answer that comes in pages."""
    return answer["items"]  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Report(Generic[Q]):
    """`/api/{name}`, `/api/export/{name}.csv` and `/panel/{name}`."""

    name: str
    query: type[Q]
    """The parameters it takes; all others are refused where it says so."""
    answer: Callable[[ReportScope, Q], Awaitable[Answer]]
    """The answer in JSON. One with `next` is a page: the file is made of all of them."""
    columns: tuple[Column, ...]
    summary: str
    title: str = ""
    """Heading of the panel."""
    note: str = ""
    """The line below the heading."""
    rows: Callable[[Answer], Iterable[DatabaseRow]] = items_of
    """The rows of the file and of the panel's table, from an answer."""
    panel: Literal["wide", "half"] | None = None
    """How much of the dashboard's width it takes; null: it is not on the dashboard."""
    definition: str = ""
    """What is counted and what is not, in sentences, behind the panel's `i`."""
    chapter: str | None = None
    """The chapter of the agreement that it rests on."""
    finding: Callable[[Answer], str | None] = lambda _: None
    """What the figures say, in one sentence: the panel's heading; null: its title."""
    ignores: tuple[str, ...] = ()
    """Filters of its query that change nothing: panel and answer say "not filtered by ..."."""
    key: tuple[str, ...] = ()
    """Columns that name a row: by them it is compared with the row of the days before. Empty: it is not compared."""
    compares: bool = False
    """It sets the days before beside these by itself."""
    figures: tuple["Column", ...] = ()
    """Numbers of the answer itself, beside those of its rows; shown above the table."""
    page: bool = False
    """It has the page `/{name}`: something links to it."""
    any_time: bool = False
    """When its query names no days, it is of all time."""
    idle: Callable[[Answer], bool] = lambda _: False
    """Whether the dashboard leaves it out, this being the answer."""
