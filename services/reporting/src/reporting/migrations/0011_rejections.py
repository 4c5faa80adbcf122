"""What a reject reason means beside its consequence; and why a lead is nobody's offer, of history too."""

from alembic import op

revision = "reporting_0011"
down_revision = "reporting_0010"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE answer ADD COLUMN fit_lines jsonb, ADD COLUMN routing_defect boolean NOT NULL DEFAULT false,
            ADD COLUMN region_from text, ADD COLUMN region text, ADD COLUMN to_review boolean NOT NULL DEFAULT false
    """)
    op.execute("CREATE INDEX answer_to_review ON answer (at) WHERE to_review")
    op.execute("""
        CREATE TABLE explanation (
            lead text, event text, at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, kind text NOT NULL,
            batch text, rep text, pool text, audience text, record text, segment text, step bigint, rule text, touch text,
            flag text, why text, passed jsonb, candidates jsonb, PRIMARY KEY (lead, event))
    """)
    op.execute("CREATE INDEX explanation_batch ON explanation (batch) WHERE batch IS NOT NULL")
