"""All SQL of routing: leads; deals, companies, reps and their seats, locked in that order and in key order; picks."""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec
import orjson

from agreement.leave import RepWord
from routing.decide import Outcome
from routing.decide.model.shared_deals import SharedDeal
from routing.decide.state import Company, Lead, Pick, Rep, Seat, name_key
from runtime.database.connection import Connection
from runtime.database.rows import Result
from runtime.database.statement import statement
from runtime.database.upsert import JSON, Upsert
from runtime.values import Parts

_LEAD: Final = msgspec.json.Decoder(Lead)
_DEAL: Final = msgspec.json.Decoder(SharedDeal)
_WORDS: Final = msgspec.json.Decoder(tuple[RepWord, ...])
_PICK: Final = msgspec.json.Decoder(Pick)
_ENCODER: Final = msgspec.json.Encoder()

_LOAD_LEADS = statement(
    "SELECT lead, state::text AS state FROM lead WHERE lead = ANY(CAST(:leads AS text[])) ORDER BY lead"
)
_COMPANIES: Final = "domain, owner, owned_at, opened, won, suppressed, churned"
_LOAD_COMPANIES = statement(f"""
    SELECT {_COMPANIES} FROM company WHERE domain = ANY(CAST(:domains AS text[])) ORDER BY domain
""")  # noqa: S608


class _Locks:
    """Locks rows of a table by key, in key order, and makes those that are missing first."""

    def __init__(self, table: str, key: str, columns: str) -> None:
        rows = f"SELECT {columns} FROM {table} WHERE {key} = ANY(CAST(:keys AS text[])) ORDER BY {key} FOR UPDATE"  # noqa: S608
        made = f"""
            INSERT INTO {table} ({key}) SELECT * FROM unnest(CAST(:keys AS text[])) ON CONFLICT DO NOTHING
            RETURNING {columns}
        """  # noqa: S608
        self._rows = statement(rows)
        self._made_or_there = statement(f"""
            WITH made AS ({made}), there AS MATERIALIZED ({rows})
            SELECT * FROM made UNION ALL SELECT * FROM there ORDER BY {key}
        """)  # noqa: S608

    async def __call__(self, tx: Connection, keys: Collection[str]) -> Result:
        """One row for each of the keys, which come sorted and once each; its transaction begins, if it has not."""
        await tx.begin_now()
        rows = await tx.execute(self._made_or_there, {"keys": list(keys)})
        if rows.rowcount < len(keys):  # another lane made one meanwhile: this statement did not see it yet
            rows = await tx.execute(self._rows, {"keys": list(keys)})
        return rows


_LOCK_DEALS: Final = _Locks("deal", "deal", "deal, state::text AS state")
_LOCK_COMPANIES: Final = _Locks("company", "domain", _COMPANIES)
_LOCK_REPS: Final = _Locks("rep", "rep", "rep, open, today, day, words::text AS words")
_SEATS = statement("""
    SELECT pool, rep, assigned, credits, head_start, last_picked_at, absent FROM seat
    WHERE rep = ANY(CAST(:reps AS text[]))
""")
_PEOPLE = statement("""
    SELECT a.account, l.lead, l.domain
    FROM unnest(CAST(:accounts AS text[]), CAST(:companies AS text[])) AS a (account, company)
    JOIN LATERAL (SELECT lead, domain FROM lead WHERE domain = lower(a.account)
                  UNION
                  SELECT lead, domain FROM lead WHERE company <> '' AND company = a.company) AS l
        ON true
    ORDER BY a.account, l.lead
""")
_RECORDS = statement("""
    SELECT n.name, l.state::text AS state FROM unnest(CAST(:names AS text[])) AS n (name)
    JOIN LATERAL (SELECT n.name AS lead
                  UNION
                  SELECT contact FROM deal d, jsonb_array_elements_text(d.state -> 'contacts') AS contact
                  WHERE d.deal = n.name) AS known ON true
    JOIN lead l USING (lead) ORDER BY n.name, l.lead
""")
_OPEN_WORK = statement("SELECT lead, owner FROM lead WHERE owner = ANY(CAST(:reps AS text[])) ORDER BY lead")
_PICKS = statement(
    "SELECT reasons::text AS reasons FROM pick WHERE assignment = ANY(CAST(:assignments AS text[])) ORDER BY assignment"
)

_SAVE_LEADS = Upsert(
    "lead", ["lead"], {"lead": "text", "owner": "text", "state": JSON, "domain": "text", "company": "text"}
)
_SAVE_DEALS = Upsert("deal", ["deal"], {"deal": "text", "state": JSON})
_SAVE_COMPANIES = Upsert(
    "company",
    ["domain"],
    {
        "domain": "text",
        "owner": "text",
        "owned_at": "timestamptz",
        "opened": JSON,
        "won": JSON,
        "suppressed": "bool",
        "churned": JSON,
    },
)
_SAVE_REPS = Upsert(
    "rep",
    ["rep"],
    {
        "rep": "text",
        "open": "int",
        "today": "int",
        "day": "date",
        "words": JSON,
    },
)
_SAVE_SEATS = Upsert(
    "seat",
    ["pool", "rep"],
    {
        "pool": "text",
        "rep": "text",
        "assigned": "int",
        "credits": "int",
        "head_start": "float8",
        "last_picked_at": "timestamptz",
        "absent": "bool",
    },
)
_SAVE_PICKS = Upsert(
    "pick",
    ["assignment"],
    {"assignment": "text", "lead": "text", "pool": "text", "rep": "text", "at": "timestamptz", "reasons": JSON},
)


