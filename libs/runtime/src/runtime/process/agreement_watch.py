"""Watches the folder of the agreement: by the times and sizes of its files, twice a second, never by their contents."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from agreement import Agreement
from agreement.loader import check
from agreement.source import forget_texts
from runtime.service import AgreementNotice

log = structlog.get_logger()
POLL: Final = 0.5
"""Seconds between two looks at the folder."""
_SHOWN: Final = 20
"""Findings in one line of the log."""
Marks = Mapping[str, tuple[int, int, int]]


@dataclass(slots=True)
class AgreementWatch:
    """Of one folder. What it finds out stands in the notice."""

    folder: Path
    notice: AgreementNotice
    _known: Marks
    """Marks of what was read last."""
    _seen: Marks
    """Marks of the last look: an edit is read once it is at rest for one look."""

    @classmethod
    def of(cls, folder: Path, notice: AgreementNotice) -> "AgreementWatch":
        """The folder as it is now counts as read."""
        marks = marks_of(folder)
        return cls(folder, notice, marks, marks)

    def at_rest_and_edited(self) -> bool:
        """One look: whether the files are others than those that were read, and the same as at the look before."""
        before, self._seen = self._seen, marks_of(self.folder)
        return self._seen == before and self._seen != self._known

    async def read(self, in_force: str) -> Agreement | None:
        """The edited agreement when it is well and another version than `in_force`; findings go to the notice."""
        self._known = self._seen
        edited, problems = await asyncio.to_thread(check, self.folder)
        forget_texts()
        self.notice.edits += 1
        self.notice.findings = tuple(problems)
        self.notice.refusal = None
        if problems or edited is None:
            found = [str(one) for one in problems[:_SHOWN]]
            log.error("the edited agreement is not taken", in_force=in_force, findings=found, of=len(problems))
            return None
        return edited if edited.version != in_force else None

    def again(self) -> None:
        """What was read last could not be taken now: it counts as unread."""
        self._known = {}


def marks_of(folder: Path) -> Marks:
    """Of each file its inode, its time of change in nanoseconds, and its size; empty for a folder that is gone."""
    marks = {}
    for pattern in ("*.yaml", "*.csv"):
        for path in folder.glob(pattern):
            try:
                found = path.stat()
            except OSError:
                continue
            marks[path.name] = (found.st_ino, found.st_mtime_ns, found.st_size)
    return marks
