"""A clock is one record: it is only ever read and written whole."""

from alembic import op

revision = "sla_monitor_0003"
down_revision = "sla_monitor_0002"
branch_labels = None
compatible_since = revision
"""Older code reads columns that are gone."""

RECORDS = (
    "ALTER TABLE clock ADD COLUMN record jsonb",
    """
    UPDATE clock AS c SET record = to_jsonb(c) - ARRAY['record', 'said', 'stamp', 'act']
        || jsonb_build_object('last_percent', said, 'stopped_at_evidence', stamp, 'stop_name', act)
    """,
    """
    ALTER TABLE clock ALTER COLUMN record SET NOT NULL,
        DROP COLUMN promise, DROP COLUMN level, DROP COLUMN side, DROP COLUMN cycle, DROP COLUMN assignment,
        DROP COLUMN holder, DROP COLUMN manager, DROP COLUMN team, DROP COLUMN pool, DROP COLUMN target,
        DROP COLUMN started, DROP COLUMN due, DROP COLUMN milestones, DROP COLUMN pauses, DROP COLUMN attempts,
        DROP COLUMN agreement, DROP COLUMN correlation, DROP COLUMN state, DROP COLUMN said, DROP COLUMN stamp,
        DROP COLUMN act, DROP COLUMN ended, DROP COLUMN ending, DROP COLUMN stopped, DROP COLUMN cause,
        DROP COLUMN charged, DROP COLUMN begun_by, DROP COLUMN stops
    """,
)
"""The columns go: filled for old clocks only, they would be misread."""


def upgrade() -> None:
    for one in RECORDS:
        op.execute(one)
