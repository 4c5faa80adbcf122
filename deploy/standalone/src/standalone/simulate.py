"""`baton simulate`: months of a make-believe company in a laboratory of their own; its books beside Baton's numbers."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Annotated, Final, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from agreement import Agreement, load
from runtime.clock import wall
from runtime.database.embedded import EmbeddedPostgres
from runtime.errors import Misconfigured
from runtime.http.client import client
from runtime.observe.logs import configure_logs
from runtime.process.collector import calm_collector
from runtime.settings import Settings
from simulation.books import Books
from simulation.compare import Comparison, compare
from simulation.days import SimulatedDays
from simulation.door import Door
from simulation.run import Simulation
from standalone.alone import settings_alone, terms_alone
from standalone.house import House
from standalone.laboratory import CLOCK
from standalone.output import print_json, print_table
from standalone.run import FOUND_WRONG, Data, JsonFlag, run, settings_of

HASTY: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
"""Of the embedded server while months pass: what a power cut would break is made anew."""
LANES: Final = 1
"""All leads in one lane: months are one stream, in one order, so the same seed gives the same numbers."""

_OURS: Final = ("postgres", "house.lock")
"""What stands in the folder of a house, from its first moment on."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is simulated; `until` is the end."""

    days: int
    leads: int
    seed: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Quarter:
    """What a finished simulation leaves, beside its folder."""

    books: Books
    comparison: list[Comparison]
    rounds: int
    seconds: float
    processor: float
    """Seconds of this process, its database server not included."""


async def simulate(settings: Settings, size: Size, progress: Callable[[float, str], None]) -> Quarter:
    """Fills `settings.data`, which must be empty or not exist. Raises Misconfigured, AgreementError, HouseRefused."""
    if settings.data.exists() and any(settings.data.iterdir()):
        raise Misconfigured(f"there is something in {settings.data} already")
    agreement = await asyncio.to_thread(load, settings.agreement)
    house = await House(
        _own(settings), start_at=_span(size, agreement).begin, postgres=HASTY, terms=terms_alone, driven=True
    ).start()
    started, processor = perf_counter(), process_time()
    try:
        quarter = await play(house, agreement, size, progress)
    finally:
        await house.stop()
    (settings.data / CLOCK).unlink(missing_ok=True)  # from here on its time is the world's
    return Quarter(*quarter, seconds=perf_counter() - started, processor=process_time() - processor)


async def play(
    house: House, agreement: Agreement, size: Size, progress: Callable[[float, str], None]
) -> tuple[Books, list[Comparison], int]:
    """Lets the months pass in a house that is open and a laboratory: books, comparison with the API, rounds."""
    if house.laboratory is None or not house.laboratory.driven:
        raise Misconfigured("months pass only in a laboratory that is driven")
    span = _span(size, agreement)
    async with client(base_url=house.url, timeout=120) as http:
        door = Door(http, house.keys["write_key"], house.keys["server_key"])
        simulation = Simulation.of(agreement, door, house.laboratory, span, leads=size.leads, seed=size.seed)
        books = await simulation.run(progress)
        return books, await compare(books, door, span, agreement), simulation.rounds


def _span(size: Size, agreement: Agreement) -> SimulatedDays:
    return SimulatedDays.ending(size.until, size.days, agreement.definitions.house.zone)


def _own(settings: Settings) -> Settings:
    """A laboratory in a folder of its own: no database, broker, Slack or mail of the world, on any free port."""
    calm = {"lease_seconds": 86_400.0, "transport_poll_seconds": 3600.0}  # nobody else wants its lanes; no look between
    own = {**calm, "laboratory": True, "port": 0, "partitions": LANES}
    return settings_alone(settings).model_copy(update=own)


def simulate_command(
    days: Annotated[int, typer.Option(min=2, max=400, help="How many days, the last of them today.")] = 90,
    leads: Annotated[int, typer.Option(min=1, max=100_000, help="How many people become leads.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same numbers.")] = 7,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"], metavar="INSTANT", show_default="now"),
    ] = None,
    data: Data = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Live months of a make-believe company through the front door, and compare its books with Baton's numbers."""
    base = settings_of(data=data)
    settings = base.model_copy(update={"data": base.data / "simulation"})
    size = Size(days, leads, seed, (until or wall()).astimezone(UTC))
    run(_simulate(settings, size, as_json=as_json))


async def _simulate(settings: Settings, size: Size, *, as_json: bool) -> int:
    configure_logs(as_json=settings.log_json, quiet=True)
    calm_collector()
    quarter = await make(settings, size, with_bar)
    wrong = [one for one in quarter.comparison if one.differs]
    if as_json:
        rows = [one.row for one in quarter.comparison]
        print_json({"books": quarter.books.in_all(), "comparison": rows, "seconds": round(quarter.seconds, 1)})
        return FOUND_WRONG if wrong else 0
    print_table([one.row for one in quarter.comparison], ("what", "books", "house", "same"), empty="nothing to compare")
    known = len(quarter.books.known)
    typer.echo(
        f"{size.days} days, {known} {'lead' if known == 1 else 'leads'} in {quarter.seconds:.0f} s "
        f"({quarter.processor:.0f} s of processor, {quarter.rounds} rounds). Look at it: "
        f"baton up --data {settings.data}"
    )
    return FOUND_WRONG if wrong else 0


T = TypeVar("T")
Fill = Callable[[Settings, Size], Awaitable[T]]
"""Lives months in the folder of these settings."""


async def make(settings: Settings, size: Size, fill: Fill[T]) -> T:
    """Lives months beside the folder of these settings, and puts them in its place at the end. One that is cut short
    leaves nothing half made, says so, and lets stand what was there.

    Raises Misconfigured, AgreementError, HouseRefused.
    """
    data = settings.data
    growing = data.with_name(f"{data.name}.new")
    vacate(data)
    remove(growing)
    try:
        lived = await fill(settings.model_copy(update={"data": growing}), size)
    except BaseException:
        remove(growing)
        typer.echo(f"cut short: nothing half made is left, {data} is as it was", err=True)
        raise
    remove(data)
    growing.rename(data)
    return lived


async def make_demo(data: Path, size: Size, settings: Settings, fill: Fill[object] | None = None) -> None:
    """Fills `data` with simulated months, unless it has them already.

    `fill`: by default with a progress bar. Raises as `make`.
    """
    if not (data / "postgres").exists():
        await make(settings.model_copy(update={"data": data}), size, fill or with_bar)


async def with_bar(settings: Settings, size: Size) -> Quarter:
    """Simulates with a progress bar on stderr, where somebody is looking."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True, console=Console(stderr=True)) as bar:
        task = bar.add_task("starting", total=1.0)
        return await simulate(settings, size, lambda share, day: bar.update(task, completed=share, description=day))


def remove(folder: Path) -> None:
    """Takes an earlier simulation away, also one that was killed, with what is left running of it.

    Raises Misconfigured for a folder that is no house of ours, or is in use.
    """
    if folder.exists():
        vacate(folder)
        shutil.rmtree(folder)


def vacate(folder: Path) -> None:
    """Ends the server that a killed house left in this folder; what stands there stays.

    Raises Misconfigured for a folder that is no house of ours, or in which a house runs.
    """
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not any((folder / one).exists() for one in _OURS):
        raise Misconfigured(f"{folder} is no house: it stays as it is. Choose another folder with --data")
    EmbeddedPostgres(folder).stop_survivor()
