"""Frozen figures of periods, days that stood out, and which of both are written already; the channel of an engagement."""

from alembic import op

revision = "reporting_0018"
down_revision = "reporting_0017"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE pack (
            pack text PRIMARY KEY, kind text NOT NULL, title text NOT NULL, first date NOT NULL, until date NOT NULL,
            currency text NOT NULL, at timestamptz NOT NULL, agreement text, parts jsonb NOT NULL)
    """)
    op.execute("""
        CREATE TABLE anomaly (
            anomaly text PRIMARY KEY, kind text NOT NULL, metric text NOT NULL, day date NOT NULL,
            value double precision NOT NULL, expected double precision NOT NULL, count bigint NOT NULL,
            deviations double precision NOT NULL, weeks bigint NOT NULL, dimension text, part text,
            share double precision, text text NOT NULL, link text, at timestamptz NOT NULL)
    """)
    op.execute("CREATE INDEX anomaly_by_day ON anomaly (day)")
    op.execute("CREATE TABLE period_over (period text PRIMARY KEY, at timestamptz NOT NULL)")
    op.execute("ALTER TABLE touch ADD COLUMN channel text")
    op.execute("CREATE INDEX touch_by_at ON touch USING brin (at)")
    op.execute("CREATE INDEX story_by_time ON story USING brin (recorded_at, at)")
