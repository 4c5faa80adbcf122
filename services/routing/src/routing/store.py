"""All SQL of routing: leads, companies, reps and their seats, locked in that order and each in key order; picks."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from routing.decide.state import Company, Lead, Outcome, Pick, Rep, Seat

_LEAD: Final = TypeAdapter(Lead)
_PICK: Final = TypeAdapter(Pick)
_OWNERS: Final = TypeAdapter(dict[str, str | None])

_LEADS = text("SELECT lead, state FROM lead WHERE lead = ANY(CAST(:leads AS text[])) ORDER BY lead FOR UPDATE")
_FOUND_COMPANIES = text("""
    INSERT INTO company (domain) SELECT * FROM unnest(CAST(:domains AS text[])) ON CONFLICT DO NOTHING
""")
_COMPANIES = text("""
    SELECT domain, owner, owned_at, opened, won, suppressed FROM company
    WHERE domain = ANY(CAST(:domains AS text[])) ORDER BY domain FOR UPDATE
""")
_FOUND_REPS = text("INSERT INTO rep (rep) SELECT * FROM unnest(CAST(:reps AS text[])) ON CONFLICT DO NOTHING")
_REPS = text("""
    SELECT rep, state, away_until, open, today, day FROM rep
    WHERE rep = ANY(CAST(:reps AS text[])) ORDER BY rep FOR UPDATE
""")
_SEATS = text("""
    SELECT pool, rep, assigned, credits, head_start, last_picked_at, absent FROM seat
    WHERE rep = ANY(CAST(:reps AS text[]))
""")
_WORK = text("SELECT lead, owner FROM lead WHERE owner = ANY(CAST(:reps AS text[])) ORDER BY lead")
_SAVE_LEADS = text("""
    INSERT INTO lead (lead, owner, state)
    SELECT * FROM unnest(CAST(:lead AS text[]), CAST(:owner AS text[]), CAST(:state AS jsonb[]))
    ON CONFLICT (lead) DO UPDATE SET owner = excluded.owner, state = excluded.state
""")
_SAVE_COMPANIES = text("""
    INSERT INTO company (domain, owner, owned_at, opened, won, suppressed)
    SELECT * FROM unnest(CAST(:domain AS text[]), CAST(:owner AS text[]), CAST(:owned_at AS timestamptz[]),
                         CAST(:opened AS jsonb[]), CAST(:won AS jsonb[]), CAST(:suppressed AS bool[]))
    ON CONFLICT (domain) DO UPDATE SET owner = excluded.owner, owned_at = excluded.owned_at, opened = excluded.opened,
        won = excluded.won, suppressed = excluded.suppressed
""")
_SAVE_REPS = text("""
    INSERT INTO rep (rep, state, away_until, open, today, day)
    SELECT * FROM unnest(CAST(:rep AS text[]), CAST(:state AS text[]), CAST(:until AS timestamptz[]),
                         CAST(:open AS int[]), CAST(:today AS int[]), CAST(:day AS date[]))
    ON CONFLICT (rep) DO UPDATE SET state = excluded.state, away_until = excluded.away_until, open = excluded.open,
        today = excluded.today, day = excluded.day
""")
_SAVE_SEATS = text("""
    INSERT INTO seat (pool, rep, assigned, credits, head_start, last_picked_at, absent)
    SELECT * FROM unnest(CAST(:pool AS text[]), CAST(:rep AS text[]), CAST(:assigned AS int[]), CAST(:credits AS int[]),
                         CAST(:head_start AS float8[]), CAST(:last_picked_at AS timestamptz[]), CAST(:absent AS bool[]))
    ON CONFLICT (pool, rep) DO UPDATE SET assigned = excluded.assigned, credits = excluded.credits,
        head_start = excluded.head_start, last_picked_at = excluded.last_picked_at, absent = excluded.absent
""")
_SAVE_PICKS = text("""
    INSERT INTO pick (assignment, lead, pool, rep, at, reasons)
    SELECT * FROM unnest(CAST(:assignment AS text[]), CAST(:lead AS text[]), CAST(:pool AS text[]),
                         CAST(:rep AS text[]), CAST(:at AS timestamptz[]), CAST(:reasons AS jsonb[]))
