"""Clocks with their evidence, touches that wait for clocks, and the counts that commitments are judged by."""

from alembic import op

revision = "sla_monitor_0001"
down_revision = None
branch_labels = ("sla_monitor",)


def upgrade() -> None:
    op.execute("""
        CREATE TABLE clock (
            id text PRIMARY KEY,
            lead text NOT NULL, promise text NOT NULL, level text NOT NULL, side text NOT NULL,
            cycle int NOT NULL, assignment text,
            holder text, manager text, team text, pool text,
            target text NOT NULL, started timestamptz NOT NULL, due timestamptz NOT NULL,
            milestones jsonb NOT NULL, pauses jsonb NOT NULL, attempts int NOT NULL,
            agreement text NOT NULL, correlation text,
            state text NOT NULL CHECK (state IN ('running', 'met', 'breached', 'late', 'void')),
            said int NOT NULL,
            stamp timestamptz, act text, ended timestamptz, ending text,
            stopped timestamptz, cause text, charged text
        ) WITH (fillfactor = 85)
    """)
    op.execute("CREATE INDEX clock_of_lead ON clock (lead)")
    op.execute("""
        CREATE TABLE touch (
            event text PRIMARY KEY,
            lead text NOT NULL, at timestamptz NOT NULL, kind text NOT NULL, by text
        )
    """)
    op.execute("CREATE INDEX touch_of_lead ON touch (lead)")
    op.execute("""
        CREATE TABLE mql (
            lead text NOT NULL, cycle int NOT NULL,
            at timestamptz NOT NULL, month date NOT NULL,
            complete boolean NOT NULL, converted boolean NOT NULL, withdrawn boolean NOT NULL,
            PRIMARY KEY (lead, cycle)
        )
    """)
    op.execute("""
        CREATE TABLE tally (
            counter text NOT NULL, period date NOT NULL, lane int NOT NULL,
            n int NOT NULL, live boolean NOT NULL,
            PRIMARY KEY (period, counter, lane)
        ) WITH (fillfactor = 50)
    """)
