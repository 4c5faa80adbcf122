"""What is put off; campaigns of sales; content asked for and rated; action items; self-assessment; customers after a deal."""

from alembic import op

revision = "reporting_0012"
down_revision = "reporting_0011"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE snooze (
            lead text, event text, at timestamptz NOT NULL, until timestamptz NOT NULL, by text,
            PRIMARY KEY (lead, event))
    """)
    op.execute("""
        CREATE TABLE membership (
            lead text, event text, at timestamptz NOT NULL, cycle bigint NOT NULL, campaign text NOT NULL,
            title text NOT NULL, by text, PRIMARY KEY (lead, event))
    """)
    op.execute("""
        CREATE TABLE content_note (
            lead text, event text, at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, kind text NOT NULL, by text,
            asset text, request text, persona text, stage text, used boolean, reason text, note text,
            PRIMARY KEY (lead, event))
    """)
    op.execute("CREATE INDEX content_note_request ON content_note (request) WHERE request IS NOT NULL")
    op.execute("CREATE INDEX touch_asset ON touch (asset) WHERE asset IS NOT NULL")
    op.execute("""
        CREATE TABLE action_note (
            lead text, event text, at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, item text NOT NULL, pack text,
            text text, owner text, due date, done boolean, by text, PRIMARY KEY (lead, event))
    """)
    op.execute("""
        CREATE TABLE assessment (
            lead text, event text, at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, question text NOT NULL,
            answer text, by text, PRIMARY KEY (lead, event))
    """)
    op.execute("ALTER TABLE deal ADD COLUMN renewed_at timestamptz, ADD COLUMN churned_at timestamptz")
    op.execute("""
        CREATE OR REPLACE VIEW deal_card AS
        SELECT d.deal, d.state, d.opened_at, d.closed_at, d.amount, d.currency, d.product, d.stage, d.expected_close,
               d.paid_at, d.reason, d.competitor, d.owner, first.lead, d.renewed_at, d.churned_at
        FROM deal d LEFT JOIN LATERAL (
            SELECT c.lead FROM contact c JOIN person p ON p.lead = c.lead
            WHERE c.deal = d.deal AND p.captured_at IS NOT NULL AND p.merged_into IS NULL
            ORDER BY c.at, c.recorded_at, c.message_id NULLS LAST, c.lead LIMIT 1) first ON true
    """)
