"""A lead is found by its company, and a leave may begin later."""

from alembic import op

revision = "routing_0003"
down_revision = "routing_0002"


def upgrade() -> None:
    op.execute("ALTER TABLE lead ADD COLUMN domain text, ADD COLUMN company text")
    op.execute(
        """UPDATE lead SET domain = state->'standing'->'facts'->>'domain',
            company = left(lower(coalesce(state->'standing'->'facts'->>'company', '')), 200)"""
    )
    op.execute("CREATE INDEX lead_domain ON lead (domain) WHERE domain IS NOT NULL")
    op.execute("CREATE INDEX lead_company ON lead (company) WHERE company <> ''")
    op.execute("ALTER TABLE rep ADD COLUMN away_from timestamptz")
