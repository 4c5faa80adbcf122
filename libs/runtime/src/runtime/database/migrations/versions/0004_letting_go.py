"""Timers of two subjects may share a key; what killed its process is found by a child; letters of the erased close."""

from alembic import op

revision = "runtime_0004"
down_revision = "runtime_0003"
compatible_since = revision
"""Older code names a key of `timer` that is gone."""


def upgrade() -> None:
    op.execute("ALTER TABLE timer DROP CONSTRAINT timer_pkey, ADD PRIMARY KEY (p, kind, key, subject)")
    op.execute("ALTER TABLE lane DROP COLUMN suspects")
    op.execute("ALTER TABLE dead_letter DROP CONSTRAINT dead_letter_state_check")
    op.execute("""
        ALTER TABLE dead_letter ADD CONSTRAINT dead_letter_state_check
            CHECK (state IN ('open', 'retry', 'done', 'dropped', 'erased'))
    """)
    op.execute("CREATE TABLE compatible_since (branch text PRIMARY KEY, head text NOT NULL, revision text NOT NULL)")
