"""`baton up`: the process that serves a house, and swaps it for the other one of its folder when that is asked for."""

import asyncio
import socket
import webbrowser
from datetime import datetime

import typer
from rich.console import Console

from runtime.errors import BatonError, Misconfigured
from runtime.http.server import bind
from runtime.process.assembly import until_signalled
from runtime.process.collector import calm_collector
from runtime.process.migrate_child import migrate_apart
from runtime.process.watchdog import watch
from runtime.settings import Settings
from standalone.alone import terms_alone
from standalone.demo import OwnDemo
from standalone.house import House
from standalone.run import FOUND_WRONG


async def serve(settings: Settings, begin: datetime | None, *, open_: bool, demo: bool = False) -> int:
    """Serves until the process is told to end: one house after the other on one socket, so whoever comes while they
    change waits a moment. `demo`: that one first. Returns the exit code.

    Raises Misconfigured, AgreementError.
    """
    if begin and not settings.laboratory:
        raise Misconfigured("--begin sets where a laboratory's clock starts: add --laboratory")
    if settings.laboratory and (settings.database or settings.kafka):
        raise Misconfigured(
            "the laboratory bends time for the embedded house only: unset BATON_DATABASE and BATON_KAFKA"
        )
    beside = OwnDemo.beside(settings, shown=demo)
    ending = asyncio.Event()
    signals: asyncio.Task[None] | None = None
    watching: asyncio.Task[None] | None = None
    listening = bind(settings.host, settings.port)
    try:
        while True:
            house = await _open(settings, begin, listening, beside, first=signals is None)
            calm_collector()
            _welcome(house)
            if signals is None:
                if open_:
                    await asyncio.to_thread(webbrowser.open, house.url)
                watching = asyncio.create_task(watch(settings.stuck_seconds))
                signals = asyncio.create_task(until_signalled(ending))
            await _first_of(ending, house.stopping, *([beside.change] if beside else []))
            if beside is None or not beside.change.is_set() or ending.is_set() or house.failed:
                break
            beside.swap()
            await house.stop()
        typer.echo("Stopping: finishing what is under way …")
        await house.stop()
    finally:
        listening.close()
        if beside:
            await beside.stop()
        for task in (watching, signals):
            if task is not None:
                task.cancel()
    typer.echo("Stopped. Everything is kept.")
    return FOUND_WRONG if house.failed else 0


async def _open(
    settings: Settings, begin: datetime | None, listening: socket.socket, beside: OwnDemo | None, *, first: bool
) -> House:
    """The house that is to be served now; where the demo cannot be opened, one's own again. Raises BatonError."""
    while True:
        alone = beside is not None and beside.shown
        house = House(
            beside.served if beside else settings, start_at=begin, migrate=migrate_apart, listening=listening,
            demo=beside, terms=terms_alone if alone else None,
        )  # fmt: skip
        try:
            return await house.start()
        except BatonError as error:
            if beside is None or not alone or first:
                raise
            beside.come_back(str(error))


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(one.wait()) for one in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()


def _welcome(house: House) -> None:
    console = Console()
    data = house.settings.data
    console.print(f"\n[bold]Baton is up[/bold] at {house.url}   (agreement {house.assembly.agreement.version})\n")
    lines = {
        "/demo": "be a visitor: fill the form",
        "/inbox": "be a rep: accept or reject",
        "/": "be a manager: one set of numbers for both teams",
    }
    for path, what in lines.items():
        console.print(f"  {house.url}{path:<8} {what}")
    slack = "Slack" if house.settings.slack_token else f"{data}/outbox/slack"
    mail = "SMTP" if house.settings.smtp else f"{data}/outbox/email"
    console.print(f"\n  Messages go to {slack} and {mail}. Keys are in {data}/keys.json.", soft_wrap=True)
    if house.laboratory:
        console.print(f"  Laboratory: the clock stands at {house.laboratory.now:%Y-%m-%d %H:%M} UTC.")
    console.print("  Ctrl-C stops it.\n")
