"""A leave is handed in by its turn, which is begun before and ended after: whoever dies in between is followed by one."""

from alembic import op

revision = "ingest_0006"
down_revision = "ingest_0005"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE calendar ADD COLUMN turn bigint NOT NULL DEFAULT 0, ADD COLUMN open boolean NOT NULL DEFAULT false
    """)
