"""Promises and picks stand in indexes in the order in which they are added up: PostgreSQL sorts and hashes none of them.

What a promise came to is said as the views `outcome_of_clock` and `outcome_of_fact` say it (migration 0041).
"""

from alembic import op

revision = "reporting_0045"
down_revision = "reporting_0044"


def upgrade() -> None:
    op.execute("""
        CREATE INDEX clock_kept ON clock (
            promise, team,
            (CASE WHEN charged = 'system' AND state IN ('late', 'breached') THEN 'system' ELSE state END), started
        ) INCLUDE (state, charged, stopped, holder)
    """)
    op.execute("""
        CREATE INDEX status_update_kept ON status_update (
            promise, team, (CASE WHEN late THEN 'late' ELSE 'met' END), occurred
        ) INCLUDE (late, recorded, by)
    """)
    op.execute("DROP INDEX assignment_digests")
    op.execute("""
        CREATE INDEX assignment_digests ON assignment (pool, at, assignment COLLATE "C")
            INCLUDE (lead, rep, rule, turn, digest, past) WHERE pool IS NOT NULL AND NOT historical
    """)
    op.execute("ANALYZE clock, status_update")  # of expressions, too: without it they are not preferred
