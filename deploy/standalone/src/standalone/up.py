"""`baton up` and `baton demo`: the house, and the one of a make-believe company."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from runtime.observe.logs import configure_logs
from runtime.settings import Settings
from standalone.demo import LEADS, OwnDemo, demo_settings, demo_size
from standalone.run import Data, run, settings_of
from standalone.serve import serve
from standalone.simulate import Size, make_demo

Folder = Annotated[
    Path | None, typer.Option("--agreement", help="Folder of the terms in force.", show_default="agreement")
]

Begin = Annotated[
    datetime | None,
    typer.Option(
        "--begin",
        formats=["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"],
        metavar="INSTANT",
        help="Where a new laboratory's clock starts, such as 2026-03-27T15:00Z.",
        show_default="now",
    ),
]


def up(
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default="8300")] = None,
    data: Data = None,
    agreement: Folder = None,
    *,
    laboratory: Annotated[bool, typer.Option("--laboratory", help="Time moves only by POST /lab/advance.")] = False,
    begin: Begin = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the dashboard in a browser.")] = False,
) -> None:
    """Run the whole house on one port, with nothing else installed."""
    settings = settings_of(port=port, data=data, agreement=agreement, laboratory=laboratory or None)
    configure_logs(as_json=settings.log_json)
    run(serve(settings, begin, open_=open_))


def demo(
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default="8300")] = None,
    data: Data = None,
    *,
    leads: Annotated[int, typer.Option(min=1, max=2000, help="How many people, in its 90 days.")] = LEADS,
    open_: Annotated[bool, typer.Option("--open", help="Open the dashboard in a browser.")] = False,
) -> None:
    """Run a house in which a make-believe company has lived for 90 days; made once, in DATA/demo, it lives on."""
    base = settings_of(port=port, data=data)
    run(_demo(base, demo_size(leads), open_=open_))


async def _demo(base: Settings, size: Size, *, open_: bool) -> int:
    configure_logs(as_json=base.log_json, quiet=True)
    settings = demo_settings(base)
    await make_demo(settings.data, size, settings)
    if OwnDemo.beside(base) is None:
        return await serve(settings, None, open_=open_)
    return await serve(base, None, open_=open_, demo=True)
