"""A survey answers the end that the deal has now, and not one that was taken back; a promise names its deal."""

from alembic import op

revision = "reporting_0032"
down_revision = "reporting_0031"


def upgrade() -> None:
    op.execute("ALTER TABLE deal ADD COLUMN surveys_from timestamptz")
    op.execute("""
        CREATE OR REPLACE VIEW counted_survey AS
        SELECT s.deal, s.lead, s.event, s.at, s.recorded_at, s.by, s.outcome, s.reason, s.competitor, s.content,
               s.objections, s.lead_quality_issue, s.words
        FROM deal d CROSS JOIN LATERAL (
            SELECT * FROM survey
            WHERE survey.deal = d.deal AND survey.outcome = d.state
                  AND (d.surveys_from IS NULL OR survey.at >= d.surveys_from)
            ORDER BY at DESC, recorded_at DESC, event LIMIT 1) s
    """)
    op.execute("""
        CREATE OR REPLACE VIEW survey_left_out AS
        SELECT s.deal, s.lead, s.at, s.by, s.outcome, coalesce(d.state, 'unreported') AS state, s.event
        FROM survey s LEFT JOIN deal d USING (deal) LEFT JOIN counted_survey c USING (deal)
        WHERE (d.state IS DISTINCT FROM s.outcome OR s.at < d.surveys_from)
              AND (c.event IS NULL OR (c.at, c.recorded_at) < (s.at, s.recorded_at))
    """)
    op.execute("""
        CREATE OR REPLACE VIEW outcome AS
        SELECT lead, promise, side, team, holder, started, stopped,
               CASE WHEN charged = 'system' AND state IN ('late', 'breached') THEN 'system' ELSE state END AS state,
               charged, deal
        FROM clock
        UNION ALL
        SELECT lead, promise, side, team, by, occurred, recorded, CASE WHEN late THEN 'late' ELSE 'met' END,
               CASE WHEN late THEN by END, NULL
        FROM status_update
    """)
