"""Leads, what their companies share, the reps' load and turns, and the stored picks."""

from alembic import op

revision = "routing_0001"
down_revision = None
branch_labels = ("routing",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE lead (lead text PRIMARY KEY, owner text, state jsonb NOT NULL)")
    op.execute("CREATE INDEX lead_owner ON lead (owner) WHERE owner IS NOT NULL")
    op.execute(
        """CREATE TABLE company (
            domain text PRIMARY KEY, owner text, owned_at timestamptz, opened jsonb NOT NULL DEFAULT '{}',
            won jsonb NOT NULL DEFAULT '{}', suppressed bool NOT NULL DEFAULT false)"""
    )
    op.execute(
        """CREATE TABLE rep (
            rep text PRIMARY KEY, state text NOT NULL DEFAULT 'active', away_until timestamptz,
            open int NOT NULL DEFAULT 0, today int NOT NULL DEFAULT 0, day date)"""
    )
    op.execute(
        """CREATE TABLE seat (
            pool text, rep text REFERENCES rep, assigned int NOT NULL, credits int NOT NULL,
            head_start float8 NOT NULL, last_picked_at timestamptz, absent bool NOT NULL, PRIMARY KEY (pool, rep))"""
    )
    op.execute("CREATE INDEX seat_rep ON seat (rep)")
    op.execute(
        """CREATE TABLE pick (
            assignment text PRIMARY KEY, lead text NOT NULL, pool text, rep text NOT NULL, at timestamptz NOT NULL,
            reasons jsonb NOT NULL)"""
    )
    op.execute("CREATE INDEX pick_lead ON pick (lead)")
