"""All that is known of one company: its people, what is said of it, its deals, and what sales says of it."""

from collections.abc import Sequence
from typing import Final

from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_PEOPLE: Final = statement("""
    SELECT c.id, c.email, c.name, c.title, c.company, c.stage, c.status, c.owner, c.fit, c.engagement, c.total, c.band,
           c.last_engaged, c.captured_at, c.flags, person.facts
    FROM standing s JOIN lead_card c ON c.id = s.lead JOIN person ON person.lead = s.lead
    WHERE s.domain = :domain AND (c.erased_at IS NULL OR c.email IS NOT NULL)
    ORDER BY c.total DESC NULLS LAST, c.last_engaged DESC NULLS LAST, c.id
""")
_NEWS = statement(
    "SELECT event, at, source, happened, facts FROM company_news WHERE domain = :domain ORDER BY at, event"
)
_DEALS = statement("""
    SELECT * FROM deal_card WHERE deal IN (SELECT deal FROM contact WHERE contact.lead = ANY (CAST(:leads AS text[])))
    ORDER BY opened_at DESC NULLS LAST, deal
""")
_WORDS = statement("""
    SELECT kind, by, at, note FROM remark
    WHERE kind IN ('suppressed', 'handed_back') AND (
        lower(account) = ANY (CAST(:names AS text[])) OR (account IS NULL AND (
            lead = ANY (CAST(:leads AS text[])) OR lower(lead) = ANY (CAST(:names AS text[])))))
    ORDER BY at DESC, recorded_at DESC LIMIT 1
""")


async def people(tx: Connection, domain: str) -> list[DatabaseRow]:
    """Who works there, by the surviving domain of the company; the best first. `facts` are the person's claims."""
    return await select(tx, _PEOPLE, {"domain": domain})


async def news(tx: Connection, domain: str) -> list[DatabaseRow]:
    """What was said of the company as such, oldest first."""
    return await select(tx, _NEWS, {"domain": domain})


async def deals(tx: Connection, leads: Sequence[str]) -> list[DatabaseRow]:
    """Deals of which one of the leads is a contact; those opened last come first."""
    return await select(tx, _DEALS, {"leads": list(leads)})


async def last_word(tx: Connection, leads: Sequence[str], names: Sequence[str]) -> DatabaseRow | None:
    """What sales last said of the account (`suppressed` or `handed_back`), by whom and when; by its people or names."""
    rows = await select(tx, _WORDS, {"leads": list(leads), "names": [name.lower() for name in names]})
    return rows[0] if rows else None
