"""Which words of a rep's leave the rep's calendar says: they are about its own absences alone."""

from alembic import op

revision = "reporting_0040"
down_revision = "reporting_0039"


def upgrade() -> None:
    op.execute("ALTER TABLE rep_state ADD COLUMN feed boolean NOT NULL DEFAULT false")
