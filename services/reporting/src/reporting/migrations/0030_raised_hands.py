"""Raised hands are found by their time, and entries into a stage are counted from the index alone."""

from alembic import op

revision = "reporting_0030"
down_revision = "reporting_0029"


def upgrade() -> None:
    # another kind that an agreement calls a raised hand is found by `touch_by_at`
    op.execute("""
        CREATE INDEX touch_raised ON touch (at) INCLUDE (kind)
        WHERE NOT machine AND kind IN ('contact_sales', 'demo_request', 'email_reply', 'free_trial', 'meeting_booked')
    """)
    op.execute("DROP INDEX entry_by_stage_entered_at")
    op.execute("""
        CREATE INDEX entry_by_stage_entered_at ON entry (stage, entered_at)
            INCLUDE (lead, cycle, implied, re_engaged, withdrawn, completeness)
    """)
