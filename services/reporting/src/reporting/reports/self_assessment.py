"""How the two teams work together: each question of the agreement with its evidence, or the form's latest answer."""

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from reporting.decide.self_assessment import QuestionEvidence, score_of, verdict, weakest
from reporting.figures import percent
from reporting.filters import LEADS, OFFERS, NoQuery, ReportQuery, link
from reporting.period import Period
from reporting.reports.commitments import last_judgements
from reporting.reports.promises import counts_by_promise
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import packs, rejections, teamwork
from reporting.store import self_assessment as store
from reporting.store.conditions import DatabaseRow

DAYS: Final = "90d"
"""Evidence is of the last 90 days; commitments as last judged, action items of all time."""
_PROMISES: Final = "/api/service-levels"


async def self_assessment(scope: ReportScope, query: NoQuery) -> Answer:
    """In the order of the agreement. `score` is from 0 to 1, by data (`basis`) or by the form; null when neither says.

    `evidence` is null where data say nothing of the question; `due`: somebody should answer the form.
    """
    answers = await teamwork.answers(scope.tx)
    measured = await _evidence(scope)
    items: list[DatabaseRow] = []
    for one in scope.agreement.definitions.self_assessment:
        given = answers.get(one.topic)
        evidence = measured.get(one.topic)
        judged = verdict(evidence, given["answer"] if given else None, given["at"] if given else None, scope.now)
        items.append(
            {
                "topic": one.topic,
                "question": one.question,
                "score": judged.score,
                "basis": judged.basis,
                "due": judged.due,
                "evidence": _shown(evidence),
                "evidence_text": evidence.text if evidence else None,
                "to_raise": evidence.to_raise if evidence else None,
                "answer": given["answer"] if given else None,
                "answer_score": score_of(given["answer"]) if given else None,
                "by": given["by"] if given else None,
                "by_name": scope.people.name(given["by"]) if given and given["by"] else None,
                "at": given["at"] if given else None,
            }
        )
    scores: dict[str, float | None] = {one["topic"]: one["score"] for one in items}
    known = [score for score in scores.values() if score is not None]
    return {
        "answered": sum(one["answer"] is not None for one in items),
        "of": len(items),
        "scored": len(known),
        "score": sum(known) / len(known) if known else None,
        "weakest": weakest(scores),
        "due": sum(bool(one["due"]) for one in items),
        "items": items,
    }


def _shown(evidence: QuestionEvidence | None) -> DatabaseRow | None:
    if evidence is None:
        return None
    return {name: getattr(evidence, name) for name in ("count", "of", "text", "to_raise", "link", "score")}


async def _evidence(scope: ReportScope) -> dict[str, QuestionEvidence]:
    """By topic, of those questions that data can answer."""
    query = ReportQuery(range=DAYS)
    days = scope.period(query)
    filters = scope.filters(query)
    counts = await store.shared(scope.tx, {"start": days.start, "end": days.end})
    requests = await teamwork.requests(scope.tx)
    answered = sum(row["answered_at"] is not None for row in requests)
    return {
        "same buyers": await _buyers(scope, filters, days.parameters),
        "same goals": _goals(await last_judgements(scope)),
        "same offers": await _offers(scope, days, counts),
        "content together": QuestionEvidence(
            answered,
            len(requests),
            f"{answered} of {len(requests)} requests of sales are answered",
            "Answer the oldest open request for content, or say why not.",
            "/api/content",
        ),
        "handoff": await _handoff(scope, query),
        "feedback": QuestionEvidence(
            counts["rated"],
            counts["handed"],
            f"{counts['rated']} of {counts['handed']} accepted leads are rated",
            "Rate every accepted lead from 1 to 10 when its call is over.",
            link(LEADS, **days.parameters, answered="accepted", rated="false"),
        ),
        "meetings": _meetings(scope, await teamwork.action_items(scope.tx), await packs.opened(scope.tx, filters)),
    }


async def _offers(scope: ReportScope, days: Period, counts: DatabaseRow) -> QuestionEvidence:
    """Campaigns that sales is offered, by the agreement (else all that run), and those that it put somebody in."""
    offered, joined = scope.agreement.routing.programmes, set(counts["joined"])
    running = [] if offered else await store.running(scope.tx, {"start": days.start, "end": days.end})
    every = [{one.campaign, one.title} for one in offered] or [{name} for name in running]
    used = sum(not names.isdisjoint(joined) for names in every)
    which = "campaigns that are offered to it" if offered else "running campaigns"
    return QuestionEvidence(
        used,
        len(every),
        f"Sales enrolled somebody in {used} of {len(every)} {which}",
        "Show sales each campaign before it starts, and enrol leads in it from their pages.",
        "/api/programmes",
    )


