"""The first touch of each lead is kept, for whose side sourced a deal; and open work is counted from a small index."""

from alembic import op

revision = "reporting_0044"
down_revision = "reporting_0043"
compatible_since = revision  # older code would not keep the first touches


def upgrade() -> None:
    op.execute("""
        CREATE TABLE first_touch (
            lead text PRIMARY KEY, event text NOT NULL, at timestamptz NOT NULL, side text NOT NULL
        ) WITH (fillfactor = 90)
    """)
    op.execute("""
        INSERT INTO first_touch
        SELECT DISTINCT ON (lead) lead, event, at, side FROM touch WHERE NOT machine ORDER BY lead, at, event
    """)
    op.execute("CREATE INDEX place_work ON place (owner, stage) WHERE owner IS NOT NULL AND NOT closed")
