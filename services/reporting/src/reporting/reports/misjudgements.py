"""What scoring got wrong: the fit lines that had spoken for leads which reps refused as not of our kind."""

from reporting.decide import rates
from reporting.filters import ListQuery, page_of, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import rejections as store


async def misjudgements(scope: ReportScope, query: ListQuery) -> Answer:
    """Fit lines by how often they were wrong, beside how often they spoke for an answered offer. Raises Malformed."""
    refuse_unknown(query, scope.agreement)
    reasons = [one for one in scope.agreement.routing.reject_reasons if one.feedback_to_scoring]
    items = [
        {
            "line": row["line"],
            "points": row["points"],
            "because": row["because"],
            "wrong": row["wrong"],
            "answered": row["answered"],
            "share": rates.rate(row["wrong"], row["answered"]),
            "leads": scope.leads(query, fit_line=f"{row['line']}:{row['points']}"),
        }
        for row in await store.misjudgements(scope.tx, scope.filters(query))
    ]
    days = scope.period(query).parameters
    return page_of({**days, "reasons": [one.reason for one in reasons], "items": items}, query)


MISJUDGEMENTS = Report(
    "scoring-feedback",
    ListQuery,
    misjudgements,
    columns=(
        Column("line", "Fit line"),
        Column("points", "Points", "number", fixed=True),
        Column("because", "For example"),
        Column("wrong", "Leads refused", "number", link="leads"),
        Column("answered", "Of leads answered", "number"),
        Column("share", "Share", "percent"),
    ),
    summary="What scoring got wrong: fit lines that spoke for leads which are not of our kind",
    title="What scoring got wrong",
    note="Fit lines that had spoken for leads which reps refused as not of our kind",
    panel="half",
    idle=lambda answer: not answer["items"],
    key=("line", "points"),
)
