"""What was said of the reps' leave, as one batch knows it."""

from collections.abc import Mapping

from agreement.leave import AwayTimes, RepWord, leave_of, remember


class Absences:
    """By rep; nothing of those of whom nothing was said."""

    def __init__(self, words: Mapping[str, tuple[RepWord, ...]]) -> None:
        self.changed: dict[str, tuple[RepWord, ...]] = {}
        self._words = dict(words)
        self._leave: dict[str, AwayTimes] = {}

    def __bool__(self) -> bool:
        """Whether anything was said of anybody."""
        return bool(self._words)

    def hear(self, rep: str, word: RepWord) -> None:
        """Remembers what is said now."""
        self._words[rep] = self.changed[rep] = remember(self._words.get(rep, ()), word)
        self._leave.pop(rep, None)

    def of(self, rep: str | None) -> AwayTimes:
        """The leave of this rep; nothing of nobody."""
        words = self._words.get(rep or "")
        if words is None or rep is None:
            return ()
        leave = self._leave.get(rep)
        if leave is None:
            leave = self._leave[rep] = leave_of(words)
        return leave
