"""Reads of deals: their list, one with all that hangs on it, and groups of equal ones to be added up."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reporting.store.conditions import FIRST_HELD, LEAD_IS, MENTIONED, MET, TRAFFIC, DatabaseRow, select
from runtime.database.connection import Connection
from runtime.database.statement import statement

SOURCED: Final = """
    (SELECT t.side FROM contact k JOIN first_touch t USING (lead) WHERE k.deal = d.deal
       AND (d.closed_at IS NULL OR t.at <= d.closed_at) ORDER BY t.at, t.event LIMIT 1)
"""
"""Whose touch was the first of any contact of a deal `d`; null: nobody's. None after its end won or lost it."""
IS_COUNTED: Final = f"""
    {LEAD_IS}
      AND CASE WHEN CAST(:cohort AS boolean) OR CAST(:held AS text) = 'lead' THEN {FIRST_HELD}
          ELSE CAST(:owners AS text[]) IS NULL OR coalesce(d.owner, '') = ANY (CAST(:owners AS text[])) END
      AND (CAST(:product AS text) IS NULL OR d.product = :product)
      AND (CAST(:state AS text) IS NULL OR d.state = :state)
      AND (NOT CAST(:dated AS boolean) OR d.state = 'open' OR (d.closed_at >= :start AND d.closed_at < :end))
      AND (NOT CAST(:cohort AS boolean) OR (c.captured_at >= :start AND c.captured_at < :end))
      AND (CAST(:traffic AS text) IS NULL OR coalesce({TRAFFIC}, '-') = :traffic)
      AND (CAST(:left_out AS text) IS NULL
           OR CASE :left_out WHEN 'no_amount' THEN d.amount IS NULL
                   ELSE d.amount IS NOT NULL AND d.currency = :left_out END)
      AND (CAST(:among AS text[]) IS NULL OR d.deal = ANY (CAST(:among AS text[])))
      AND (CAST(:sourced AS text) IS NULL OR {SOURCED} = :sourced)
      AND (CAST(:surveyed AS boolean) IS NULL AND CAST(:question AS text) IS NULL
           OR d.deal IN (SELECT deal FROM closing x WHERE (CAST(:surveyed AS boolean) IS NULL OR x.surveyed = :surveyed)
               AND CASE CAST(:question AS text)
                   WHEN 'reason' THEN coalesce(x.reason, '-') = lower(btrim(:answer))
                   WHEN 'competitor' THEN coalesce(lower(x.competitor), '-') = lower(btrim(:answer))
                   WHEN 'objection' THEN EXISTS (SELECT FROM jsonb_array_elements_text(x.objections) one
                                                 WHERE lower(btrim(one)) = lower(btrim(:answer)))
                   WHEN 'content' THEN EXISTS (SELECT FROM jsonb_array_elements_text(x.content) one
                                               WHERE lower(btrim(one)) = lower(btrim(:answer)))
                   WHEN 'champion' THEN x.champion IS NOT NULL
                   WHEN 'lead_quality_issue' THEN x.lead_quality_issue = CAST(:answer AS boolean)
                   ELSE true END))
      AND (CAST(:assets AS text[]) IS NULL
           OR EXISTS (SELECT FROM contact k JOIN lead_card l ON l.id = k.lead JOIN touch t ON t.lead = k.lead
                      WHERE k.deal = d.deal AND t.asset = ANY (CAST(:assets AS text[])) AND {MET}
                        AND t.at <= d.closed_at)
           OR EXISTS (SELECT FROM counted_survey s, jsonb_array_elements_text(s.content) one
                      WHERE s.deal = d.deal AND {MENTIONED.format("one")} = ANY (CAST(:assets AS text[]))))
"""  # noqa: S608
"""Which deals are counted and listed, on `deal_card d` and its primary contact `c`."""
COUNTED_DEALS: Final = f"FROM deal_card d LEFT JOIN lead_journey c ON c.id = d.lead WHERE {IS_COUNTED}"
"""These deals."""
_IS_SUMMED: Final = "d.state IN ('open', 'won', 'lost')"
"""Not those of which nothing is known but what became of their customer."""
_SUMMED_DEALS: Final = f"{COUNTED_DEALS} AND {_IS_SUMMED}"
_ONE_BY_ONE: Final = "LEFT JOIN LATERAL (SELECT * FROM lead_journey WHERE id = d.lead OFFSET 0) c ON true"
_SUMMED_DEALS_OF_COHORT: Final = f"FROM deal_card d {_ONE_BY_ONE} WHERE {IS_COUNTED} AND {_IS_SUMMED}"
"""Of each deal the contact is looked up: joined, PostgreSQL reads all leads of the period for some hundred deals."""
OF_ALL_DEALS: Final = {
    **{"state": None, "dated": True, "cohort": False, "traffic": None, "left_out": None, "among": None},
    **{"sourced": None, "surveyed": None, "question": None, "answer": None, "assets": None},
    **{"held": "owner", "owners": None},
}
_LATEST_FIRST: Final = "ORDER BY coalesce(d.closed_at, d.opened_at) DESC NULLS LAST, d.deal"
_DEALS: Final = statement(f"""
    SELECT d.*, c.name, c.company
    FROM (SELECT d.* {COUNTED_DEALS} {_LATEST_FIRST} LIMIT CAST(:limit AS int) OFFSET CAST(:offset AS int)) d
    LEFT JOIN lead_card c ON c.id = d.lead {_LATEST_FIRST}
""")  # noqa: S608
"""Who owns a deal is looked up of those that are listed."""
_FOUND: Final = """
    (e.history -> 'decision_maker' ->> 'value')::boolean AS decision_maker,
    (e.history -> 'solution_fit' ->> 'value')::boolean AS solution_fit
"""
_EVIDENCE: Final = statement(f"""
    SELECT e.deal, {_FOUND} FROM deal e WHERE e.deal = ANY (CAST(:deals AS text[]))
""")  # noqa: S608
_NEEDS: Final = statement(f"""
    SELECT d.amount IS NOT NULL AS amount, d.expected_close IS NOT NULL AS expected_close, {_FOUND}, count(*) AS deals
    FROM (SELECT d.deal, d.amount, d.expected_close {COUNTED_DEALS}) d JOIN deal e USING (deal) GROUP BY 1, 2, 3, 4
""")  # noqa: S608
_CONTACTS = statement("""
    SELECT DISTINCT ON (k.deal, k.lead) k.deal, k.lead AS id, k.at AS since, c.name, c.email, c.company
    FROM contact k JOIN lead_card c ON c.id = k.lead
    WHERE k.deal = ANY (CAST(:deals AS text[])) ORDER BY k.deal, k.lead, k.at
""")
_STEPS = statement("""
    SELECT at, kind, lead, by, amount, currency, product, stage, expected_close, reason, competitor, event FROM (
        SELECT DISTINCT ON (at, kind, message_id, by, amount) * FROM deal_step WHERE deal = :deal
        ORDER BY at, kind, message_id, by, amount, merged, recorded_at) s
    ORDER BY at, recorded_at, length(event), event
""")
"""A merge says a fact once more, about the winner: one of the two is shown."""
_GROUPS_OF: Final = """
    SELECT state, amount, currency, closed_at, count(*) AS deals FROM (
        SELECT d.state, d.amount, d.currency, CASE WHEN d.currency <> :currency THEN d.closed_at END AS closed_at
        {deals}) AS grouped
    GROUP BY state, amount, currency, closed_at
"""
_GROUPS: Final = statement(_GROUPS_OF.format(deals=_SUMMED_DEALS))
_GROUPS_OF_COHORT: Final = statement(_GROUPS_OF.format(deals=_SUMMED_DEALS_OF_COHORT))

