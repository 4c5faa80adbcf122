"""Access keys: public write keys and secret server keys, kept as digests; the plain text exists once, at birth."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Final, Literal

import orjson

from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.errors import Misconfigured

KeyKind = Literal["write", "server"]
SCOPES: Final = ("ingest", "sales", "read", "admin")
PARTNER: Final = "partner:"
"""Begins the scope of a partner's key, before the partner's id: it may what somebody of the partner may."""
KIOSK: Final = "kiosk"
"""The scope of a key that stands in the address of a screen on a wall: it opens that page and nothing else."""
_KEEP_SECONDS: Final = 5.0
_KEEP_MOST: Final = 10_000

_FIND = statement("SELECT id, kind, source, scopes FROM house.access_key WHERE digest = :digest AND revoked_at IS NULL")
_ADD = statement("""
    INSERT INTO house.access_key (id, kind, digest, source, scopes)
    VALUES (:id, :kind, :digest, :source, CAST(:scopes AS text[]))
""")
_LIST = statement(
    "SELECT id, kind, source, scopes, created_at, revoked_at FROM house.access_key ORDER BY created_at, id"
)
_REVOKE = statement("UPDATE house.access_key SET revoked_at = clock_timestamp() WHERE id = :id AND revoked_at IS NULL")


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key that is valid now, without its secret."""

    id: str
    kind: KeyKind
    source: str
    """Bound to one source: duplicates are recognised within it."""
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether the key has this scope; `admin` includes all."""
        return scope in self.scopes or "admin" in self.scopes

    @property
    def partner(self) -> str | None:
        """Id of the partner whose key it is; None for every other key."""
        return next((one.removeprefix(PARTNER) for one in sorted(self.scopes) if one.startswith(PARTNER)), None)


def check_scopes(scopes: Sequence[str]) -> None:
    """Raises Misconfigured for a scope that does not exist, and for a partner's key with any other scope."""
    of_partner = [scope for scope in scopes if scope.startswith(PARTNER)]
    unknown = sorted(set(scopes) - {*SCOPES, KIOSK, "write", *(one for one in of_partner if one != PARTNER)})
    if unknown:
        raise Misconfigured(f"no such scope: {', '.join(unknown)}. There are {', '.join(SCOPES)}, and {PARTNER}ID")
    if of_partner and len(scopes) > 1:
        raise Misconfigured(f"{of_partner[0]} is a partner's: such a key has no other scope")


def digest(secret: str) -> bytes:
    """The keys are long and random, so a plain hash is as good as a slow one."""
    return sha256(secret.encode()).digest()


async def create(tx: Connection, kind: KeyKind, source: str, scopes: Sequence[str]) -> tuple[str, str]:
    """Returns (id, plain text). Run on an admin connection: services may only read keys."""
    identity = secrets.token_hex(4)
    secret = f"{'wk' if kind == 'write' else 'lk'}_{identity}{secrets.token_urlsafe(24)}"
    given = {"id": identity, "kind": kind, "digest": digest(secret), "source": source, "scopes": list(scopes)}
    await tx.execute(_ADD, given)
    return identity, secret


async def every(tx: Connection) -> list[dict[str, object]]:
    """All keys, revoked ones too, oldest first; their secrets are not known to the house."""
    return [dict(row) for row in (await tx.execute(_LIST)).mappings()]


async def revoke(tx: Connection, identity: str) -> bool:
    """False when there is no such key, or it is revoked already."""
    return (await tx.execute(_REVOKE, {"id": identity})).rowcount == 1


class Keys:
    """Looks keys up, remembering each answer for a few seconds (so a revoked key lives that much longer)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[bytes, tuple[float, KeyInfo | None]] = {}

    async def find(self, secret: str) -> KeyInfo | None:
        """The key with this secret; None when there is none or it is revoked."""
        mark = digest(secret)
        until, info = self._known.get(mark, (0.0, None))
        if until > monotonic():
            return info
        async with self._database.begin() as tx:
            row = (await tx.execute(_FIND, {"digest": mark})).one_or_none()
        info = KeyInfo(row.id, row.kind, row.source, frozenset(row.scopes)) if row else None
        if len(self._known) >= _KEEP_MOST:
            self._known.clear()
        self._known[mark] = (monotonic() + _KEEP_SECONDS, info)
        return info

    async def check(self, secret: str, scope: str) -> KeyInfo | None:
        """The key, if it exists and may do this."""
        info = await self.find(secret)
        return info if info and info.may(scope) else None


def to_file(write_key: str, server_key: str) -> bytes:
    """What DATA/keys.json holds."""
    return orjson.dumps({"write_key": write_key, "server_key": server_key}, option=orjson.OPT_INDENT_2)


def first_keys(data: Path) -> dict[str, str]:
    """`write_key` and `server_key` of an embedded house, from its folder; empty elsewhere."""
    try:
        keys = orjson.loads((data / "keys.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return {str(name): str(key) for name, key in keys.items()}
