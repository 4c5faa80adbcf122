"""What `lead.scored` says: from which total to which, and the lines that lead there."""

from datetime import datetime
from typing import Final

from events.scores import LeadScored, ModelScore, ScoreLine, Standing
from scoring.decide import signals
from scoring.decide.recalculation import Recalculation
from scoring.decide.standing import Figures, score_line
from scoring.decide.state import Announced, Lead, LedgerLine
from scoring.decide.terms import Terms

FIT: Final = "fit"
MODEL: Final = "model"
AGREEMENT: Final = "agreement"
"""Rules of the lines that say what facts, another model, or a new agreement changed."""


def difference(
    lead: Lead,
    figures: Figures,
    why: Recalculation,
    terms: Terms,
    *,
    was: int,
    lines: tuple[ScoreLine, ...] | None,
    standing: Standing | None,
    all_signals: bool,
    models: tuple[ModelScore, ...] | None,
) -> LeadScored.Data:
    """The difference between what was announced before and now. Without lines whoever reads it begins anew.

    `models` are all of them with what was added to their ledgers; None while none has moved, or `standing` has them.
    Signals and assets are in `standing`, or all told, or only what the event changed of them.
    """
    now, news = figures.announced, None if standing is not None or all_signals else why.news
    return LeadScored.Data(
        model=now.model,
        was=None if lines is None else was,
        total=now.total,
        fit=now.fit,
        engagement=now.total - now.fit,
        band=terms.band(now.total),
        completeness=now.completeness,
        gate=figures.decision.gate,
        lines=lines,
        signals=signals.list_signals(lead, terms) if all_signals else None,
        assets=signals.list_assets(lead, terms) if all_signals else None,
        intent_at=now.intent_at,
        hand_raise_at=now.hand_raise_at,
        last_engaged_at=now.engaged_at,
        reason=why.reason,
        kind=why.kind,
        standing=standing,
        signal=news.signal if news is not None else None,
        asset=news.asset if news is not None else None,
        models=models,
    )


def explain(
    before: Announced | None,
    now: Announced,
    why: Recalculation,
    fit_lines: tuple[ScoreLine, ...],
    at: datetime,
    *,
    restated: bool,
) -> tuple[ScoreLine, ...] | None:
    """Lines that sum to the change of the total: of the ledger, and one for what they do not explain.

    A lead that was never announced is explained by its fit lines too. None when nobody knows what was announced.
    """
    if before is not None and not before.model:
        return None
    lines = list(fit_lines) if before is None else []
    if before is None or before.model == now.model:
        if (added := why.added.get(now.model)) is not None:
            lines += [score_line(line) for line in added]
        if (taken := why.taken.get(now.model)) is not None:
            lines += [_taken_back(line) for line in taken]
    rest = now.total - (before.total if before else 0)
    for line in lines:
        rest -= line.points
    if rest:
        lines.append(score_line(_rest(rest, before, now, at, restated=restated)))
    return tuple(lines)


def _taken_back(line: LedgerLine) -> ScoreLine:
    return score_line(LedgerLine(line.at, line.event, line.rule, -line.points, f"taken back: {line.because}"))


def _rest(points: int, before: Announced | None, now: Announced, at: datetime, *, restated: bool) -> LedgerLine:
    if before is not None and before.model != now.model:
        return LedgerLine(at, "", MODEL, points, f"model {now.model} in place of {before.model}")
    if restated or before is None:
        return LedgerLine(at, "", AGREEMENT, points, "counted anew under another agreement")
    return LedgerLine(at, "", FIT, points, f"fit {now.fit} in place of {before.fit}")
