"""The make-believe company's house beside one's own: its months lived in a process of its own, then served instead."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import typer

from runtime.clock import wall
from runtime.http.demo_house import Making
from runtime.observe.logs import configure_logs
from runtime.settings import THIS_MACHINE, Settings
from standalone.alone import settings_alone
from standalone.run import Data, run, settings_of
from standalone.simulate import Size, make_demo, simulate

LEADS: Final = 200
"""People of its 90 days, unless somebody asks for another number."""
_GRACE: Final = 1.0
"""Seconds in which the page is still answered on which one waits for the other house."""
_PATIENCE: Final = 20.0
"""Seconds that the process in which months are lived has to stop."""


def demo_size(leads: int = LEADS) -> Size:
    """How much is lived: 90 days that end now, with so many leads."""
    return Size(90, leads, 7, wall())


def demo_settings(settings: Settings) -> Settings:
    """The settings of the house in DATA/demo, which touches nothing outside."""
    return settings_alone(settings).model_copy(update={"data": settings.data / "demo"})


@dataclass(slots=True)
class OwnDemo:
    """`runtime.http.demo_house.DemoHouse` for one process of `baton up`; what serves houses watches `change`."""

    settings: Settings
    """Of one's own house."""
    shown: bool = False
    making: Making | None = None
    failure: str | None = None
    change: asyncio.Event = field(default_factory=asyncio.Event)
    """The other house is to be served."""
    _maker: "asyncio.Task[None] | None" = None
    _leaving: bool = False

    @classmethod
    def beside(cls, settings: Settings, *, shown: bool = False) -> "OwnDemo | None":
        """That of one's own house; None where others come too, data is elsewhere, or a laboratory moves the clock."""
        elsewhere = settings.database or settings.kafka or settings.laboratory or settings.public_url
        return None if elsewhere or settings.host not in THIS_MACHINE else cls(settings, shown)

    @property
    def made(self) -> bool:
        """Months that were cut short lie in another folder."""
        return (self._folder / "postgres").exists()

    @property
    def _folder(self) -> Path:
        return demo_settings(self.settings).data

    @property
    def served(self) -> Settings:
        """Of the house that is to be served now."""
        return demo_settings(self.settings) if self.shown else self.settings

    def show(self, demo: bool) -> None:
        """Asks for the other house; the first time its months are lived before."""
        if demo == self.shown or self._leaving:
            return
        if not demo or self.made:
            self._leaving = True
            asyncio.get_running_loop().call_later(_GRACE, self.change.set)
        elif self._maker is None or self._maker.done():
            self.making, self.failure = Making(0.0, "starting"), None
            self._maker = asyncio.create_task(self._make(), name="demo")

    def come_back(self, failure: str) -> None:
        """The demo could not be opened: one's own house is served again, and its pages can say why."""
        self.shown, self.failure = False, failure

    def swap(self) -> None:
        """From here on the other one is served."""
        self.shown, self.failure = not self.shown, None
        self.change.clear()
        self._leaving = False

    async def _make(self) -> None:
        """In a process of its own: this one serves on. Lines of its standard output say how far it is."""
        command = (sys.executable, "-m", "standalone", "make-demo", "--data", str(self.settings.data.absolute()))
        process = await asyncio.create_subprocess_exec(
            *command,
            "--agreement",
            str(self.settings.agreement.absolute()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the house, which ends it
        )
        try:
            complaint = asyncio.create_task(_last_line(process.stderr))
            async for line in _lines(process.stdout):
                share, _, day = line.partition(" ")
                with contextlib.suppress(ValueError):
                    self.making = Making(float(share), day)
            if await process.wait() == 0:
                self.change.set()
            else:
                self.failure = await complaint or "it ended without a word"
        finally:
            self.making = None
            if process.returncode is None:
                process.send_signal(signal.SIGINT)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), _PATIENCE)

    async def stop(self) -> None:
        """Months that are being lived are given up."""
        if self._maker is not None:
            self._maker.cancel()
            await asyncio.gather(self._maker, return_exceptions=True)


async def _last_line(stream: asyncio.StreamReader | None) -> str | None:
    last: str | None = None
    async for line in _lines(stream):
        last = line or last
    return last


async def _lines(stream: asyncio.StreamReader | None) -> AsyncIterator[str]:
    while stream is not None and (line := await stream.readline()):
        yield line.decode(errors="replace").strip()


def make_demo_command(
    data: Data = None,
    agreement: Annotated[Path | None, typer.Option("--agreement")] = None,
    leads: Annotated[int, typer.Option(min=1)] = LEADS,
) -> None:
    """Live the months of DATA/demo, and say on standard output how far they are: for the button on the first page."""
    settings = demo_settings(settings_of(data=data, agreement=agreement))
    configure_logs(as_json=settings.log_json, quiet=True)
    run(_made(settings, demo_size(leads)))


async def _made(settings: Settings, size: Size) -> int:
    last = ""

    def say(share: float, day: str) -> None:
        """Once for each day."""
        nonlocal last
        if day != last:
            last = day
            print(f"{share:.3f} {day}", flush=True)  # noqa: T201  (what the process that asked for it reads)

    async def fill(growing: Settings, size: Size) -> None:
        await simulate(growing, size, say)

    await make_demo(settings.data, size, settings, fill)
    return 0
