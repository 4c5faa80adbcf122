"""A dead letter may be a due timer: it has no number in a stream."""

from alembic import op

revision = "runtime_0002"
down_revision = "runtime_0001"


def upgrade() -> None:
    op.execute("ALTER TABLE dead_letter ALTER COLUMN seq DROP NOT NULL")
