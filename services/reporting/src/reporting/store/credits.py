"""Credits of won deals as they are kept: which deals are due, what each brings to whom, and the sums of each week.

Of a deal that is due (`credit_due`) what is kept may be old: readers take it away and share the deal out anew.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, get_args

from msgspec import Struct

from reporting.decide.credits import CreditDimension
from reporting.store.conditions import DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement
from runtime.database.upsert import UpsertTables

MARK_DUE: Final = """
    due AS (
        INSERT INTO credit_due (deal, not_before)
        SELECT deal, max(clock_timestamp() + CASE WHEN lead = ANY (CAST(:credits_merged AS text[]))
                                                  THEN interval '5 minutes' ELSE interval '0' END)
        FROM (SELECT deal, lead FROM contact WHERE lead = ANY (CAST(:credits_leads AS text[]))
              UNION ALL SELECT deal, NULL FROM unnest(CAST(:credits_deals AS text[])) AS given(deal)) AS moved
        GROUP BY deal)
"""
"""A part of the statement that saves a batch: rows, as each deal's credits rest on leads of several lanes, and an
update would be lost on a row that the loop is just replacing.

Whose lead turned out to be another has a contact in another lane, whose batch may just be on its way and not know it:
the deal stays due until no transaction can be that old.
"""
_TAKE: Final = statement("""
    WITH ripe AS (
        SELECT deal FROM credit_due WHERE not_before <= clock_timestamp() ORDER BY id LIMIT CAST(:most AS int)),
    taken AS (
        DELETE FROM credit_due d WHERE d.deal IN (SELECT deal FROM ripe) AND d.not_before <= clock_timestamp())
    SELECT DISTINCT deal FROM ripe ORDER BY deal
""")
_WAITING: Final = statement("SELECT count(DISTINCT deal) AS deals FROM credit_due")
_ALONE: Final = statement("""
    SELECT pg_try_advisory_xact_lock(hashtext(current_schema() || ' credits')) AS alone,
           set_config('enable_sort', 'off', true)
""")
_KNOWN: Final = statement("SELECT generation, terms, rates FROM credit_terms")
_BEGIN_TERMS: Final = statement("""
    WITH before AS (DELETE FROM credit_terms RETURNING generation),
    sums AS (DELETE FROM credit_week),
    due AS (
        INSERT INTO credit_due (deal, not_before)
        SELECT deal, clock_timestamp() FROM (
            SELECT deal, closed_at FROM deal WHERE state = 'won'
            UNION ALL SELECT deal, NULL FROM credited_deal
            WHERE NOT EXISTS (SELECT FROM deal d WHERE d.deal = credited_deal.deal AND d.state = 'won')) AS every
        ORDER BY closed_at, deal)
    INSERT INTO credit_terms SELECT coalesce(max(generation), 0) + 1, :terms, :rates FROM before
""")
_BEGIN_RATES: Final = statement("""
    WITH due AS (
        INSERT INTO credit_due (deal, not_before)
        SELECT deal, clock_timestamp() FROM deal
        WHERE state = 'won' AND currency IS DISTINCT FROM :house ORDER BY closed_at, deal)
    UPDATE credit_terms SET rates = :rates
""")
_FORGET: Final = statement("""
    WITH credits AS (DELETE FROM credit WHERE deal = ANY (CAST(:deals AS text[])))
    DELETE FROM credited_deal WHERE deal = ANY (CAST(:deals AS text[]))
    RETURNING day, date_trunc('week', day)::date AS week, parts
""")
_TIDY: Final = statement("""
    DELETE FROM credit_week WHERE part = ANY (CAST(:parts AS text[])) AND division = ANY (CAST(:divisions AS text[]))
        AND week = ANY (CAST(:weeks AS date[])) AND 0 = ALL (deals)
