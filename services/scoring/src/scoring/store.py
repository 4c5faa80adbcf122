"""All SQL of scoring: leads with their state, what is known of persons and companies, and the lines of the ledgers."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from zlib import crc32

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from scoring.decide import Outcome, record
from scoring.decide.state import Company, Lead, LedgerLine

_BUCKETS: Final = 64
"""Locks for company domains: few, so that a batch of newcomers cannot fill the server's lock table."""

_LOCK_LEADS = text("""
    SELECT lead.lead, lead.gone, lead.domain, lead.state, person.facts
    FROM lead LEFT JOIN person USING (lead)
    WHERE lead.lead = ANY (CAST(:leads AS text[])) ORDER BY lead.lead FOR UPDATE OF lead
""")
_LOCK_DOMAINS = text("""
    SELECT count(*) FROM (
        SELECT CASE WHEN alone THEN pg_advisory_xact_lock(CAST(:space AS int), bucket)
                    ELSE pg_advisory_xact_lock_shared(CAST(:space AS int), bucket) END
        FROM (SELECT * FROM unnest(CAST(:buckets AS int[]), CAST(:alone AS bool[])) AS wanted(bucket, alone)
              ORDER BY bucket) AS ordered) AS locked
""")
_COMPANIES = text("SELECT domain, facts FROM company WHERE domain = ANY (CAST(:domains AS text[]))")
_PEOPLE = text("SELECT domain, lead FROM lead WHERE domain = ANY (CAST(:domains AS text[])) ORDER BY lead")
_SAVE_LEADS = text("""
    INSERT INTO lead (lead, gone, domain, state)
    SELECT * FROM unnest(CAST(:leads AS text[]), CAST(:gone AS text[]), CAST(:domains AS text[]),
                         CAST(:states AS jsonb[]))
    ON CONFLICT (lead) DO UPDATE SET gone = excluded.gone, domain = excluded.domain, state = excluded.state
""")
_SAVE_PERSONS = text("""
    INSERT INTO person (lead, facts) SELECT * FROM unnest(CAST(:leads AS text[]), CAST(:facts AS jsonb[]))
    ON CONFLICT (lead) DO UPDATE SET facts = excluded.facts
""")
_FORGET_PERSONS = text("DELETE FROM person WHERE lead = ANY (CAST(:leads AS text[]))")
_FORGET_LINES = text("DELETE FROM line WHERE lead = ANY (CAST(:leads AS text[]))")
_DROP_LINES = text("""
    DELETE FROM line USING unnest(CAST(:leads AS text[]), CAST(:models AS text[]), CAST(:at AS timestamptz[]),
                                  CAST(:events AS text[]), CAST(:rules AS text[])) AS gone(lead, model, at, event, rule)
    WHERE (line.lead, line.model, line.at, line.event, line.rule)
        = (gone.lead, gone.model, gone.at, gone.event, gone.rule)
""")
_ADD_LINES = text("""
    INSERT INTO line (lead, model, at, event, rule, points, because)
    SELECT * FROM unnest(CAST(:leads AS text[]), CAST(:models AS text[]), CAST(:at AS timestamptz[]),
                         CAST(:events AS text[]), CAST(:rules AS text[]), CAST(:points AS int[]),
                         CAST(:because AS text[]))
""")
_SAVE_COMPANIES = text("""
    INSERT INTO company (domain, facts) SELECT * FROM unnest(CAST(:domains AS text[]), CAST(:facts AS jsonb[]))
    ON CONFLICT (domain) DO UPDATE SET facts = excluded.facts
""")
_LINES = text("SELECT model, at, event, rule, points, because FROM line WHERE lead = :lead ORDER BY model, at, event")

_Row = tuple[str, str, LedgerLine]


async def lock_leads(tx: AsyncConnection, leads: Sequence[str]) -> dict[str, Lead]:
    rows = (await tx.execute(_LOCK_LEADS, {"leads": sorted(leads)})).all()
    return {
        row.lead: Lead(row.lead, gone=row.gone)
        if row.gone
        else record.lead(row.lead, row.domain, row.state, row.facts or {})
        for row in rows
    }


