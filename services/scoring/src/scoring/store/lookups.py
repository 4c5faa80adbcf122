"""What enrichment providers are asked, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from runtime.database.connection import Connection
from runtime.database.statement import statement


@dataclass(frozen=True, slots=True)
class Lookup:
    """A provider is asked about a company."""

    provider: str
    domain: str
    until: datetime
    """Nobody waits for it any more."""
    attempts: int
    answered_at: datetime | None


_CLAIM_LOOKUPS = statement("""
    UPDATE enrichment e SET next_at = CAST(:until AS timestamptz), attempts = e.attempts + 1
    FROM (SELECT provider, domain FROM enrichment
          WHERE next_at <= CAST(:now AS timestamptz) AND provider = ANY (CAST(:providers AS text[]))
          ORDER BY next_at LIMIT :most FOR UPDATE SKIP LOCKED) due
    WHERE e.provider = due.provider AND e.domain = due.domain
    RETURNING e.provider, e.domain, e.until, e.attempts, e.answered_at
""")
_PUT_OFF = statement("UPDATE enrichment SET next_at = :at WHERE provider = :provider AND domain = :domain")
_CLOSE_LOOKUP = statement("""
    UPDATE enrichment SET next_at = NULL, attempts = 0, outcome = :outcome, answered_at = :answered_at
    WHERE provider = :provider AND domain = :domain
""")
_NEXT_LOOKUP = statement("SELECT min(next_at) FROM enrichment WHERE provider = ANY (CAST(:providers AS text[]))")
_CLAIMED_FOR: Final = timedelta(minutes=1)
"""A call that was cut off by a crash is made again after this time."""


async def claim_lookups(tx: Connection, providers: Sequence[str], now: datetime, most: int) -> list[Lookup]:
    """What these providers are to be asked now; nobody else asks the same for a minute."""
    given = {"providers": list(providers), "now": now, "until": now + _CLAIMED_FOR, "most": most}
    return [Lookup(*row) for row in await tx.execute(_CLAIM_LOOKUPS, given)]


async def put_off(tx: Connection, lookup: Lookup, at: datetime) -> None:
    """To be asked again then."""
    await tx.execute(_PUT_OFF, {"provider": lookup.provider, "domain": lookup.domain, "at": at})


async def close_lookup(tx: Connection, lookup: Lookup, outcome: str, answered_at: datetime | None) -> None:
    """Nothing is asked any more; `answered_at`: when it last answered."""
    given = {"provider": lookup.provider, "domain": lookup.domain, "outcome": outcome, "answered_at": answered_at}
    await tx.execute(_CLOSE_LOOKUP, given)


async def next_lookup(tx: Connection, providers: Sequence[str]) -> datetime | None:
    """When one of these providers is to be asked next; what others were asked is nobody's any more."""
    at: datetime | None = (await tx.execute(_NEXT_LOOKUP, {"providers": list(providers)})).scalar_one()
    return at
