"""Wins and losses: why deals ended as they did, by the survey of each, else by what was said when it was closed."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from events import Money
from events.vocabulary import humanize_first
from reporting.decide import rates
from reporting.decide.money import Exchange, Total
from reporting.figures import percent
from reporting.filters import NONE, ReportQuery, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.reports.totals import deals_behind
from reporting.store import win_loss as store
from reporting.store.conditions import DatabaseRow

Question = Literal["lost_reason", "competitor", "objection", "won_reason", "content"]
TITLES: Final[Mapping[Question, str]] = {
    "lost_reason": "Why deals were lost",
    "competitor": "To whom",
    "objection": "Objections",
    "won_reason": "Why deals were won",
    "content": "Content that winners mention",
}
"""In the order in which they are shown."""
_BEHIND: Final[Mapping[Question, Mapping[str, str]]] = {
    "lost_reason": {"state": "lost", "question": "reason"},
    "won_reason": {"state": "won", "question": "reason"},
    "competitor": {"state": "lost", "question": "competitor"},
    "objection": {"question": "objection"},
    "content": {"state": "won", "question": "content"},
}
"""How the list of deals is asked for those behind an answer."""
WHY_LEFT_OUT: Final[Mapping[str, str]] = {"unreported": "no such deal is known", "open": "the deal is open"}
"""By the state of the deal; else it ended otherwise than the survey says."""
LEFT_OUT: Final = 20
"""So many surveys that do not count are listed one by one."""
DEEP_DIVE: Final = 10
"""So many of the largest losses are listed one by one."""


async def win_loss(scope: ReportScope, query: ReportQuery) -> Answer:
    """Deals that closed in the period: each answer with its deals, the share of them, and what they were worth.

    `survey_share` is of the closed deals. A reason that nobody gave is a row of its own (`answer` null).
    Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    filters = scope.filters(query, currency=scope.currency)
    counts, rows = await store.figures(scope.tx, filters)
    closed = counts["won"] + counts["lost"]
    answers = _grouped(rows, Exchange.of(scope.agreement, scope.now))
    whole = {"lost_reason": counts["lost"], "competitor": counts["lost"], "objection": counts["surveyed"]}
    whole |= {"won_reason": counts["won"], "content": counts["won_surveyed"]}

    def behind(**more: str) -> str:
        return deals_behind(scope, query, **more)

    return {
        **scope.period(query).parameters,
        "currency": scope.currency,
        **{name: counts[name] for name in ("won", "lost", "surveyed", "judged", "lead_quality_issue", "champions")},
        "win_rate": rates.rate(counts["won"], closed),
        "survey_share": rates.rate(counts["surveyed"], closed),
        "lead_quality_share": rates.rate(counts["lead_quality_issue"], counts["judged"]),
        "links": {
            "won": behind(state="won"),
            "lost": behind(state="lost"),
            "surveyed": behind(surveyed="true"),
            "champions": behind(question="champion"),
            "lead_quality_issue": behind(question="lead_quality_issue", answer="true"),
        },
        "items": [
            {
                "question": question,
                "question_title": title,
                "answer": answer,
                "title": humanize_first(answer) if answer and question.endswith("reason") else answer or "Not said",
                "deals": total.deals,
                "share": rates.share(total.deals, whole[question]),
                "of": whole[question],
                "worth": total.money,
                "not_included": total.not_included,
                "link": behind(**_BEHIND[question], answer=answer or NONE),
            }
            for question, title in TITLES.items()
            for answer, total in answers.get(question, ())
        ],
        "losses": await _losses(scope, filters),
        **await _left_out(scope),
    }


async def _left_out(scope: ReportScope) -> Answer:
    """Surveys that count nowhere, each with its reason: of whatever time."""
    rows = await store.left_out(scope.tx, LEFT_OUT)
    shown = ("deal", "lead", "at", "by", "outcome", "state")
    return {
        "not_counted": rows[0]["of"] if rows else 0,
        "surveys_not_counted": [
            {
                **{name: row[name] for name in shown},
                "reason": f"it says {row['outcome']}; {_why_left_out(row)}",
            }
            for row in rows
        ],
    }


