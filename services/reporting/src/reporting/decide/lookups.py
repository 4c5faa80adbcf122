"""Topic `scores`: what enrichment providers did not tell."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

from events.lookups import LookupFailed
from reporting.decide.rows import Row, row
from reporting.decide.state import Fold, Handle
from runtime.values import Key


class FailedLookup(Row, frozen=True):
    """A provider told nothing of a company. Never changes."""

    table: ClassVar[str] = "failed_lookup"
    key: ClassVar[tuple[str, ...]] = ("domain", "event")
    domain: str
    event: str
    at: datetime
    provider: str
    reason: str


def on_lookup_failed(fold: Fold, event: LookupFailed) -> None:
    """Puts provider and reason."""
    fold.put(row(FailedLookup, event, domain=event.subject))


ROWS: Final = (FailedLookup,)
HANDLES: Final[Mapping[Key, Handle]] = {LookupFailed: on_lookup_failed}
