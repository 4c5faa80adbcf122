"""SQL of leads: hot states, their past in blocks, and what is known of persons and companies.

A batch is loaded in one statement and saved in one, of which `parts` gives the parts.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final
from zlib import crc32

import msgspec
import orjson

from runtime.database.connection import Connection
from runtime.database.statement import statement
from runtime.database.upsert import upsert_sql
from runtime.values import Parts
from scoring.decide import Outcome, lead_json, past
from scoring.decide.companies import LoadPlan
from scoring.decide.state import Company, Facts, Lead, LedgerLine, OldLead, PastBlock, State
from scoring.decide.terms import Terms

_BUCKETS: Final = 64
"""Locks for company domains: few, so that a batch of newcomers cannot fill the server's lock table."""
_ENCODER: Final = msgspec.msgpack.Encoder()
_LEAD: Final = msgspec.msgpack.Decoder(Lead)
_BLOCK: Final = msgspec.msgpack.Decoder(PastBlock)

_LOCK_DOMAINS = statement("""
    SELECT count(*) FROM (
        SELECT CASE WHEN exclusive THEN pg_advisory_xact_lock(CAST(:space AS int), bucket)
                    ELSE pg_advisory_xact_lock_shared(CAST(:space AS int), bucket) END
        FROM (SELECT * FROM unnest(CAST(:buckets AS int[]), CAST(:exclusive AS bool[])) AS given(bucket, exclusive)
              ORDER BY bucket) AS ordered) AS locked
""")
_LOAD = statement("""
    SELECT 'lead' AS what, lead AS key, gone, domain, hot, CASE WHEN hot IS NULL THEN CAST(state AS text) END AS json
    FROM lead WHERE lead = ANY (CAST(:leads AS text[]))
    UNION ALL
    SELECT 'person', lead, NULL, NULL, NULL, CAST(facts AS text) FROM person WHERE lead = ANY (CAST(:known AS text[]))
    UNION ALL
    SELECT 'company', given.domain, NULL, company_name.name, NULL, CAST(company.facts AS text)
    FROM (SELECT unnest(CAST(:domains AS text[])) AS domain
          UNION SELECT domain FROM lead WHERE lead = ANY (CAST(:known AS text[])) AND domain IS NOT NULL) AS given
    LEFT JOIN company USING (domain) LEFT JOIN company_name USING (domain)
    UNION ALL
    SELECT 'colleague', lead, NULL, domain, NULL, NULL FROM lead WHERE domain = ANY (CAST(:changed AS text[]))
""")
_LOAD_BLOCKS = statement("""
    SELECT past.lead, past.n, past.body
    FROM unnest(CAST(:leads AS text[]), CAST(:first AS int[])) AS given(lead, first)
    JOIN past ON past.lead = given.lead AND past.n >= given.first
""")
_LINES = statement(
    "SELECT model, at, event, rule, points, because FROM line WHERE lead = :lead ORDER BY model, at, event"
)
_LEADS: Final = {"lead": "text", "gone": "text", "domain": "text", "hot": "bytea"}
_BLOCKS: Final = {"lead": "text", "n": "int", "body": "bytea"}
_PARTS: Final = {
    "leads": upsert_sql("lead", ["lead"], _LEADS, prefix="lead_", also="state = '{}'"),
    "blocks": upsert_sql("past", ["lead", "n"], _BLOCKS, prefix="past_"),
    "persons": upsert_sql("person", ["lead"], {"lead": "text", "facts": "jsonb"}, prefix="person_"),
    "companies": upsert_sql("company", ["domain"], {"domain": "text", "facts": "jsonb"}, prefix="company_"),
    "company_names": """
        INSERT INTO company_name AS known (domain, name)
        SELECT * FROM unnest(CAST(:named AS text[]), CAST(:company_names AS text[])) AS given(domain, name)
        ORDER BY domain
        ON CONFLICT (domain) DO UPDATE SET name = excluded.name WHERE known.name = excluded.name
        RETURNING domain
    """,
    "forgotten_persons": "DELETE FROM person WHERE lead = ANY (CAST(:forgotten_persons AS text[]))",
    "forgotten_blocks": """
        DELETE FROM past USING unnest(CAST(:forgotten AS text[]), CAST(:forgotten_from AS int[])) AS given(lead, n)
        WHERE past.lead = given.lead AND past.n >= given.n
    """,
    "asks": """
        INSERT INTO enrichment AS e (provider, domain, until, next_at)
        SELECT * FROM unnest(CAST(:ask_providers AS text[]), CAST(:ask_domains AS text[]),
                             CAST(:ask_untils AS timestamptz[]), CAST(:ask_ats AS timestamptz[]))
            AS given(provider, domain, until, at)
        ORDER BY provider, domain
        ON CONFLICT (provider, domain) DO UPDATE
        SET until = greatest(e.until, excluded.until), next_at = coalesce(e.next_at, excluded.next_at)
    """,
    "forgotten_lines": "DELETE FROM line WHERE lead = ANY (CAST(:forgotten AS text[]))",
}
"""Parts of the one statement that saves a batch. No row is touched by two of them.

Another lane may have named a company meanwhile: the same name is no news, another one is passed over, and then the
batch, which took its own for the first, is not kept (`Parts.complete`).
"""


