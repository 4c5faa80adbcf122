"""One narrow row for each lead that counts, by which the numbers are counted; a deal keeps who its primary contact is."""

from alembic import op

revision = "reporting_0021"
down_revision = "reporting_0020"
compatible_since = revision  # older code would not keep the journeys

STAGES = ("mql", "sal", "sql", "opportunity", "won")


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(NOW)
    op.execute("INSERT INTO journey SELECT * FROM journey_now")
    op.execute("CREATE INDEX journey_by_captured_at ON journey (captured_at)")
    op.execute("CREATE INDEX journey_by_handed_at ON journey (handed_at)")
    op.execute("""
        CREATE VIEW lead_journey AS
        SELECT lead AS id, captured_at, source, campaign, segment, traffic, persona, first_team, first_rep, closed,
               mql_at, mql_implied, sal_at, sal_implied, sql_at, sql_implied, opportunity_at, opportunity_implied,
               won_at, won_implied, again, self_reported, outcome, handed_at, handed_total, touched
        FROM journey
    """)
    op.execute(LEAD_CARD)
    op.execute("""
        CREATE OR REPLACE VIEW reached AS
        SELECT lead, 1::bigint AS cycle, 'lead'::text AS stage, captured_at AS entered_at, false AS implied,
               false AS re_engaged, NULL::bigint AS completeness
        FROM journey
        UNION ALL
        SELECT lead, cycle, stage, entered_at, implied, re_engaged, completeness
        FROM entry WHERE NOT withdrawn
    """)
    op.execute("CREATE INDEX answer_owed ON answer (coalesce(returned_at, at)) WHERE lead_guarantee")
    op.execute("ALTER TABLE deal ADD COLUMN primary_lead text")
    op.execute(PRIMARY)
    op.execute("UPDATE deal SET primary_lead = first.lead FROM primary_contact first WHERE first.deal = deal.deal")
    op.execute("CREATE INDEX deal_by_primary_lead ON deal (primary_lead)")
    op.execute("CREATE INDEX deal_open ON deal (deal) WHERE state = 'open'")
    op.execute(CARD)
    covering_indexes()
    lists()
    fit_lines()
    op.execute("DROP INDEX clock_by_due")  # nothing asks by it
    op.execute("DROP INDEX assignment_by_at")  # assignment_log begins with the same column


def lists() -> None:
    """Each view of the list of leads, and open work and its clocks, are read from an index of their own."""
    op.execute("CREATE INDEX journey_untouched ON journey (band) WHERE NOT touched AND NOT closed")
    for name, columns, condition in (
        ("offered", "lead", "assignment IS NOT NULL AND NOT coalesce(accepted, false) AND NOT coalesce(closed, false)"),
        ("again", "cycle", "cycle > 1"),
        ("cooling", "lead", """flags @> '["cooling"]'::jsonb OR (flags IS NULL AND flag = 'cooling')"""),
        ("stage", "stage, owner", "stage <> 'lead'"),
    ):
        op.execute(f"CREATE INDEX place_{name} ON place ({columns}) WHERE {condition}")
    op.execute("DROP INDEX place_open")
    op.execute("""
        CREATE INDEX place_open ON place (owner, lead) INCLUDE (assignment, stage, accepted, task)
        WHERE owner IS NOT NULL AND NOT closed
    """)
    op.execute("CREATE INDEX snooze_until ON snooze (until)")
    op.execute("""
        CREATE INDEX clock_open ON clock (lead, assignment, due) INCLUDE (promise, state, charged)
        WHERE stopped IS NULL AND state IN ('running', 'breached')
    """)


def fit_lines() -> None:
    """An offer has the fit lines that spoke for it as one text, `rule:points` in each of its lines."""
    op.execute("""
        CREATE FUNCTION lines_of(snapshot jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT string_agg(DISTINCT line ->> 'rule' || ':' || (line ->> 'points'), E'\\n')
            FROM jsonb_array_elements(snapshot -> 'lines') AS line
        $$
    """)
    op.execute("ALTER TABLE assignment ADD COLUMN spoke text GENERATED ALWAYS AS (lines_of(snapshot)) STORED")
    op.execute("CREATE INDEX answer_misjudged ON answer (at) WHERE fit_lines IS NOT NULL")


