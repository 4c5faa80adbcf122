"""What won deals bring to whom is kept: credits of each deal, their sums by week, and which deals are due."""

from alembic import op

revision = "reporting_0023"
down_revision = "reporting_0022"
compatible_since = revision  # older code would not say which deals are due


def upgrade() -> None:
    op.execute("CREATE TABLE credit_due (id bigserial, deal text NOT NULL, not_before timestamptz NOT NULL)")
    op.execute("CREATE INDEX credit_due_by_id ON credit_due (id)")
    op.execute("CREATE INDEX credit_due_by_deal ON credit_due (deal)")
    op.execute("""
        CREATE TABLE credited_deal (
            deal text PRIMARY KEY, lead text NOT NULL, generation int NOT NULL, day date NOT NULL,
            parts text[] NOT NULL)
    """)
    op.execute("CREATE INDEX credited_deal_by_day ON credited_deal (day)")
    op.execute("""
        CREATE TABLE credit (
            deal text NOT NULL, division text NOT NULL, place smallint NOT NULL, side text NOT NULL, value text,
            kind text, deals smallint[] NOT NULL, touches int[] NOT NULL, units bigint[] NOT NULL,
            PRIMARY KEY (deal, division, place))
    """)
    # of part `day` a row is of one day: what is not filtered needs no deal by itself for the days beside whole weeks
    op.execute("""
        CREATE TABLE credit_week (
            part text NOT NULL, division text NOT NULL, week date NOT NULL, side text NOT NULL, value text, kind text,
            deals bigint[] NOT NULL, touches bigint[] NOT NULL, units bigint[] NOT NULL)
    """)
    op.execute("""
        CREATE UNIQUE INDEX credit_week_key ON credit_week (part, division, week, side, value, kind)
            NULLS NOT DISTINCT
    """)
    op.execute("CREATE INDEX journey_self_reported ON journey (lead) WHERE self_reported IS NOT NULL")
    op.execute("CREATE TABLE credit_terms (generation int PRIMARY KEY, terms text NOT NULL, rates text NOT NULL)")
    op.execute("""
        INSERT INTO credit_due (deal, not_before)
        SELECT deal, clock_timestamp() FROM deal WHERE state = 'won' ORDER BY closed_at, deal
    """)
