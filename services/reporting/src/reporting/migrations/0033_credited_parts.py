"""Deals are found by several of the filters that find them at once."""

from alembic import op

revision = "reporting_0033"
down_revision = "reporting_0032"


def upgrade() -> None:
    op.execute("CREATE INDEX credited_deal_parts ON credited_deal USING gin (parts)")
