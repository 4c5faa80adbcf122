"""A touch may be about an offer (did its notice reach the rep) or a deal (its survey was answered)."""

from alembic import op

revision = "sla_monitor_0004"
down_revision = "sla_monitor_0003"


def upgrade() -> None:
    op.execute("ALTER TABLE touch ADD COLUMN about text")
