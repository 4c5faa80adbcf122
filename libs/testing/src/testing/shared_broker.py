"""One broker for all workers of a test run: the first who asks starts it, and it ends when the run is gone."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from runtime.errors import Misconfigured
from testing.broker import open_broker

_PAUSE: Final = 0.5
_keepers: Final[list[subprocess.Popen[str]]] = []
"""Nobody waits for them: each ends by itself."""


def shared_broker(folder: Path, run: int) -> str:
    """Its address. `folder` is common to the workers; `run` is the process id of what they all work for."""
    address = folder / "kafka"
    with (folder / "kafka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not address.exists():
            command = [sys.executable, "-m", __name__, str(run)]
            keeper = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
            _keepers.append(keeper)
            assert keeper.stdout is not None
            with keeper.stdout as said:
                bootstrap = said.readline().strip()
            if not bootstrap:
                raise Misconfigured("no broker could be started for the tests: what it said stands above")
            address.write_text(bootstrap)
    return address.read_text()


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def main(run: int) -> None:
    """Says the address, and keeps the broker as long as that process lives: also when it was killed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open_broker() as bootstrap:
        sys.stdout.write(f"{bootstrap}\n")
        sys.stdout.flush()
        while _alive(run):
            time.sleep(_PAUSE)


if __name__ == "__main__":
    main(int(sys.argv[1]))
