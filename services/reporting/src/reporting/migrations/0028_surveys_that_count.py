"""Which survey counts for a deal is said once, in the view `counted_survey`; one that it replaced is not left out."""

from alembic import op

revision = "reporting_0028"
down_revision = "reporting_0027"


def upgrade() -> None:
    op.execute("""
        CREATE VIEW counted_survey AS
        SELECT s.deal, s.lead, s.event, s.at, s.recorded_at, s.by, s.outcome, s.reason, s.competitor, s.content,
               s.objections, s.lead_quality_issue, s.words
        FROM deal d CROSS JOIN LATERAL (
            SELECT * FROM survey WHERE survey.deal = d.deal AND survey.outcome = d.state
            ORDER BY at DESC, recorded_at DESC, event LIMIT 1) s
    """)
    op.execute("""
        CREATE OR REPLACE VIEW closing AS
        SELECT d.deal, nullif(lower(btrim(coalesce(s.reason, d.reason))), '') AS reason,
               nullif(btrim(coalesce(s.competitor, d.competitor)), '') AS competitor,
               coalesce(s.content, '[]') AS content, coalesce(s.objections, '[]') AS objections, s.lead_quality_issue,
               nullif(btrim(s.words ->> 'champion'), '') AS champion,
               nullif(btrim(s.words ->> 'could_differ'), '') AS could_differ,
               nullif(btrim(s.words ->> 'deal_breaker'), '') AS deal_breaker, s.deal IS NOT NULL AS surveyed
        FROM deal d LEFT JOIN counted_survey s USING (deal)
        WHERE d.state IN ('won', 'lost')
    """)
    op.execute("""
        CREATE OR REPLACE VIEW survey_left_out AS
        SELECT s.deal, s.lead, s.at, s.by, s.outcome, coalesce(d.state, 'unreported') AS state, s.event
        FROM survey s LEFT JOIN deal d USING (deal) LEFT JOIN counted_survey c USING (deal)
        WHERE d.state IS DISTINCT FROM s.outcome AND (c.event IS NULL OR (c.at, c.recorded_at) < (s.at, s.recorded_at))
    """)
