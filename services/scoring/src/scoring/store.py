"""All SQL of scoring: leads with their state, what is known of persons and companies, and the lines of the ledgers."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from zlib import crc32

from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.database.upsert import JSON, Upsert
from scoring.decide import Outcome, lead_json
from scoring.decide.state import Company, Lead, LedgerLine

_BUCKETS: Final = 64
"""Locks for company domains: few, so that a batch of newcomers cannot fill the server's lock table."""

_LOCK_LEADS = statement("""
    SELECT lead.lead, lead.gone, lead.domain, lead.state, person.facts
    FROM lead LEFT JOIN person USING (lead)
    WHERE lead.lead = ANY (CAST(:leads AS text[])) ORDER BY lead.lead FOR UPDATE OF lead
""")
_LOCK_DOMAINS = statement("""
    SELECT count(*) FROM (
        SELECT CASE WHEN exclusive THEN pg_advisory_xact_lock(CAST(:space AS int), bucket)
                    ELSE pg_advisory_xact_lock_shared(CAST(:space AS int), bucket) END
        FROM (SELECT * FROM unnest(CAST(:buckets AS int[]), CAST(:exclusive AS bool[])) AS given(bucket, exclusive)
              ORDER BY bucket) AS ordered) AS locked
""")
_COMPANIES = statement("SELECT domain, facts FROM company WHERE domain = ANY (CAST(:domains AS text[]))")
_PEOPLE = statement("SELECT domain, lead FROM lead WHERE domain = ANY (CAST(:domains AS text[])) ORDER BY lead")
_LINES = statement(
    "SELECT model, at, event, rule, points, because FROM line WHERE lead = :lead ORDER BY model, at, event"
)

_SAVE_LEADS = Upsert("lead", ["lead"], {"lead": "text", "gone": "text", "domain": "text", "state": JSON})
_SAVE_PERSONS = Upsert("person", ["lead"], {"lead": "text", "facts": JSON})
_SAVE_COMPANIES = Upsert("company", ["domain"], {"domain": "text", "facts": JSON})
_LINE_KEY: Final = {"lead": "text", "model": "text", "at": "timestamptz", "event": "text", "rule": "text"}
_SAVE_LINES = Upsert("line", list(_LINE_KEY), {**_LINE_KEY, "points": "int", "because": "text"})

_DELETE_PERSONS = statement("DELETE FROM person WHERE lead = ANY (CAST(:leads AS text[]))")
_DELETE_LEDGERS = statement("DELETE FROM line WHERE lead = ANY (CAST(:leads AS text[]))")
_DELETE_LINES = statement("""
    DELETE FROM line USING unnest(CAST(:lead AS text[]), CAST(:model AS text[]), CAST(:at AS timestamptz[]),
                                  CAST(:event AS text[]), CAST(:rule AS text[])) AS given(lead, model, at, event, rule)
    WHERE (line.lead, line.model, line.at, line.event, line.rule)
        = (given.lead, given.model, given.at, given.event, given.rule)
""")

_Row = tuple[str, str, LedgerLine]
"""Lead, model and line."""


async def lock_leads(tx: Connection, leads: Sequence[str]) -> dict[str, Lead]:
    """Those that are known, by id; locked in key order."""
    rows = (await tx.execute(_LOCK_LEADS, {"leads": sorted(leads)})).all()
    return {
        row.lead: Lead(row.lead, removed=row.gone)
        if row.gone
        else lead_json.lead(row.lead, row.domain, row.state, row.facts or {})
        for row in rows
    }


async def lock_domains(tx: Connection, joined: Collection[str], changed: Collection[str]) -> None:
    """Nobody joins a company while it changes: a change finds all its people, in whatever lane they are."""
    buckets = dict.fromkeys(map(_bucket, joined), False) | dict.fromkeys(map(_bucket, changed), True)
    if buckets:
        space = _bucket("scoring company", 2**31)
        values = {"space": space, "buckets": list(buckets), "exclusive": list(buckets.values())}
        await tx.execute(_LOCK_DOMAINS, values)