""")


@cache
def _add_to_weeks(models: int, times: int) -> Statement:
    def each(name: str) -> str:
        return f"ARRAY[{', '.join(f'{times} * sum(c.{name}[{place + 1}])::bigint' for place in range(models))}]"

    def both(name: str) -> str:
        sums = (f"w.{name}[{place + 1}] + excluded.{name}[{place + 1}]" for place in range(models))
        return f"{name} = ARRAY[{', '.join(sums)}]"

    return statement(f"""
        INSERT INTO credit_week AS w (part, division, week, side, value, kind, deals, touches, units)
        SELECT part, division, week, side, value, kind,
               {each("deals")}, {each("touches")}, {each("units")}
        FROM credited_deal b JOIN credit c USING (deal), LATERAL (
            SELECT part, date_trunc('week', b.day)::date AS week FROM unnest(array_append(b.parts, '')) AS part
            UNION ALL SELECT 'day', b.day) AS spans
        WHERE b.deal = ANY (CAST(:deals AS text[])) AND b.generation = (SELECT generation FROM credit_terms)
        GROUP BY part, division, week, side, value, kind
        ON CONFLICT (part, division, week, side, value, kind) DO UPDATE SET
            {", ".join(map(both, ("deals", "touches", "units")))}
    """)  # noqa: S608


class CreditedDeal(Struct, frozen=True):
    """A row: a deal that was shared out, the day on which it closed, and the filters by which it is found."""

    deal: str
    lead: str
    generation: int
    day: str
    parts: list[str]


class StoredCredit(Struct, frozen=True):
    """A row: what one deal adds to one sum."""

    deal: str
    place: int
    division: str
    side: str
    value: str | None
    kind: str | None
    deals: list[int]
    touches: list[int]
    units: list[int]


_SUMS: Final = {"deals": "smallint[]", "touches": "int[]", "units": "bigint[]"}
_KEEP: Final = UpsertTables(
    {
        "credited_deal": (
            ("deal",),
            {"deal": "text", "lead": "text", "generation": "int", "day": "date", "parts": "text[]"},
        ),
        "credit": (
            ("deal", "division", "place"),
            {
                "deal": "text",
                "place": "smallint",
                **dict.fromkeys(("division", "side", "value", "kind"), "text"),
                **_SUMS,
            },
        ),
    }
)


async def alone(tx: Connection) -> bool:
    """Whether no other process shares out; to the end of the transaction none begins.

    Sums are added up by hashes then: sorting the rows of some hundred deals takes twice as long.
    """
    return bool((await tx.execute(_ALONE)).one().alone)


async def generation_under(tx: Connection, terms: str, rates: str, *, house: str, settled: bool) -> int | None:
    """The number of these terms, by which what is kept is known. Under others than were kept all won deals become due.

    When only rates differ, those become due that are not in the currency of the house. `settled`: it was under these
    terms already; if it is not any more, nothing is done, and None returned.
    """
    known = next(iter(await select(tx, _KNOWN)), None)
    if settled and (known is None or (known["terms"], known["rates"]) != (terms, rates)):
        return None
    if known is None or known["terms"] != terms:
        await tx.execute(_BEGIN_TERMS, {"terms": terms, "rates": rates})
        (known,) = await select(tx, _KNOWN)
    elif known["rates"] != rates:
        await tx.execute(_BEGIN_RATES, {"rates": rates, "house": house})
    return int(known["generation"])


async def take_due(tx: Connection, most: int) -> list[str]:
    """Some deals that are due, and no longer are; what is read after this has what made them due."""
    return list((await tx.execute(_TAKE, {"most": most})).scalars())


async def count_due(tx: Connection) -> int:
    """How many deals are due."""
    return int((await tx.execute(_WAITING)).scalar_one())


async def replace_deals(
    tx: Connection, deals: Sequence[str], fresh: Sequence[CreditedDeal], credits: Sequence[StoredCredit], models: int
) -> None:
    """Keeps what `fresh` ones of these deals bring to whom under so many models, in the place of what was kept."""
    given = {"deals": list(deals)}
    await tx.execute(_add_to_weeks(models, -1), given)
    old = await select(tx, _FORGET, given)
    if fresh:
        await _KEEP(tx, {"credited_deal": fresh, "credit": credits})
        await tx.execute(_add_to_weeks(models, 1), given)
    if old:
        parts = {part for row in old for part in row["parts"]} | {"", "day"}
        weeks = {row[span] for row in old for span in ("day", "week")}
        await tx.execute(
            _TIDY, {"parts": sorted(parts), "divisions": [*get_args(CreditDimension)], "weeks": sorted(weeks)}
        )


_NOW: Final = """
    known AS MATERIALIZED (SELECT generation FROM credit_terms WHERE terms = :terms AND rates = :rates),
    due AS MATERIALIZED (SELECT DISTINCT deal FROM credit_due)
