"""Which facts follow from a changed standing: scored, then qualified, cooled or withdrawn."""

from datetime import datetime
from typing import Literal, Protocol

from events import Body, Event, Fact
from events.scores import (
    STANDING_FIELDS,
    LeadCooled,
    LeadQualified,
    LeadScored,
    MqlWithdrawn,
    ScoreLine,
    Standing,
)
from scoring.decide import signals
from scoring.decide.difference import difference, explain
from scoring.decide.past import Blocks, newest_lines
from scoring.decide.recalculation import Recalculation
from scoring.decide.standing import (
    Figures,
    compose_standing,
    compute_figures,
    model_scores,
    score_line,
)
from scoring.decide.state import Announced, Lead, ProfileSums, ShownFacts

How = Literal["score", "hand_raise"]


class ProfileSource(Blocks, Protocol):
    """Where facts of a lead are looked at; the working set of a batch."""

    def sums(self, lead: Lead) -> ProfileSums:
        """What the figures need of the lead's facts, made anew if that has to be. Raises Missing."""
        ...

    def shown_facts(self, lead: Lead) -> ShownFacts:
        """What a whole standing shows of the lead's facts, made anew if that has to be. Raises Missing."""
        ...


def announce(source: ProfileSource, lead: Lead, why: Recalculation, time: datetime) -> list[Fact]:
    """The facts to emit; none when the standing is what was announced last. Raises Missing.

    Changes what the lead keeps of its gate and of the announcement.
    """
    sums, shown = source.sums(lead), None
    figures = compute_figures(lead, sums, source.terms)
    lead.closes_at = figures.closes_at
    news = why.news is not None or _expired(lead) or (why.refolded and (why.added or why.taken))
    if not news and figures.announced == lead.announced:
        return []
    whole, how = _is_new(lead, figures.announced, why), _qualifies(figures, lead, why)
    if whole or how is not None:
        shown = source.shown_facts(lead)
        if (again := source.sums(lead)) is not sums:  # the facts were made anew for it
            figures = compute_figures(lead, again, source.terms)
            lead.closes_at = figures.closes_at
            whole, how = _is_new(lead, figures.announced, why), _qualifies(figures, lead, why)
    return _facts(source, lead, why, figures, time, shown=shown, whole=whole, how=how)


def _is_new(lead: Lead, now: Announced, why: Recalculation) -> bool:
    """Facts or lines of the past changed: a difference alone does not tell it."""
    before = lead.announced
    if before is None or why.refolded or lead.restated:
        return True
    if before.profile != now.profile or before.model != now.model:
        return True
    if not (before.models or now.models):
        return False
    return [one.model for one in before.models] != [one.model for one in now.models]


def _facts(
    source: ProfileSource,
    lead: Lead,
    why: Recalculation,
    figures: Figures,
    time: datetime,
    *,
    shown: ShownFacts | None,
    whole: bool,
    how: How | None,
) -> list[Fact]:
    """`shown` is given where a whole standing is told: by the score, or by the qualification that follows it."""
    terms, before, now = source.terms, lead.announced, figures.announced
    closed = lead.gate_open and not now.passed
    lapsed = lead.open_by_score and not figures.decision.by_score
    decayed = lead.gate_open and before is not None and now.total < before.total
    all_signals = not whole and (_expired(lead) or (why.news is not None and why.news.whole))
    if whole or all_signals:
        lead.expires_at = signals.first_expiry(lead, terms)
    standing = None
    if shown is not None:
        names = [one.model for one in now.models] or [now.model]
        newest = {name: tuple(map(score_line, newest_lines(lead, name, terms))) for name in names}
        standing = compose_standing(lead, figures, shown, newest, terms)
    lines = explain(before, now, why, shown.fit_lines[now.model] if shown else (), time, restated=lead.restated)
    lead.announced, lead.open_by_score, lead.gate_open = now, figures.decision.by_score, now.passed
    lead.restated = False
    was = before.total if before else 0
    carried = standing if whole else None
    moved = carried is None and before is not None and before.models != now.models
    models = model_scores(now, {}, _added(why), terms) if moved else None
    scored = difference(
        lead, figures, why, terms, was=was, lines=lines, standing=carried, all_signals=all_signals, models=models
    )
    facts = [_fact(LeadScored, lead, scored, time, why)]
    if how is not None and standing is not None:
        facts.append(_fact(LeadQualified, lead, _qualified(standing, how, why.trigger), time, why))
    elif why.reason == "decay" and (closed or lapsed or decayed):
        facts.append(_fact(LeadCooled, lead, LeadCooled.Data(total=now.total, reason=now.reason), time, why))
    elif closed:
        facts.append(_fact(MqlWithdrawn, lead, MqlWithdrawn.Data(total=now.total, reason=now.reason), time, why))
    return facts


def _fact(event: type[Event], lead: Lead, data: Body, time: datetime, why: Recalculation) -> Fact:
    cause = why.cause
    return Fact(event, lead.id, data, time, cause.id, cause.correlation, cause.mode)


def _added(why: Recalculation) -> dict[str, tuple[ScoreLine, ...]]:
    """By model, the lines that are new: in a difference nothing else moves a model's total."""
    return {model: tuple(map(score_line, lines)) for model, lines in why.added.items()}


def _expired(lead: Lead) -> bool:
    return lead.expires_at is not None and lead.as_of is not None and lead.as_of >= lead.expires_at


def _qualifies(figures: Figures, lead: Lead, why: Recalculation) -> How | None:
    """Every live hand-raise qualifies anew; otherwise the gate must have been closed."""
    hard = lead.profile is not None and lead.profile.hard
    if why.hand_raised and not why.cause.historical and not hard:
        return "hand_raise"
    if figures.decision.by_score and not lead.open_by_score:
        return "score"
    if figures.announced.passed and not lead.gate_open:
        return "hand_raise"
    return None


def _qualified(standing: Standing, how: How, trigger: str) -> LeadQualified.Data:
    return LeadQualified.Data(**{name: getattr(standing, name) for name in STANDING_FIELDS}, how=how, trigger=trigger)