""")
_PICKS = text("SELECT reasons FROM pick WHERE assignment = ANY(CAST(:assignments AS text[])) ORDER BY assignment")


async def lock_leads(tx: AsyncConnection, leads: Sequence[str]) -> dict[str, Lead]:
    rows = await tx.execute(_LEADS, {"leads": list(leads)})
    return {row.lead: _LEAD.validate_python(row.state) for row in rows}


async def lock_companies(tx: AsyncConnection, domains: Sequence[str]) -> dict[str, Company]:
    """Makes the rows that are missing, so that there is something to lock."""
    if not domains:
        return {}
    await tx.execute(_FOUND_COMPANIES, {"domains": list(domains)})
    rows = await tx.execute(_COMPANIES, {"domains": list(domains)})
    return {r.domain: Company(r.domain, r.owner, r.owned_at, r.opened, r.won, r.suppressed) for r in rows}


async def lock_reps(tx: AsyncConnection, reps: Sequence[str]) -> dict[str, Rep]:
    """Whoever holds a rep's row may change the rep's seats too."""
    if not reps:
        return {}
    await tx.execute(_FOUND_REPS, {"reps": list(reps)})
    rows = await tx.execute(_REPS, {"reps": list(reps)})
    return {r.rep: Rep(r.rep, r.state, r.away_until, r.open, r.today, r.day) for r in rows}


async def load_seats(tx: AsyncConnection, reps: Sequence[str]) -> dict[tuple[str, str], Seat]:
    """After `lock_reps`, for the same reps."""
    if not reps:
        return {}
    rows = await tx.execute(_SEATS, {"reps": list(reps)})
    return {(r.pool, r.rep): Seat(**r._mapping) for r in rows}


async def open_work(tx: AsyncConnection, reps: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Leads that these reps have, in whatever lane."""
    if not reps:
        return {}
    work: dict[str, tuple[str, ...]] = {}
    for row in await tx.execute(_WORK, {"reps": list(reps)}):
        work[row.owner] = (*work.get(row.owner, ()), row.lead)
    return work


async def save(tx: AsyncConnection, outcome: Outcome) -> None:
    """At most one statement a table, rows in key order."""
    await _save(tx, _SAVE_LEADS, [_lead(lead) for _, lead in sorted(outcome.leads.items())])
    await _save(tx, _SAVE_COMPANIES, [_company(company) for _, company in sorted(outcome.companies.items())])
    await _save(tx, _SAVE_REPS, [_rep(rep) for _, rep in sorted(outcome.reps.items())])
    await _save(tx, _SAVE_SEATS, [_seat(seat) for _, seat in sorted(outcome.seats.items())])
    await _save(tx, _SAVE_PICKS, [_pick(pick) for pick in sorted(outcome.picks, key=lambda p: p.assignment)])


async def picks(tx: AsyncConnection, assignments: Sequence[str]) -> list[Pick]:
    """The stored answers to `why me?`."""
    rows = await tx.execute(_PICKS, {"assignments": list(assignments)})
    return [_PICK.validate_python(row.reasons) for row in rows]


async def _save(tx: AsyncConnection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await tx.execute(statement, {name: [row[name] for row in rows] for name in rows[0]})


def _lead(lead: Lead) -> dict[str, Any]:
    return {"lead": lead.id, "owner": lead.owner if lead.worked else None, "state": _LEAD.dump_json(lead).decode()}


def _company(company: Company) -> dict[str, Any]:
    return {
        "domain": company.domain,
        "owner": company.owner,
        "owned_at": company.owned_at,
        "opened": _json(company.open),
        "won": _json(company.won),
        "suppressed": company.suppressed,
    }


def _rep(rep: Rep) -> dict[str, Any]:
    return {
        "rep": rep.rep,
        "state": rep.state,
        "until": rep.until,
        "open": rep.open,
        "today": rep.today,
        "day": rep.day,
    }


def _seat(seat: Seat) -> dict[str, Any]:
    return {name: getattr(seat, name) for name in Seat.__slots__}


def _pick(pick: Pick) -> dict[str, Any]:
    return {
        "assignment": pick.assignment,
        "lead": pick.lead,
        "pool": pick.pool,
        "rep": pick.rep,
        "at": pick.at,
        "reasons": _PICK.dump_json(pick).decode(),
    }


def _json(entries: Mapping[str, str | None]) -> str:
    return _OWNERS.dump_json(dict(entries)).decode()
