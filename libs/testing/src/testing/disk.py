"""A small disk in memory that a test can fill to the last byte and empty again. Needs root (mount)."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from testing.servers import missing

_PIECE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """Mounted at `path`."""

    path: Path

    @property
    def _ballast(self) -> Path:
        return self.path / "ballast"

    def fill(self) -> None:
        """Takes all the space that is left; what others free afterwards stays free."""
        with self._ballast.open("ab", buffering=0) as file:
            while free := shutil.disk_usage(self.path).free:
                try:
                    file.write(bytes(min(free, _PIECE)))
                except OSError:
                    break

    def empty(self) -> None:
        """Gives back what `fill` took."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(*, megabytes: int) -> Iterator[SmallDisk]:
    """A file system of this size. The test is skipped where none can be mounted."""
    with tempfile.TemporaryDirectory(prefix="baton-disk-") as path:
        Path(path).chmod(0o755)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", path]
        if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
            missing("a small disk needs root and the right to mount")
        try:
            yield SmallDisk(Path(path))
        finally:
            subprocess.run(["umount", "-l", path], check=True)
