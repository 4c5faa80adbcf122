"""How a lead stands, in one word; and indexes from which whole reports are counted without a look at the rows."""

from alembic import op

revision = "reporting_0025"
down_revision = "reporting_0024"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE place ADD COLUMN stands text GENERATED ALWAYS AS (
            stage || ' ' || status || CASE WHEN owner IS NULL THEN ' -' ELSE ' owned' END
            || CASE WHEN segment IS NULL THEN ' -' ELSE ' segmented' END
            || CASE WHEN why IS NULL THEN ' -' ELSE ' reasoned' END) STORED
    """)
    op.execute("CREATE INDEX place_stands ON place (stands)")
    op.execute("CREATE INDEX person_erased ON person (lead) WHERE erased_at IS NOT NULL")
    op.execute("""
        CREATE INDEX assignment_turns ON assignment (pool, rep, at) INCLUDE (rule, turn)
        WHERE pool IS NOT NULL AND NOT historical
    """)
    op.execute("CREATE INDEX answer_credited ON answer (lead, assignment) WHERE credited")
    op.execute("DROP INDEX standing_partner")
    op.execute("CREATE INDEX standing_partner ON standing (partner, lead) WHERE partner IS NOT NULL")
