"""One broker for all workers of a test run: the first who asks starts it, and it ends when the run is gone."""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path
from typing import Final

from runtime.errors import Misconfigured
from testing.broker import open_broker
from testing.left_behind import environment

_PAUSE: Final = 0.5


def shared_broker(folder: Path, run: int) -> str:
    """Its address. `folder` is common to the workers; `run` is the process id of what they all work for.

    Raises Misconfigured when none can be started.
    """
    address = folder / "kafka"
    with (folder / "kafka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not address.exists():
            command = [sys.executable, "-m", __name__, str(run), str(address)]
            keeper = os.posix_spawn(sys.executable, command, environment(), setsid=True)  # nobody waits for its end
            while not address.exists():
                if os.waitpid(keeper, os.WNOHANG) != (0, 0):
                    raise Misconfigured("no broker could be started for the tests: what it said stands above")
                time.sleep(_PAUSE / 5)
        return address.read_text()


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def main(run: int, address: Path) -> None:
    """Writes the address down, and keeps the broker as long as that process lives: also when it was killed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open_broker() as bootstrap:
        written = address.with_suffix(".new")
        written.write_text(bootstrap)
        written.rename(address)
        while _alive(run):
            time.sleep(_PAUSE)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
