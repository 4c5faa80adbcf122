"""Names of assets and campaigns as they were written first; those of before are found in the house's memory."""

from alembic import op

revision = "ingest_0007"
down_revision = "ingest_0006"
branch_labels = None
depends_on = None


FILL = """
    INSERT INTO name (kind, key, written)
    SELECT DISTINCT ON (kind, key) kind, key, written
    FROM (SELECT place, kind, written,
                 replace(lower(btrim(regexp_replace(written, '\\s+', ' ', 'g'))), 'ß', 'ss') AS key
          FROM fact CROSS JOIN LATERAL (VALUES
              ('asset', data->>'asset'),
              ('campaign', CASE WHEN jsonb_typeof(data->'campaign') = 'object' THEN data#>>'{campaign,name}'
                                WHEN type LIKE 'spend.recorded.%' THEN data->>'campaign' END)) AS n(kind, written)
          WHERE written <> '') AS written
    WHERE length(key) <= 255
    ORDER BY kind, key, place
"""


def upgrade() -> None:
    op.execute("""
        CREATE TABLE name (
            kind text, key text, written text NOT NULL,
            PRIMARY KEY (kind, key))""")
    op.execute(FILL)
