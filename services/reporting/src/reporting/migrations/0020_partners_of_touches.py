"""Which partner a touch names, so that revenue is credited to partners as to campaigns."""

from alembic import op

revision = "reporting_0020"
down_revision = "reporting_0019"


def upgrade() -> None:
    op.execute("ALTER TABLE touch ADD COLUMN partner text")
