"""A company is a customer no more when its deals have ended."""

from alembic import op

revision = "routing_0004"
down_revision = "routing_0003"


def upgrade() -> None:
    op.execute("ALTER TABLE company ADD COLUMN churned jsonb NOT NULL DEFAULT '{}'")
