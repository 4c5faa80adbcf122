"""Lanes, streams, timers and dead letters: what every service keeps beside its state."""

from alembic import op

revision = "runtime_0001"
down_revision = None
branch_labels = ("runtime",)


def upgrade() -> None:
    op.execute("""
        CREATE TABLE worker (id text PRIMARY KEY, seen_at timestamptz NOT NULL);
    """)
    op.execute("""
        CREATE TABLE lane (
            p int PRIMARY KEY,
            token text,
            owner text,
            lease_until timestamptz NOT NULL DEFAULT '-infinity',
            crashes int NOT NULL DEFAULT 0,
            suspects jsonb NOT NULL DEFAULT '{}',
            poison_run int NOT NULL DEFAULT 0,
            stopped text)
    """)
    op.execute("""
        CREATE TABLE lane_input (
            p int, topic text,
            next_offset bigint NOT NULL DEFAULT 0,
            last_seq bigint NOT NULL DEFAULT 0,
            PRIMARY KEY (p, topic))
    """)
    op.execute("""
        CREATE TABLE lane_token (
            p int, topic text, first_seq bigint, token text NOT NULL, PRIMARY KEY (p, topic, first_seq))
    """)
    op.execute("""
        CREATE TABLE lane_output (
            topic text, p int,
            last_seq bigint NOT NULL DEFAULT 0,
            shipped_seq bigint NOT NULL DEFAULT 0,
            PRIMARY KEY (topic, p))
    """)
    op.execute("""
        CREATE TABLE stream_batch (
            topic text, p int, first_seq bigint, n int NOT NULL, token text NOT NULL, body bytea NOT NULL,
            at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (topic, p, first_seq))
    """)
    op.execute("CREATE INDEX stream_batch_at ON stream_batch USING brin (at)")
    op.execute("""
        CREATE TABLE timer (
            p int, kind text, key text, subject text NOT NULL, due_at timestamptz NOT NULL, payload jsonb NOT NULL,
            PRIMARY KEY (p, kind, key))
    """)
    op.execute("CREATE INDEX timer_due ON timer (p, due_at)")
    op.execute("""
        CREATE TABLE dead_letter (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            p int NOT NULL, topic text NOT NULL, seq bigint NOT NULL, subject text, type text,
            reason text NOT NULL, body bytea NOT NULL,
            follows bool NOT NULL DEFAULT false,
            state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'retry', 'done', 'dropped')),
            note text, at timestamptz NOT NULL DEFAULT clock_timestamp(),
            UNIQUE (p, topic, seq))
    """)
    op.execute("CREATE INDEX dead_letter_open ON dead_letter (p, subject) WHERE state IN ('open', 'retry')")
