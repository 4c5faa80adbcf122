"""Leads of which something is known but who do not count: so few that numbers leave them out without a look at all others."""

from alembic import op

revision = "reporting_0022"
down_revision = "reporting_0021"
compatible_since = revision  # older code would not keep them


def upgrade() -> None:
    op.execute("CREATE TABLE stray (lead text PRIMARY KEY)")
    op.execute("""
        INSERT INTO stray
        SELECT lead FROM (SELECT lead FROM place UNION SELECT lead FROM entry UNION SELECT lead FROM answer
                          UNION SELECT lead FROM assignment UNION SELECT lead FROM person) AS known
        WHERE NOT EXISTS (SELECT FROM journey WHERE journey.lead = known.lead)
    """)
