"""How many notices an address had lately is asked before each digest."""

from alembic import op

revision = "notifier_0002"
down_revision = "notifier_0001"


def upgrade() -> None:
    op.execute("CREATE INDEX notice_sent ON notice (channel, address, at) WHERE state = 'sent'")
