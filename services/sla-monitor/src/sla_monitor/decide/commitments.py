"""Was the month what was promised? When each commitment is judged, with its numerator, denominator and interval."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

from agreement.intervals import wilson
from agreement.service_levels import Conversion
from events.slas import CommitmentJudged, CommitmentState
from events.vocabulary import Side
from runtime.values import Input, Timer
from sla_monitor.decide.draft import Draft
from sla_monitor.decide.periods import FEEDBACK, due_of, end_of, look_back, period_of
from sla_monitor.decide.tallies import COMPLETE, GUARANTEE, MQLS, OFFERED, RATED, SQLS
from sla_monitor.decide.terms import Terms

JUDGE: Final = "judge"
JUDGE_AGAIN: Final = "judge_again"
JUDGED_BY: Final = {
    MQLS: ("volume", "completeness", "quality", "conversion", FEEDBACK),
    COMPLETE: ("completeness",),
    GUARANTEE: ("volume",),
    SQLS: ("quality", "conversion"),
    FEEDBACK: (FEEDBACK,),
}
"""Counter to the commitments that are judged by it, or that begin with it."""


def timer_of(name: str, period: date, terms: Terms, kind: str = JUDGE) -> Timer:
    """The timer by which the commitment `name` is judged for the period that begins on this day."""
    return Timer(name, kind, f"{name}/{period.isoformat()}", due_of(name, period, terms))


def period_in(timer: Timer) -> date:
    """First day of the period that a timer judges."""
    return date.fromisoformat(timer.key.rpartition("/")[2])


def periods_to_judge(inputs: Iterable[Input], terms: Terms) -> set[date]:
    """First days of all periods whose sums the timers among these inputs need."""
    return {
        period
        for one in inputs
        if isinstance(one, Timer) and one.kind in (JUDGE, JUDGE_AGAIN)
        for period in look_back(one.subject, period_in(one), terms)
    }


def judgement_timers(draft: Draft) -> list[Timer]:
    """The first live count of a period plans its judgement; one that comes after it has it judged again."""
    first, terms, timers = draft.newly_live, draft.terms, list[Timer]()
    for (counter, month), tally in draft.tallies.items():
        for name in JUDGED_BY.get(counter, ()) if tally.live else ():
            period = month
            if name == FEEDBACK and counter != FEEDBACK and tally.at is not None:
                period = period_of(FEEDBACK, tally.at, terms)
            if (counter, month) in first:
                timers.append(timer_of(name, period, terms))
            elif (name == FEEDBACK) == (counter == FEEDBACK) and due_of(name, period, terms) <= draft.now:
                timers.append(timer_of(name, period, terms, JUDGE_AGAIN))
    return timers


def on_judge(draft: Draft, timer: Timer) -> None:
    """The period is over; the next is judged too, also without a single lead."""
    on_judge_again(draft, timer)
    name = timer.subject
    draft.timers.append(timer_of(name, end_of(name, period_in(timer), draft.terms), draft.terms))


def on_judge_again(draft: Draft, timer: Timer) -> None:
    """A count came late: the judgement of before gives way to this one."""
    name, period = timer.subject, period_in(timer)
    fact = CommitmentJudged.fact(name, judge(name, period, draft), time=due_of(name, period, draft.terms))
    draft.facts_of_time.append(fact)


@dataclass(frozen=True, slots=True)
class JudgedPeriod:
    """Which commitment is judged: its name, who made it, and for when (`end`: first day after it)."""

    name: str
    side: Side
    start: date
    end: date


def judge(name: str, period: date, draft: Draft) -> CommitmentJudged.Data:
    """The commitment `name` of the period that begins on this day, by the counts as they stand."""
    commitments, end = draft.terms.commitments, end_of(name, period, draft.terms)
    mqls = draft.total(MQLS, period)
    match name:
        case "volume":
            goal_count = commitments.volume.per_month + draft.total(GUARANTEE, period)
            return _counted(JudgedPeriod(name, commitments.volume.side, period, end), mqls, goal_count)
        case "feedback":
            return _rated_by_pool(JudgedPeriod(name, commitments.feedback.side, period, end), draft)
        case "completeness":
            goal, complete = commitments.completeness, draft.total(COMPLETE, period)
            return _rated(JudgedPeriod(name, goal.side, period, end), complete, mqls, goal.target_percent)
        case _:
            conversion = commitments.quality if name == "quality" else commitments.conversion
            months = [(draft.total(SQLS, m), draft.total(MQLS, m)) for m in look_back(name, period, draft.terms)]
            return _converted(JudgedPeriod(name, conversion.side, period, end), conversion, months)


def _counted(which: JudgedPeriod, count: int, goal: int) -> CommitmentJudged.Data:
    """At least `goal` of something."""
    state: CommitmentState = "met" if count >= goal else "missed"
    return CommitmentJudged.Data(
        **asdict(which), target=goal, actual=count, numerator=count, denominator=goal, state=state
    )


def _rated_by_pool(which: JudgedPeriod, draft: Draft) -> CommitmentJudged.Data:
    """At least one rating by each pool that was offered a lead; `no_data` when none was, and nobody rated."""
    pools = [pool.id for pool in draft.terms.people.teams.pools if draft.total(OFFERED + pool.id, which.start) > 0]
    lacking = tuple(pool for pool in pools if draft.total(RATED + pool, which.start) <= 0)
    ratings = draft.total(FEEDBACK, which.start)
    judged = _counted(which, ratings, max(1, len(pools)))
    state: CommitmentState = "missed" if lacking else "met" if ratings else "no_data"
    return judged.replaced(state=state, lacking=lacking)


def _rated(which: JudgedPeriod, part: int, whole: int, percent: float) -> CommitmentJudged.Data:
    """At least `percent` of the whole; `no_data` without anything to divide by."""
    rate, target = part / whole if whole > 0 else None, percent / 100
    state: CommitmentState = "no_data" if rate is None else "met" if rate >= target else "missed"
    return CommitmentJudged.Data(
        **asdict(which), target=target, actual=rate, numerator=part, denominator=whole, state=state
    )


def _converted(which: JudgedPeriod, goal: Conversion, months: Sequence[tuple[int, int]]) -> CommitmentJudged.Data:
    """MQL to SQL (domain, section 7). `months`: pairs of SQLs and MQLs by month of the MQL, the judged month first.

    `immature` with fewer MQLs than agreed; `review` when all the months were large enough and under the floor.
    """
    sqls, mqls = months[0]
    judged = _rated(which, sqls, mqls, goal.target_percent)
    if judged.actual is None:
        return judged
    low, high = wilson(sqls, mqls, goal.confidence_percent / 100)
    state: CommitmentState = judged.state
    if mqls < goal.leads_at_least:
        state = "immature"
    elif goal.review_below_percent is not None:
        floor = goal.review_below_percent / 100
        if all(whole >= goal.leads_at_least and part / whole < floor for part, whole in months):
            state = "review"
    return judged.replaced(low=low, high=high, state=state)
