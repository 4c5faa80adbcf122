"""The challenger's verdict: leads that it and the models in force would have passed, and how these ended."""

from collections.abc import Mapping
from typing import Any, Final

from agreement.scoring import Scoring
from reporting.decide.challenger import COUNTS, compare
from reporting.filters import ReportQuery, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import challenger as store
from reporting.store.conditions import DatabaseRow

_OUTCOMES: Final[Mapping[str, str | None]] = {**{name: name for name in COUNTS}, "sql": "qualified", "leads": None}
"""Each count to the filter `outcome` of the list behind it; `leads` are all."""


def contestants(scoring: Scoring) -> dict[str, Any]:
    """Parameters of the store: the challenger, or null, and the models in force for everybody (`champions`)."""
    silent = (scoring.challenger, scoring.expansion)
    return {
        "challenger": scoring.challenger,
        "champions": [model.name for model in scoring.models if model.name not in silent],
    }


async def challenger(scope: ReportScope, query: ReportQuery) -> Answer:
    """Of leads that became known in the period, and that the challenger scored too. Raises Malformed.

    Without a challenger in the agreement `challenger` and `verdict` are null, and nobody is counted.
    """
    refuse_unknown(query, scope.agreement)
    names = contestants(scope.agreement.scoring)
    days = scope.period(query).parameters
    if names["challenger"] is None:
        return {**days, **names, "leads": 0, "groups": [], "models": [], "verdict": None}
    confidence = scope.agreement.service_levels.commitments.quality.confidence_percent / 100
    compared = compare(await store.counts(scope.tx, scope.filters(query, **names)), confidence)
    groups = [{**one, "links": _links(scope, query, one["passed_by"])} for one in compared["groups"]]
    return {**days, **names, **compared, "groups": groups}


def _links(scope: ReportScope, query: ReportQuery, passed_by: str) -> DatabaseRow:
    return {name: scope.leads(query, passed_by=passed_by, outcome=outcome) for name, outcome in _OUTCOMES.items()}


_SAYS: Final = {
    "better": "The challenger chooses better",
    "worse": "The challenger chooses worse",
    "open": "No difference is proven yet",
}


def _finding(answer: Answer) -> str:
    if not answer["challenger"]:
        return "No challenger"
    return f"{_SAYS[answer['verdict']]}: {answer['challenger']} against {', '.join(answer['champions'])}"


CHALLENGER = Report(
    "challenger",
    ReportQuery,
    challenger,
    columns=(
        Column("passed_by", "Would have been passed by", "words"),
        Column("leads", "Leads", "number", link="links.leads"),
        Column("sql", "SQL", "number", link="links.sql"),
        Column("won", "Won", "number", link="links.won"),
        Column("lost", "Lost", "number", link="links.lost"),
        Column("rejected", "Came back", "number", link="links.rejected"),
        Column("open", "Open", "number", link="links.open"),
        Column("untouched", "Never handed over", "number", link="links.untouched", wide=True),
        Column("sql_rate", "SQL of judged", "percent"),
        Column("judged", "Judged", "number", wide=True),
        Column("low", "at least", "percent", wide=True),
        Column("high", "at most", "percent", wide=True),
    ),
    summary="The challenger's verdict: who each model would have passed, and how they ended",
    title="Challenger",
    note="leads that became known in this time, by whose score ever opened the gate",
    key=("passed_by",),
    rows=lambda answer: answer["groups"],
    finding=_finding,
    panel="wide",
    idle=lambda answer: answer["challenger"] is None,
)
