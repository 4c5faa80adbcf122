"""A clock that is wrong, for processes of C: their wall clock is as many seconds ahead as a file says. Needs gcc."""

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

_SOURCE: Final = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift(void) {
    char text[32] = {0};
    int file = open(getenv("CLOCK_SHIFT"), O_RDONLY);
    if (file < 0) return 0;
    long n = read(file, text, sizeof text - 1);
    close(file);
    return n > 0 ? atol(text) : 0;
}
int clock_gettime(clockid_t id, struct timespec *at) {
    int answer = syscall(SYS_clock_gettime, id, at);
    if (id == CLOCK_REALTIME) at->tv_sec += shift();
    return answer;
}
int gettimeofday(struct timeval *at, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


@dataclass(frozen=True, slots=True)
class ClockShift:
    """Give `environment` to a process before it starts."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """Makes a process read the shifted clock."""
        return {"LD_PRELOAD": str(self.folder / "shift.so"), "CLOCK_SHIFT": str(self.folder / "seconds")}

    def jump(self, seconds: int) -> None:
        """From now on the clock is so many seconds ahead of the right time; negative: behind."""
        new = self.folder / "new"
        new.write_text(str(seconds))
        new.chmod(0o644)
        new.rename(self.folder / "seconds")


@contextmanager
def clock_shift() -> Iterator[ClockShift]:
    """Right at first. The test is skipped where there is no compiler."""
    compiler = shutil.which("gcc")
    if compiler is None:
        missing("a clock that is wrong needs gcc")
    with tempfile.TemporaryDirectory(prefix="baton-clock-") as folder:
        Path(folder).chmod(0o755)
        found = ClockShift(Path(folder))
        source = Path(folder) / "shift.c"
        source.write_text(_SOURCE)
        subprocess.run([compiler, "-shared", "-fPIC", "-o", f"{folder}/shift.so", str(source)], check=True)
        os.chmod(f"{folder}/shift.so", 0o755)
        found.jump(0)
        yield found
