"""Worker processes without the wait: one process imports everything, then forks a worker whenever it is asked to."""

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

import uvloop

from probe import __main__ as worker
from runtime.transport import fault_point
from testing.service import SHIPPED
from testing.waiting import PATIENCE, until


class Worker:
    """A process that the nursery forked; it can be killed and frozen like any other."""

    def __init__(self, pid: int, data: Path) -> None:
        self.pid = pid
        self._data = data

    @property
    def state(self) -> str:
        """`X` when it is gone, `T` when it is frozen, else alive."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0].replace("Z", "X")
        except (FileNotFoundError, ProcessLookupError):
            return "X"

    @property
    def gone(self) -> bool:
        return self.state == "X"

    @property
    def up(self) -> bool:
        return (self._data / f"up-{self.pid}").exists()

    @property
    def code(self) -> int | None:
        """None when it did not end by itself."""
        note = self._data / f"exit-{self.pid}"
        return int(note.read_text()) if note.exists() else None

    def signal(self, number: signal.Signals) -> None:
        if not self.gone:
            os.kill(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Is it gone by then?"""
        with contextlib.suppress(TimeoutError):
            until(lambda: self.gone, seconds)
        return self.gone


class Nursery:
    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "probe.nursery"],
            env={**os.environ, "PYTHONPATH": str(path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def spawn(self, names: str, data: Path, environment: dict[str, str]) -> Worker:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"names": names, "data": str(data), "environment": environment}) + "\n")
        self._process.stdin.flush()
        return Worker(int(self._process.stdout.readline()), data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    worker.terms(SHIPPED)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _child(**json.loads(line))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _child(names: str, data: str, environment: dict[str, str]) -> None:
    code = 70
    folder = Path(data)
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(folder / "workers.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.environ.update(environment)
        importlib.reload(fault_point)
        code = uvloop.run(worker.main(names, (folder / f"up-{os.getpid()}").touch))
    finally:
        (folder / f"exit-{os.getpid()}").write_text(str(code))
        os._exit(code)


if __name__ == "__main__":
    main()
