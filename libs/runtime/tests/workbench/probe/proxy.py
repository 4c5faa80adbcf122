"""Stands between a worker and PostgreSQL's socket: a link that may also swallow one answer to COMMIT."""

from pathlib import Path
from typing import Final
from urllib.parse import quote

from testing.link import Direction, Link

_SOCKET: Final = ".s.PGSQL.5432"


class Proxy(Link):
    def __init__(self, real: Path, here: Path, *, watch: str = "lane") -> None:
        super().__init__(real / _SOCKET, here / _SOCKET)
        self._here = here
        self._watch = watch.encode()
        self.lose_commits = 0
        """Answers to COMMIT still to be swallowed, on connections whose name ends with `watch`."""
        self.lost = 0

    def dsn(self, dsn: str) -> str:
        return f"{dsn.partition('?')[0]}?host={quote(str(self._here))}&port=5432"

    def lets_pass(self, way: Direction, data: bytes, notes: set[str]) -> bool:
        if way == "back":
            self.lost += "swallow" in notes
            return "swallow" not in notes
        if b"application_name" in data and self._watch + b"\0" in data:
            notes.add("watched")
        if "watched" in notes and self.lose_commits and b"COMMIT" in data:
            self.lose_commits -= 1
            notes.add("swallow")
        return True
