"""What panels count of first cycles is read from narrow indexes, one a stage; the survey of one deal is looked up."""

from alembic import op

revision = "reporting_0038"
down_revision = "reporting_0037"

STAGES = ("mql", "sal", "sql", "opportunity", "won")


def upgrade() -> None:
    for number, stage in enumerate(STAGES):
        earlier = [f"{one}_{part}" for one in STAGES[:number] for part in ("at", "implied")]
        columns = [f"{stage}_implied", *earlier, "captured_at", *(["touched"] if stage == "mql" else [])]
        op.execute(f"""
            CREATE INDEX journey_by_{stage}_at ON journey ({stage}_at) INCLUDE ({", ".join(columns)})
            WHERE {stage}_at IS NOT NULL
        """)
    op.execute("""
        CREATE INDEX entry_again ON entry (stage, entered_at) INCLUDE (lead, cycle, implied, re_engaged, withdrawn)
        WHERE cycle <> 1
    """)
    op.execute("DROP INDEX deal_step_by_deal")
    op.execute("""
        CREATE INDEX deal_step_by_deal ON deal_step (deal, at, recorded_at)
            INCLUDE (lead, message_id, kind, amount, currency)
    """)
    op.execute("CREATE INDEX remark_feedback ON remark (lead) WHERE kind = 'feedback'")
    op.execute("DROP INDEX journey_by_captured_at")
    op.execute("CREATE INDEX journey_by_captured_at ON journey (captured_at) INCLUDE (lead, mql_at, sql_at, won_at)")
    op.execute("DROP INDEX story_by_time")
    op.execute("CREATE INDEX story_by_time ON story USING brin (recorded_at, at) WITH (pages_per_range = 16)")
    op.execute("""
        CREATE OR REPLACE VIEW counted_survey AS
        SELECT d.deal, s.lead, s.event, s.at, s.recorded_at, s.by, s.outcome, s.reason, s.competitor, s.content,
               s.objections, s.lead_quality_issue, s.words
        FROM deal d CROSS JOIN LATERAL (
            SELECT * FROM survey
            WHERE survey.deal = d.deal AND survey.outcome = d.state
                  AND (d.surveys_from IS NULL OR survey.at > d.surveys_from)
            ORDER BY at DESC, recorded_at DESC, event LIMIT 1) s
    """)