async def load_leads(tx: Connection, leads: Sequence[str]) -> dict[str, Lead]:
    """Those that are known."""
    rows = await tx.execute(_LOAD_LEADS, {"leads": list(leads)})
    return {row.lead: _LEAD.decode(row.state) for row in rows}


async def lock_deals(tx: Connection, deals: Sequence[str]) -> dict[str, SharedDeal]:
    """Makes the rows that are missing, so that there is something to lock."""
    rows = await _LOCK_DEALS(tx, deals) if deals else ()
    return {row.deal: _DEAL.decode(row.state) if row.state else SharedDeal(row.deal) for row in rows}


async def lock_companies(tx: Connection, domains: Sequence[str]) -> dict[str, Company]:
    """Makes the rows that are missing, so that there is something to lock."""
    rows = await _LOCK_COMPANIES(tx, domains) if domains else ()
    return {row.domain: Company(*row) for row in rows}


async def load_companies(tx: Connection, domains: Sequence[str]) -> dict[str, Company]:
    """Those that are known, to be looked at only."""
    rows = await tx.execute(_LOAD_COMPANIES, {"domains": list(domains)}) if domains else ()
    return {row.domain: Company(*row) for row in rows}


async def lock_reps(tx: Connection, reps: Sequence[str]) -> dict[str, Rep]:
    """Makes the rows that are missing. Whoever holds a rep's row may change the rep's seats too."""
    rows = await _LOCK_REPS(tx, reps) if reps else ()
    return {
        row.rep: Rep(row.rep, row.open, row.today, row.day, _WORDS.decode(row.words) if row.words else ())
        for row in rows
    }


async def load_seats(tx: Connection, reps: Sequence[str]) -> dict[tuple[str, str], Seat]:
    """After `lock_reps`, for the same reps; by pool and rep."""
    if not reps:
        return {}
    rows = await tx.execute(_SEATS, {"reps": list(reps)})
    return {(row.pool, row.rep): Seat(*row) for row in rows}


async def open_work(tx: Connection, reps: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Leads that these reps have, in whatever lane."""
    if not reps:
        return {}
    work: dict[str, tuple[str, ...]] = {}
    for row in await tx.execute(_OPEN_WORK, {"reps": list(reps)}):
        work[row.owner] = (*work.get(row.owner, ()), row.lead)
    return work


async def people_of(tx: Connection, accounts: Sequence[str]) -> dict[str, tuple[tuple[str, str | None], ...]]:
    """Leads of each account, which is named by its domain or its name; in whatever lane, with their domains."""
    if not accounts:
        return {}
    people: dict[str, tuple[tuple[str, str | None], ...]] = {}
    for row in await tx.execute(
        _PEOPLE, {"accounts": list(accounts), "companies": [name_key(one) for one in accounts]}
    ):
        people[row.account] = (*people.get(row.account, ()), (row.lead, row.domain))
    return people


async def records_of(tx: Connection, names: Sequence[str]) -> dict[str, tuple[Lead, ...]]:
    """By the name of a record: the lead of this id, else the contacts of this deal; in whatever lane, not locked."""
    if not names:
        return {}
    records: dict[str, tuple[Lead, ...]] = {}
    for row in await tx.execute(_RECORDS, {"names": list(names)}):
        records[row.name] = (*records.get(row.name, ()), _LEAD.decode(row.state))
    return records


def parts(outcome: Outcome) -> Parts:
    """What is to be saved of all that changed but the timers, rows in key order."""
    leads, companies = outcome.leads.values(), outcome.companies.values()
    saves = _SAVE_LEADS.parts(
        [
            (one.id, one.owner if one.worked else None, _json(one), one.facts.domain, name_key(one.facts.company))
            for one in leads
        ]
    )
    saves.add(_SAVE_DEALS.parts([(one.deal, _json(one)) for one in outcome.deals.values()]))
    changed = [
        (c.domain, c.owner, c.owned_at, dict(c.open), dict(c.won), c.suppressed, dict(c.churned)) for c in companies
    ]
    saves.add(_SAVE_COMPANIES.parts(changed))
    reps = outcome.reps.values()
    saves.add(_SAVE_REPS.parts([(r.rep, r.open, r.today, r.day, _json(r.words) if r.words else None) for r in reps]))
    seats = outcome.seats.values()
    saves.add(_SAVE_SEATS.parts([[getattr(seat, name) for name in _SAVE_SEATS.columns] for seat in seats]))
    saves.add(_SAVE_PICKS.parts([(p.assignment, p.lead, p.pool, p.rep, p.at, _json(p)) for p in outcome.picks]))
    return saves


async def picks(tx: Connection, assignments: Sequence[str]) -> list[Pick]:
    """The stored answers to `why me?`, in order of assignment."""
    rows = await tx.execute(_PICKS, {"assignments": list(assignments)})
    return [_PICK.decode(row.reasons) for row in rows]


def _json(row: Lead | Pick | SharedDeal | tuple[RepWord, ...]) -> orjson.Fragment:
    """Written as it is. Field names of the state may change, their stored names stay: `name=` says which."""
    return orjson.Fragment(_ENCODER.encode(row))
