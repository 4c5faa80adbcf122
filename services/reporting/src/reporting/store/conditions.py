"""What the reads share: the conditions that several reports count by, and rows as plain dictionaries."""

from collections.abc import Mapping
from typing import Any, Final

from agreement.months import MqlEntry
from agreement.routing import HOUSE_ENDINGS
from runtime.database.connection import Connection
from runtime.database.statement import Statement

DatabaseRow = dict[str, Any]
"""One row, by column name."""

_HELD: Final = (
    """(CAST(:{0} AS text) IS NULL OR CASE WHEN CAST(:{0} AS text) = '-' THEN {1} IS NULL ELSE {1} = :{0} END)"""
)
"""A filter: this column has its value, or nothing (`-`). Planned with the value it is one plain condition (D94)."""

LEAD_IS: Final = f"""
    {_HELD.format("source", "c.source")} AND {_HELD.format("campaign", "c.campaign")}
    AND {_HELD.format("segment", "c.segment")}
    AND (CAST(:product AS text) IS NULL OR EXISTS (
        SELECT FROM contact k JOIN deal d USING (deal) WHERE k.lead = c.id AND d.product = :product))
"""
"""The filters that are about what a lead is, on `lead_journey c`, which has what is counted, or `lead_card c`."""

COUNTS: Final = "{}.lead NOT IN (SELECT lead FROM stray)"
"""Whether the lead of such a row counts: the few that do not are read once. With it `lead_journey c` is joined from the
left: PostgreSQL reads journeys only where a filter asks something of them."""

_OPEN_BY_REP: Final = "SELECT owner AS rep, stage, {} AS n FROM {} WHERE owner IS NOT NULL AND NOT closed GROUP BY 1, 2"
OPEN_WORK_BY_REP: Final = " UNION ALL ".join(
    (_OPEN_BY_REP.format("count(*)", "place"), _OPEN_BY_REP.format("-count(*)", "stray JOIN place USING (lead)"))
)
"""Rows of `rep`, `stage` and `n`, to be summed: how many leads each rep has in work in each stage.

One counts all leads, from an index without their ids (migration 0044); one takes away those that do not count."""

FIRST_HELD: Final = f"{_HELD.format('team', 'c.first_team')} AND {_HELD.format('rep', 'c.first_rep')}"
"""The filters that are about who had it, of a lead: to whom it was first handed."""

SAME: Final = f"{LEAD_IS} AND {FIRST_HELD}"
"""The filters of every report, on the same `c`."""

TRAFFIC: Final = "c.traffic"
"""The class of the traffic by which a lead `c` came first; null of what was never scored."""

PERSONA: Final = "c.persona"
"""The persona of a lead `c`, as `agreement.content.persona_of` says it: the view `journey_now` keeps it."""

_IN_PERIOD: Final = """
    CASE WHEN CAST(:mode AS text) = 'cohort' THEN c.captured_at >= :start AND c.captured_at < :end
         ELSE r.entered_at >= :start AND r.entered_at < :end END
"""
OF_THE_FIRST_CYCLE: Final = "(r.cycle = 1 OR (CAST(:mode AS text) <> 'cohort' AND NOT r.re_engaged))"
COUNTED: Final = f"({_IN_PERIOD} AND {OF_THE_FIRST_CYCLE})"
"""Which entries `reached r` of a lead `c` a funnel counts: those of the cohort, or those of the period."""

AGAIN: Final = f"({_IN_PERIOD} AND NOT {OF_THE_FIRST_CYCLE})"
"""The entries that it leaves out: of leads that came back."""

_LEFT_OUT: Final = ("withdrawn", "merged")
"""Entries that `reached` and `lead_card` do not have."""

MQL_OF_A_MONTH: Final = f"NOT ({' OR '.join(f'r.{mark}' for mark in MqlEntry.NOT_COUNTED if mark not in _LEFT_OUT)})"
"""Which entries `reached r` of a lead in `lead_card` into the stage `mql` are a month's MQLs."""

ANSWERED: Final = f"a.answer NOT IN ({', '.join(map(repr, HOUSE_ENDINGS))})"
"""Which endings of an offer, on `answer a`, the acceptance rate is about: acceptances, and reasons of any agreement.

Silence (`accept_timeout`) is such a reason: no answer, but an offer that the rep did not accept. What the house ended
says nothing of the rep. Reasons that were taken out of the agreement since still count.
"""

OFFERS: Final = "answer a LEFT JOIN assignment s USING (lead, assignment)"
HELD_OFFER: Final = f"{_HELD.format('team', 's.team')} AND {_HELD.format('rep', 'a.rep')}"
OFFER: Final = f"a.at >= :start AND a.at < :end AND {HELD_OFFER}"
"""Which of the OFFERS a period and the filters about who had it mean: those that ended then, by who was asked."""

PROMISED: Final = f"""
    o.started >= :start AND o.started < :end
    AND {_HELD.format("team", "o.team")} AND {_HELD.format("rep", "o.holder")}
"""
"""Which promises `outcome o` they mean: those that began then, by who had to keep them."""

KEPT: Final = """
    CASE coalesce(CAST(:kept AS text), 'judged') WHEN 'judged' THEN o.state IN ('met', 'late', 'breached')
         WHEN 'missed' THEN o.state IN ('late', 'breached') ELSE o.state = :kept END
"""
"""How a promise `outcome o` was kept: `judged` is whichever way, `missed` is late or never."""

RECYCLED: Final = """
    e.stage = 'mql' AND e.trigger IS NOT NULL AND NOT e.withdrawn AND e.entered_at >= :start AND e.entered_at < :end
"""
"""Which entries `entry e` began a recycled cycle in the period."""

CAME_TO: Final = """
    EXISTS (SELECT FROM entry t WHERE t.lead = e.lead AND t.cycle = e.cycle AND NOT t.withdrawn AND t.stage = {stage})
"""
"""Whether the cycle of `entry e` came to this stage (an expression of SQL)."""

HANDED: Final = "c.handed_at >= :start AND c.handed_at < :end"
"""Whether a lead `c` was first handed over in the period; `c.handed_total` is its total then."""

OUTCOME: Final = "c.outcome"
"""How a lead `c` has ended so far; `rejected`: by anybody, before it was an SQL; `untouched`: never handed over."""

TOUCHED: Final = "c.touched"
"""Whether sales has tried to reach the lead `c`, or talked with it."""

MET: Final = "t.asset IS NOT NULL AND t.side = 'marketing' AND NOT t.machine"
"""Whether by `touch t` somebody met an asset of the content library."""

MENTIONED: Final = """
    coalesce((SELECT x.asset FROM content x WHERE lower(btrim({0})) IN (lower(x.asset), lower(x.title))
              ORDER BY x.asset LIMIT 1), btrim({0}))
"""
"""The asset that a survey means by this text: named by its id or its title."""

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


def asks_of_leads(filters: Mapping[str, Any]) -> bool:
    """Whether any filter of `LEAD_IS` is given; else leads need not be looked at."""
    return any(filters[name] for name in ("source", "campaign", "segment", "product"))


async def select(
    tx: Connection, statement: Statement, parameters: Mapping[str, Any] | None = None
) -> list[DatabaseRow]:
    """All rows of a statement."""
    return [dict(row) for row in (await tx.execute(statement, parameters)).mappings()]