async def _buyers(scope: ReportScope, filters: Mapping[str, Any], days: Mapping[str, str]) -> QuestionEvidence:
    """Answered offers that did not come back for a reason that scoring learns from: not our kind of customer."""
    came_back, answers = await rejections.rejections(scope.tx, filters)
    reasons = {one.reason for one in scope.agreement.routing.reject_reasons if one.feedback_to_scoring}
    others = sum(row["offers"] for row in came_back if row["reason"] in reasons)
    fitting = answers["answered"] - others
    return QuestionEvidence(
        fitting,
        answers["answered"],
        f"{fitting} of {answers['answered']} answered offers were our kind of customer",
        "Look together at the leads that came back, and mend the points that had spoken for them.",
        link(OFFERS, **days, rejected=min(reasons)) if reasons else None,
    )


def _goals(judgements: list[DatabaseRow]) -> QuestionEvidence:
    """Monthly commitments of both teams, as last judged."""
    judged = [one for one in judgements if one["state"] in ("met", "review", "missed")]
    met = [one for one in judged if one["state"] == "met"]
    missed = ", ".join(one["title"] for one in judged if one not in met)
    return QuestionEvidence(
        len(met),
        len(judged),
        f"{len(met)} of {len(judged)} monthly commitments were kept when last judged",
        f"Not kept: {missed}." if missed else "Keep it so; are the goals still high enough?",
        _PROMISES,
    )


async def _handoff(scope: ReportScope, query: ReportQuery) -> QuestionEvidence:
    """Promises of sales that began in the period and are judged."""
    titles = {one.name: one.title for one in scope.agreement.service_levels.promises if one.side == "sales"}
    rows = {name: row for name, row in (await counts_by_promise(scope, query)).items() if name in titles}
    judged = sum(row["met"] + row["late"] + row["breached"] for row in rows.values())
    met = sum(row["met"] for row in rows.values())
    name, worst = max(rows.items(), key=lambda one: one[1]["late"] + one[1]["breached"], default=("", None))
    missed = worst["late"] + worst["breached"] if worst else 0
    to_raise = f"Most are missed in “{titles[name]}”: {missed}." if worst is not None and missed else "Keep it so."
    return QuestionEvidence(
        met,
        judged,
        f"{met} of {judged} promises of sales were kept",
        to_raise,
        link(_PROMISES, **scope.period(query).parameters),
    )


def _meetings(scope: ReportScope, every: list[DatabaseRow], packs: DatabaseRow) -> QuestionEvidence:
    """Action items that were due by today and are done; packs that somebody of each team has opened."""
    today = scope.now.astimezone(ZoneInfo(scope.zone)).date()
    due = [one for one in every if one["due"] is not None and one["due"] <= today]
    done = [one for one in due if one["done"]]
    unread = packs["packs"] - packs["opened"]
    return QuestionEvidence(
        len(done) + packs["opened"],
        len(due) + packs["packs"],
        f"{len(done)} of {len(due)} action items that were due are done, "
        f"{packs['opened']} of {packs['packs']} packs were opened by both teams",
        "Tick or drop the oldest open action item in the next weekly meeting."
        if len(due) - len(done) >= unread
        else "Open the pack together at the beginning of the weekly meeting.",
        "/api/action-items" if len(due) - len(done) >= unread else "/api/packs",
    )


def _finding(answer: Answer) -> str | None:
    """The score of all questions, and the weakest."""
    if answer["score"] is None:
        return None
    scored = f"{answer['scored']} of {answer['of']} questions have a score, {percent(answer['score'])} on average"
    return f"{scored}; the weakest: {answer['weakest']}"


SELF_ASSESSMENT = Report(
    "self-assessment",
    NoQuery,
    self_assessment,
    columns=(
        Column("topic", "About", "words"),
        Column("question", "Question", wide=True),
        Column("score", "Score", "percent"),
        Column("basis", "By"),
        Column("evidence_text", "Evidence"),
        Column("to_raise", "What would raise it", wide=True),
        Column("answer", "Answer"),
        Column("answer_score"),
        Column("by_name", "Says"),
        Column("at", "When", "relative"),
        Column("due"),
    ),
    summary="Each question of the self-assessment with its score: by evidence from data, else by the latest answer",
    title="Self-assessment",
    definition=(
        "Data answer where they can: of the last 90 days, commitments as last judged, action items of all time. A pack "
        "is read once somebody of each team has opened its page. Where "
        "there is nothing to count, the form's latest answer is the score (yes, partly, no, or 0 to 10), for a year."
    ),
    chapter="definitions",
    finding=_finding,
)
