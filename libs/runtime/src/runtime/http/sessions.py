"""Sessions of people who signed in: `house.session` holds a digest of each, never the cookie's value."""

from dataclasses import dataclass
from typing import Final, Literal

from runtime.database.connect import Database
from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.http.access_keys import digest
from runtime.http.tokens import IDLE, LONGEST, draw

Manner = Literal["mail", "oidc", "switch"]
"""How somebody signed in: by a mailed link, at the provider, or by the switcher of a house on one's own machine."""
_ALIVE: Final = (
    "seen_at > clock_timestamp() - CAST(:idle AS interval) AND made_at > clock_timestamp() - CAST(:longest AS interval)"
)
_FIND = statement(f"""
    SELECT person, manner, seen_at < clock_timestamp() - interval '1 minute' AS stale FROM house.session
    WHERE digest = :digest AND {_ALIVE}
""")  # noqa: S608
_TOUCH = statement("UPDATE house.session SET seen_at = clock_timestamp() WHERE digest = :digest")
_OPEN = statement("INSERT INTO house.session (digest, person, manner) VALUES (:digest, :person, :manner)")
_END = statement("DELETE FROM house.session WHERE digest = :digest")
_SWEEP = statement(f"DELETE FROM house.session WHERE NOT ({_ALIVE})")  # noqa: S608
_LIFE: Final = {"idle": IDLE, "longest": LONGEST}


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is valid now."""

    person: str
    """Id of a user of the agreement; whether there is such a user still is for the reader to look up."""
    manner: Manner
    secret: str
    """The cookie's value: what forms must bring is derived from it."""


async def find_session(database: Database, secret: str) -> Session | None:
    """The session of this cookie; None for a wrong one, and for one that is over. Using it keeps it from idling."""
    mark = digest(secret)
    async with database.begin() as tx:
        row = (await tx.execute(_FIND, {"digest": mark, **_LIFE})).one_or_none()
        if row is not None and row.stale:
            await tx.execute(_TOUCH, {"digest": mark})
    return Session(row.person, row.manner, secret) if row else None


async def open_session(tx: Connection, person: str, manner: Manner, *, instead_of: str | None = None) -> str:
    """A new session; returns the cookie's value. The one that the browser had before is over (`instead_of`)."""
    if instead_of is not None:
        await end_session(tx, instead_of)
    await sweep_sessions(tx)
    secret = draw()
    await tx.execute(_OPEN, {"digest": digest(secret), "person": person, "manner": manner})
    return secret


async def sweep_sessions(tx: Connection) -> None:
    """Takes away what is over."""
    await tx.execute(_SWEEP, _LIFE)


async def end_session(tx: Connection, secret: str) -> None:
    """It is over for every process at once."""
    await tx.execute(_END, {"digest": digest(secret)})
