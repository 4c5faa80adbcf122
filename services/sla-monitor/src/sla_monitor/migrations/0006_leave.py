"""What was said of a rep's leave, shared by all lanes: written by the rep's own, read by those of the rep's leads."""

from alembic import op

revision = "sla_monitor_0006"
down_revision = "sla_monitor_0005"


def upgrade() -> None:
    op.execute("CREATE TABLE leave (rep text PRIMARY KEY, words jsonb NOT NULL)")