async def lock_domains(tx: Connection, joined: Collection[str], changed: Collection[str]) -> None:
    """Nobody joins a company while it changes: a change finds all its people, in whatever lane they are."""
    buckets = dict.fromkeys(map(_bucket, joined), False) | dict.fromkeys(map(_bucket, changed), True)
    if buckets:
        await tx.begin_now()
        space = _bucket("scoring company", 2**31)
        values = {"space": space, "buckets": list(buckets), "exclusive": list(buckets.values())}
        await tx.execute(_LOCK_DOMAINS, values)


async def load(tx: Connection, subjects: Sequence[str], plan: LoadPlan) -> State:
    """What the batch's inputs say that they need, in one statement."""
    values = {
        "leads": subjects,
        "known": sorted(plan.known),
        "domains": sorted(plan.joined | plan.changed),
        "changed": sorted(plan.changed),
    }
    leads: dict[str, bytes | OldLead] = {}
    facts: dict[str, Facts] = {lead: {} for lead in plan.known}
    companies: dict[str, Company | None] = {}
    people: dict[str, list[str]] = {domain: [] for domain in plan.changed}
    for what, key, removed, domain, hot, json in (await tx.execute(_LOAD, values)).all():
        if what == "lead":
            leads[key] = hot if hot is not None else _old(key, removed, domain, json)
        elif what == "person":
            facts[key] = lead_json.facts_of(orjson.loads(json))
        elif what == "company":
            known = lead_json.facts_of(orjson.loads(json)) if json else {}
            companies[key] = None if json is None and domain is None else Company(key, known, name=domain)
        else:
            people[domain].append(key)
    return State(leads, facts, {}, companies, people)


async def load_missing(tx: Connection, state: State, outcome: Outcome) -> State:
    """The same with all that the outcome misses: facts, own companies and pasts of leads, companies of domains."""
    await lock_domains(tx, outcome.domains, ())
    more = await load(tx, sorted(outcome.missing), LoadPlan(outcome.missing, outcome.domains, frozenset()))
    pasts = [_LEAD.decode(hot) for id in sorted(outcome.pasts) if isinstance(hot := state.leads.get(id), bytes)]
    return replace(
        state,
        facts={**state.facts, **more.facts},
        companies={**more.companies, **state.companies},
        blocks={**state.blocks, **await _blocks(tx, pasts)},
    )


async def _blocks(tx: Connection, leads: Iterable[Lead]) -> dict[str, dict[int, bytes]]:
    wanted = {lead.id: past.wanted(lead) for lead in leads}
    starts = {id: numbers.start for id, numbers in wanted.items() if numbers}
    blocks: dict[str, dict[int, bytes]] = {id: {} for id in starts}
    if starts:
        values = {"leads": list(starts), "first": list(starts.values())}
        for lead, number, body in (await tx.execute(_LOAD_BLOCKS, values)).all():
            blocks[lead][number] = body
    return blocks


