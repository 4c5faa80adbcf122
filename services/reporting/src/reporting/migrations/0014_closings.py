"""Why deals ended as they did: the survey's answer, else what was said when the deal was closed."""

from alembic import op

revision = "reporting_0014"
down_revision = "reporting_0013"


def upgrade() -> None:
    op.execute("""
        CREATE VIEW closing AS
        SELECT d.deal, nullif(lower(btrim(coalesce(s.reason, d.reason))), '') AS reason,
               nullif(btrim(coalesce(s.competitor, d.competitor)), '') AS competitor,
               coalesce(s.content, '[]') AS content, coalesce(s.objections, '[]') AS objections, s.lead_quality_issue,
               nullif(btrim(s.words ->> 'champion'), '') AS champion,
               nullif(btrim(s.words ->> 'could_differ'), '') AS could_differ,
               nullif(btrim(s.words ->> 'deal_breaker'), '') AS deal_breaker, s.deal IS NOT NULL AS surveyed
        FROM deal d LEFT JOIN LATERAL (
            SELECT * FROM survey WHERE survey.deal = d.deal ORDER BY at DESC, recorded_at DESC, event LIMIT 1) s ON true
        WHERE d.state IN ('won', 'lost')
    """)
