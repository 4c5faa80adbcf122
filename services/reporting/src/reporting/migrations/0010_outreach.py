"""A place keeps the attempts of its cycle and a task for the last owner; an entry what brought the lead back."""

from alembic import op

revision = "reporting_0010"
down_revision = "reporting_0009"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE place ADD COLUMN attempts jsonb, ADD COLUMN task text, ADD COLUMN task_rep text,
            ADD COLUMN task_since timestamptz
    """)
    op.execute("ALTER TABLE entry ADD COLUMN trigger text")
    op.execute("CREATE INDEX entry_trigger ON entry (entered_at) WHERE trigger IS NOT NULL")
    op.execute("CREATE INDEX place_task ON place (task_rep) WHERE task IS NOT NULL")