_GROUPS_BY_SIDE = statement(f"""
    WITH counted AS MATERIALIZED (SELECT d.deal, d.state, d.amount, d.currency, d.closed_at {_SUMMED_DEALS}),
    first AS (
        SELECT DISTINCT ON (d.deal) d.deal, t.side FROM counted d JOIN contact k USING (deal), LATERAL (
            SELECT * FROM first_touch WHERE lead = k.lead OFFSET 0) t
        WHERE d.closed_at IS NULL OR t.at <= d.closed_at ORDER BY d.deal, t.at, t.event)
    SELECT state, amount, currency, closed_at, side, count(*) AS deals FROM (
        SELECT d.state, d.amount, d.currency, CASE WHEN d.currency <> :currency THEN d.closed_at END AS closed_at,
               f.side FROM counted d LEFT JOIN first f USING (deal)) AS grouped
    GROUP BY state, amount, currency, closed_at, side
""")  # noqa: S608
"""The first touches of all these deals at once: `SOURCED` looks for each of them alone."""


async def deals(
    tx: Connection, filters: Mapping[str, Any], limit: int | None = None, offset: int = 0
) -> list[DatabaseRow]:
    """Each deal once, with its primary contact as `lead`: open ones, and those that closed in the period.

    The latest first, at most `limit` of them.

    `owners`: only theirs, the empty text being nobody's. `held` by the `lead`, or of a `cohort`: `team` and `rep` mean
    to whom the primary contact was first handed. `among`: only these. `dated` false: of any time. `cohort`: of contacts
    that became known in the period.
    `surveyed`, `question` and `answer`: of what was answered about a closed one, as the view `closing` has it.
    """
    return await select(tx, _DEALS, {**OF_ALL_DEALS, **filters, "limit": limit, "offset": offset})


