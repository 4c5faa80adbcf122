"""A deal is a row of its own, with the facts about each of its contacts beside it; older code kept a deal for each lead."""

from alembic import op

revision = "reporting_0005"
down_revision = "reporting_0004"
compatible_since = revision


def upgrade() -> None:
    op.execute("DROP INDEX deal_by_closed_at")
    op.execute("ALTER TABLE deal RENAME TO deal_of_before")
    op.execute("ALTER TABLE deal_of_before RENAME CONSTRAINT deal_pkey TO deal_of_before_pkey")
    tables()
    for statement in (STEPS, DEALS):
        op.execute(statement)
    op.execute("DROP TABLE deal_of_before")
    views()


def tables() -> None:
    op.execute("""
        CREATE TABLE deal (
            deal text NOT NULL,
            state text NOT NULL DEFAULT 'open',
            opened_at timestamptz,
            closed_at timestamptz,
            amount bigint,
            currency text,
            product text,
            stage text,
            expected_close date,
            paid_at timestamptz,
            reason text,
            competitor text,
            owner text,
            history jsonb NOT NULL DEFAULT '{}',
            PRIMARY KEY (deal)
        ) WITH (fillfactor = 70)
    """)
    op.execute("CREATE INDEX deal_by_closed_at ON deal (closed_at)")
    op.execute("""
        CREATE TABLE deal_step (
            lead text NOT NULL,
            event text NOT NULL,
            deal text NOT NULL,
            at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL,
            kind text NOT NULL,
            by text,
            amount bigint,
            currency text,
            product text,
            stage text,
            expected_close date,
            reason text,
            competitor text,
            message_id text,
            merged boolean NOT NULL,
            PRIMARY KEY (lead, event)
        )
    """)
    op.execute("CREATE INDEX deal_step_by_deal ON deal_step (deal)")
    op.execute("CREATE INDEX person_by_merged_into ON person (merged_into) WHERE merged_into IS NOT NULL")


STEPS = """
    INSERT INTO deal_step (lead, event, deal, at, recorded_at, kind, by, amount, currency, product, expected_close,
                           reason, competitor, merged)
    SELECT d.lead, 'deal/' || kind || '/' || d.deal, d.deal, at, at, kind, owner, amount, currency, product,
           expected_close, CASE WHEN kind = 'lost' THEN reason END, CASE WHEN kind = 'lost' THEN competitor END, false
    FROM deal_of_before d, LATERAL (
        VALUES ('opened', coalesce(opened_at, closed_at, TIMESTAMPTZ '1970-01-01 00:00Z')),
               (nullif(state, 'open'), closed_at)
    ) AS step(kind, at)
    WHERE kind IS NOT NULL AND at IS NOT NULL
"""
"""What is left of the facts of before: that a deal was opened, and how it ended."""

DEALS = """
    INSERT INTO deal (deal, state, opened_at, closed_at, amount, currency, product, expected_close, paid_at, reason,
                      competitor, owner, history)
    SELECT DISTINCT ON (deal) deal, state, opened_at, closed_at, amount, currency, product, expected_close, paid_at,
           reason, competitor, owner,
           jsonb_strip_nulls(jsonb_build_object(
               'opened', CASE WHEN opened_at IS NOT NULL THEN jsonb_build_object('first', opened, 'last', opened) END,
               'won', CASE WHEN state = 'won' THEN jsonb_build_object('first', closed, 'last', closed) END,
               'lost', CASE WHEN state = 'lost' THEN jsonb_build_object('first', closed, 'last', closed) END,
               'amount', CASE WHEN amount IS NOT NULL AND currency IS NOT NULL THEN jsonb_build_object(
                   'when', latest, 'value', jsonb_build_object('amount', amount, 'currency', currency)) END,
               'product', CASE WHEN product IS NOT NULL THEN jsonb_build_object('when', latest, 'value', product) END,
               'expected_close', CASE WHEN expected_close IS NOT NULL
                   THEN jsonb_build_object('when', latest, 'value', expected_close) END,
               'paid_at', CASE WHEN paid_at IS NOT NULL THEN jsonb_build_object('when', latest, 'value', paid_at) END,
               'reason', CASE WHEN reason IS NOT NULL THEN jsonb_build_object('when', closed, 'value', reason) END,
               'competitor', CASE WHEN competitor IS NOT NULL
                   THEN jsonb_build_object('when', closed, 'value', competitor) END,
               'owner', CASE WHEN owner IS NOT NULL THEN jsonb_build_object('when', latest, 'value', owner) END))
    FROM deal_of_before, LATERAL (
        SELECT jsonb_build_object('stream', '', 'generation', 0, 'number', 0) AS nowhere) AS place, LATERAL (
        SELECT nowhere || jsonb_build_object('at', opened_at) AS opened,
               nowhere || jsonb_build_object('at', closed_at) AS closed,
               nowhere || jsonb_build_object('at', coalesce(closed_at, opened_at, TIMESTAMPTZ '1970-01-01 00:00Z'))
                   AS latest) AS places
    ORDER BY deal, closed_at DESC NULLS LAST, lead
"""
"""Of a deal that several leads had, the one that ended last: until now each lead had its own."""


def views() -> None:
    op.execute("""
        CREATE VIEW contact AS
        SELECT deal, lead, at, recorded_at, message_id FROM deal_step
        UNION ALL
        SELECT s.deal, p.merged_into, s.at, s.recorded_at, s.message_id
        FROM deal_step s JOIN person p ON p.lead = s.lead AND p.merged_into IS NOT NULL
    """)
    op.execute("""
        CREATE VIEW deal_card AS
        SELECT d.deal, d.state, d.opened_at, d.closed_at, d.amount, d.currency, d.product, d.stage, d.expected_close,
               d.paid_at, d.reason, d.competitor, d.owner, first.lead
        FROM deal d LEFT JOIN LATERAL (
            SELECT c.lead FROM contact c JOIN person p ON p.lead = c.lead
            WHERE c.deal = d.deal AND p.captured_at IS NOT NULL AND p.merged_into IS NULL
            ORDER BY c.at, c.recorded_at, c.message_id NULLS LAST, c.lead LIMIT 1) first ON true
    """)