async def lock_domains(tx: AsyncConnection, joined: Collection[str], changed: Collection[str]) -> None:
    """Nobody joins a company while it changes: a change finds all its people, in whatever lane they are."""
    buckets = dict.fromkeys(map(_bucket, joined), False) | dict.fromkeys(map(_bucket, changed), True)
    if buckets:
        wanted = {"space": _bucket("scoring company", 2**31), "buckets": list(buckets), "alone": list(buckets.values())}
        await tx.execute(_LOCK_DOMAINS, wanted)


async def companies(tx: AsyncConnection, domains: Collection[str]) -> dict[str, Company]:
    if not domains:
        return {}
    rows = (await tx.execute(_COMPANIES, {"domains": sorted(domains)})).all()
    return {row.domain: Company(row.domain, record.facts_of(row.facts)) for row in rows}


async def people(tx: AsyncConnection, domains: Collection[str]) -> dict[str, list[str]]:
    """Everybody at these companies, in all lanes; a company nobody works at has an empty list."""
    if not domains:
        return {}
    found: dict[str, list[str]] = {domain: [] for domain in domains}
    for row in (await tx.execute(_PEOPLE, {"domains": sorted(domains)})).all():
        found[row.domain].append(row.lead)
    return found


async def save(tx: AsyncConnection, known: Mapping[str, Lead], outcome: Outcome) -> None:
    """At most seven statements: one for each table and direction."""
    leads = [outcome.leads[id] for id in sorted(outcome.leads)]
    if leads:
        await tx.execute(
            _SAVE_LEADS,
            {
                "leads": [lead.id for lead in leads],
                "gone": [lead.gone for lead in leads],
                "domains": [lead.domain for lead in leads],
                "states": [_json({} if lead.gone else record.of_lead(lead)) for lead in leads],
            },
        )
    learned = [lead for lead in leads if not lead.gone and lead.facts != _facts(known, lead.id)]
    if learned:
        facts = [_json(record.of_facts(lead.facts)) for lead in learned]
        await tx.execute(_SAVE_PERSONS, {"leads": [lead.id for lead in learned], "facts": facts})
    if gone := [lead.id for lead in leads if lead.gone]:
        await tx.execute(_FORGET_PERSONS, {"leads": gone})
        await tx.execute(_FORGET_LINES, {"leads": gone})
    await _save_lines(tx, known, [lead for lead in leads if not lead.gone])
    if outcome.companies:
        changed = [outcome.companies[domain] for domain in sorted(outcome.companies)]
        facts = [_json(record.of_facts(company.facts)) for company in changed]
        await tx.execute(_SAVE_COMPANIES, {"domains": [company.domain for company in changed], "facts": facts})


async def lines(tx: AsyncConnection, lead: str) -> list[tuple[str, LedgerLine]]:
    """The whole ledger of a lead, with the model each line belongs to."""
    rows = (await tx.execute(_LINES, {"lead": lead})).all()
    return [(row.model, LedgerLine(row.at, row.event, row.rule, row.points, row.because)) for row in rows]


async def _save_lines(tx: AsyncConnection, known: Mapping[str, Lead], leads: Sequence[Lead]) -> None:
    dropped: list[_Row] = []
    added: list[_Row] = []
    for lead in leads:
        before, after = _rows(known.get(lead.id)), _rows(lead)
        dropped += [row for row in before if row not in after and (lead.sealed is None or row[2].key > lead.sealed)]
        added += [row for row in after if row not in before]
    if dropped:
        await tx.execute(_DROP_LINES, _keys(dropped))
    if added:
        points = [line.points for _, _, line in added]
        await tx.execute(_ADD_LINES, {**_keys(added), "points": points, "because": [row[2].because for row in added]})


def _rows(lead: Lead | None) -> dict[_Row, None]:
    if lead is None:
        return {}
    return {(lead.id, name, line): None for name, ledger in lead.ledgers.items() for line in ledger.lines}


def _keys(rows: Sequence[_Row]) -> dict[str, list[Any]]:
    return {
        "leads": [lead for lead, _, _ in rows],
        "models": [model for _, model, _ in rows],
        "at": [line.at for _, _, line in rows],
        "events": [line.event for _, _, line in rows],
        "rules": [line.rule for _, _, line in rows],
    }


def _facts(known: Mapping[str, Lead], id: str) -> object:
    lead = known.get(id)
    return lead.facts if lead else None


def _bucket(name: str, of: int = _BUCKETS) -> int:
    return crc32(name.encode()) % of


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
