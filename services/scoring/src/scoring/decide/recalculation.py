"""Why a standing is computed again, with all that announcing it asks for."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from events import Cause
from events.scores import MovedSignal, ScoreReason
from scoring.decide.state import LedgerLine

NO_LINES: Final[Mapping[str, Sequence[LedgerLine]]] = MappingProxyType({})


class News(Struct, frozen=True):
    """What an engagement changed of the signals and assets."""

    signal: MovedSignal | None
    asset: str | None
    whole: bool
    """More than these two changed: all are to be told."""


ALL_NEW: Final = News(None, None, whole=True)


class Recalculation(Struct, frozen=True):
    """Why the standing of a lead is computed again, and what its facts inherit from the event behind it."""

    reason: ScoreReason
    cause: Cause
    kind: str | None = None
    """Of the engagement, if it was one."""
    hand_raised: bool = False
    """A person raised a hand, right now."""
    added: Mapping[str, Sequence[LedgerLine]] = NO_LINES
    taken: Mapping[str, Sequence[LedgerLine]] = NO_LINES
    """Lines by model that are new, and those that do not hold any more."""
    refolded: bool = False
    """The past was folded again: what is shown of it has to be read anew."""
    news: News | None = None
    """Of a person's engagement that is a signal, or names an asset: announced though no figure changes."""

    @property
    def trigger(self) -> str:
        """What qualified the lead, in a word: the engagement's kind, `facts` or `decay`."""
        return self.kind or ("decay" if self.reason == "decay" else "facts")
