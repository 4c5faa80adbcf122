"""Facts of sales that were recorded in time or late, what a clock is for, and surveys of closed deals."""

from alembic import op

revision = "reporting_0009"
down_revision = "reporting_0008"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE status_update (
            lead text NOT NULL,
            fact text NOT NULL,
            promise text NOT NULL,
            side text NOT NULL,
            kind text NOT NULL,
            by text,
            team text,
            target text NOT NULL,
            occurred timestamptz NOT NULL,
            recorded timestamptz NOT NULL,
            due timestamptz NOT NULL,
            late boolean NOT NULL,
            PRIMARY KEY (lead, fact, promise)
        )
    """)
    op.execute("CREATE INDEX status_update_by_occurred ON status_update (occurred)")
    op.execute("ALTER TABLE clock ADD COLUMN level text, ADD COLUMN agreement text, ADD COLUMN deal text")
    op.execute("ALTER TABLE answer ADD COLUMN returned_at timestamptz, ADD COLUMN return_reason text")
    op.execute("""
        CREATE TABLE survey (
            lead text NOT NULL,
            event text NOT NULL,
            deal text NOT NULL,
            at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL,
            by text,
            outcome text NOT NULL,
            reason text,
            competitor text,
            content jsonb NOT NULL DEFAULT '[]',
            objections jsonb NOT NULL DEFAULT '[]',
            lead_quality_issue boolean,
            words jsonb,
            PRIMARY KEY (lead, event)
        )
    """)
    op.execute("CREATE INDEX survey_by_deal ON survey (deal)")
    op.execute("""
        CREATE VIEW outcome AS
        SELECT lead, promise, side, team, holder, started, stopped,
               CASE WHEN charged = 'system' AND state IN ('late', 'breached') THEN 'system' ELSE state END AS state,
               charged
        FROM clock
        UNION ALL
        SELECT lead, promise, side, team, by, occurred, recorded, CASE WHEN late THEN 'late' ELSE 'met' END,
               CASE WHEN late THEN by END
        FROM status_update
    """)
