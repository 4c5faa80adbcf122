"""When it was said that a rep is away, here again or gone: what was said before it, and is heard of later, is no news."""

from alembic import op

revision = "routing_0005"
down_revision = "routing_0004"


def upgrade() -> None:
    op.execute("ALTER TABLE rep ADD COLUMN state_at timestamptz")
