"""When each rep's calendar feed was read last, and which leave was handed in from it."""

from alembic import op

revision = "ingest_0004"
down_revision = "ingest_0002"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE calendar (
            rep text PRIMARY KEY, read_at timestamptz NOT NULL, leave_from timestamptz, leave_until timestamptz)
    """)
