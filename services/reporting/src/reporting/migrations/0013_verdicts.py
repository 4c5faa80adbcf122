"""Engagements are judged again by their message id; lookups of enrichment that failed are counted by provider and reason."""

from alembic import op

revision = "reporting_0013"
down_revision = "reporting_0012"


def upgrade() -> None:
    op.execute("ALTER TABLE touch ADD COLUMN message_id text")
    op.execute("""
        CREATE TABLE verdict (
            lead text, event text, at timestamptz NOT NULL, message_id text NOT NULL, machine boolean NOT NULL,
            by text NOT NULL, PRIMARY KEY (lead, event))
    """)
    op.execute("""
        CREATE TABLE failed_lookup (
            domain text, event text, at timestamptz NOT NULL, provider text NOT NULL, reason text NOT NULL,
            PRIMARY KEY (domain, event))
    """)
    op.execute("CREATE INDEX failed_lookup_at ON failed_lookup (at)")