def covering_indexes() -> None:
    """What is counted by time is read from the index alone; promises are so few that each is skipped to."""
    op.execute("DROP INDEX clock_by_started")
    op.execute("""
        CREATE INDEX clock_by_started ON clock (promise, started)
            INCLUDE (side, team, holder, state, charged, stopped, lead)
    """)
    op.execute("DROP INDEX status_update_by_occurred")
    op.execute("""
        CREATE INDEX status_update_by_occurred ON status_update (promise, occurred)
            INCLUDE (side, team, by, late, recorded, lead)
    """)
    op.execute("DROP INDEX answer_by_at")
    op.execute("""
        CREATE INDEX answer_by_at ON answer (at)
            INCLUDE (answer, accepted, credited, lead_guarantee, rep, lead, assignment)
    """)


TABLE = f"""
    CREATE TABLE journey (
        lead text NOT NULL,
        captured_at timestamptz NOT NULL,
        source text,
        campaign text,
        segment text,
        traffic text,
        persona text,
        first_team text,
        first_rep text,
        closed boolean NOT NULL,
        {" ".join(f"{stage}_at timestamptz, {stage}_implied boolean," for stage in STAGES)}
        again text[],
        self_reported text[],
        outcome text NOT NULL,
        handed_at timestamptz,
        handed_total int,
        band text,
        touched boolean NOT NULL,
        words text NOT NULL,
        PRIMARY KEY (lead)
    ) WITH (fillfactor = 80)
"""
_OF_THE_FIRST_CYCLE = " ".join(
    f"""max(entered_at) FILTER (WHERE cycle = 1 AND stage = '{stage}') AS {stage}_at,
        bool_or(implied) FILTER (WHERE cycle = 1 AND stage = '{stage}') AS {stage}_implied,"""
    for stage in STAGES
)
_STAGES = ", ".join(f"way.{stage}_at, way.{stage}_implied" for stage in STAGES)
NOW = f"""
    CREATE VIEW journey_now AS
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
           lower(concat_ws(E'\\n', person.email, person.name,
                           CASE WHEN person.erased_at IS NULL OR person.email IS NOT NULL
                                THEN coalesce(standing.company, person.company) END)) AS words
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
"""What each row of `journey` is at any moment."""
LEAD_CARD = """
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
           coalesce(place.flags, to_jsonb(array_remove(ARRAY[place.flag], NULL))) AS flags,
           journey.traffic, journey.persona, journey.outcome, journey.handed_at, journey.handed_total,
           journey.words, journey.band AS in_band, journey.touched, journey.closed AS over,
           place.stage AS at_stage, place.cycle AS at_cycle, place.flags AS at_flags
    FROM person LEFT JOIN place USING (lead) LEFT JOIN standing USING (lead) LEFT JOIN journey USING (lead)
    WHERE person.captured_at IS NOT NULL AND person.merged_into IS NULL
"""
PRIMARY = """
    CREATE VIEW primary_contact AS
    SELECT d.deal, (SELECT c.lead FROM contact c JOIN person p ON p.lead = c.lead
                    WHERE c.deal = d.deal AND p.captured_at IS NOT NULL AND p.merged_into IS NULL
                    ORDER BY c.at, c.recorded_at, c.message_id NULLS LAST, c.lead LIMIT 1) AS lead
    FROM deal d
"""
"""Whose deal it is at any moment: `deal.primary_lead`; for who may not see that lead, the first that they may see."""
CARD = """
    CREATE OR REPLACE VIEW deal_card AS
    SELECT d.deal, d.state, d.opened_at, d.closed_at, d.amount, d.currency, d.product, d.stage, d.expected_close,
           d.paid_at, d.reason, d.competitor, d.owner,
           coalesce(j.lead, (SELECT first.lead FROM primary_contact first WHERE first.deal = d.deal)) AS lead,
           d.renewed_at, d.churned_at
    FROM deal d LEFT JOIN journey j ON j.lead = d.primary_lead
"""
