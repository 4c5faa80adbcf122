"""A touch may be about an offer: whether its notice reached the rep."""

from alembic import op

revision = "sla_monitor_0004"
down_revision = "sla_monitor_0003"


def upgrade() -> None:
    op.execute("ALTER TABLE touch ADD COLUMN assignment text")
