"""Leads with their state, what is known of persons and companies, and the lines of the ledgers."""

from alembic import op

revision = "scoring_0001"
down_revision = None
branch_labels = ("scoring",)


def upgrade() -> None:
    op.execute("""
        CREATE TABLE lead (
            lead text PRIMARY KEY,
            gone text CHECK (gone IN ('merged', 'erased')),
            domain text,
            state jsonb NOT NULL
        ) WITH (fillfactor = 70)
    """)
    op.execute("CREATE INDEX lead_domain ON lead (domain) WHERE domain IS NOT NULL")
    op.execute("CREATE TABLE person (lead text PRIMARY KEY, facts jsonb NOT NULL)")
    op.execute("CREATE TABLE company (domain text PRIMARY KEY, facts jsonb NOT NULL)")
    op.execute("""
        CREATE TABLE line (
            lead text NOT NULL,
            model text NOT NULL,
            at timestamptz NOT NULL,
            event text NOT NULL,
            rule text NOT NULL,
            points int NOT NULL,
            because text NOT NULL,
            PRIMARY KEY (lead, model, at, event, rule)
        )
    """)
