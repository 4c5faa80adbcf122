"""Who owns a deal is looked up where somebody asks for it: sums of deals do not."""

from alembic import op

revision = "reporting_0043"
down_revision = "reporting_0042"

LONGEST_NAME = 255
"""Characters of who ticked what: an index holds no more than 2,704 bytes."""


def upgrade() -> None:
    op.execute("""
        CREATE OR REPLACE VIEW deal_card AS
        SELECT d.deal, d.state, d.opened_at, d.closed_at, d.amount, d.currency, d.product, d.stage, d.expected_close,
               d.paid_at, d.reason, d.competitor,
               CASE WHEN EXISTS (SELECT FROM deal_owner s WHERE s.deal = d.deal)
                    THEN (SELECT s.owner FROM deal_owner s WHERE s.deal = d.deal ORDER BY s.version DESC LIMIT 1)
               WHEN d.state = 'open' THEN coalesce((
                   SELECT a.rep FROM contact c JOIN assignment a USING (lead)
                   WHERE c.deal = d.deal AND CASE WHEN a.deals IS NOT NULL THEN a.deals ? d.deal AND a.at >= named.at
                   ELSE a.rule IN ('reassigned', 'handed_over', 'refused') AND a.at > named.at
                     AND (d.owner IS NULL OR EXISTS (
                         SELECT FROM assignment b WHERE b.lead = a.lead AND b.version < a.version AND b.rep = d.owner
                           AND NOT EXISTS (SELECT FROM assignment n WHERE n.lead = b.lead AND n.version > b.version
                                             AND n.at <= named.at))) END
                   ORDER BY a.at DESC, a.lead, a.version DESC LIMIT 1), d.owner)
               ELSE d.owner END AS owner,
               coalesce(j.lead, (SELECT first.lead FROM primary_contact first WHERE first.deal = d.deal)) AS lead,
               d.renewed_at, d.churned_at
        FROM deal d
        CROSS JOIN LATERAL (
            SELECT coalesce((d.history #>> '{owner,when,at}')::timestamptz, '-infinity') AS at) named
        LEFT JOIN journey j ON j.lead = d.primary_lead
    """)
    op.execute("ALTER TABLE met DROP CONSTRAINT met_pkey, ADD PRIMARY KEY (lead, asset) INCLUDE (first_at)")
    op.execute(f"""
        UPDATE remark SET by = left(by, {LONGEST_NAME}), assignment = left(assignment, {LONGEST_NAME})
        WHERE kind = 'reviewed' AND (length(by) > {LONGEST_NAME} OR length(assignment) > {LONGEST_NAME})
    """)  # noqa: S608
    op.execute("CREATE INDEX remark_reviewed ON remark (lead, assignment) INCLUDE (at, by) WHERE kind = 'reviewed'")
