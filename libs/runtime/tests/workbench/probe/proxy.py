"""Stands between a worker and PostgreSQL's socket: cuts all connections, or swallows one answer to COMMIT."""

import asyncio
import contextlib
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

_SOCKET: Final = ".s.PGSQL.5432"


class Proxy:
    def __init__(self, real: Path, here: Path, *, watch: str = "lane") -> None:
        self._real = real / _SOCKET
        self._here = here
        self._watch = watch.encode()
        self._writers = set[asyncio.StreamWriter]()
        self._tasks = set[asyncio.Task[None]]()
        self._server: asyncio.Server | None = None
        self._away = False
        self.lose_commits = 0
        """Answers to COMMIT still to be swallowed, on connections whose name ends with `watch`."""
        self.lost = 0

    def dsn(self, dsn: str) -> str:
        return f"{dsn.partition('?')[0]}?host={quote(str(self._here))}&port=5432"

    async def __aenter__(self) -> Self:
        self._here.mkdir(parents=True, exist_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._here / _SOCKET)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def away(self) -> None:
        """As if the server were gone: open connections break, new ones too."""
        self._away = True
        self.cut()

    def back(self) -> None:
        self._away = False

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            if not self._away:
                await self._join(reader, writer)
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_unix_connection(self._real)
        self._writers.add(upstream_writer)
        state = {"watched": False, "swallow": False}
        try:
            await asyncio.wait(
                [
                    asyncio.create_task(self._towards_server(reader, upstream_writer, state)),
                    asyncio.create_task(self._towards_client(upstream_reader, writer, state)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            self._writers.discard(upstream_writer)
            upstream_writer.transport.abort()
            writer.transport.abort()

    async def _towards_server(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, state: dict[str, bool]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                state["watched"] = state["watched"] or (b"application_name" in data and self._watch + b"\0" in data)
                if state["watched"] and self.lose_commits and b"COMMIT" in data:
                    self.lose_commits -= 1
                    state["swallow"] = True
                writer.write(data)
                await writer.drain()

    async def _towards_client(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, state: dict[str, bool]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if state["swallow"]:
                    self.lost += 1
                    return
                writer.write(data)
                await writer.drain()
