"""Ports for what a test starts: drawn once on a machine, whoever else draws there."""

import fcntl
import os
import socket
import tempfile
from pathlib import Path
from random import SystemRandom
from typing import Final

_PORTS: Final = (10_100, 16_000)
"""Above the last that browsers refuse to open (10,080, of Amanda), below those that systems give to outgoing
connections (Linux from 32,768 on, gVisor from 16,000)."""
_drawn: list[int] = []
"""Descriptors of notes that this process holds a port, locked as long as it lives: nobody draws it between our look
and our use."""


def free_port() -> int:
    """A TCP port on loopback that nobody listens to, and that no other test process of this machine is given."""
    notes = Path(tempfile.gettempdir()) / f"baton-ports-{os.geteuid()}"
    notes.mkdir(exist_ok=True)
    while True:
        port = SystemRandom().randrange(*_PORTS)
        if _noted(notes / str(port)) and not _taken(port):
            return port


def _noted(path: Path) -> bool:
    note = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(note)
        return False
    _drawn.append(note)
    return True


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
