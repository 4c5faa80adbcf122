"""Rejections: offers that came back, by reason, and how many offers were answered at all."""

from events.vocabulary import humanize
from reporting.decide import rates
from reporting.filters import ReportQuery, link, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import rejections as store


async def rejections(scope: ReportScope, query: ReportQuery) -> Answer:
    """Offers that came back, by reason. Raises Malformed.

    `accepted` and `answered` count offers accepted, rejected or left until their time ran out; not those that the house
    ended.
    """
    refuse_unknown(query, scope.agreement)
    rows, answers = await store.rejections(scope.tx, scope.filters(query))
    total = sum(row["offers"] for row in rows)
    terms = scope.agreement.routing.by_reason
    return {
        **scope.period(query).parameters,
        "accepted": answers["accepted"],
        "answered": answers["answered"],
        "links": {
            name: scope.leads(query, answered=answer)
            for name, answer in (("accepted", "accepted"), ("answered", "any"), ("rejected", "rejected"))
        },
        "acceptance": rates.rate(answers["accepted"], answers["answered"]),
        "rejected": total,
        "reasons": [
            {
                "reason": row["reason"],
                "title": terms[row["reason"]].title if row["reason"] in terms else humanize(row["reason"]),
                "count": row["leads"],
                "offers": row["offers"],
                "share": rates.rate(row["offers"], total),
                "credited": row["credited"],
                "owed_by_marketing": row["owed"],
                "leads": scope.leads(query, rejected=row["reason"]),
                "owed_leads": link("/api/lead-guarantee", **scope.period(query).parameters),
            }
            for row in rows
        ],
    }


REJECTIONS = Report(
    "rejections",
    ReportQuery,
    rejections,
    columns=(
        Column("reason"),
        Column("title", "Reason"),
        Column("count", "Leads", "number", link="leads"),
        Column("offers", "Offers", "number"),
        Column("share", "Share", "percent"),
        Column("credited", "Credited", "number"),
        Column("owed_by_marketing", "Owed by marketing", "number", link="owed_leads"),
    ),
    summary="Offers that came back, by reason",
    title="Why offers came back",
    rows=lambda answer: answer["reasons"],
    panel="half",
)
