"""Which facts follow from a changed standing: scored, then qualified, cooled or withdrawn."""

from datetime import datetime
from typing import Literal, Protocol

from events import Body, Event, Fact
from events.scores import (
    SHOWN_LINES,
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
from scoring.decide.past import Blocks, fold, read
from scoring.decide.recalculation import Recalculation
from scoring.decide.standing import (
    Figures,
    compose_standing,
    compute_figures,
    score_line,
)
from scoring.decide.state import Announced, Lead, ProfileSums, Shown
from scoring.decide.terms import Terms

How = Literal["score", "hand_raise"]


class ProfileSource(Blocks, Protocol):
    """Where facts of a lead are looked at; the working set of a batch."""

    def sums(self, lead: Lead) -> ProfileSums:
        """What the figures need of the lead's facts, drawn anew if that has to be. Raises Missing."""
        ...

    def shown_facts(self, lead: Lead) -> Shown:
        """What a whole standing shows of the lead's facts, drawn anew if that has to be. Raises Missing."""
        ...


def announce(source: ProfileSource, lead: Lead, why: Recalculation, time: datetime) -> list[Fact]:
    """The facts to emit; none when the standing is what was announced last. Raises Missing.

    Changes what the lead keeps of its gate and of the announcement.
    """
    sums = source.sums(lead)
    before, figures = lead.announced, compute_figures(lead, sums, source.terms)
    lead.closes_at = figures.closes_at
    unchanged = figures.announced == before
    if unchanged and not (why.signalled or _expired(lead) or (why.refolded and (why.added or why.taken))):
        if (known := lead.shown) is not None:  # what was claimed again is newer
            lead.shown = known.with_facts(source.shown_facts(lead))
        return []
    if not _needs_whole(lead, before, figures.announced, why):
        lead.shown = None
        return _facts(lead, why, figures, time, terms=source.terms, shown=None)
    facts = source.shown_facts(lead)
    if source.sums(lead) is not sums:  # the facts were drawn anew for it
        figures = compute_figures(lead, source.sums(lead), source.terms)
        lead.closes_at = figures.closes_at
    model = figures.announced.model
    known = lead.shown
    lines = _shown_lines(source, lead, model, why)
    if known is None or why.signalled or why.refolded or _expired(lead):
        lead.expires_at = signals.first_expiry(lead, source.terms)
        told, assets = signals.list_signals(lead, source.terms), signals.list_assets(lead, source.terms)
    else:
        told, assets = known.signals, known.assets
    shown = Shown(facts.facts, facts.confidence, facts.fit_lines, model, lines, told, assets)
    lead.shown = shown if figures.announced.passed else None
    return _facts(lead, why, figures, time, terms=source.terms, shown=shown)


def _needs_whole(lead: Lead, before: Announced | None, now: Announced, why: Recalculation) -> bool:
    """Facts or lines of the past changed, or the gate is open."""
    if before is None or now.passed or why.refolded or lead.restated or why.hand_raised:
        return True
    return before.profile != now.profile or before.model != now.model


def _shown_lines(source: ProfileSource, lead: Lead, model: str, why: Recalculation) -> tuple[ScoreLine, ...]:
    """The newest lines of the model: those known and those added, or read from the past."""
    if lead.shown is not None and not why.refolded and lead.shown.model == model:
        if not (added := why.added.get(model)):
            return lead.shown.lines
        return (*map(score_line, reversed(added)), *lead.shown.lines)[:SHOWN_LINES]
    if lead.newest_at is None:
        return ()
    lines = fold(read(source, lead), lead.as_of, source.terms)[1].get(model, [])
    return tuple(map(score_line, reversed(lines[-SHOWN_LINES:])))


def _facts(
    lead: Lead, why: Recalculation, figures: Figures, time: datetime, *, terms: Terms, shown: Shown | None
) -> list[Fact]:
    before, now = lead.announced, figures.announced
    told = shown is None and (why.signalled or _expired(lead))
    by_score, was_open = lead.open_by_score, lead.gate_open
    lead.announced, lead.open_by_score, lead.gate_open = now, figures.decision.by_score, now.passed
    standing = compose_standing(lead, now, shown, terms) if shown else None
    lines = explain(before, now, why, shown.fit_lines[now.model] if shown else (), time, restated=lead.restated)
    lead.restated = False
    if told:
        lead.expires_at = signals.first_expiry(lead, terms)
    scored = difference(
        lead, now, why, terms, was=before.total if before else 0, lines=lines, standing=standing, told=told
    )
    news: list[tuple[type[Event], Body]] = [(LeadScored, scored)]
    how = _qualifies(figures, lead, why, by_score, was_open)
    closed = was_open and not now.passed
    if how is not None and standing is not None:
        news.append((LeadQualified, _qualified(standing, how, why.trigger)))
    elif why.reason == "decay" and (closed or (by_score and not figures.decision.by_score)):
        news.append((LeadCooled, LeadCooled.Data(total=now.total, reason=now.reason)))
    elif closed:
        news.append((MqlWithdrawn, MqlWithdrawn.Data(total=now.total, reason=now.reason)))
    return [event.fact(lead.id, data, time=time, cause=why.cause) for event, data in news]


def _expired(lead: Lead) -> bool:
    return lead.expires_at is not None and lead.as_of is not None and lead.as_of >= lead.expires_at


def _qualifies(figures: Figures, lead: Lead, why: Recalculation, by_score: bool, was_open: bool) -> How | None:
    """Every live hand-raise qualifies anew; otherwise the gate must have been closed."""
    hard = lead.profile is not None and lead.profile.hard
    if why.hand_raised and not why.cause.historical and not hard:
        return "hand_raise"
    if figures.decision.by_score and not by_score:
        return "score"
    if figures.decision.passed and not was_open:
        return "hand_raise"
    return None


def _qualified(standing: Standing, how: How, trigger: str) -> LeadQualified.Data:
    return LeadQualified.Data(**{name: getattr(standing, name) for name in STANDING_FIELDS}, how=how, trigger=trigger)
