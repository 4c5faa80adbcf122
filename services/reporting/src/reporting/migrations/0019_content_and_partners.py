"""For whom content was made, and until when; whose lead a partner's is; what partners and we tell each other."""

from alembic import op

revision = "reporting_0019"
down_revision = "reporting_0018"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE content ADD COLUMN url text, ADD COLUMN persona text, ADD COLUMN stage text, ADD COLUMN until date"
    )
    op.execute("ALTER TABLE standing ADD COLUMN partner text")
    op.execute(
        "UPDATE standing SET partner = body -> 'facts' ->> 'referral' WHERE body -> 'facts' ->> 'referral' IS NOT NULL"
    )
    op.execute("CREATE INDEX standing_partner ON standing (partner) WHERE partner IS NOT NULL")
    op.execute("""
        CREATE TABLE partner_note (
            partner text, event text, at timestamptz NOT NULL, by text, actor text, note text NOT NULL,
            from_partner boolean NOT NULL, PRIMARY KEY (partner, event))
    """)
