"""Notices that belong to a card, and the hours at which what can wait comes together."""

from alembic import op

revision = "notifier_0003"
down_revision = "notifier_0002"


def upgrade() -> None:
    op.execute("ALTER TABLE notice ADD COLUMN card text")
    op.execute("CREATE INDEX notice_digest ON notice (digest) WHERE digest IS NOT NULL")
