"""What panels ask for by time is found by it, however many years lie before."""

from alembic import op

revision = "reporting_0017"
down_revision = "reporting_0016"


def upgrade() -> None:
    op.execute("CREATE INDEX assignment_by_at ON assignment (at)")
    op.execute("CREATE INDEX clock_by_started ON clock (started)")
