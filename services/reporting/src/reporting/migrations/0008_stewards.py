"""What a steward is asked about is found by when it began; what stewards decided is kept, with who and when."""

from alembic import op

revision = "reporting_0008"
down_revision = "reporting_0007"


def upgrade() -> None:
    op.execute("ALTER TABLE standing ADD COLUMN disputed_since timestamptz")
    op.execute("CREATE INDEX standing_disputed ON standing (disputed_since) WHERE disputed_since IS NOT NULL")
    op.execute("CREATE INDEX place_steward ON place (since) WHERE status = 'waiting_for_steward'")
    op.execute("""
        CREATE TABLE steward_decision (
            lead text NOT NULL,
            event text NOT NULL,
            at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL,
            item text NOT NULL,
            decision text NOT NULL,
            steward text NOT NULL,
            facts jsonb NOT NULL,
            record text,
            note text,
            PRIMARY KEY (lead, event)
        )
    """)
    op.execute("CREATE INDEX steward_decision_by_time ON steward_decision (recorded_at)")