def parts(outcome: Outcome) -> Parts:
    """What the batch changed: only those parts with something to do."""
    names, values = list[str](), dict[str, object]()
    leads = [outcome.leads[id] for id in sorted(outcome.leads)]
    if leads:
        names.append("leads")
        values["lead_lead"] = [lead.id for lead in leads]
        values["lead_gone"] = [lead.removed for lead in leads]
        values["lead_domain"] = [lead.domain for lead in leads]
        values["lead_hot"] = [_ENCODER.encode(lead) for lead in leads]
    if outcome.blocks:
        rows = [(id, n, body) for id, some in sorted(outcome.blocks.items()) for n, body in sorted(some.items())]
        names.append("blocks")
        values["past_lead"], values["past_n"], values["past_body"] = map(list, zip(*rows, strict=True))
    if outcome.persons:
        names.append("persons")
        values["person_lead"] = list(outcome.persons)
        values["person_facts"] = _facts_json(outcome.persons.values())
    if outcome.companies:
        names.append("companies")
        values["company_domain"] = list(outcome.companies)
        values["company_facts"] = _facts_json(company.facts for company in outcome.companies.values())
    if outcome.names:
        names.append("company_names")
        values["named"], values["company_names"] = list(outcome.names), list(outcome.names.values())
    if outcome.asks:
        asks = outcome.asks.values()
        names.append("asks")
        values["ask_providers"], values["ask_domains"] = [one.provider for one in asks], [one.domain for one in asks]
        values["ask_untils"], values["ask_ats"] = [one.until for one in asks], [one.at for one in asks]
    if outcome.forgotten:
        forgotten = sorted(outcome.forgotten)
        names += ["forgotten_persons", "forgotten_blocks", "forgotten_lines"]
        values["forgotten"] = forgotten
        values["forgotten_persons"] = [id for id in forgotten if id not in outcome.persons]
        values["forgotten_from"] = [len(outcome.blocks.get(id, ())) for id in forgotten]
    complete = {"company_names": "named"} if outcome.names else {}
    return Parts({name: _PARTS[name] for name in names}, values, complete)


async def load_lead(tx: Connection, lead: str) -> Lead | None:
    """The hot state of one lead as it is stored; None for one that is not known, or not stored as such yet."""
    stored = (await load(tx, [lead], LoadPlan(frozenset(), frozenset(), frozenset()))).leads.get(lead)
    return _LEAD.decode(stored) if isinstance(stored, bytes) else None


async def load_ledger(tx: Connection, lead: Lead, terms: Terms) -> list[tuple[str, LedgerLine]]:
    """The whole ledger of a lead with the model of each line: per model they sum to the balance.

    Each block is folded from what was before it. Lines of the first release, whose engagements are forgotten, are
    taken from their table.
    """
    blocks = await _blocks_from(tx, lead)
    first = _BLOCK.decode(blocks[0]) if blocks else None
    sealed = first.until if first is not None and not first.engagements else None
    older = [
        (row.model, LedgerLine(row.at, row.event, row.rule, row.points, row.because))
        for row in (await tx.execute(_LINES, {"lead": lead.id})).all()
        if sealed is not None and (row.at, len(row.event), row.event) <= sealed
    ]
    return older + past.ledger_lines(lead, [_BLOCK.decode(body) for body in blocks], terms)


async def _blocks_from(tx: Connection, lead: Lead) -> list[bytes]:
    rows = (await tx.execute(_LOAD_BLOCKS, {"leads": [lead.id], "first": [0]})).all()
    return [row.body for row in sorted(rows, key=lambda row: row.n)]


def _old(id: str, removed: str | None, domain: str | None, state: str) -> bytes | OldLead:
    return (
        _ENCODER.encode(Lead(id, removed=removed)) if removed else lead_json.old_lead(id, domain, orjson.loads(state))
    )


def _facts_json(facts: Iterable[Facts]) -> list[bytes]:
    return [orjson.dumps(lead_json.of_facts(one)) for one in facts]


def _bucket(name: str, of: int = _BUCKETS) -> int:
    """A number of 0 to `of` - 1 that follows from the name."""
    return crc32(name.encode()) % of
