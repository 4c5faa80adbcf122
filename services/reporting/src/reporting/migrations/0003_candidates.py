"""A place keeps who was looked at for a lead that nobody could take."""

from alembic import op

revision = "reporting_0003"
down_revision = "reporting_0002"


def upgrade() -> None:
    op.execute("ALTER TABLE place ADD COLUMN candidates jsonb")
