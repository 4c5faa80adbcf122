"""The audit: who did what to which object, when, and under which request.

Rows are added and never changed; they go when their time is over (`BATON_AUDIT_DAYS`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from events.leads import lead_id
from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.statement import statement

log = structlog.get_logger()
LOOK_AT_LEAD: Final = "looked at a lead"
_KEY: Final = "audit"
_FAILED: Final = 400
_ADD = statement("""
    INSERT INTO house.audit (who, manner, on_behalf, action, object, request_id, ip)
    VALUES (:who, :manner, :on_behalf, :action, :object, :request_id, :ip)
""")
_FORGET = statement("SELECT house.forget_audit(:days)")
_LIST = statement("""
    SELECT id, at, who, manner, on_behalf, action, object, request_id, ip FROM house.audit
    WHERE (CAST(:before AS bigint) IS NULL OR id < :before)
      AND (CAST(:who AS text) IS NULL OR who = :who) AND (CAST(:object AS text) IS NULL OR object = :object)
    ORDER BY id DESC LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that somebody did, or saw."""

    who: str
    """Id of a user of the agreement, `key 1a2b3c4d (crm)`, or `somebody at this machine`."""
    manner: str
    """`mail`, `oidc`, `switch`, `key` or `machine`."""
    action: str
    object: str
    """Its id; no name and no address."""
    request_id: str
    ip: str
    on_behalf: str | None = None
    """Rep id, where it was done in somebody else's place."""


def object_id(name: str) -> str:
    """What the audit calls something that a request names: an address is none of its words, the lead of it is.

    The audit outlives who asks to be forgotten.
    """
    _, at, after = name.rpartition("@")
    is_address = at and not after.isdigit()  # `sales/3/12@2` is the id of an event
    return lead_id(name.strip().lower()) if is_address else name


async def add_entries(tx: Connection, entries: Sequence[AuditEntry]) -> None:
    """Appends them in order; the time is the database's."""
    for entry in entries:
        await tx.execute(_ADD, asdict(entry))


async def audit_entries(
    tx: Connection, *, limit: int, before: int | None = None, who: str | None = None, about: str | None = None
) -> list[dict[str, Any]]:
    """The newest first, below the id `before`; of one person, or about one object."""
    given = {"limit": limit, "before": before, "who": who, "object": about}
    return [dict(row) for row in (await tx.execute(_LIST, given)).mappings()]


async def forget_audit(tx: Connection, days: int) -> int:
    """Takes away what is older, but nothing of the last year; returns how many rows went."""
    return int((await tx.execute(_FORGET, {"days": days})).scalar_one())


def note(scope: Scope, entry: AuditEntry) -> None:
    """To be written when the request is answered, unless it is refused."""
    scope.setdefault("state", {})[_KEY] = [entry]


def note_look(scope: Scope, who: str, manner: str, about: str, ip: str) -> None:
    """A request that is no look at one lead by its address has shown this one all the same."""
    note(scope, AuditEntry(who, manner, LOOK_AT_LEAD, about, str(scope.get("request_id", "")), ip))


def describe(scope: Scope, what: Sequence[tuple[str, str, str | None]]) -> None:
    """Says more exactly what the request did: (action, object, on whose behalf) for each part of it.

    Where nothing was noted of the request (a key of a tool reports sales facts) nothing is.
    """
    for entry in scope.get("state", {}).get(_KEY, ())[:1]:
        exact = [replace(entry, action=action, object=about, on_behalf=rep) for action, about, rep in what]
        scope["state"][_KEY] = exact


def identify(scope: Scope, about: str) -> None:
    """Says by its id what the request was about, for who has looked it up: a lead may have joined another.

    Where nothing was noted of the request nothing is.
    """
    for entry in scope.get("state", {}).get(_KEY, ())[:1]:
        scope["state"][_KEY] = [replace(entry, object=about)]


class AuditWriter:
    """Writes what was noted of a request before its answer leaves."""

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self._app = app
        self._database = database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI wants it. An audit that cannot be written is an error in the log: what was done is done."""

        async def answered(message: Message) -> None:
            entries = scope.get("state", {}).get(_KEY) if message["type"] == "http.response.start" else None
            if entries and message["status"] < _FAILED:
                scope["state"][_KEY] = None
                await self._write(entries)
            await send(message)

        await self._app(scope, receive, answered)

    async def _write(self, entries: Sequence[AuditEntry]) -> None:
        try:
            async with self._database.begin() as tx:
                await add_entries(tx, entries)
        except Exception as error:
            log.error("the audit cannot be written", entries=[one.action for one in entries], exc_info=error)
