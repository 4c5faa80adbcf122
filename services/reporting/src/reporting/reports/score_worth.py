"""What the score is worth: close rates of the leads that were handed over, by band and by tenth of their score."""

from typing import Any

from reporting.decide import score_worth as worth
from reporting.filters import ReportQuery, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import score_worth as store
from reporting.store.conditions import DatabaseRow

OUTCOMES = {"sql": "qualified", "won": "won", "lost": "lost", "rejected": "rejected", "open": "open"}
"""Each count but the first, to the filter of the list of leads that it links to."""


async def score_worth(scope: ReportScope, query: ReportQuery) -> Answer:
    """Of leads first handed over in the period, by their score at that instant. Raises Malformed.

    `monotone`: no tenth closed less than the one before it; null with fewer than two, or nothing closed. `falls` are
    those that did.
    """
    refuse_unknown(query, scope.agreement)
    scores = await store.scores(scope.tx, scope.filters(query))
    confidence = scope.agreement.service_levels.commitments.quality.confidence_percent / 100
    bands = worth.by_band(scores, scope.agreement.definitions, confidence)
    deciles = worth.by_decile(scores, confidence)
    falls = worth.falls_of(deciles)
    return {
        **scope.period(query).parameters,
        "leads": sum(one["leads"] for one in scores),
        "bands": [_linked(scope, query, one) for one in bands],
        "deciles": [_linked(scope, query, one) for one in deciles],
        "monotone": not falls if len(deciles) > 1 and any(one["won"] for one in deciles) else None,
        "falls": falls,
    }


def _linked(scope: ReportScope, query: ReportQuery, group: DatabaseRow) -> DatabaseRow:
    """With the addresses of the lists behind its counts: null where there is nobody."""
    if not group["leads"]:
        return {**group, "links": dict.fromkeys(worth.COUNTS)}
    handed: dict[str, Any] = {"handed_at_least": group["lowest"], "handed_at_most": group["highest"]}
    links = {name: scope.leads(query, **handed, outcome=outcome) for name, outcome in OUTCOMES.items()}
    return {**group, "links": {"leads": scope.leads(query, **handed), **links}}


def _rows(answer: Answer) -> list[DatabaseRow]:
    """Bands, then tenths, each with its name in `group`."""
    bands = [{"group": one["name"], **one} for one in answer["bands"]]
    return bands + [{"group": f"tenth {one['decile']}", **one} for one in answer["deciles"]]


def _finding(answer: Answer) -> str | None:
    if answer["monotone"] is None:
        return None
    return f"A higher score {'closes' if answer['monotone'] else 'does not always close'} more often"


SCORE_WORTH = Report(
    "score-worth",
    ReportQuery,
    score_worth,
    columns=(
        Column("group", "Score"),
        Column("lowest", "From", "number", fixed=True),
        Column("highest", "To", "number", fixed=True),
        Column("leads", "Leads", "number", link="links.leads"),
        Column("sql", "SQL", "number", link="links.sql"),
        Column("won", "Won", "number", link="links.won"),
        Column("lost", "Lost", "number", link="links.lost", wide=True),
        Column("rejected", "Came back", "number", link="links.rejected", wide=True),
        Column("open", "Open", "number", link="links.open", wide=True),
        Column("sql_rate", "Became SQL", "percent", better="more"),
        Column("close_rate", "Closed", "percent", better="more"),
        Column("low", "at least", "percent", wide=True, fixed=True),
        Column("high", "at most", "percent", wide=True, fixed=True),
    ),
    summary="What the score is worth: close rates by band and by tenth of the score at the hand-over",
    title="What the score is worth",
    note="leads handed over in this time, by their score then",
    key=("group",),
    rows=_rows,
    finding=_finding,
    panel="wide",
)
