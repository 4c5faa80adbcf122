"""A reader says which number of a stream it misses, and its writer ships from there again."""

from alembic import op

revision = "runtime_0005"
down_revision = "runtime_0004"


def upgrade() -> None:
    op.execute("ALTER TABLE lane_input ADD COLUMN wanted bigint, ADD COLUMN wanted_at timestamptz")
