"""Reps who come, pause or leave; a company that is read without its score; indexes for the list of leads and the team."""

from alembic import op

revision = "reporting_0015"
down_revision = "reporting_0014"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE rep_state (
            rep text, event text, at timestamptz NOT NULL, state text NOT NULL, since timestamptz, until timestamptz,
            by text, PRIMARY KEY (rep, event))
    """)
    op.execute("""
        ALTER TABLE standing ADD COLUMN company text GENERATED ALWAYS AS (body -> 'facts' ->> 'company') STORED
    """)
    op.execute("""
        CREATE OR REPLACE VIEW lead_card AS
        SELECT person.lead AS id, person.email, person.name, person.title,
               CASE WHEN person.erased_at IS NULL OR person.email IS NOT NULL
                    THEN coalesce(standing.company, person.company)
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
    op.execute("CREATE INDEX standing_by_total ON standing (total, lead)")
    op.execute("CREATE INDEX standing_by_last_engaged ON standing (last_engaged, lead)")
    op.execute("CREATE INDEX person_by_name ON person (lower(name), lead)")
    op.execute("CREATE INDEX person_by_first_seen ON person (first_seen, lead)")
    op.execute("CREATE INDEX person_listed ON person (captured_at, lead) WHERE merged_into IS NULL")
    for column in ("source", "campaign"):
        op.execute(f"CREATE INDEX person_by_{column} ON person ({column}) WHERE {column} IS NOT NULL")
    op.execute("CREATE INDEX place_open ON place (owner, lead) WHERE owner IS NOT NULL AND NOT closed")
    op.execute("CREATE INDEX touch_of_sales ON touch (lead) WHERE side = 'sales'")
    op.execute("""
        CREATE INDEX assignment_log ON assignment (at) INCLUDE (pool, rep, rule, turn, historical, lead, assignment)
    """)
