"""A place keeps its flags, the record it was joined to, and what waits for a manager; an offer whether it took a turn."""

from alembic import op

revision = "reporting_0006"
down_revision = "reporting_0005"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE place ADD COLUMN flags jsonb, ADD COLUMN record text, ADD COLUMN manager text,
            ADD COLUMN decision text, ADD COLUMN decision_since timestamptz, ADD COLUMN choices jsonb
    """)
    op.execute("CREATE INDEX place_manager ON place (manager) WHERE manager IS NOT NULL")
    op.execute("ALTER TABLE assignment ADD COLUMN turn boolean")
    op.execute("UPDATE place SET owner = NULL WHERE closed AND stage <> 'won' AND owner IS NOT NULL")
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
               place.goal, place.revisit_on, place.why, place.since, person.erased_at, person.historical,
               place.record, place.manager,
               coalesce(place.flags, to_jsonb(array_remove(ARRAY[place.flag], NULL))) AS flags
        FROM person LEFT JOIN place USING (lead) LEFT JOIN standing USING (lead)
        WHERE person.captured_at IS NOT NULL AND person.merged_into IS NULL
    """)
