"""Which notices travelled in one message."""

from alembic import op

revision = "reporting_0016"
down_revision = "reporting_0015"


def upgrade() -> None:
    op.execute("ALTER TABLE notice ADD COLUMN message text")
