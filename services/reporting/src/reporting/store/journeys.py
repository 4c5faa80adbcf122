"""The narrow rows that the numbers are counted from (D95): made anew, in the batch's transaction, for whom it moved."""

from typing import Final

from reporting.decide.journeys import MovedJourneys
from runtime.database.connection import Connection
from runtime.database.statement import statement

STAGES: Final = ("mql", "sal", "sql", "opportunity", "won")
"""Of a first cycle: `{stage}_at` and `{stage}_implied` in a journey; each was a `lead` before."""
_COLUMNS: Final = (
    *("lead", "captured_at", "source", "campaign", "segment", "traffic", "persona", "first_team", "first_rep"),
    *("closed", *(f"{stage}_{part}" for stage in STAGES for part in ("at", "implied"))),
    *("again", "self_reported", "outcome", "handed_at", "handed_total"),
    *("band", "touched", "words"),
)
_NAMED: Final = ", ".join(_COLUMNS)
_REFRESH: Final = statement(f"""
    WITH fresh AS MATERIALIZED (SELECT * FROM journey_now WHERE lead = ANY (CAST(:leads AS text[]))),
    gone AS (
        DELETE FROM journey WHERE lead = ANY (CAST(:leads AS text[]))
        AND NOT EXISTS (SELECT FROM fresh WHERE fresh.lead = journey.lead)),
    kept AS (
        INSERT INTO journey ({_NAMED}) SELECT {_NAMED} FROM fresh ORDER BY lead
        ON CONFLICT (lead) DO UPDATE SET ({_NAMED}) = ROW (excluded.*)
        WHERE journey IS DISTINCT FROM excluded),
    strays AS (
        INSERT INTO stray SELECT lead FROM unnest(CAST(:leads AS text[])) AS given(lead)
        WHERE NOT EXISTS (SELECT FROM fresh WHERE fresh.lead = given.lead) ORDER BY lead ON CONFLICT DO NOTHING),
    known AS (DELETE FROM stray WHERE lead IN (SELECT lead FROM fresh))
    SELECT deal FROM deal WHERE deal IN (SELECT deal FROM contact WHERE lead = ANY (CAST(:introduced AS text[])))
    ORDER BY deal FOR UPDATE
""")  # noqa: S608
"""Deals are shared by lanes: they are locked, in order, and the next statement sees what others have committed."""
_INTRODUCE: Final = statement("""
    UPDATE deal SET primary_lead = first.lead FROM primary_contact first
    WHERE deal.deal = ANY (CAST(:deals AS text[])) AND first.deal = deal.deal
          AND deal.primary_lead IS DISTINCT FROM first.lead
""")


async def refresh(tx: Connection, moved: MovedJourneys) -> None:
    """One statement when leads moved, and one more when a deal may have another primary contact.

    The rows of the batch are saved already, and deals that it has facts about are locked.
    """
    deals = set(moved.deals)
    if moved.leads:
        rows = await tx.execute(_REFRESH, {"leads": sorted(moved.leads), "introduced": sorted(moved.introduced)})
        deals.update(rows.scalars())
    if deals:
        await tx.execute(_INTRODUCE, {"deals": sorted(deals)})
