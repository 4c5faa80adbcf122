"""Response times: how long raised hands waited, by rep, by team, by the hour of the week in which they were raised."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from events.vocabulary import humanize
from reporting.decide.answer_times import AnswerTimes, add_up, grouped, hour_of_week, hour_words
from reporting.decide.waits import WAIT_PARTS
from reporting.figures import duration, percent
from reporting.filters import NONE, ReportQuery, link, refuse_unknown
from reporting.reports.raised_hands import waits_of
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.reports.speed import SPEED_LIST
from reporting.store.conditions import DatabaseRow

TimesDivision = Literal["rep", "team", "hour"]
NOBODY: Final = "nobody had it"


class ResponseTimesQuery(ReportQuery):
    """By what hands are divided: who had them in the end, that rep's team, or the hour of the week they were raised."""

    by: TimesDivision = "rep"


async def response_times(scope: ReportScope, query: ResponseTimesQuery) -> Answer:
    """One row for each rep, team or hour that had a raised hand, the slowest first (hours in their order); and `all`.

    The filters `rep` and `team` are to whom a lead was first handed; a row is who had it when it was answered.
    Raises Malformed.
    """
    refuse_unknown(query, scope.agreement)
    waits = await waits_of(scope, query)
    whole = add_up(waits)
    groups = grouped(waits, lambda one: part_of(scope, one, query.by))
    days = {**scope.period(query).parameters, **query.dimensions()}

    def row(part: str | int | None, times: AnswerTimes) -> DatabaseRow:
        which = {_FILTERS[query.by]: NONE if part is None else part}
        return {
            "by": query.by,
            "part": part,
            "title": _titles(scope)[query.by](part),
            **_figures(times),
            "links": {state: link(SPEED_LIST, **days, **which, state=state) for state in _STATES},
        }

    rows = [row(part, times) for part, times in groups.items()]
    rows.sort(key=lambda one: one["part"] if query.by == "hour" else (-(one["median_seconds"] or -1), one["title"]))
    return {
        **scope.period(query).parameters,
        "by": query.by,
        "zone": scope.zone,
        "all": _figures(whole) | {"links": {state: link(SPEED_LIST, **days, state=state) for state in _STATES}},
        "parts": [
            {
                "part": part,
                "seconds": whole.parts[part],
                "share": whole.parts[part] / whole.seconds if whole.seconds else None,
            }
            for part in WAIT_PARTS
        ],
        "items": rows,
    }


_STATES: Final = ("answered", "waiting", "untouched")
_FILTERS: Final[Mapping[TimesDivision, str]] = {"rep": "holder", "team": "holder_team", "hour": "hour"}


def part_of(scope: ReportScope, wait: Mapping[str, Any], by: TimesDivision) -> str | int | None:
    """Whose a wait is: a rep, that rep's team, the hour of the week; null where nobody had it."""
    if by == "hour":
        return hour_of_week(wait["raised_at"], scope.zone)
    rep: str | None = wait["rep"]
    if by == "rep" or rep is None:
        return rep
    known = scope.agreement.teams.rep_by_id.get(rep)
    return known.team if known else None


def _titles(scope: ReportScope) -> Mapping[TimesDivision, Callable[[Any], str]]:
    teams = {team.id: team.name for team in scope.agreement.teams.teams}
    return {
        "rep": lambda rep: scope.people.name(rep) if rep else NOBODY,
        "team": lambda team: teams.get(team, NOBODY),
        "hour": hour_words,
    }


def _figures(times: AnswerTimes) -> DatabaseRow:
    slowest = times.slowest
    return {
        "answered": times.answered,
        "waiting": times.waiting,
        "untouched": times.untouched,
        "never": times.never,
        "median_seconds": times.median,
        "p90_seconds": times.p90,
        "seconds": times.seconds,
        "parts": dict(times.parts),
        "slowest": slowest,
        "slowest_share": times.parts[slowest] / times.seconds if slowest else None,
    }


def _finding(answer: Answer) -> str | None:
    """How long half of them wait, and where most of the time goes."""
    whole = answer["all"]
    if whole["median_seconds"] is None:
        return None
    most = f"{percent(whole['slowest_share'])} of the time is {humanize(whole['slowest'])}" if whole["slowest"] else ""
    half = f"Half of the raised hands are answered within {duration(whole['median_seconds'])}"
    return f"{half}; {most}" if most else half


RESPONSE_TIMES = Report(
    "response-times",
    ResponseTimesQuery,
    response_times,
    columns=(
        Column("by"),
        Column("part"),
        Column("title", "Whose"),
        Column("answered", "Answered", "number", link="links.answered"),
        Column("median_seconds", "Half within", "duration", better="less"),
        Column("p90_seconds", "Nine in ten within", "duration", better="less"),
        Column("waiting", "Waiting", "number", link="links.waiting", better="less"),
        Column("untouched", "Never answered", "number", link="links.untouched", better="less", wide=True),
        Column("never", "Share", "percent", better="less", wide=True),
        Column("slowest", "Most of it", "words", wide=True),
        Column("slowest_share", "of the time", "percent", wide=True),
    ),
    summary="How long raised hands waited, by rep, team, or hour of the week: median, nine in ten, never answered",
    title="Response times",
    definition=(
        "From a raised hand to the first touch of sales, by the wall clock. A row is who had the lead when it was "
        "answered (or has it now). Half within: the median. Never answered: nobody tried before the lead was given up. "
        "Most of it: to which of system, queue, rep, closed hours and customer most of the time is booked."
    ),
    chapter="service_levels",
    finding=_finding,
    key=("part",),
)
