"""Links to sign in with: kept as digests, good once and for a quarter of an hour; how often one may ask for one."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.http.access_keys import digest
from runtime.http.problems import Overloaded
from runtime.http.tokens import LINK_LIFE, draw

PER_ACCOUNT: Final = 5
"""Links that may be asked for one address in a quarter of an hour, whether or not it is known."""
PER_ADDRESS: Final = 30
"""Requests from one IP address in a quarter of an hour: asked for links, and links tried."""
_WINDOW: Final = timedelta(minutes=15)

_SWEEP_ATTEMPTS = statement("""
    DELETE FROM house.sign_in_attempt WHERE at < clock_timestamp() - CAST(:window AS interval)
""")
_COUNT = statement("""
    SELECT count(*) FILTER (WHERE account = :account) AS account, count(*) FILTER (WHERE ip = :ip) AS ip
    FROM house.sign_in_attempt
    WHERE at >= clock_timestamp() - CAST(:window AS interval) AND (account = :account OR ip = :ip)
""")
_NOTE = statement("INSERT INTO house.sign_in_attempt (account, ip) VALUES (:account, :ip)")
_LOCK = statement("SELECT pg_advisory_xact_lock(hashtext('baton sign-in'))")
_MAKE = statement("INSERT INTO house.sign_in_link (digest, person, next) VALUES (:digest, :person, :next)")
_SWEEP_LINKS = statement("DELETE FROM house.sign_in_link WHERE made_at < clock_timestamp() - interval '1 day'")
_FRESH: Final = "digest = :digest AND used_at IS NULL AND made_at > clock_timestamp() - CAST(:life AS interval)"
_LOOK = statement(f"SELECT person, next FROM house.sign_in_link WHERE {_FRESH}")  # noqa: S608
_USE = statement(f"""
    UPDATE house.sign_in_link SET used_at = clock_timestamp() WHERE {_FRESH} RETURNING person, next
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class SignInLink:
    """Whom a link signs in, and where it leads then."""

    person: str
    next: str | None


async def count_attempt(tx: Connection, account: str, ip: str) -> None:
    """One more attempt for this account (any text, or none: "") from this address. Raises Overloaded when too many."""
    given = {"account": digest(account) if account else None, "ip": ip}
    await tx.execute(_LOCK)
    await tx.execute(_SWEEP_ATTEMPTS, {"window": _WINDOW})
    counts = (await tx.execute(_COUNT, {**given, "window": _WINDOW})).one()
    if counts.account >= PER_ACCOUNT or counts.ip >= PER_ADDRESS:
        raise Overloaded(
            "too many attempts to sign in; wait a quarter of an hour", retry_after=int(_WINDOW.total_seconds())
        )
    await tx.execute(_NOTE, given)


async def make_link(tx: Connection, person: str, following: str | None) -> str:
    """Returns the secret of a new link; `following` is the page that it leads to."""
    await tx.execute(_SWEEP_LINKS)
    secret = draw()
    await tx.execute(_MAKE, {"digest": digest(secret), "person": person, "next": following})
    return secret


async def sweep_links(tx: Connection) -> None:
    """Takes away links and attempts that count no more."""
    await tx.execute(_SWEEP_LINKS)
    await tx.execute(_SWEEP_ATTEMPTS, {"window": _WINDOW})


async def look_at_link(tx: Connection, secret: str) -> SignInLink | None:
    """Whose it is, without using it: programs that check mails open every link in them."""
    row = (await tx.execute(_LOOK, {"digest": digest(secret), "life": LINK_LIFE})).one_or_none()
    return SignInLink(row.person, row.next) if row else None


async def use_link(tx: Connection, secret: str) -> SignInLink | None:
    """Uses it up; None when it was used before, is too old, or never was. Of two at once one gets it."""
    row = (await tx.execute(_USE, {"digest": digest(secret), "life": LINK_LIFE})).one_or_none()
    return SignInLink(row.person, row.next) if row else None
