"""How long work has waited without moving. Pure: the caller says what it saw, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

Spot = tuple[int, str]
"""A lane, and what waits in it: a topic, `timers` or `shipping`."""
LONGEST: Final = 600.0
"""Seconds between two requests for one number at most; from the first on, each wait is twice the one before."""


@dataclass(slots=True)
class _Wait:
    mark: object
    since: float
    what: str
    times_asked: int = 0
    ask_at: float = 0.0


@dataclass(slots=True)
class Standstill:
    """Of one worker's lanes. Times are seconds of any clock that never goes back."""

    _waits: dict[Spot, _Wait] = field(default_factory=dict)

    def note(self, waiting: Mapping[Spot, tuple[object, str]], now: float) -> None:
        """What waits at this moment: a mark that changes whenever some of it is worked, and a few words about it."""
        before, self._waits = self._waits, {}
        for spot, (mark, what) in waiting.items():
            old = before.get(spot)
            wait = self._waits[spot] = old if old and old.mark == mark else _Wait(mark, now, what)
            wait.what = what

    def longer_than(self, seconds: float, now: float) -> list[tuple[Spot, str]]:
        """Where nothing has moved for so long, and the words that were said about it."""
        return [(spot, wait.what) for spot, wait in self._waits.items() if now - wait.since >= seconds]

    def has_asked(self, spot: Spot, mark: object) -> bool:
        """Whether its writer was asked, and nothing has moved since."""
        wait = self._waits.get(spot)
        return wait is not None and wait.mark == mark and wait.times_asked > 0

    def asks(self, spot: Spot, seconds: float, now: float) -> int:
        """The how many-th time the writer is to be asked now; 0 when it is not.

        After so many seconds of standing first, then after twice as many, and so on.
        """
        wait = self._waits.get(spot)
        if wait is None or now < max(wait.since + seconds, wait.ask_at):
            return 0
        wait.times_asked += 1
        wait.ask_at = now + min(LONGEST, seconds * 2**wait.times_asked)
        return wait.times_asked
