"""Names of assets and campaigns as they were written first; those of before are found in the house's memory."""

from collections.abc import Iterable

from alembic import op

from agreement.readers.traffic import source_name

revision = "ingest_0007"
down_revision = "ingest_0006"
branch_labels = None
depends_on = None


WRITTEN = """
    SELECT kind, written FROM fact CROSS JOIN LATERAL (VALUES
        ('asset', data->>'asset'),
        ('campaign', CASE WHEN jsonb_typeof(data->'campaign') = 'object' THEN data#>>'{campaign,name}'
                          WHEN type LIKE 'spend.recorded.%' THEN data->>'campaign' END)) AS n(kind, written)
    WHERE written <> '' GROUP BY kind, written ORDER BY min(place)
"""
"""Each spelling once, the oldest first."""
LONGEST = 255
"""Characters of a key that an index has room for: a longer name is kept as it is, here as at the door."""
INSERT = "INSERT INTO name (kind, key, written) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])"


def first_of(rows: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """How each name was written first, by what the door compares: PostgreSQL's `lower` leaves the sharp s as it is."""
    names = dict[tuple[str, str], str]()
    for kind, written in rows:
        key = source_name(written)
        if len(key) <= LONGEST:
            names.setdefault((kind, key), written)
    return names


def upgrade() -> None:
    op.execute("""
        CREATE TABLE name (
            kind text, key text, written text NOT NULL,
            PRIMARY KEY (kind, key))""")
    bind = op.get_bind()
    names = first_of((kind, written) for kind, written in bind.exec_driver_sql(WRITTEN))
    columns = ([kind for kind, _ in names], [key for _, key in names], list(names.values()))
    bind.exec_driver_sql(INSERT, columns)
