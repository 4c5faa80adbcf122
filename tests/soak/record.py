"""What was sent and what was answered, in a file that outlives everything: what was accepted is known whatever dies."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson


class Recorder:
    """Writes a line before each request and one after its answer, both on the disk when the call returns."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")
        self.sent = self.accepted = 0
        """Messages, the repeated ones counted each time; those answered with 2xx."""
        self.answers: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        self._file.close()

    def request(self, messages: Sequence[str]) -> None:
        """These message ids are about to be sent."""
        self.sent += len(messages)
        self._write({"sent": list(messages)})

    def answer(self, messages: Sequence[str], status: int | str) -> None:
        """The HTTP status that came back, or in words why none did."""
        if isinstance(status, int) and status < 300:
            self.accepted += len(messages)
        self.answers[str(status)] += 1
        self._write({"answered": list(messages), "status": status})

    def _write(self, line: dict[str, object]) -> None:
        self._file.write(orjson.dumps(line) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


@dataclass(frozen=True, slots=True)
class Record:
    """The file, read."""

    sent: set[str] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)
    """Answered with 2xx at least once."""

    @property
    def doubtful(self) -> set[str]:
        """Never answered with 2xx: kept or not, nobody knows."""
        return self.sent - self.accepted


def read_record(path: Path) -> Record:
    """Of a recorder that may have died in the middle of its last line."""
    record = Record()
    for line in path.read_bytes().split(b"\n")[:-1]:
        one = orjson.loads(line)
        if "sent" in one:
            record.sent.update(one["sent"])
        elif isinstance(one["status"], int) and one["status"] < 300:
            record.accepted.update(one["answered"])
    return record
