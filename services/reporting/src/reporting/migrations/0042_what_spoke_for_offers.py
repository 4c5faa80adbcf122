"""What spoke for an offer stands in the index by which offers are found: many are looked up for it, and rows are wide."""

from alembic import op

revision = "reporting_0042"
down_revision = "reporting_0041"


def upgrade() -> None:
    op.execute("ALTER TABLE assignment DROP CONSTRAINT assignment_pkey")
    op.execute("ALTER TABLE assignment ADD PRIMARY KEY (lead, assignment) INCLUDE (spoke)")
