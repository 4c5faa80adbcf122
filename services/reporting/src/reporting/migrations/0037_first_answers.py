"""What routing decided first about a lead, and when sales first tried to reach it, are found without its whole story."""

from alembic import op

revision = "reporting_0037"
down_revision = "reporting_0036"


def upgrade() -> None:
    op.execute("CREATE INDEX story_decided ON story (lead, at) WHERE event LIKE 'handoffs/%'")
    op.execute("DROP INDEX touch_of_sales")
    op.execute("CREATE INDEX touch_of_sales ON touch (lead, at) INCLUDE (event) WHERE side = 'sales'")
    op.execute("DROP INDEX touch_raised")
    op.execute("""
        CREATE INDEX touch_raised ON touch (at) INCLUDE (kind, lead, event)
        WHERE NOT machine AND kind IN ('contact_sales', 'demo_request', 'email_reply', 'free_trial', 'meeting_booked')
    """)
