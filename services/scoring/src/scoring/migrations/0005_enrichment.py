"""What providers were asked about companies over HTTP, and when they answered."""

from alembic import op

revision = "scoring_0005"
down_revision = "scoring_0003"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE enrichment (
            provider text, domain text, until timestamptz NOT NULL, next_at timestamptz,
            attempts int NOT NULL DEFAULT 0, answered_at timestamptz, outcome text,
            PRIMARY KEY (provider, domain))""")
    op.execute("CREATE INDEX enrichment_next ON enrichment (next_at) WHERE next_at IS NOT NULL")
