"""The person, the handoff as cards show it, the notices that are owed, and the pace of each channel."""

from alembic import op

revision = "notifier_0001"
down_revision = None
branch_labels = ("notifier",)


def upgrade() -> None:
    op.execute("CREATE TABLE person (lead text PRIMARY KEY, body jsonb NOT NULL)")
    op.execute("CREATE TABLE matter (lead text PRIMARY KEY, body jsonb NOT NULL)")
    op.execute("""
        CREATE TABLE notice (
            id text PRIMARY KEY,
            lead text NOT NULL, kind text NOT NULL, about text NOT NULL,
            recipient text NOT NULL, channel text NOT NULL, address text NOT NULL,
            assignment text, cause text, correlation text,
            personal boolean NOT NULL,
            payload jsonb NOT NULL,
            state text NOT NULL,
            next_at timestamptz,
            attempts int NOT NULL DEFAULT 0,
            lost int NOT NULL DEFAULT 0,
            tried_at timestamptz,
            held_until timestamptz,
            wanted int NOT NULL DEFAULT 0, shown int NOT NULL DEFAULT 0,
            place text, reference text, outbox boolean NOT NULL DEFAULT false,
            digest text, body jsonb, error text,
            made_at timestamptz NOT NULL, at timestamptz NOT NULL,
            UNIQUE (lead, kind, about, channel, recipient))
    """)
    op.execute("CREATE INDEX notice_due ON notice (channel, next_at) WHERE next_at IS NOT NULL")
    op.execute("CREATE INDEX notice_made ON notice (made_at DESC, id DESC)")
    op.execute("CREATE TABLE pace (place text PRIMARY KEY, free_at timestamptz NOT NULL, stopped text, found text)")
