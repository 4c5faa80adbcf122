"""Rejections: offers that came back, by reason, and how many offers were answered at all."""

from events.vocabulary import humanize
from reporting.decide import rates
from reporting.filters import OFFERS, ReportQuery, link, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import rejections as store


async def rejections(scope: ReportScope, query: ReportQuery) -> Answer:
    """Offers that came back, by reason. Raises Malformed.

    `accepted` and `answered` count offers accepted, rejected or left until their time ran out; not those that the house
    ended. `by_contact`: of the accepted, those that were worked on without an answer.
    """
    refuse_unknown(query, scope.agreement)
    rows, answers = await store.rejections(scope.tx, scope.filters(query))
    total = sum(row["offers"] for row in rows)
    terms = scope.agreement.routing.by_reason

    def behind(**more: str) -> str:
        return link(OFFERS, **{**scope.period(query).parameters, **query.dimensions(), **more})

    return {
        **scope.period(query).parameters,
        "accepted": answers["accepted"],
        "by_contact": answers["by_contact"],
        "answered": answers["answered"],
        "links": {
            name: behind(answered=answer)
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
                "links": {
                    "offers": behind(rejected=row["reason"]),
                    "credited": behind(rejected=row["reason"], credited="true"),
                    "owed_by_marketing": behind(rejected=row["reason"], lead_guarantee="true"),
                },
                "owed_leads": link("/api/lead-guarantee", **scope.period(query).parameters),
            }
            for row in rows
        ],
    }


def _finding(answer: Answer) -> str | None:
    if not answer["answered"]:
        return None
    if not answer["reasons"]:
        return f"All {answer['answered']} answered offers were accepted"
    most = answer["reasons"][0]
    return f"“{most['title']}” is the first reason why offers come back: {most['offers']} of {answer['rejected']}"


REJECTIONS = Report(
    "rejections",
    ReportQuery,
    rejections,
    columns=(
        Column("reason"),
        Column("title", "Reason"),
        Column("offers", "Offers", "number", link="links.offers", better="less"),
        Column("share", "Share of offers", "percent"),
        Column("count", "Leads", "number", link="leads", wide=True),
        Column("credited", "Turns given back", "number", link="links.credited", wide=True),
        Column("owed_by_marketing", "Owed by marketing", "number", link="links.owed_by_marketing", better="less"),
    ),
    figures=(
        Column("answered", "answered offers", "number", link="links.answered"),
        Column("accepted", "accepted", "number", link="links.accepted", better="more"),
        Column("acceptance", "of the answered", "percent", better="more"),
        Column("rejected", "came back", "number", link="links.rejected", better="less"),
    ),
    summary="Offers that came back, by reason",
    title="Why offers came back",
    rows=lambda answer: answer["reasons"],
    definition=(
        "An offer is one lead put to one rep; one that is not answered in time counts as come back, what the house "
        "ended (a rep left, the lead was merged) counts nowhere. `rep` and `team` are who was asked."
    ),
    chapter="routing",
    finding=_finding,
    panel="half",
    key=("reason",),
)
