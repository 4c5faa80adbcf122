"""The read models: one table for each, one topic behind each column; and the two views that all reports count from."""

from alembic import op

revision = "reporting_0001"
down_revision = None
branch_labels = ("reporting",)


def upgrade() -> None:
    tables()
    indexes()
    views()


def tables() -> None:
    op.execute("""
        CREATE TABLE person (
            lead text NOT NULL,
            email text,
            name text,
            company text,
            title text,
            country text,
            facts jsonb NOT NULL,
            captured_at timestamptz,
            first_seen timestamptz,
            source text,
            campaign text,
            sourced_at timestamptz,
            channel text,
            merged_into text,
            erased_at timestamptz,
            historical boolean NOT NULL,
            PRIMARY KEY (lead)
        )
    """)
    op.execute("""
        CREATE TABLE touch (
            lead text NOT NULL,
            event text NOT NULL,
            at timestamptz NOT NULL,
            side text NOT NULL,
            kind text NOT NULL,
            source text,
            campaign text,
            asset text,
            machine boolean NOT NULL,
            PRIMARY KEY (lead, event)
        )
    """)
    op.execute("""
        CREATE TABLE story (
            lead text NOT NULL,
            event text NOT NULL,
            at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL,
            type text NOT NULL,
            text text NOT NULL,
            private text,
            cause text,
            agreement text,
            historical boolean NOT NULL,
            PRIMARY KEY (lead, event)
        )
    """)
    op.execute("""
        CREATE TABLE standing (
            lead text NOT NULL,
            fit bigint NOT NULL,
            engagement bigint NOT NULL,
            total bigint NOT NULL,
            band text NOT NULL,
            completeness bigint NOT NULL,
            passed boolean NOT NULL,
            segment text,
            employees bigint,
            last_engaged timestamptz,
            at timestamptz NOT NULL,
            body jsonb NOT NULL,
            PRIMARY KEY (lead)
        )
    """)
    op.execute("""
        CREATE TABLE place (
            lead text NOT NULL,
            stage text NOT NULL,
            status text NOT NULL,
            cycle bigint NOT NULL,
            since timestamptz,
            owner text,
            team text,
            pool text,
            assignment text,
            flag text,
            accepted boolean NOT NULL,
            closed boolean NOT NULL,
            first_rep text,
            first_team text,
            segment text,
            goal text,
            revisit_on date,
            why text,
            PRIMARY KEY (lead)
        )
    """)
    op.execute("""
        CREATE TABLE entry (
            lead text NOT NULL,
            cycle bigint NOT NULL,
            stage text NOT NULL,
            entered_at timestamptz NOT NULL,
            event text NOT NULL,
            implied boolean NOT NULL,
            withdrawn boolean NOT NULL,
            re_engaged boolean NOT NULL,
            hand_raise boolean NOT NULL,
            completeness bigint,
            source text,
            campaign text,
            historical boolean NOT NULL,
            PRIMARY KEY (lead, cycle, stage)
        )
    """)
    op.execute("""
        CREATE TABLE assignment (
            lead text NOT NULL,
            assignment text NOT NULL,
            event text NOT NULL,
            version bigint NOT NULL,
            cycle bigint NOT NULL,
            rep text NOT NULL,
            team text NOT NULL,
            pool text,
            step bigint NOT NULL,
            rule text NOT NULL,
            flag text,
            kind text NOT NULL,
            touch text NOT NULL,
            at timestamptz NOT NULL,
            why_reassigned text,
            historical boolean NOT NULL,
            passed jsonb NOT NULL,
            candidates jsonb NOT NULL,
            snapshot jsonb NOT NULL,
            PRIMARY KEY (lead, assignment)
        )
    """)
    op.execute("""
        CREATE TABLE answer (
            lead text NOT NULL,
            assignment text NOT NULL,
            cycle bigint NOT NULL,
            rep text NOT NULL,
            at timestamptz NOT NULL,
            answer text NOT NULL,
            accepted boolean NOT NULL,
            implied boolean NOT NULL,
            outcome text,
            credited boolean NOT NULL,
            lead_guarantee boolean NOT NULL,
            source text,
            campaign text,
            PRIMARY KEY (lead, assignment)
        )
    """)
    op.execute("""
        CREATE TABLE deal (
            lead text NOT NULL,
            deal text NOT NULL,
            opened_at timestamptz,
            amount bigint,
            currency text,
            product text,
            expected_close date,
            state text NOT NULL,
            closed_at timestamptz,
            paid_at timestamptz,
            reason text,
            competitor text,
            owner text,
            PRIMARY KEY (lead, deal)
        )
    """)
    op.execute("""
        CREATE TABLE remark (
            lead text NOT NULL,
            event text NOT NULL,
            at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL,
            kind text NOT NULL,
            by text,
            assignment text,
            reason text,
            quality bigint,
            note text,
            PRIMARY KEY (lead, event)
        )
    """)
    op.execute("""
        CREATE TABLE clock (
            lead text NOT NULL,
            clock text NOT NULL,
            promise text NOT NULL,
            side text NOT NULL,
            cycle bigint NOT NULL,
            assignment text,
            holder text,
            team text,
            target text NOT NULL,
            started timestamptz NOT NULL,
            due timestamptz NOT NULL,
            state text NOT NULL,
            stopped timestamptz,
            cause text,
            charged text,
            percent bigint,
            PRIMARY KEY (lead, clock)
        )
    """)
    op.execute("""
        CREATE TABLE commitment (
            name text NOT NULL,
            starts date NOT NULL,
            side text NOT NULL,
            ends date NOT NULL,
            target double precision NOT NULL,
            actual double precision,
            numerator bigint NOT NULL,
            denominator bigint NOT NULL,
            state text NOT NULL,
            PRIMARY KEY (name, starts, side)
        )
    """)
    op.execute("""
        CREATE TABLE notice (
            lead text NOT NULL,
            notice text NOT NULL,
            kind text NOT NULL,
            channel text NOT NULL,
            recipient text NOT NULL,
            state text NOT NULL,
            at timestamptz NOT NULL,
            assignment text,
            attempt bigint NOT NULL,
            outbox boolean NOT NULL,
            error text,
            PRIMARY KEY (lead, notice)
        )
    """)
    op.execute("""
        CREATE TABLE spend (
            campaign text NOT NULL,
            event text NOT NULL,
            source text,
            amount bigint NOT NULL,
            currency text NOT NULL,
            starts date NOT NULL,
            ends date NOT NULL,
            PRIMARY KEY (campaign, event)
        )
    """)
    op.execute("""
        CREATE TABLE content (
            asset text NOT NULL,
            kind text NOT NULL,
            title text NOT NULL,
            published_at timestamptz NOT NULL,
            PRIMARY KEY (asset)
        )
    """)


def indexes() -> None:
    for table, columns in (
        ("person", "captured_at"),
        ("person", "email"),
        ("place", "owner"),
        ("entry", "stage, entered_at"),
        ("assignment", "pool, at"),
        ("answer", "at"),
        ("clock", "due"),
        ("story", "event"),
        ("notice", "at"),
        ("deal", "closed_at"),
    ):
        name = f"{table}_by_{columns.replace(', ', '_')}"
        op.execute(f"CREATE INDEX {name} ON {table} ({columns})")


def views() -> None:
    op.execute("""
        CREATE VIEW lead_card AS
        SELECT person.lead AS id, person.email, person.name, person.title,
               CASE WHEN person.erased_at IS NULL THEN coalesce(person.company, standing.body -> 'facts' ->> 'company')
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
    op.execute("""
        CREATE VIEW reached AS
        SELECT lead, 1::bigint AS cycle, 'lead'::text AS stage, captured_at AS entered_at, false AS implied,
               false AS re_engaged, NULL::bigint AS completeness
        FROM person WHERE captured_at IS NOT NULL AND merged_into IS NULL
        UNION ALL
        SELECT lead, cycle, stage, entered_at, implied, re_engaged, completeness
        FROM entry WHERE NOT withdrawn
    """)
