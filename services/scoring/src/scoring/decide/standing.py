"""The standing of a lead: score, lines, signals, gate and the facts routing needs, ready to be said."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal
from zlib import crc32

import orjson

from events.scores import Gate, LeadScored, RouteFacts, ScoreLine
from scoring.decide import fit, gate, ledger, signals
from scoring.decide.gate import Judgement
from scoring.decide.profile import Profile
from scoring.decide.state import Latest, Lead
from scoring.decide.terms import ModelTerms, Terms

SHOWN: Final = 20
"""Engagement lines carried; the ledger has them all."""
_NO_NEWS: Final = frozenset({"reason", "kind", "fit_lines", "engagement_lines"})
"""A fact said again is newer, and a line forgotten was not wrong: neither changes the standing."""
_REMEMBERED: Final = 4_096
Reason = Literal["engagement", "facts", "decay", "correction", "merged"]


@dataclass(frozen=True, slots=True)
class Stood:
    """A standing with what was needed to judge it; `said` is its check sum."""

    data: LeadScored.Data
    judgement: Judgement
    lapses: datetime | None
    """When the open gate closes by time alone."""
    said: int


def stand(lead: Lead, profile: Profile, terms: Terms, reason: Reason, kind: str | None) -> Stood:
    """Highest of the headline models. Carries no name and no address."""
    assert lead.as_of is not None  # noqa: S101  (only leads that have met an event stand)
    latest = ledger.latest(lead, terms)
    scored = [_scored(lead, model, profile) for model in _headline(profile, terms)]
    model, fit_lines, points, total = scored[0] if len(scored) == 1 else max(scored, key=lambda one: one[3])
    judgement = gate.judge(total, profile, latest, lead.as_of, terms)
    shown = signals.signals(lead, terms)
    data = LeadScored.Data(
        model=model.name,
        fit=points,
        engagement=total - points,
        total=total,
        band=terms.band(total),
        confidence_known=fit.confidence(profile),
        confidence_of=len(fit.FOUR),
        completeness=_completeness(profile, latest, terms),
        fit_lines=fit_lines,
        engagement_lines=tuple(_lines(lead, model.name)),
        signals=tuple(shown),
        gate=_gate(judgement.passed, judgement.reason, judgement.fast_track, judgement.hand_raise),
        facts=_facts(lead, profile),
        intent_at=latest.intent,
        hand_raise_at=latest.raised,
        last_engaged_at=latest.engaged,
        assets=signals.assets(lead, terms),
        reason=reason,
        kind=kind,
    )
    return Stood(data, judgement, gate.lapses(judgement, latest, terms), _check_sum(data))


def _check_sum(data: LeadScored.Data) -> int:
    """Of plain values: a fifth of what writing the standing itself would cost."""
    news = [value for name, value in data.__dict__.items() if name not in _NO_NEWS]
    fit_lines = [(line.rule, line.points, line.because) for line in data.fit_lines]
    return crc32(orjson.dumps([news, fit_lines], default=vars))


@lru_cache(_REMEMBERED)
def _gate(passed: bool, reason: str, fast_track: bool, hand_raise: str | None) -> Gate:
    return Gate(passed=passed, reason=reason, fast_track=fast_track, hand_raise=hand_raise)


def _headline(profile: Profile, terms: Terms) -> list[ModelTerms]:
    """Existing customers are scored by the expansion model, where there is one."""
    names = {terms.expansion} if profile.customer and terms.expansion else terms.headline
    return [model for model in terms.models if model.name in names]


def _scored(lead: Lead, model: ModelTerms, profile: Profile) -> tuple[ModelTerms, tuple[ScoreLine, ...], int, int]:
    known = profile.fit.get(model.name)
    if known is None:
        lines = tuple(fit.lines(profile, model.fit))
        known = profile.fit[model.name] = lines, sum(line.points for line in lines)
    return model, *known, known[1] + lead.ledgers[model.name].head.balance


def _completeness(profile: Profile, latest: Latest, terms: Terms) -> int:
    known = profile.known | ({"intent_signal"} if latest.engaged else frozenset())
    return sum(weight for name, weight in terms.completeness.items() if name in known)


def _lines(lead: Lead, model: str) -> list[ScoreLine]:
    newest = lead.ledgers[model].lines[: -SHOWN - 1 : -1]
    return [fit.line(one.rule, one.points, one.because, one.at, one.event) for one in newest]


def _facts(lead: Lead, profile: Profile) -> RouteFacts:
    origin = (lead.referral, lead.referral_at, lead.source, lead.campaign)
    found = profile.facts.get(origin)
    if found is None:
        found = profile.facts[origin] = _route_facts(lead, profile)
    return found


def _route_facts(lead: Lead, profile: Profile) -> RouteFacts:
    values: dict[str, Any] = profile.values
    return RouteFacts(
        company=profile.company,
        domain=profile.domain,
        employees=values.get("employees"),
        industry=values.get("industry"),
        revenue=profile.revenue,
        tech_stack=profile.tech_stack,
        country=values.get("country"),
        seniority=values.get("seniority"),
        function=values.get("function"),
        customer=profile.customer,
        referral=lead.referral,
        referral_at=lead.referral_at,
        hard=profile.hard,
        soft=profile.soft,
        source=lead.source,
        campaign=lead.campaign,
    )
