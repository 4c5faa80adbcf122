"""All that was said of a rep's leave, in the place of what was said last: absences are a set.

The columns of before are read no more; they go in a later revision.
"""

from alembic import op

revision = "routing_0006"
down_revision = "routing_0005"
compatible_since = revision  # older code would say leave, and whose deals are, where nobody reads it


def upgrade() -> None:
    op.execute("ALTER TABLE rep ADD COLUMN words jsonb")
    op.execute("""
        UPDATE rep SET words = jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
            'at', coalesce(state_at, away_from, now()), 'away', state <> 'active', 'left', state = 'left',
            'since', away_from, 'until', away_until)))
        WHERE state <> 'active' OR state_at IS NOT NULL
    """)