"""
_NOT_DUE: Final = """
    b.parts @> CAST(:parts AS text[]) AND NOT EXISTS (SELECT FROM due WHERE due.deal = b.deal)
    AND EXISTS (SELECT FROM known)
"""


@cache
def _sums(places: tuple[int, ...], by_days: bool) -> Statement:
    def each(name: str) -> str:
        return f"ARRAY[{', '.join(f'sum(times * {name}[{place + 1}])::bigint' for place in places)}] AS {name}"

    columns = "{0}.division, {0}.side, {0}.value, {0}.kind, {0}.deals, {0}.touches, {0}.units"
    edges = "({0} >= :first AND {0} < :monday OR {0} >= :last_monday AND {0} < :until)"
    edge_days = f"""
        SELECT {columns.format("w")}, 1 FROM credit_week w
        WHERE w.part = 'day' AND w.division = ANY (CAST(:divisions AS text[])) AND {edges.format("w.week")}
              AND EXISTS (SELECT FROM known)"""  # noqa: S608
    edge_deals = f"""
        SELECT {columns.format("c")}, 1 FROM credited_deal b JOIN credit c USING (deal)
        WHERE {edges.format("b.day")} AND {_NOT_DUE} AND c.division = ANY (CAST(:divisions AS text[]))"""  # noqa: S608
    since, until = (":first", ":until") if by_days else (":monday", ":last_monday")
    return statement(f"""
        WITH {_NOW},
        every_sum AS (
            SELECT {columns.format("w")}, 1 AS times FROM credit_week w
            WHERE w.part = :part AND w.division = ANY (CAST(:divisions AS text[]))
                  AND w.week >= :monday AND w.week < :last_monday AND EXISTS (SELECT FROM known)
            UNION ALL
            SELECT {columns.format("c")}, -1 FROM due JOIN credited_deal b USING (deal) JOIN credit c USING (deal)
            WHERE b.generation = (SELECT generation FROM known) AND b.parts @> CAST(:parts AS text[])
                  AND b.day >= {since} AND b.day < {until} AND c.division = ANY (CAST(:divisions AS text[]))
            UNION ALL {edge_days if by_days else edge_deals})
        SELECT division, side, value, kind, {each("deals")}, {each("touches")}, {each("units")}
        FROM every_sum GROUP BY division, side, value, kind
        UNION ALL SELECT 'due', deal, NULL, NULL, NULL, NULL, NULL FROM due
        UNION ALL SELECT 'known', '', NULL, NULL, NULL, NULL, NULL FROM known
    """)  # noqa: S608


_BEHIND: Final = statement(f"""
    WITH {_NOW}
    SELECT 'credited' AS of, b.deal, b.lead FROM credited_deal b
    WHERE b.day >= :first AND b.day < :until AND {_NOT_DUE} AND EXISTS (
        SELECT FROM credit c WHERE c.deal = b.deal AND c.division = :division AND c.side = :side
        AND (CAST(:kind AS text) IS NULL OR c.kind = :kind)
        AND (CAST(:value AS text) IS NULL OR coalesce(nullif(c.value, ''), '-') = :value)
        AND c.deals[CAST(:place AS int) + 1] > 0)
    UNION ALL SELECT 'due', deal, NULL FROM due
    UNION ALL SELECT 'known', '', NULL FROM known
