from alembic import op

revision = "probe_0001"
down_revision = None
branch_labels = ("probe",)


def upgrade() -> None:
    op.execute("CREATE TABLE tally (subject text PRIMARY KEY, n int NOT NULL, chain text NOT NULL)")
    op.execute("CREATE TABLE rung (subject text, key text, times int NOT NULL, PRIMARY KEY (subject, key))")
    op.execute("CREATE TABLE mended (kind text PRIMARY KEY)")
