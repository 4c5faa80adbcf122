"""What Linux knows of a process and its descendants: memory, and processor time since it began."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def descendants(pid: int) -> list[int]:
    """Children, their children, and so on; without the process itself."""
    parents = {int(entry.name): _stat(int(entry.name)) for entry in _PROC.iterdir() if entry.name.isdecimal()}
    found, seen = [pid], list[int]()
    while found:
        parent = found.pop()
        children = [child for child, stat in parents.items() if stat and int(stat[1]) == parent]
        found += children
        seen += children
    return seen


def memory(pid: int, what: str) -> int:
    """Bytes; `what` is `Pss` (pages shared by n processes count one nth) or `Rss` (they count in full).

    0 when the process is gone: PostgreSQL's helpers come and go. Raises KeyError for another `what`.
    """
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    for line in lines:
        name, _, value = line.partition(":")
        if name == what:
            return int(value.split()[0]) * 1024
    raise KeyError(what)


def processor_seconds(pid: int) -> float:
    """User and system time of the process, and of all its children that have ended."""
    stat = _stat(pid)
    return sum(map(int, stat[11:15])) / _TICKS if stat else 0.0


def _stat(pid: int) -> list[str]:
    """Fields of `/proc/PID/stat` after the name: state, parent, ...; empty when the process is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
