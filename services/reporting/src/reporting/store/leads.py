"""The list of leads: page by page, with the conditions by which a number of a report links to its leads.

A statement has the conditions that are asked for and no others, so that PostgreSQL plans what is asked: the plain list
walks an index, and a table that no condition is about is not read.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from reporting.store.conditions import (
    AGAIN,
    ANSWERED,
    CAME_TO,
    COMPARED,
    COUNTED,
    FIRST_HELD,
    HANDED,
    KEPT,
    LEAD_IS,
    MQL_OF_A_MONTH,
    OFFER,
    OFFERS,
    OUTCOME,
    PASSED_BY,
    PERSONA,
    PROMISED,
    RECYCLED,
    TOUCHED,
    TRAFFIC,
    DatabaseRow,
    select,
)
from runtime.database.connection import Connection
from runtime.database.statement import Statement, statement

NOBODY: Final = "-"
"""As an owner: who has none."""
_OFFERED: Final = "c.assignment IS NOT NULL AND NOT c.accepted AND NOT c.closed"
_COOLING: Final = """(c.at_flags @> '["cooling"]'::jsonb OR (c.at_flags IS NULL AND c.flag = 'cooling'))"""
"""Each has an index of its own (migration 0019), which speaks of the row of `place` and not of what a lead without one
is taken for: so do `at_stage`, `at_cycle` and `at_flags`."""
_CONDITIONS: Final[Mapping[str, str]] = {
    "is": LEAD_IS,
    "first": FIRST_HELD,
    "q": "(c.id = :q OR strpos(c.words, lower(:q)) > 0)",
    "named": "c.id = ANY (CAST(:named AS text[]))",
    "stage": "CASE WHEN :stage = 'lead' THEN c.stage = 'lead' ELSE c.at_stage = :stage END",
    "status": "c.status = :status",
    "band": "c.in_band = :band",
    "owner": "CASE WHEN :owner = '-' THEN c.owner IS NULL ELSE c.owner = :owner END",
    "captured": "c.captured_at >= :start AND c.captured_at < :end",
    "reached": f"""EXISTS (
        SELECT FROM reached r WHERE r.lead = c.id AND r.stage = :reached
        AND (CAST(:implied AS boolean) IS NULL OR r.implied = :implied)
        AND (r.stage <> 'mql' OR CAST(:implied AS boolean) IS NOT FALSE OR {MQL_OF_A_MONTH}) AND {COUNTED})""",
    "stalled": f"""NOT EXISTS (
        SELECT FROM reached r WHERE r.lead = c.id AND r.stage = :stalled AND {COUNTED})""",
    "ended": "c.over = CAST(:ended AS boolean)",
    "again": f"EXISTS (SELECT FROM reached r WHERE r.lead = c.id AND r.stage = :again AND {AGAIN})",
    "rejected": f"""EXISTS (
        SELECT FROM {OFFERS} WHERE a.lead = c.id AND NOT a.accepted AND a.answer = :rejected AND {OFFER})""",
    "recycled": f"""EXISTS (
        SELECT FROM entry e WHERE e.lead = c.id AND {RECYCLED} AND e.trigger = :recycled
        AND (CAST(:came_to AS text) IS NULL OR {CAME_TO.format(stage=":came_to")}))""",
    "answered": f"""EXISTS (
        SELECT FROM {OFFERS} WHERE a.lead = c.id AND {ANSWERED}
        AND (CAST(:answered AS text) = 'any' OR a.accepted = (:answered = 'accepted')) AND {OFFER})""",
    "fit_line": f"""EXISTS (
        SELECT FROM {OFFERS}, jsonb_array_elements(a.fit_lines) AS line WHERE a.lead = c.id
        AND (line ->> 'rule') || ':' || (line ->> 'points') = :fit_line AND {ANSWERED} AND {OFFER})""",
    "deals": """EXISTS (
        SELECT FROM contact k JOIN deal d USING (deal) WHERE k.lead = c.id AND d.state = CAST(:deals AS text)
        AND (:deals = 'open' OR d.closed_at >= :start AND d.closed_at < :end))""",
    "traffic": f"coalesce({TRAFFIC}, '-') = :traffic",
    "persona": f"coalesce({PERSONA}, '-') = ANY (string_to_array(:persona, ','))",
    "asset": "EXISTS (SELECT FROM met m WHERE m.lead = c.id AND m.asset = ANY (CAST(:asset AS text[])))",
    "programme": "EXISTS (SELECT FROM membership m WHERE m.lead = c.id AND m.campaign = :programme)",
    "partner": "EXISTS (SELECT FROM standing s WHERE s.lead = c.id AND s.partner = :partner)",
    "rated": """CAST(:rated AS boolean) = EXISTS (
        SELECT FROM remark m WHERE m.lead = c.id AND m.kind = 'feedback' AND m.at >= :start AND m.at < :end)""",
    "among": "c.id = ANY (CAST(:among AS text[]))",
    "ids": "c.id = ANY (CAST(:ids AS text[]))",
    "handed_at_least": f"{HANDED} AND c.handed_total >= CAST(:handed_at_least AS int)",
    "handed_at_most": f"{HANDED} AND c.handed_total <= CAST(:handed_at_most AS int)",
    "outcome": f"""CASE CAST(:outcome AS text)
        WHEN 'qualified' THEN {OUTCOME} IN ('sql', 'won', 'lost') ELSE {OUTCOME} = :outcome END""",
    "passed_by": f"""EXISTS (
        SELECT FROM standing s WHERE s.lead = c.id AND {COMPARED} AND {PASSED_BY} = :passed_by)""",
    "promise": f"EXISTS (SELECT FROM outcome o WHERE o.lead = c.id AND o.promise = :promise AND {PROMISED} AND {KEPT})",
    "offered": f"({_OFFERED}) = CAST(:offered AS boolean)",
    "touched": f"CAST(:touched AS boolean) = {TOUCHED}",
    "flag": f"CASE WHEN :flag = 'cooling' THEN {_COOLING} ELSE c.flags @> to_jsonb(CAST(:flag AS text)) END",
    "came_back": "CASE WHEN CAST(:came_back AS boolean) THEN c.at_cycle > 1 ELSE c.cycle = 1 END",
}
"""By the filter, unless another name says when it holds (`_conditions_of`)."""
_ABOUT_THE_LEAD: Final = ("source", "campaign", "segment", "product")

_KEYS: Final = {
    "total": ("c.total", "bigint"),
    "first_seen": ("c.first_seen", "timestamptz"),
    "last_engaged": ("c.last_engaged", "timestamptz"),
    "name": ("lower(c.name)", "text"),
    "company": ("lower(c.company)", "text"),
}
"""By the name of an order: what is sorted by, and its type. Whoever lacks it comes last, by id."""
ASCENDING: Final = ("name", "company")
"""Orders that begin with the smallest, unless asked otherwise."""
ListPosition = tuple[Any, str]
"""After which lead: its key (null: those without one) and its id."""
_FIRST = statement("SELECT captured_at FROM lead_card ORDER BY captured_at LIMIT 1")
"""By the index: asked for with every page."""


class LeadList:
    """The list with these columns of the view `lead_card`, in each of its orders."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = ", ".join(f"c.{name}" for name in columns)

    async def page(
        self,
        tx: Connection,
        filters: Mapping[str, Any],
        sort: str,
        limit: int,
        after: ListPosition | None,
        *,
        ascending: bool | None = None,
    ) -> list[DatabaseRow]:
        """At most `limit` leads beyond `after`, in the usual direction of the order or in this one.

        Each has its `position`: the key, null where there is none.
        """
        upwards = sort in ASCENDING if ascending is None else ascending
        rows: list[DatabaseRow] = []
        if after is None or after[0] is not None:
            rows = await self._part(tx, filters, (sort, "up" if upwards else "down"), limit, after)
            after = None
        if len(rows) < limit:
            rows += await self._part(tx, filters, (sort, "without"), limit - len(rows), after)
        return rows

    async def _part(
        self, tx: Connection, filters: Mapping[str, Any], part: tuple[str, str], limit: int, after: ListPosition | None
    ) -> list[DatabaseRow]:
        last, last_id = after or (None, None)
        parameters = {**filters, "limit": limit, "last": last, "last_id": last_id}
        continued, few = after is not None, _few_of(filters)
        wanted = _page(self._columns, _conditions_of(filters), *part, continued=continued, few=few)
        return await select(tx, wanted, parameters)


