"""A deal is a row of its own, shared by its contacts; what leads knew of theirs is taken up when the next fact comes."""

from alembic import op

revision = "routing_0002"
down_revision = "routing_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE deal (deal text PRIMARY KEY, state jsonb)")
