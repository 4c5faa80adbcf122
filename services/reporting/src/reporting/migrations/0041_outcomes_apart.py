"""What promises came to is one view for those with a clock and one for facts, so that each kind is counted by itself."""

from alembic import op

revision = "reporting_0041"
down_revision = "reporting_0040"


def upgrade() -> None:
    op.execute("""
        CREATE VIEW outcome_of_clock AS
        SELECT lead, promise, side, team, holder, started, stopped,
               CASE WHEN charged = 'system' AND state IN ('late', 'breached') THEN 'system' ELSE state END AS state,
               charged, deal
        FROM clock
    """)
    op.execute("""
        CREATE VIEW outcome_of_fact AS
        SELECT lead, promise, side, team, by AS holder, occurred AS started, recorded AS stopped,
               CASE WHEN late THEN 'late' ELSE 'met' END AS state, CASE WHEN late THEN by END AS charged,
               NULL::text AS deal
        FROM status_update
    """)
    op.execute("""
        CREATE OR REPLACE VIEW outcome AS
        SELECT * FROM outcome_of_clock UNION ALL SELECT * FROM outcome_of_fact
    """)
    op.execute("DROP INDEX answer_by_at")
    op.execute("""
        CREATE INDEX answer_by_at ON answer (at)
            INCLUDE (answer, accepted, implied, credited, lead_guarantee, rep, lead, assignment)
    """)
