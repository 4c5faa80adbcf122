"""The data folder of an embedded house: one process at a time, room on its disk, and the account PostgreSQL runs as."""

import contextlib
import fcntl
import os
import pwd
import shutil
import stat
from pathlib import Path
from typing import IO, Any, Final

from runtime.errors import Misconfigured

_ROOM_NEEDED: Final = 200 * 1024 * 1024
"""Bytes."""


class FolderInUse(Misconfigured):
    """Another process has the folder."""


class DataFolder:
    """Taken by one process at a time. Where that process is root's, parts of it are handed to another account."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None
        self._account: pwd.struct_passwd | None = None

    def take(self) -> None:
        """Locks the folder until `release`, or until this process ends, however it ends.

        Raises FolderInUse when another process has it, Misconfigured when it cannot be written or its disk is full.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / "house.lock").open("a+")
        except OSError as error:
            raise Misconfigured(
                f"The data folder {self.path} cannot be written ({error.strerror}). "
                "Give this account the right to write there, or choose another folder with --data."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise FolderInUse(
                f"Another Baton (process {owner}) works in {self.path}. "
                "Stop it first, or give this one a folder of its own with --data."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        self._check_room()

    def release(self) -> None:
        """Another process may take the folder; nothing happens when it was not taken."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _check_room(self) -> None:
        free = shutil.disk_usage(self.path).free
        if free < _ROOM_NEEDED:
            self.release()
            raise Misconfigured(
                f"The disk of {self.path} has {free // 1024**2} MB left, PostgreSQL needs {_ROOM_NEEDED // 1024**2}. "
                "Make room, or choose a folder on another disk with --data."
            )

    def lend(self, programs: Path) -> None:
        """As root: chooses the account PostgreSQL will run as, and lets it through to the folder and the programs.

        Raises Misconfigured when there is no such account.
        """
        self._account = _account(self.path)
        if self._account:
            _open_way(self.path, self._account)
            _open_way(programs, self._account)

    @property
    def owner(self) -> int:
        """User id of the account that PostgreSQL runs as."""
        return self._account.pw_uid if self._account else os.getuid()

    @property
    def identity(self) -> dict[str, Any]:
        """Arguments of `subprocess` that start a program as that account; none when it is our own."""
        if self._account is None:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}

    def hand_over(self, folder: Path) -> None:
        """Gives a folder to that account and closes it to everyone else."""
        if self._account and folder.stat().st_uid != self._account.pw_uid:
            os.chown(folder, self._account.pw_uid, self._account.pw_gid)
        folder.chmod(0o700)


def _account(data: Path) -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: root lends it another account, the same one each time."""
    if os.geteuid() != 0:
        return None
    pgdata = data / "postgres"
    if pgdata.exists() and pgdata.stat().st_uid:
        return pwd.getpwuid(pgdata.stat().st_uid)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Misconfigured("PostgreSQL refuses to run as root and there is no account `postgres` or `nobody` to lend it.")


def _open_way(target: Path, account: pwd.struct_passwd) -> None:
    """Let the account pass through (not look into) the folders above the target."""
    for folder in (target, *target.parents):
        mode = folder.stat().st_mode
        if folder.stat().st_uid != account.pw_uid and not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
