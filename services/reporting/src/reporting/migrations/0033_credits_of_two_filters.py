"""A deal that was shared out names the sums by week in which it is: also those of two filters at once."""

from alembic import op

revision = "reporting_0033"
down_revision = "reporting_0031"
compatible_since = revision  # older code keeps deals that are in no sum


def upgrade() -> None:
    op.execute("ALTER TABLE credited_deal ADD COLUMN sums text[] NOT NULL DEFAULT '{}'")
