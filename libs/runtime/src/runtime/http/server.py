"""The HTTP server: takes its port before anything else starts, and lets go of open streams when it must stop."""

import asyncio
import contextlib
import socket

import uvicorn
from starlette.types import ASGIApp

from runtime.errors import Misconfigured

GRACE_SECONDS = 3
"""An open event stream would keep uvicorn alive for ever."""


def bind(host: str, port: int) -> socket.socket:
    """Raises Misconfigured when the port is taken, which is the commonest first error of a newcomer."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        raise Misconfigured(
            f"cannot listen on {host}:{port} ({error.strerror}). Is another Baton running there? "
            f"Stop it, or choose another port: --port {port + 1}"
        ) from error
    listening.setblocking(False)
    return listening


class _Uvicorn(uvicorn.Server):
    """uvicorn's server, which looks ten times a second whether it is to end; this one is told."""

    ending: asyncio.Event | None = None

    async def main_loop(self) -> None:
        """Once a second, for the date that answers carry."""
        self.ending = asyncio.Event()
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ending.wait(), 1)

    def end(self) -> None:
        """Begins its shutdown."""
        self.should_exit = True
        if self.ending is not None:
            self.ending.set()


class Server:
    """uvicorn on a socket that is already ours."""

    def __init__(self, app: ASGIApp, listening: socket.socket) -> None:
        self._socket = listening
        self._server = _Uvicorn(
            uvicorn.Config(
                app,
                loop="none",
                http="httptools",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
                timeout_keep_alive=30,
            )
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port that the socket has: a free one was chosen where 0 was asked for."""
        port: int = self._socket.getsockname()[1]
        return port

    async def start(self) -> None:
        """Returns when requests are answered; raises what ended uvicorn before that."""
        with contextlib.suppress(AttributeError):
            self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]), name="http")
        while not self._server.started:
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Takes no more requests, waits a few seconds for those under way, and closes the socket."""
        self._server.end()
        if self._task:
            await asyncio.wait_for(self._task, GRACE_SECONDS + 5)
        self._socket.close()
