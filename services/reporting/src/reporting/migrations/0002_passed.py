"""A place keeps the routing steps that did not match; the lists name the company that scoring decided on."""

from alembic import op

revision = "reporting_0002"
down_revision = "reporting_0001"


def upgrade() -> None:
    op.execute("ALTER TABLE place ADD COLUMN passed jsonb")
    op.execute("""
        CREATE OR REPLACE VIEW lead_card AS
        SELECT person.lead AS id, person.email, person.name, person.title,
               CASE WHEN person.erased_at IS NULL OR person.email IS NOT NULL
                    THEN coalesce(standing.body -> 'facts' ->> 'company', person.company)
               END AS company,
               coalesce(place.stage, 'lead') AS stage, coalesce(place.status, 'new') AS status,
               coalesce(place.cycle, 1) AS cycle, standing.fit, standing.engagement, standing.total, standing.band,
               standing.completeness, standing.passed, place.owner, place.team, place.pool, place.flag,
               place.assignment, coalesce(place.accepted, false) AS accepted, coalesce(place.closed, false) AS closed,
               person.first_seen, person.captured_at, standing.last_engaged, person.source, person.campaign,
               person.channel, standing.segment, place.first_rep, place.first_team, place.segment AS nurture,
               place.goal, place.revisit_on, place.why, place.since, person.erased_at, person.historical
        FROM person LEFT JOIN place USING (lead) LEFT JOIN standing USING (lead)
        WHERE person.captured_at IS NOT NULL AND person.merged_into IS NULL
    """)
