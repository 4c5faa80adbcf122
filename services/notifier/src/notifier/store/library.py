"""The content library (table `asset`): what cards recommend from."""

from collections.abc import Mapping
from typing import Final

from agreement.content import LibraryAsset
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.database.upsert import Upsert

_COLUMNS: Final = {
    "asset": "text",
    "kind": "text",
    "title": "text",
    "published_at": "timestamptz",
    "url": "text",
    "persona": "text",
    "stage": "text",
    "until": "date",
}
_LOAD: Final = statement(f"SELECT {', '.join(_COLUMNS)} FROM asset")  # noqa: S608
_SAVE: Final = Upsert("asset", ["asset"], _COLUMNS)


async def load(tx: Connection) -> dict[str, LibraryAsset]:
    """All assets by id."""
    return {row.asset: LibraryAsset(*row) for row in await tx.execute(_LOAD)}


async def save(tx: Connection, assets: Mapping[str, LibraryAsset]) -> None:
    """A later publication of an asset takes the place of the earlier; none: no statement."""
    await _SAVE(tx, list(assets.values()))
