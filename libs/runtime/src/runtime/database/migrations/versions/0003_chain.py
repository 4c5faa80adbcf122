"""Streams are chains of hashes, in generations; the house's tokens leave them."""

from alembic import op

revision = "runtime_0003"
down_revision = "runtime_0002"
compatible_since = revision

START = "e4a6a0577479b2b4"
"""The hash before the first line of a stream (runtime.chain.START); an empty one is unknown."""


def upgrade() -> None:
    op.execute(f"""
        ALTER TABLE lane_output ADD COLUMN last_hash bytea NOT NULL DEFAULT '\\x{START}',
                                ADD COLUMN generation int NOT NULL DEFAULT 1
    """)
    op.execute(f"""
        ALTER TABLE lane_input ADD COLUMN last_hash bytea NOT NULL DEFAULT '\\x{START}',
                               ADD COLUMN generation int NOT NULL DEFAULT 1
    """)
    op.execute("UPDATE lane_input SET last_hash = '' WHERE last_seq > 0")
    op.execute("""
        ALTER TABLE stream_batch ADD COLUMN prev bytea NOT NULL DEFAULT '', ADD COLUMN generation int NOT NULL DEFAULT 1,
                                 DROP COLUMN token
    """)
    op.execute("DROP TABLE lane_token")
    op.execute("""
        ALTER TABLE dead_letter ADD COLUMN generation int NOT NULL DEFAULT 1,
                                DROP CONSTRAINT dead_letter_p_topic_seq_key,
                                ADD UNIQUE (p, topic, generation, seq)
    """)
    op.execute("""
        CREATE TABLE orphan (
            topic text, p int, "offset" bigint, seq bigint NOT NULL, generation int NOT NULL,
            subject text, type text, message_id text, fate text,
            at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (topic, p, "offset"))
    """)
