"""A clock remembers what began it and what stops it: the agreement's rule at the time, as it remembers its due time."""

from alembic import op

revision = "sla_monitor_0002"
down_revision = "sla_monitor_0001"
branch_labels = None


RULES_OF_BEFORE = """
    UPDATE clock SET
        begun_by = CASE promise
            WHEN 'routed' THEN 'becomes_mql'
            WHEN 'ae_touch' THEN 'handed_on'
            WHEN 'survey' THEN 'deal_closed'
            ELSE 'assigned' END,
        stops = CASE promise
            WHEN 'routed' THEN '["assigned"]'
            WHEN 'accepted' THEN '["accepted", "rejected"]'
            WHEN 'survey' THEN '["feedback"]'
            ELSE '["attempted", "connected", "qualified", "deal_opened"]' END::jsonb
"""
"""Until now the promises of the shipped agreement were the only ones, and their rules stood in the code."""


def upgrade() -> None:
    op.execute("ALTER TABLE clock ADD COLUMN begun_by text, ADD COLUMN stops jsonb")
    op.execute(RULES_OF_BEFORE)
