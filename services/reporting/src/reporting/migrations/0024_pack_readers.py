"""Who opened which pack."""

from alembic import op

revision = "reporting_0024"
down_revision = "reporting_0023"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE pack_reader (
            pack text NOT NULL, by text NOT NULL, side text, at timestamptz NOT NULL, PRIMARY KEY (pack, by))
    """)
