"""A survey that is kept for a clock to come says how its deal ended."""

from alembic import op

revision = "sla_monitor_0005"
down_revision = "sla_monitor_0004"


def upgrade() -> None:
    op.execute("ALTER TABLE touch ADD COLUMN outcome text")
