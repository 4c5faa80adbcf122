"""Who met what of the content library is kept: a row for each lead and asset, and how many they are by persona."""

from alembic import op

revision = "reporting_0029"
down_revision = "reporting_0028"
compatible_since = revision  # older code would not keep them


def upgrade() -> None:
    op.execute("""
        CREATE TABLE met (
            lead text NOT NULL, asset text NOT NULL, persona text, times bigint NOT NULL, first_at timestamptz NOT NULL,
            last_at timestamptz NOT NULL, PRIMARY KEY (lead, asset)
        ) WITH (fillfactor = 80)
    """)
    op.execute("""
        INSERT INTO met
        SELECT t.lead, t.asset, c.persona, count(*), min(t.at), max(t.at) FROM touch t JOIN journey c USING (lead)
        WHERE t.asset IS NOT NULL AND t.side = 'marketing' AND NOT t.machine GROUP BY t.lead, t.asset, c.persona
    """)
    op.execute("CREATE INDEX met_last ON met (asset, last_at)")
    op.execute("""
        CREATE TABLE audience (
            p int NOT NULL, asset text NOT NULL, persona text, people bigint NOT NULL, times bigint NOT NULL,
            UNIQUE NULLS NOT DISTINCT (p, asset, persona)
        ) WITH (fillfactor = 50)
    """)
    # no lane has number -1: each adds to what was before what it changes since, or takes away from it
    op.execute("""
        INSERT INTO audience SELECT -1, asset, persona, count(*), sum(times) FROM met GROUP BY asset, persona
    """)
