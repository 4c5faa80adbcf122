"""A survey of the very instant at which an end was taken back is about that end, and not about the next one too."""

from alembic import op

revision = "reporting_0035"
down_revision = "reporting_0034"


def upgrade() -> None:
    op.execute("""
        CREATE OR REPLACE VIEW counted_survey AS
        SELECT s.deal, s.lead, s.event, s.at, s.recorded_at, s.by, s.outcome, s.reason, s.competitor, s.content,
               s.objections, s.lead_quality_issue, s.words
        FROM deal d CROSS JOIN LATERAL (
            SELECT * FROM survey
            WHERE survey.deal = d.deal AND survey.outcome = d.state
                  AND (d.surveys_from IS NULL OR survey.at > d.surveys_from)
            ORDER BY at DESC, recorded_at DESC, event LIMIT 1) s
    """)
    op.execute("""
        CREATE OR REPLACE VIEW survey_left_out AS
        SELECT s.deal, s.lead, s.at, s.by, s.outcome, coalesce(d.state, 'unreported') AS state, s.event
        FROM survey s LEFT JOIN deal d USING (deal) LEFT JOIN counted_survey c USING (deal)
        WHERE (d.state IS DISTINCT FROM s.outcome OR s.at <= d.surveys_from)
              AND (c.event IS NULL OR (c.at, c.recorded_at) < (s.at, s.recorded_at))
    """)
