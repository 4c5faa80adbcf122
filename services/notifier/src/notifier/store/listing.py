"""What /api/outbox lists."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from runtime.database.connection import Connection
from runtime.database.statement import statement

_COLUMNS: Final = """id, lead, kind, about, recipient, channel, assignment, payload, state, attempts, next_at, error,
    outbox, reference, body, made_at, at, digest"""
_OWN: Final = """(CAST(:reader AS text) IS NULL OR recipient = :reader OR split_part(recipient, ':', 2) = :reader)"""
"""Who may not see every message sees those to this rep: recipients are `rep-ana`, `manager:rep-ana`, `marketing`."""
_LIST: Final = statement(f"""
    SELECT {_COLUMNS} FROM notice
    WHERE (CAST(:made_at AS timestamptz) IS NULL OR (made_at, id) < (CAST(:made_at AS timestamptz), :id))
      AND (CAST(:lead AS text) IS NULL OR lead = :lead)
      AND (CAST(:state AS text) IS NULL OR state = :state) AND {_OWN}
    ORDER BY made_at DESC, id DESC LIMIT :limit
""")  # noqa: S608
_ONE: Final = statement(f"SELECT {_COLUMNS} FROM notice WHERE id = :id AND {_OWN}")  # noqa: S608
_STOPPED: Final = statement(
    "SELECT place, stopped AS reason, free_at AS next_try FROM pace WHERE stopped IS NOT NULL ORDER BY 1"
)


async def notices(
    tx: Connection,
    *,
    limit: int,
    after: tuple[datetime, str] | None,
    lead: str | None,
    state: str | None,
    reader: str | None = None,
) -> Sequence[Mapping[str, Any]]:
    """Newest first; `reader`: the rep to whom alone they are shown."""
    made_at, identity = after or (None, "")
    parameters = {"limit": limit, "made_at": made_at, "id": identity, "lead": lead, "state": state, "reader": reader}
    return [dict(row) for row in (await tx.execute(_LIST, parameters)).mappings()]


async def notice(tx: Connection, identity: str, reader: str | None = None) -> Mapping[str, Any] | None:
    """One notice by its id; None when there is none, or it is not to `reader`, where only those are shown."""
    row = (await tx.execute(_ONE, {"id": identity, "reader": reader})).mappings().one_or_none()
    return dict(row) if row else None


async def stopped_places(tx: Connection) -> Sequence[Mapping[str, Any]]:
    """Channels and addresses where nothing gets through until somebody acts."""
    return [dict(row) for row in (await tx.execute(_STOPPED)).mappings()]
