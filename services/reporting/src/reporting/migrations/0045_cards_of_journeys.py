"""A lead's card begins with its journey: who counts is known by a narrow row, and a person's wide one is read to be shown.

Words are searched in an index that has nothing else; an address is found by one. Whoever has a journey is a person with
a first day who is nobody else (`journey_now`), so the cards are the same.
"""

from alembic import op

revision = "reporting_0045"
down_revision = "reporting_0042"


def upgrade() -> None:
    op.execute("""
        CREATE OR REPLACE VIEW lead_card AS
        SELECT journey.lead AS id, person.email, person.name, person.title,
               CASE WHEN person.erased_at IS NULL OR person.email IS NOT NULL
                    THEN coalesce(standing.company, person.company)
               END AS company,
               coalesce(place.stage, 'lead') AS stage, coalesce(place.status, 'new') AS status,
               coalesce(place.cycle, 1) AS cycle, standing.fit, standing.engagement, standing.total, standing.band,
               standing.completeness, standing.passed, place.owner, place.team, place.pool, place.flag,
               place.assignment, coalesce(place.accepted, false) AS accepted, coalesce(place.closed, false) AS closed,
               person.first_seen, journey.captured_at, standing.last_engaged, journey.source, journey.campaign,
               person.channel, journey.segment, journey.first_rep, journey.first_team, place.segment AS nurture,
               place.goal, place.revisit_on, place.why, place.since, person.erased_at, person.historical,
               place.record, place.manager,
               coalesce(place.flags, to_jsonb(array_remove(ARRAY[place.flag], NULL))) AS flags,
               journey.traffic, journey.persona, journey.outcome, journey.handed_at, journey.handed_total,
               journey.words, journey.band AS in_band, journey.touched, journey.closed AS over,
               place.stage AS at_stage, place.cycle AS at_cycle, place.flags AS at_flags
        FROM journey LEFT JOIN person USING (lead) LEFT JOIN place USING (lead) LEFT JOIN standing USING (lead)
    """)
    op.execute("ALTER TABLE journey DROP CONSTRAINT journey_pkey, ADD PRIMARY KEY (lead) INCLUDE (words)")
    op.execute("CREATE INDEX person_by_address ON person (lower(email))")
    op.execute("DROP INDEX place_stands")
    op.execute("CREATE INDEX place_stands ON place (stands, lead)")
    op.execute("DROP INDEX place_manager")
    op.execute("CREATE INDEX place_manager ON place (decision_since, lead) INCLUDE (manager) WHERE manager IS NOT NULL")
