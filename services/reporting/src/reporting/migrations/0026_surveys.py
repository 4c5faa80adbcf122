"""A survey counts for its deal while the deal has ended as the survey says."""

from alembic import op

revision = "reporting_0026"
down_revision = "reporting_0025"


def upgrade() -> None:
    op.execute("""
        CREATE OR REPLACE VIEW closing AS
        SELECT d.deal, nullif(lower(btrim(coalesce(s.reason, d.reason))), '') AS reason,
               nullif(btrim(coalesce(s.competitor, d.competitor)), '') AS competitor,
               coalesce(s.content, '[]') AS content, coalesce(s.objections, '[]') AS objections, s.lead_quality_issue,
               nullif(btrim(s.words ->> 'champion'), '') AS champion,
               nullif(btrim(s.words ->> 'could_differ'), '') AS could_differ,
               nullif(btrim(s.words ->> 'deal_breaker'), '') AS deal_breaker, s.deal IS NOT NULL AS surveyed
        FROM deal d LEFT JOIN LATERAL (
            SELECT * FROM survey WHERE survey.deal = d.deal AND survey.outcome = d.state
            ORDER BY at DESC, recorded_at DESC, event LIMIT 1) s ON true
        WHERE d.state IN ('won', 'lost')
    """)
    op.execute("""
        CREATE VIEW survey_left_out AS
        SELECT s.deal, s.lead, s.at, s.by, s.outcome, coalesce(d.state, 'unreported') AS state, s.event
        FROM survey s LEFT JOIN deal d USING (deal) WHERE d.state IS DISTINCT FROM s.outcome
    """)
