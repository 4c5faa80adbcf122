"""How far the agreement in force has come through all leads; one row."""

from alembic import op

revision = "scoring_0006"
down_revision = "scoring_0005"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE rescoring (
            only_row bool PRIMARY KEY DEFAULT true CHECK (only_row),
            version text NOT NULL,
            after text NOT NULL DEFAULT '',
            finished bool NOT NULL DEFAULT false
        )
    """)