def _why_left_out(row: DatabaseRow) -> str:
    if row["state"] == row["outcome"]:
        return "that was another end, which was taken back since"
    return WHY_LEFT_OUT.get(row["state"], f"the deal was {row['state']}")


def _grouped(rows: Iterable[DatabaseRow], convert: Exchange) -> dict[str, list[tuple[str | None, Total]]]:
    """By question the answers, that of most deals first, what was not said last."""
    totals: dict[str, dict[str | None, Total]] = {}
    for row in rows:
        answer = row["answer"]
        mine = totals.setdefault(row["question"], {})
        known = next((one for one in mine if one and answer and one.lower() == answer.lower()), answer)
        mine.setdefault(known, Total(convert)).add(row)
    return {
        question: sorted(mine.items(), key=lambda one: (one[0] is None, -one[1].deals, one[0] or ""))
        for question, mine in totals.items()
    }


async def _losses(scope: ReportScope, filters: Mapping[str, Any]) -> list[DatabaseRow]:
    """The largest losses, for the deep dive of a quarter: a deal without an amount, or without a rate, comes last."""
    convert = Exchange.of(scope.agreement, scope.now)

    def worth(row: DatabaseRow) -> Money | None:
        return convert(row["amount"], row["currency"], row["closed_at"])

    lost = await store.lost(scope.tx, filters)
    lost.sort(key=lambda row: -money.amount if (money := worth(row)) else 0)
    some = await store.losses(scope.tx, [row["deal"] for row in lost[:DEEP_DIVE]])
    rows = [{**row, "converted": worth(row)} for row in some]
    shown = ("deal", "id", "name", "email", "company", "owner", "closed_at", "converted", "reason", "competitor")
    answers = ("objections", "could_differ", "deal_breaker", "lead_quality_issue", "surveyed")
    return [{name: row[name] for name in (*shown, *answers)} for row in rows]


def _finding(answer: Answer) -> str | None:
    """The first reason for losses, and what lead quality has to do with it."""
    reasons = [one for one in answer["items"] if one["question"] == "lost_reason" and one["answer"]]
    if not reasons:
        return None
    first = reasons[0]
    words = f"“{first['title']}” is the first reason why deals are lost: {first['deals']} of {answer['lost']}"
    share = answer["lead_quality_share"]
    return f"{words}; lead quality was an issue in {percent(share)} of the surveys that judge it" if share else words


WIN_LOSS = Report(
    "win-loss",
    ReportQuery,
    win_loss,
    columns=(
        Column("question"),
        Column("question_title", "Question"),
        Column("answer"),
        Column("title", "Answer"),
        Column("deals", "Deals", "number", link="link"),
        Column("share", "Share", "percent"),
        Column("of"),
        Column("worth", "Worth", "money", wide=True),
        Column("currency"),
    ),
    figures=(
        Column("won", "won", "number", link="links.won", better="more"),
        Column("lost", "lost", "number", link="links.lost", better="less"),
        Column("win_rate", "win rate", "percent", better="more"),
        Column("surveyed", "with a survey", "number", link="links.surveyed", better="more"),
        Column("champions", "name a champion", "number", link="links.champions", better="more"),
        Column("lead_quality_issue", "say lead quality was an issue", "number", link="links.lead_quality_issue"),
    ),
    summary="Why deals were won and lost, to whom, and what was objected",
    title="Why deals were won and lost",
    definition=(
        "Deals that closed in these days. The survey's answer counts, the latest of each deal; without a survey the "
        "reason and the competitor that were given when the deal was closed. Shares of reasons and competitors are of "
        "all deals that ended so, of objections and content of those with a survey; one deal can have several of these."
    ),
    finding=_finding,
    rows=lambda answer: ({**row, "currency": answer["currency"]} for row in answer["items"]),
    panel="half",
    page=True,
    key=("question", "answer"),
    idle=lambda answer: not (answer["won"] or answer["lost"]),
)
