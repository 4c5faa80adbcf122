"""Companies: the domain of each standing, what is said of a company, which account sales speaks of; and the models."""

from alembic import op

revision = "reporting_0007"
down_revision = "reporting_0006"


def upgrade() -> None:
    op.execute("ALTER TABLE standing ADD COLUMN domain text, ADD COLUMN crossed jsonb")
    op.execute("UPDATE standing SET domain = body -> 'facts' ->> 'domain'")
    op.execute("CREATE INDEX standing_by_domain ON standing (domain) WHERE domain IS NOT NULL")
    op.execute("ALTER TABLE remark ADD COLUMN account text")
    op.execute("""
        CREATE TABLE company_news (
            domain text NOT NULL,
            event text NOT NULL,
            at timestamptz NOT NULL,
            source text NOT NULL,
            happened text,
            facts jsonb NOT NULL,
            PRIMARY KEY (domain, event)
        )
    """)
