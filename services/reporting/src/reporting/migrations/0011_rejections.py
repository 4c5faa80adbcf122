"""An offer that came back says what else its reason means: feedback to scoring, a routing defect, a review."""

from alembic import op

revision = "reporting_0011"
down_revision = "reporting_0010"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE answer ADD COLUMN fit_lines jsonb, ADD COLUMN routing_defect boolean NOT NULL DEFAULT false,
            ADD COLUMN region_from text, ADD COLUMN region text, ADD COLUMN to_review boolean NOT NULL DEFAULT false
    """)
    op.execute("CREATE INDEX answer_to_review ON answer (at) WHERE to_review")
