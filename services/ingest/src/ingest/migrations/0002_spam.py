"""What was turned away can be looked at, released or dropped; what is only left out is counted by its reason."""

from alembic import op

revision = "ingest_0002"
down_revision = "ingest_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE reject ADD kind text NOT NULL DEFAULT 'refused', ADD state text NOT NULL DEFAULT 'open',
            ADD decided_at timestamptz, ADD submission bytea""")
    op.execute("UPDATE reject SET kind = 'spam' WHERE reason = 'honeypot'")
    op.execute("CREATE INDEX reject_kind ON reject (kind, id)")
    op.execute("""
        CREATE TABLE left_out (
            what text, reason text, source text, count bigint NOT NULL,
            first_at timestamptz NOT NULL, last_at timestamptz NOT NULL,
            PRIMARY KEY (what, reason, source))""")