async def load_companies(tx: Connection, domains: Collection[str]) -> dict[str, Company]:
    """Those that are known beyond the accounts file, by domain."""
    if not domains:
        return {}
    rows = (await tx.execute(_COMPANIES, {"domains": sorted(domains)})).all()
    return {row.domain: Company(row.domain, lead_json.facts_of(row.facts)) for row in rows}


async def load_people(tx: Connection, domains: Collection[str]) -> dict[str, list[str]]:
    """Ids of everybody at these companies, in all lanes; a company nobody works at has an empty list."""
    if not domains:
        return {}
    people: dict[str, list[str]] = {domain: [] for domain in domains}
    for row in (await tx.execute(_PEOPLE, {"domains": sorted(domains)})).all():
        people[row.domain].append(row.lead)
    return people


async def load_lines(tx: Connection, lead: str) -> list[tuple[str, LedgerLine]]:
    """The whole ledger of a lead, with the model each line belongs to."""
    rows = (await tx.execute(_LINES, {"lead": lead})).all()
    return [(row.model, LedgerLine(row.at, row.event, row.rule, row.points, row.because)) for row in rows]


async def save(tx: Connection, loaded: Mapping[str, Lead], outcome: Outcome) -> None:
    """At most seven statements: one for each table and direction. `loaded` tells what has changed."""
    leads = [outcome.leads[id] for id in sorted(outcome.leads)]
    alive = [lead for lead in leads if not lead.removed]
    removed = [lead.id for lead in leads if lead.removed]
    states = [{} if lead.removed else lead_json.of_lead(lead) for lead in leads]
    rows = [(lead.id, lead.removed, lead.domain, state) for lead, state in zip(leads, states, strict=True)]
    await _SAVE_LEADS(tx, rows)
    persons = [(lead.id, lead_json.of_facts(lead.facts)) for lead in alive if lead.facts != _facts(loaded, lead.id)]
    await _SAVE_PERSONS(tx, persons)
    if removed:
        await tx.execute(_DELETE_PERSONS, {"leads": removed})
        await tx.execute(_DELETE_LEDGERS, {"leads": removed})
    await _save_lines(tx, loaded, alive)
    companies = [(domain, lead_json.of_facts(company.facts)) for domain, company in outcome.companies.items()]
    await _SAVE_COMPANIES(tx, companies)


async def _save_lines(tx: Connection, loaded: Mapping[str, Lead], leads: Sequence[Lead]) -> None:
    """Only what changed: sealed lines stay in the table though the lead has forgotten them."""
    removed: list[_Row] = []
    added: list[_Row] = []
    for lead in leads:
        before, after = _rows(loaded.get(lead.id)), _rows(lead)
        removed += [row for row in before if row not in after and (lead.sealed is None or row[2].order > lead.sealed)]
        added += [row for row in after if row not in before]
    if removed:
        keys = zip(*((lead, model, line.at, line.event, line.rule) for lead, model, line in removed), strict=True)
        await tx.execute(_DELETE_LINES, dict(zip(_LINE_KEY, map(list, keys), strict=True)))
    values = [(lead, model, line.at, line.event, line.rule, line.points, line.because) for lead, model, line in added]
    await _SAVE_LINES(tx, values)


def _rows(lead: Lead | None) -> dict[_Row, None]:
    if lead is None:
        return {}
    return {(lead.id, name, line): None for name, ledger in lead.ledgers.items() for line in ledger.lines}


def _facts(loaded: Mapping[str, Lead], id: str) -> object:
    lead = loaded.get(id)
    return lead.facts if lead else None


def _bucket(name: str, of: int = _BUCKETS) -> int:
    """A number of 0 to `of` - 1 that follows from the name."""
    return crc32(name.encode()) % of