def _conditions_of(filters: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the conditions that these filters ask for."""
    used = [name for name in _CONDITIONS if _is_asked(filters.get(name)) or _wants_none(filters, name)]
    if any(filters.get(name) is not None for name in _ABOUT_THE_LEAD):
        used.append("is")
    if not filters.get("others") and (filters.get("team") is not None or filters.get("rep") is not None):
        used.append("first")
    return tuple(sorted(used))


def _is_asked(value: object) -> bool:
    """Zero is a value like others, though it equals false."""
    return value is not None and value is not False


def _wants_none(filters: Mapping[str, Any], name: str) -> bool:
    """Whether it was asked for leads of which something does not hold; `captured` is no question."""
    return filters.get(name) is False and name != "captured"


_OF_PLACE: Final = "SELECT p.lead FROM place p WHERE {}"
_BY_PLACE: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "named": ("SELECT DISTINCT unnest(CAST(:named AS text[])) AS lead", ("named",)),
    "offered": (
        _OF_PLACE.format(
            "p.assignment IS NOT NULL AND NOT coalesce(p.accepted, false) AND NOT coalesce(p.closed, false)"
        ),
        ("offered",),
    ),
    "came_back": (_OF_PLACE.format("p.cycle > 1"), ("came_back",)),
    "cooling": (
        _OF_PLACE.format("""p.flags @> '["cooling"]'::jsonb OR (p.flags IS NULL AND p.flag = 'cooling')"""),
        ("flag",),
    ),
    "untouched": ("SELECT j.lead FROM journey j WHERE NOT j.touched AND NOT j.closed", ("touched", "ended")),
    "untouched_of_band": (
        "SELECT j.lead FROM journey j WHERE NOT j.touched AND NOT j.closed AND j.band = :band",
        ("touched", "ended", "band"),
    ),
    "nobodys": (
        _OF_PLACE.format(
            "p.stage <> 'lead' AND p.stage = :stage AND p.owner IS NULL AND NOT coalesce(p.closed, false)"
        ),
        ("stage", "owner", "ended"),
    ),
}
"""Leads that are found sooner by an index of their own than they are met in the list's order: their ids, which of the
conditions (`_CONDITIONS`) hold for them, all at once. Whether a lead counts at all, its card says."""


def _few_of(filters: Mapping[str, Any]) -> str | None:
    """Which of these leads are meant, if any: what waits for somebody."""
    waits = filters.get("ended") is False
    wanted = {
        "named": filters.get("named") is not None,
        "offered": bool(filters.get("offered")),
        "came_back": bool(filters.get("came_back")),
        "cooling": filters.get("flag") == "cooling",
        "untouched_of_band": waits and filters.get("touched") is False and filters.get("band") is not None,
        "untouched": waits and filters.get("touched") is False,
        "nobodys": waits and filters.get("owner") == NOBODY and filters.get("stage") not in (None, "lead"),
    }
    return next((name for name, is_wanted in wanted.items() if is_wanted), None)


def _cards(few: str | None, conditions: tuple[str, ...], *more: str) -> str:
    """From the cards `c` for which the conditions hold.

    The few are looked up one by one: PostgreSQL would sooner go through all leads than look up some thousands.
    """
    found, known = _BY_PLACE[few] if few else ("", ())
    where = [*(_CONDITIONS[name] for name in conditions if name not in known), *more]
    one_by_one = "CROSS JOIN LATERAL (SELECT * FROM lead_card WHERE lead_card.id = x.lead OFFSET 0) AS c"
    cards = f"({found} OFFSET 0) AS x {one_by_one}" if few else "lead_card c"
    return f"FROM {cards} WHERE {' AND '.join(where) or 'true'}"


@lru_cache(maxsize=512)
def _page(
    columns: str, conditions: tuple[str, ...], sort: str, part: str, *, continued: bool, few: str | None
) -> Statement:
    key, kind = _KEYS[sort]
    more = [f"{key} IS {'' if part == 'without' else 'NOT '}NULL"]
    order, beyond = ("DESC", "<") if part == "down" else ("ASC", ">")
    if part == "without":
        more += ["c.id > :last_id"] if continued else []
        ordered, listed = "c.id", "id"
    else:
        more += [f"({key}, c.id) {beyond} (CAST(:last AS {kind}), :last_id)"] if continued else []
        ordered, listed = f"{key} {order}, c.id {order}", f"key {order}, id {order}"
    return statement(f"""
        WITH page AS MATERIALIZED (
            SELECT c.id, {key} AS key {_cards(few, conditions, *more)} ORDER BY {ordered} LIMIT :limit)
        SELECT {columns}, page.key AS position FROM page JOIN lead_card c USING (id) ORDER BY {listed}
    """)  # noqa: S608


@lru_cache(maxsize=128)
def _count(conditions: tuple[str, ...], few: str | None) -> Statement:
    return statement(f"SELECT count(*) {_cards(few, conditions)}")


_NAMED: Final = statement("""
    SELECT lead FROM journey WHERE strpos(words, lower(:q)) > 0 OR lead = :q LIMIT :limit
""")
"""`strpos` skips by the length of the words, LIKE looks at every letter."""


async def named(tx: Connection, words: str, most: int) -> list[str] | None:
    """Ids of the leads whose name, address or company has these words in it; None when they are more than `most`.

    So few are looked up one by one; of more the list's own order soon finds enough.
    """
    ids = list((await tx.execute(_NAMED, {"q": words, "limit": most + 1})).scalars())
    return ids if len(ids) <= most else None


_VALUES = statement("SELECT count(*) AS leads, min(captured_at) AS first FROM lead_card")


async def count(tx: Connection, filters: Mapping[str, Any]) -> int:
    """How many leads meet the conditions; `filters` as for `LeadList.page`."""
    return int((await tx.execute(_count(_conditions_of(filters), _few_of(filters)), filters)).scalar_one())


async def known(tx: Connection) -> DatabaseRow:
    """Whether there are `leads` at all, and when the `first` became known."""
    first = (await tx.execute(_FIRST)).scalar_one_or_none()
    return {"leads": first is not None, "first": first}
