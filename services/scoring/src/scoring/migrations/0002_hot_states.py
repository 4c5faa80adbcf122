"""A small hot state for each lead, and its past in blocks; rows of the first release are read until they are touched."""

from alembic import op

revision = "scoring_0002"
down_revision = "scoring_0001"


def upgrade() -> None:
    op.execute("ALTER TABLE lead ADD COLUMN hot bytea")
    op.execute("ALTER TABLE lead ALTER COLUMN state SET DEFAULT '{}'")
    op.execute("ALTER TABLE lead ALTER COLUMN hot SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE lead SET (toast_tuple_target = 8160)")
    op.execute("""
        CREATE TABLE past (
            lead text NOT NULL,
            n int NOT NULL,
            body bytea NOT NULL,
            PRIMARY KEY (lead, n)
        )
    """)
