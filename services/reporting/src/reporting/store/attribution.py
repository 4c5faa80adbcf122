"""Reads for attribution: won deals, their milestones, and the touches of all their contacts."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reporting.store.conditions import SAME, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

_MQL: Final = "e.stage = 'mql' AND NOT e.withdrawn AND NOT e.implied AND e.entered_at <= d.closed_at"
_WON: Final = statement(f"""
    SELECT d.lead, d.deal, d.amount, d.currency, d.closed_at, d.closed_at AS closing, c.captured_at AS lead_created,
           coalesce(
               (SELECT max(e.entered_at) FROM entry e WHERE e.lead = d.lead AND {_MQL}),
               (SELECT max(e.entered_at) FROM contact k JOIN entry e USING (lead) WHERE k.deal = d.deal AND {_MQL})
           ) AS mql, d.opened_at AS opportunity,
           c.source, c.campaign, c.segment, c.first_team AS team, c.first_rep AS rep, d.product
    FROM deal_card d JOIN lead_journey c ON c.id = d.lead
    WHERE d.state = 'won' AND d.closed_at IS NOT NULL
      AND (CAST(:start AS timestamptz) IS NULL OR d.closed_at >= :start)
      AND (CAST(:end AS timestamptz) IS NULL OR d.closed_at < :end) AND {SAME}
      AND (CAST(:product AS text) IS NULL OR d.product = :product)
      AND (CAST(:among AS text[]) IS NULL OR d.deal = ANY (CAST(:among AS text[])))
      AND (CAST(:after_at AS timestamptz) IS NULL
           OR (d.closed_at >= :after_at
               AND (d.closed_at, d.lead, d.deal) > (:after_at, CAST(:after_lead AS text), CAST(:after_deal AS text))))
    ORDER BY d.closed_at, d.lead, d.deal LIMIT CAST(:limit AS int)
""")  # noqa: S608
_ALL: Final = {"among": None, "after_at": None, "after_lead": None, "after_deal": None, "limit": None}
_CANDIDATES: Final = statement("""
    SELECT deal FROM credited_deal WHERE day >= :first AND day < :until AND parts @> CAST(:parts AS text[])
    UNION SELECT deal FROM credit_due
""")
_TOUCHES = statement("""
    SELECT k.deal, t.lead, t.event, t.at, t.side, t.kind, t.source, t.campaign, t.asset, t.partner
    FROM (SELECT DISTINCT deal, lead FROM contact WHERE deal = ANY (CAST(:deals AS text[]))) AS k
    JOIN touch t ON t.lead = k.lead JOIN person p ON p.lead = k.lead
    WHERE NOT t.machine AND (p.merged_into IS NULL OR split_part(t.event, '/', 1) = 'sales')
    ORDER BY k.deal, t.at, t.event
""")
"""Of a lead that was merged, what sales did: what the person did is said again of the winner."""

_SELF_REPORTED = statement("""
    SELECT DISTINCT ON (p.lead) p.lead, lower(btrim(claim.value ->> 'value')) AS answer
    FROM person p, jsonb_each(p.facts -> 'self_reported_source') AS claim
    WHERE p.lead = ANY (CAST(:leads AS text[])) AND btrim(claim.value ->> 'value') <> ''
    ORDER BY p.lead, claim.value ->> 'at' DESC, claim.key
""")


async def won(tx: Connection, filters: Mapping[str, Any], **more: Any) -> list[DatabaseRow]:
    """Deals won in the period (null: at any time), with the milestones of their contacts; `lead` is the primary one.

    In order of closing. `among`: only these; `limit`: at most so many, `after_at`, `after_lead` and `after_deal` being
    the last one before them.
    """
    return await select(tx, _WON, {**_ALL, **filters, **more})


async def candidates(tx: Connection, filters: Mapping[str, Any]) -> list[str]:
    """All deals won in the days `first` to `until` that have these `parts` (`store.credits`), and some others.

    Those of which that is kept, and all that are due: whatever has moved a deal since it was kept made it due, so what
    is kept of it may be old.
    """
    return list((await tx.execute(_CANDIDATES, filters)).scalars())


async def touches(tx: Connection, deals: Sequence[str]) -> dict[str, list[DatabaseRow]]:
    """By deal, oldest first, of all its contacts; what bots did is left out."""
    rows: dict[str, list[DatabaseRow]] = {}
    for row in await select(tx, _TOUCHES, {"deals": list(deals)}):
        rows.setdefault(row["deal"], []).append(row)
    return rows


async def self_reported(tx: Connection, leads: Sequence[str]) -> dict[str, str]:
    """By lead the latest answer to where they had heard of us, in lower case; who did not answer is left out."""
    return {row["lead"]: row["answer"] for row in await select(tx, _SELF_REPORTED, {"leads": list(leads)})}