""")  # noqa: S608
"""One statement, so that what is kept and which deals are due are of one instant."""
_ANSWER: Final = """
    SELECT lower(btrim(claim.value ->> 'value')) AS answer
    FROM person p, jsonb_each(p.facts -> 'self_reported_source') AS claim
    WHERE p.lead = b.lead AND btrim(claim.value ->> 'value') <> ''
    ORDER BY claim.value ->> 'at' DESC, claim.key LIMIT 1
"""
_TRACKED: Final = "JOIN credit c ON c.deal = b.deal AND c.division = 'tracked'"
_ANSWERED: Final = statement(f"""
    SELECT said.answer, c.value AS tracked, count(*) AS deals, sum(c.units[1])::bigint AS units
    FROM credited_deal b JOIN journey j ON j.lead = b.lead {_TRACKED} CROSS JOIN LATERAL ({_ANSWER}) AS said
    WHERE j.self_reported IS NOT NULL AND b.day >= :first AND b.day < :until AND b.parts @> CAST(:parts AS text[])
          AND b.deal <> ALL (CAST(:due AS text[]))
    GROUP BY said.answer, c.value
""")  # noqa: S608
_ANSWERS: Final = statement(f"""
    WITH {_NOW}
    SELECT 'credited' AS of, b.deal, c.value AS tracked, said.answer
    FROM credited_deal b {_TRACKED} LEFT JOIN LATERAL ({_ANSWER}) AS said ON true
    WHERE b.day >= :first AND b.day < :until AND {_NOT_DUE}
    UNION ALL SELECT 'due', deal, NULL, NULL FROM due
    UNION ALL SELECT 'known', '', NULL, NULL FROM known
""")  # noqa: S608
"""What people answer is read where it stands, never kept with the credits: an erasure takes it away at once."""


async def sums(
    tx: Connection, places: Sequence[int], filters: Mapping[str, Any]
) -> tuple[list[DatabaseRow], list[str] | None]:
    """What deals that are not due add to each sum of some divisions, of the models at these places; and who is due.

    None for these: what is kept stands under other terms, so everything is to be shared out. `filters`: `terms`,
    `rates`, `divisions`, `part` and `parts` (parts of deals; one and all), the days `first` to `until`, and the whole
    weeks among them, `monday` to `last_monday`.
    """
    rows = await select(tx, _sums(tuple(places), not filters["parts"]), filters)
    kept = [row for row in rows if row["division"] not in ("due", "known")]
    due = [row["side"] for row in rows if row["division"] == "due"]
    return kept, due if any(row["division"] == "known" for row in rows) else None


async def behind(tx: Connection, filters: Mapping[str, Any]) -> tuple[list[DatabaseRow], list[str] | None]:
    """The deals (with their `lead`) behind one sum, of those that are not due; and who is due, as for `sums`."""
    return _apart(await select(tx, _BEHIND, filters))


async def answered(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """Of deals whose primary contact says where they had heard of us, by what and by the tracked source: deals, units.

    `due` are left out.
    """
    return await select(tx, _ANSWERED, filters)


async def answers(tx: Connection, filters: Mapping[str, Any]) -> tuple[list[DatabaseRow], list[str] | None]:
    """Each deal that is not due with its `answer` (null: none) and `tracked` source; and who is due, as for `sums`."""
    return _apart(await select(tx, _ANSWERS, filters))


def _apart(rows: list[DatabaseRow]) -> tuple[list[DatabaseRow], list[str] | None]:
    due = [row["deal"] for row in rows if row["of"] == "due"]
    kept = [row for row in rows if row["of"] == "credited"]
    return kept, due if any(row["of"] == "known" for row in rows) else None
