"""The content library: what cards recommend from."""

from alembic import op

revision = "notifier_0004"
down_revision = "notifier_0003"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE asset (
            asset text PRIMARY KEY, kind text NOT NULL, title text NOT NULL, published_at timestamptz NOT NULL,
            url text, persona text, stage text, until date)
    """)
