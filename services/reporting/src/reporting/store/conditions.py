"""What the reads share: the conditions that several reports count by, and rows as plain dictionaries."""

from collections.abc import Mapping
from typing import Any, Final

from agreement.months import MqlEntry
from agreement.routing import HOUSE_ENDINGS
from runtime.database.connection import Connection
from runtime.database.statement import Statement

DatabaseRow = dict[str, Any]
"""One row, by column name."""

SAME: Final = """
    (CAST(:source AS text) IS NULL OR coalesce(c.source, '-') = :source)
    AND (CAST(:campaign AS text) IS NULL OR coalesce(c.campaign, '-') = :campaign)
    AND (CAST(:segment AS text) IS NULL OR coalesce(c.segment, '-') = :segment)
    AND (CAST(:team AS text) IS NULL OR coalesce(c.first_team, '-') = :team)
    AND (CAST(:rep AS text) IS NULL OR coalesce(c.first_rep, '-') = :rep)
    AND (CAST(:product AS text) IS NULL OR EXISTS (
        SELECT FROM contact k JOIN deal d USING (deal) WHERE k.lead = c.id AND d.product = :product))
"""
"""The filters of every report, on `lead_card c`."""

TRAFFIC: Final = "(SELECT s.body -> 'facts' ->> 'traffic' FROM standing s WHERE s.lead = c.id)"
"""The class of the traffic by which `lead_card c` came first; null of what was never scored."""

COUNTED: Final = """
    CASE WHEN CAST(:mode AS text) = 'cohort' THEN r.cycle = 1 AND c.captured_at >= :start AND c.captured_at < :end
         ELSE (r.cycle = 1 OR NOT r.re_engaged) AND r.entered_at >= :start AND r.entered_at < :end END
"""
"""Which entries `reached r` of a lead `c` a funnel counts: those of the cohort, or those of the period."""

_LEFT_OUT: Final = ("withdrawn", "merged")
"""Entries that `reached` and `lead_card` do not have."""

MQL_OF_A_MONTH: Final = f"NOT ({' OR '.join(f'r.{mark}' for mark in MqlEntry.NOT_COUNTED if mark not in _LEFT_OUT)})"
"""Which entries `reached r` of a lead in `lead_card` into the stage `mql` are a month's MQLs."""

ANSWERED: Final = f"a.answer NOT IN ({', '.join(map(repr, HOUSE_ENDINGS))})"
"""Which endings of an offer, on `answer a`, the acceptance rate is about: acceptances, and reasons of any agreement.

Silence (`accept_timeout`) is such a reason: no answer, but an offer that the rep did not accept. What the house ended
says nothing of the rep. Reasons that were taken out of the agreement since still count.
"""

HANDED: Final = """
    SELECT DISTINCT ON (lead) lead, at, CAST(snapshot ->> 'total' AS int) AS total FROM assignment
    ORDER BY lead, version
"""
"""When each lead was first handed over, and its total then."""

OUTCOME: Final = """
    CASE WHEN EXISTS (SELECT FROM reached r WHERE r.lead = c.id AND r.stage = 'won') THEN 'won'
         WHEN EXISTS (SELECT FROM reached r WHERE r.lead = c.id AND r.stage = 'lost') THEN 'lost'
         WHEN EXISTS (SELECT FROM reached r WHERE r.lead = c.id AND r.stage IN ('sql', 'opportunity')) THEN 'sql'
         WHEN c.stage = 'lead' AND NOT EXISTS (SELECT FROM assignment a WHERE a.lead = c.id) THEN 'untouched'
         WHEN c.closed OR c.stage = 'lead' THEN 'rejected' ELSE 'open' END
"""
"""How a lead of `lead_card c` has ended so far; `rejected`: by anybody, before it was an SQL; `untouched`: never handed
over."""

COMPARED: Final = """
    s.body -> 'models' @> jsonb_build_array(jsonb_build_object('model', CAST(:challenger AS text)))
"""
"""Whether the challenger scored the lead of `standing s`, too."""

_CHALLENGER: Final = "jsonb_exists(coalesce(s.crossed, '{}'), CAST(:challenger AS text))"
PASSED_BY: Final = f"""
    CASE WHEN jsonb_exists_any(coalesce(s.crossed, '{{}}'), CAST(:champions AS text[]))
         THEN CASE WHEN {_CHALLENGER} THEN 'both' ELSE 'champion' END
         WHEN {_CHALLENGER} THEN 'challenger' ELSE 'neither' END
"""
"""Whose total ever opened the gate for the lead of `standing s`."""


async def select(
    tx: Connection, statement: Statement, parameters: Mapping[str, Any] | None = None
) -> list[DatabaseRow]:
    """All rows of a statement."""
    return [dict(row) for row in (await tx.execute(statement, parameters)).mappings()]
