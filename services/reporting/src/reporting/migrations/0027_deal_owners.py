"""An open deal is whose the lead is, once a manager or its rep has passed the lead on; until a fact of it names a rep."""

from alembic import op

revision = "reporting_0027"
down_revision = "reporting_0026"


def upgrade() -> None:
    op.execute("""
        CREATE OR REPLACE VIEW deal_card AS
        SELECT d.deal, d.state, d.opened_at, d.closed_at, d.amount, d.currency, d.product, d.stage, d.expected_close,
               d.paid_at, d.reason, d.competitor,
               CASE WHEN d.state = 'open' THEN coalesce((
                   SELECT a.rep FROM contact c JOIN assignment a USING (lead)
                   WHERE c.deal = d.deal AND a.rule IN ('reassigned', 'handed_over', 'refused')
                     AND a.at > coalesce((d.history #>> '{owner,when,at}')::timestamptz, '-infinity')
                     AND (d.owner IS NULL OR EXISTS (
                         SELECT FROM assignment b WHERE b.lead = a.lead AND b.version < a.version AND b.rep = d.owner))
                   ORDER BY a.at DESC, a.lead, a.version DESC LIMIT 1), d.owner)
               ELSE d.owner END AS owner,
               coalesce(j.lead, (SELECT first.lead FROM primary_contact first WHERE first.deal = d.deal)) AS lead,
               d.renewed_at, d.churned_at
        FROM deal d LEFT JOIN journey j ON j.lead = d.primary_lead
    """)