async def needs(tx: Connection, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """All of these deals, as groups (`deals` of them) with the same of what `decide.opportunities` asks for."""
    return await select(tx, _NEEDS, {**OF_ALL_DEALS, **filters})


async def contacts(tx: Connection, some: Sequence[str]) -> dict[str, list[DatabaseRow]]:
    """The leads of each deal, in order of their ids."""
    rows: dict[str, list[DatabaseRow]] = {}
    for row in await select(tx, _CONTACTS, {"deals": list(some)}):
        rows.setdefault(row.pop("deal"), []).append(row)
    return rows


async def steps(tx: Connection, deal: str) -> list[DatabaseRow]:
    """The facts of a deal in the order in which they occurred."""
    return await select(tx, _STEPS, {"deal": deal})


async def with_evidence(tx: Connection, rows: Sequence[DatabaseRow]) -> list[DatabaseRow]:
    """The same deals, each with `decision_maker` and `solution_fit` as its facts leave them; null: nothing is said."""
    found = await select(tx, _EVIDENCE, {"deals": [row["deal"] for row in rows]}) if rows else []
    known = {one["deal"]: one for one in found}
    return [{**row, **known[row["deal"]]} for row in rows]


_SURVEYS = statement("""
    SELECT at, by, lead, outcome, reason, competitor, content, objections, lead_quality_issue,
           words ->> 'champion' AS champion, words ->> 'could_differ' AS could_differ,
           words ->> 'deal_breaker' AS deal_breaker
    FROM counted_survey WHERE deal = :deal
""")


async def survey(tx: Connection, deal: str) -> DatabaseRow | None:
    """The survey that counts for a deal; null while there is none."""
    return next(iter(await select(tx, _SURVEYS, {"deal": deal})), None)


async def groups(tx: Connection, filters: Mapping[str, Any], currency: str) -> list[DatabaseRow]:
    """The same deals: how many have equal state, amount, currency, and closing.

    `closed_at` is null where the currency is the house's: no rate depends on it.
    """
    wanted = _GROUPS_OF_COHORT if filters.get("cohort") else _GROUPS
    return await select(tx, wanted, {**OF_ALL_DEALS, **filters, "currency": currency})


async def groups_by_side(tx: Connection, filters: Mapping[str, Any], currency: str) -> list[DatabaseRow]:
    """The same, also by the side whose touch was the first of any contact; null: nobody's."""
    return await select(tx, _GROUPS_BY_SIDE, {**OF_ALL_DEALS, **filters, "currency": currency})
