"""When a name of an asset or campaign was used last: what nobody uses any more is forgotten."""

from alembic import op

revision = "ingest_0008"
down_revision = "ingest_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE name ADD COLUMN at timestamptz NOT NULL DEFAULT now()")
