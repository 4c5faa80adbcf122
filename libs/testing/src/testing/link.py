"""A cable for tests, between clients and a server of this machine: it can be slow, swallow all, break, be unplugged."""

import asyncio
import contextlib
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

Direction = Literal["out", "back"]
"""From the clients to the server, or from the server to the clients."""
BOTH: Final[tuple[Direction, ...]] = ("out", "back")
_PIECE: Final = 65536
_MOST_UNDER_WAY: Final = 64
"""Pieces."""
_HOST: Final = "127.0.0.1"


class Link:
    """Open while its context is. An end is a port on loopback, or the path of a Unix socket."""

    def __init__(self, server: Path | int, here: Path | int) -> None:
        self.delay = 0.0
        """Seconds that data is under way."""
        self._ends = (server, here)
        self._passes: dict[Direction, asyncio.Event] = {way: asyncio.Event() for way in BOTH}
        self._writers = set[asyncio.StreamWriter]()
        self._tasks = set[asyncio.Task[None]]()
        self._listening: asyncio.Server | None = None
        self._unplugged = False
        self.back()

    async def __aenter__(self) -> Self:
        here = self._ends[1]
        if isinstance(here, Path):
            here.parent.mkdir(parents=True, exist_ok=True)
            self._listening = await asyncio.start_unix_server(self._serve, here)
        else:
            self._listening = await asyncio.start_server(self._serve, _HOST, here)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        assert self._listening is not None
        self._listening.close()
        self.back()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._listening.wait_closed()

    def away(self) -> None:
        """As if the server were gone: open connections break, new ones too."""
        self._unplugged = True
        self.cut()

    def hole(self, *ways: Direction) -> None:
        """Nothing passes any more, and nobody is told: neither data nor the end of a connection. Both ways, or these.

        What is sent meanwhile arrives when the link is `back`, also what its sender has given up.
        """
        for way in ways or BOTH:
            self._passes[way].clear()

    def back(self) -> None:
        """All passes again, in its order."""
        self._unplugged = False
        for passes in self._passes.values():
            passes.set()

    def cut(self) -> None:
        """Breaks every connection; new ones are made."""
        for writer in self._writers:
            writer.transport.abort()

    def lets_pass(self, way: Direction, data: bytes, notes: set[str]) -> bool:
        """Called with each piece before it goes on; False ends the connection. For those who listen in.

        `notes` are of one connection, to be written in freely.
        """
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            if not self._unplugged:
                with contextlib.suppress(OSError):
                    await self._join(reader, writer)
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = self._ends[0]
        opening = (
            asyncio.open_unix_connection(server) if isinstance(server, Path) else asyncio.open_connection(_HOST, server)
        )
        upstream_reader, upstream_writer = await opening
        self._writers.add(upstream_writer)
        notes = set[str]()
        both = [
            asyncio.create_task(self._carry("out", reader, upstream_writer, notes)),
            asyncio.create_task(self._carry("back", upstream_reader, writer, notes)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()
            self._writers.discard(upstream_writer)
            upstream_writer.transport.abort()

    async def _carry(
        self, way: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, notes: set[str]
    ) -> None:
        """Until one end closes; where nothing passes that waits too."""
        under_way = asyncio.Queue[tuple[float, bytes]](_MOST_UNDER_WAY)
        reading = asyncio.create_task(self._read(reader, under_way))
        try:
            with contextlib.suppress(OSError):
                while True:
                    due, data = await under_way.get()
                    await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
                    await self._passes[way].wait()
                    if not data or not self.lets_pass(way, data, notes):
                        return
                    writer.write(data)
                    await writer.drain()
        finally:
            reading.cancel()

    async def _read(self, reader: asyncio.StreamReader, under_way: asyncio.Queue[tuple[float, bytes]]) -> None:
        """Nothing is the end."""
        data = b"-"
        while data:
            try:
                data = await reader.read(_PIECE)
            except OSError:
                data = b""
            await under_way.put((asyncio.get_running_loop().time() + self.delay, data))
