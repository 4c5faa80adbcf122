"""The door's memory: what was seen, who is who, what was accepted, what was turned away."""

from alembic import op

revision = "ingest_0001"
down_revision = None
branch_labels = ("ingest",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE door (only_one boolean PRIMARY KEY CHECK (only_one))")
    op.execute("INSERT INTO door VALUES (true)")
    op.execute(
        "COMMENT ON TABLE door IS 'One row: who holds it lets people in. Order of commit is order of acceptance.'"
    )
    op.execute("""
        CREATE TABLE message (
            source text, message_id text, at timestamptz NOT NULL,
            PRIMARY KEY (source, message_id))""")
    op.execute("CREATE INDEX message_at ON message USING brin (at)")
    op.execute("""
        CREATE TABLE identity (
            kind text, value text, person text NOT NULL,
            PRIMARY KEY (kind, value))""")
    op.execute("CREATE INDEX identity_person ON identity (person)")
    op.execute("""
        CREATE TABLE person (
            id text PRIMARY KEY, email text, since timestamptz, into_person text)""")
    op.execute("CREATE INDEX person_into ON person (into_person) WHERE into_person IS NOT NULL")
    op.execute("""
        CREATE TABLE fact (
            place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person text NOT NULL, type text NOT NULL,
            time timestamptz NOT NULL, mode text NOT NULL, data jsonb NOT NULL, source text NOT NULL,
            message_id text NOT NULL, recorded timestamptz NOT NULL, raw bytea)""")
    op.execute("CREATE INDEX fact_person ON fact (person, place)")
    op.execute("""
        CREATE TABLE reject (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL, source text NOT NULL,
            message_id text, reason text NOT NULL, raw bytea)""")
