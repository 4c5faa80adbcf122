"""What was said of a rep's leave, shared by all lanes; and which clocks wait behind leave, so that its end wakes them."""

from alembic import op

revision = "sla_monitor_0006"
down_revision = "sla_monitor_0005"


def upgrade() -> None:
    op.execute("CREATE TABLE leave (rep text PRIMARY KEY, words jsonb NOT NULL)")
    op.execute("ALTER TABLE clock ADD COLUMN away text")
    op.execute("CREATE INDEX clock_away ON clock (away) WHERE away IS NOT NULL")
