"""What this process knows of the content library when it draws a card: in memory, and read anew at times."""

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Final

from agreement.content import LibraryAsset
from notifier.store import library as store
from runtime.database.connection import Connection

FRESH: Final = 60.0
"""Seconds after which it is read again: what other processes of this service heard of."""


class Library:
    """The library as of the last look; what this process hears of itself is in it at once."""

    def __init__(self) -> None:
        self._known: dict[str, LibraryAsset] = {}
        self._read_at: float | None = None

    @property
    def assets(self) -> Sequence[LibraryAsset]:
        """All there are, those that are out of date too; in no order."""
        return tuple(self._known.values())

    def put(self, assets: Mapping[str, LibraryAsset]) -> None:
        """These were published, by a transaction that is committed."""
        self._known |= assets

    async def refresh(self, tx: Connection) -> None:
        """Reads it when it was never read, or long ago; otherwise no statement."""
        now = monotonic()
        if self._read_at is None or now - self._read_at >= FRESH:
            self._known = await store.load(tx)
            self._read_at = now
