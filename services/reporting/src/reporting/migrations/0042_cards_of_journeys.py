"""A lead's card begins with its journey: who counts is known by a narrow row, and a person's wide one is read to be shown.

Words are searched in an index that has nothing else; an address is found by one. Whoever has a journey is a person with
a first day who is nobody else (`journey_now`), so the cards are the same.
"""

from alembic import op

revision = "reporting_0042"
down_revision = "reporting_0041"


STAGES = ("mql", "sal", "sql", "opportunity", "won")
LONGEST = 600
"""Characters of the words by which a lead is searched: an index holds no more than 2,704 bytes."""


def upgrade() -> None:
    op.execute(NOW)
    op.execute(f"UPDATE journey SET words = left(words, {LONGEST}) WHERE length(words) > {LONGEST}")  # noqa: S608
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


_OF_THE_FIRST_CYCLE = " ".join(
    f"""max(entered_at) FILTER (WHERE cycle = 1 AND stage = '{stage}') AS {stage}_at,
        bool_or(implied) FILTER (WHERE cycle = 1 AND stage = '{stage}') AS {stage}_implied,"""
    for stage in STAGES
)
_STAGES = ", ".join(f"way.{stage}_at, way.{stage}_implied" for stage in STAGES)
NOW = f"""
    CREATE OR REPLACE VIEW journey_now AS
    SELECT person.lead, person.captured_at, person.source, person.campaign, standing.segment,
           standing.body -> 'facts' ->> 'traffic' AS traffic,
           nullif(concat_ws(' ', nullif(standing.body -> 'facts' ->> 'function', 'other'),
                            standing.body -> 'facts' ->> 'seniority'), '') AS persona,
           place.first_team, place.first_rep, coalesce(place.closed, false) AS closed, {_STAGES}, way.again,
           (SELECT array_agg(DISTINCT btrim(claim.value ->> 'value'))
            FROM jsonb_each(person.facts -> 'self_reported_source') AS claim
            WHERE claim.value ->> 'value' IS NOT NULL) AS self_reported,
           CASE WHEN way.won THEN 'won' WHEN way.lost THEN 'lost' WHEN way.sql THEN 'sql'
                WHEN coalesce(place.stage, 'lead') = 'lead' AND handed.at IS NULL THEN 'untouched'
                WHEN coalesce(place.closed, false) OR coalesce(place.stage, 'lead') = 'lead' THEN 'rejected'
                ELSE 'open' END AS outcome,
           handed.at AS handed_at, handed.total AS handed_total, standing.band,
           EXISTS (SELECT FROM touch WHERE touch.lead = person.lead AND touch.side = 'sales') AS touched,
           left(lower(concat_ws(E'\\n', person.email, person.name,
                                CASE WHEN person.erased_at IS NULL OR person.email IS NOT NULL
                                     THEN coalesce(standing.company, person.company) END)), {LONGEST}) AS words
    FROM person LEFT JOIN place USING (lead) LEFT JOIN standing USING (lead)
    LEFT JOIN LATERAL (
        SELECT {_OF_THE_FIRST_CYCLE}
               array_agg(DISTINCT stage) FILTER (WHERE cycle <> 1 AND stage <> 'lost') AS again,
               bool_or(stage = 'won') AS won, bool_or(stage = 'lost') AS lost,
               bool_or(stage IN ('sql', 'opportunity')) AS sql
        FROM entry WHERE entry.lead = person.lead AND NOT withdrawn) way ON true
    LEFT JOIN LATERAL (
        SELECT at, CAST(snapshot ->> 'total' AS int) AS total FROM assignment
        WHERE assignment.lead = person.lead ORDER BY version LIMIT 1) handed ON true
    WHERE person.captured_at IS NOT NULL AND person.merged_into IS NULL
"""  # noqa: S608
"""As before, but for the length of the words."""
