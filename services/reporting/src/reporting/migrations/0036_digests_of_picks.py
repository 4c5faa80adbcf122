"""An offer keeps the digest of its entry in its pool's log, and who was passed over, so that no report reads the tables."""

import json
from typing import Any

from alembic import op

from reporting.decide.picks import marks_of_pick

revision = "reporting_0036"
down_revision = "reporting_0035"
compatible_since = revision  # older code would write offers without a digest

AT_ONCE = 5000


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION passed_over_of(candidates jsonb, pool text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
        AS $$
            SELECT array_agg((row ->> 'rep') || E'\\n' || (row ->> 'reason'))
            FROM jsonb_array_elements(candidates) AS row
            WHERE coalesce(row ->> 'pool', pool) = pool AND NOT CAST(row ->> 'eligible' AS boolean)
        $$
    """)
    op.execute("""
        ALTER TABLE assignment ADD COLUMN digest text, ADD COLUMN past boolean NOT NULL DEFAULT false,
            ADD COLUMN passed_over text[] GENERATED ALWAYS AS (passed_over_of(candidates, pool)) STORED
    """)
    last = ("", "")
    while rows := _next(last):
        _keep(rows)
        last = (rows[-1]["lead"], rows[-1]["assignment"])
    op.execute("""
        CREATE INDEX assignment_digests ON assignment (pool, at)
            INCLUDE (assignment, lead, rep, rule, turn, digest, past) WHERE pool IS NOT NULL AND NOT historical
    """)
    op.execute("CREATE INDEX assignment_passed_over ON assignment (at) WHERE passed_over IS NOT NULL")
    op.execute("DROP INDEX answer_credited")
    op.execute("CREATE INDEX answer_credited ON answer (lead, assignment) INCLUDE (at, returned_at) WHERE credited")


def _next(last: tuple[str, str]) -> list[dict[str, Any]]:
    wanted = """
        SELECT lead, assignment, event, pool, rep, at, rule, turn, CAST(candidates AS text) AS candidates
        FROM assignment
        WHERE pool IS NOT NULL AND NOT historical AND (lead, assignment) > ($1::text, $2::text)
        ORDER BY lead, assignment LIMIT $3::int
    """
    rows = op.get_bind().exec_driver_sql(wanted, (*last, AT_ONCE))
    return [{**row, "candidates": json.loads(row["candidates"])} for row in rows.mappings()]


def _keep(rows: list[dict[str, Any]]) -> None:
    marks = [marks_of_pick(row) for row in rows]
    update = """
        UPDATE assignment SET digest = v.digest, past = v.past
        FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[]) AS v(lead, assignment, digest, past)
        WHERE assignment.lead = v.lead AND assignment.assignment = v.assignment
    """
    leads, assignments = [row["lead"] for row in rows], [row["assignment"] for row in rows]
    digests, past = [one["digest"] for one in marks], [one["past"] for one in marks]
    op.get_bind().exec_driver_sql(update, (leads, assignments, digests, past))
