"""The list of leads: page by page, with the conditions by which a number of a report links to its leads."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reporting.store.conditions import (
    ANSWERED,
    COMPARED,
    COUNTED,
    HANDED,
    MQL_OF_A_MONTH,
    OUTCOME,
    PASSED_BY,
    SAME,
    TRAFFIC,
    DatabaseRow,
    select,
)
from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement

_WHERE: Final = f"""
    {SAME}
    AND (CAST(:q AS text) IS NULL OR c.id = :q OR c.name ILIKE :like OR c.email ILIKE :like OR c.company ILIKE :like)
    AND (CAST(:stage AS text) IS NULL OR c.stage = :stage)
    AND (CAST(:status AS text) IS NULL OR c.status = :status)
    AND (CAST(:band AS text) IS NULL OR c.band = :band)
    AND (CAST(:owner AS text) IS NULL OR coalesce(c.owner, '-') = :owner)
    AND (NOT CAST(:captured AS boolean) OR (c.captured_at >= :start AND c.captured_at < :end))
    AND (CAST(:reached AS text) IS NULL OR EXISTS (
        SELECT FROM reached r WHERE r.lead = c.id AND r.stage = :reached
        AND (CAST(:implied AS boolean) IS NULL OR r.implied = :implied)
        AND (r.stage <> 'mql' OR CAST(:implied AS boolean) IS NOT FALSE OR {MQL_OF_A_MONTH}) AND {COUNTED}))
    AND (CAST(:stalled AS text) IS NULL OR NOT EXISTS (
        SELECT FROM reached r WHERE r.lead = c.id AND r.stage = :stalled AND {COUNTED}))
    AND (CAST(:rejected AS text) IS NULL OR EXISTS (
        SELECT FROM answer a WHERE a.lead = c.id AND NOT a.accepted AND a.answer = :rejected
        AND a.at >= :start AND a.at < :end))
    AND (CAST(:recycled AS text) IS NULL OR EXISTS (
        SELECT FROM entry e WHERE e.lead = c.id AND e.stage = 'mql' AND e.trigger = :recycled AND NOT e.withdrawn
        AND e.entered_at >= :start AND e.entered_at < :end))
    AND (CAST(:answered AS text) IS NULL OR EXISTS (
        SELECT FROM answer a WHERE a.lead = c.id AND {ANSWERED}
        AND (:answered = 'any' OR a.accepted = (:answered = 'accepted')) AND a.at >= :start AND a.at < :end))
    AND (CAST(:fit_line AS text) IS NULL OR EXISTS (
        SELECT FROM answer a, jsonb_array_elements(a.fit_lines) AS line WHERE a.lead = c.id
        AND (line ->> 'rule') || ':' || (line ->> 'points') = :fit_line AND a.at >= :start AND a.at < :end))
    AND (CAST(:deals AS text) IS NULL OR EXISTS (
        SELECT FROM contact k JOIN deal d USING (deal) WHERE k.lead = c.id AND d.state = :deals
        AND (:deals = 'open' OR d.closed_at >= :start AND d.closed_at < :end)))
    AND (CAST(:traffic AS text) IS NULL OR coalesce({TRAFFIC}, '-') = :traffic)
    AND (CAST(:rated AS boolean) IS NULL OR :rated = EXISTS (
        SELECT FROM remark m WHERE m.lead = c.id AND m.kind = 'feedback' AND m.at >= :start AND m.at < :end))
    AND (CAST(:among AS text[]) IS NULL OR c.id = ANY (CAST(:among AS text[])))
    AND (CAST(:handed_at_least AS int) IS NULL OR EXISTS (
        SELECT FROM ({HANDED}) AS h WHERE h.lead = c.id AND h.at >= :start AND h.at < :end
        AND h.total BETWEEN :handed_at_least AND coalesce(CAST(:handed_at_most AS int), h.total)))
    AND (CAST(:outcome AS text) IS NULL OR CASE :outcome
        WHEN 'qualified' THEN {OUTCOME} IN ('sql', 'won', 'lost') ELSE {OUTCOME} = :outcome END)
    AND (CAST(:passed_by AS text) IS NULL OR EXISTS (
        SELECT FROM standing s WHERE s.lead = c.id AND {COMPARED} AND {PASSED_BY} = :passed_by))
    AND (CAST(:promise AS text) IS NULL OR EXISTS (
        SELECT FROM outcome k WHERE k.lead = c.id AND k.promise = :promise AND k.started >= :start AND k.started < :end
        AND CASE coalesce(CAST(:kept AS text), 'judged') WHEN 'judged' THEN k.state IN ('met', 'late', 'breached')
            WHEN 'missed' THEN k.state IN ('late', 'breached')
            ELSE k.state = :kept END))
"""  # noqa: S608

_KEYS: Final = {
    "total": "coalesce(c.total, -1000)::float8",
    "first_seen": "coalesce(extract(epoch FROM c.first_seen), 0)::float8",
    "last_engaged": "coalesce(extract(epoch FROM c.last_engaged), 0)::float8",
    "name": "coalesce(lower(c.name), '~')",
    "company": "coalesce(lower(c.company), '~')",
}


_COUNT: Final = statement(f"SELECT count(*) FROM lead_card c WHERE {_WHERE}")  # noqa: S608
_VALUES = statement("SELECT count(*) AS leads, min(captured_at) AS first FROM lead_card")


class LeadList:
    """The list with these columns of the view `lead_card`, in each of its orders."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._statements = {
            sort: _statement(columns, key, ascending=sort in ("name", "company")) for sort, key in _KEYS.items()
        }

    async def page(
        self, tx: Connection, filters: Mapping[str, Any], sort: str, limit: int, after: tuple[Any, str] | None
    ) -> list[DatabaseRow]:
        """At most `limit` leads beyond `after`; each with its `position` in this order."""
        last, last_id = after or (None, None)
        return await select(tx, self._statements[sort], {**filters, "limit": limit, "last": last, "last_id": last_id})


def _statement(columns: Sequence[str], key: str, *, ascending: bool) -> Statement:
    order, beyond, kind = ("ASC", ">", "text") if ascending else ("DESC", "<", "float8")
    return statement(f"""
        SELECT {", ".join(f"c.{name}" for name in columns)}, {key} AS position FROM lead_card c WHERE {_WHERE}
        AND (CAST(:last_id AS text) IS NULL OR ({key}, c.id) {beyond} (CAST(:last AS {kind}), :last_id))
        ORDER BY {key} {order}, c.id {order} LIMIT :limit
    """)  # noqa: S608


async def count(tx: Connection, filters: Mapping[str, Any]) -> int:
    """How many leads meet the conditions; `filters` as for `LeadList.page`."""
    return int((await tx.execute(_COUNT, filters)).scalar_one())


async def known(tx: Connection) -> DatabaseRow:
    """How many `leads` there are at all, and when the `first` became known."""
    return (await select(tx, _VALUES))[0]
