"""The standing of a lead: score, lines, signals, gate and the facts routing needs, ready to be announced."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal
from zlib import crc32

import orjson

from events import Body
from events.scores import Gate, LeadScored, RouteFacts, ScoreLine
from scoring.decide import fit, gate, ledger, signals
from scoring.decide.gate import GateDecision
from scoring.decide.profile import Profile
from scoring.decide.state import Lead, Recency
from scoring.decide.terms import ModelTerms, Terms

SHOWN: Final = 20
"""Engagement lines carried; the ledger has them all."""
_NOT_COMPARED: Final = frozenset({"reason", "kind", "fit_lines", "engagement_lines"})
"""A fact claimed again is newer, and a line forgotten was not wrong: neither changes the standing."""
_CACHED: Final = 4_096
Reason = Literal["engagement", "facts", "decay", "correction", "merged"]


@dataclass(frozen=True, slots=True)
class ComputedStanding:
    """A standing as events carry it, with the gate's decision and a checksum that tells standings apart."""

    data: LeadScored.Data
    gate: GateDecision
    closes_at: datetime | None
    """When the open gate closes by time alone."""
    checksum: int


def compute_standing(
    lead: Lead, profile: Profile, terms: Terms, reason: Reason, kind: str | None = None
) -> ComputedStanding:
    """Of the headline model with the highest total (domain, section 3.5). Carries no name and no address."""
    assert lead.as_of is not None  # noqa: S101  (only leads that have met an event have a standing)
    recency = ledger.find_recency(lead, terms)
    recent = signals.recent_engagements(lead, terms)
    scored = [_scored(lead, model, profile) for model in _headline(profile, terms)]
    model, fit_lines, points, total = scored[0] if len(scored) == 1 else max(scored, key=lambda one: one[3])
    decision = gate.decide_gate(total, profile, recency, lead.as_of, terms)
    data = LeadScored.Data(
        model=model.name,
        fit=points,
        engagement=total - points,
        total=total,
        band=terms.band(total),
        confidence_known=fit.confidence(profile),
        confidence_of=len(fit.FOUR),
        completeness=_completeness(profile, recency, terms),
        fit_lines=fit_lines,
        engagement_lines=tuple(_lines(lead, model.name)),
        signals=tuple(signals.list_signals(recent, terms)),
        gate=_gate(decision.passed, decision.reason, decision.fast_track, decision.hand_raise),
        facts=_facts(lead, profile),
        intent_at=recency.intent_at,
        hand_raise_at=recency.hand_raise_at,
        last_engaged_at=recency.engaged_at,
        assets=signals.list_assets(recent),
        reason=reason,
        kind=kind,
    )
    return ComputedStanding(data, decision, gate.closing_time(decision, recency, terms), _checksum(data))


def _checksum(data: LeadScored.Data) -> int:
    """CRC-32 of plain values: a fifth of what writing the standing itself would cost."""
    values = [value for name, value in data.values().items() if name not in _NOT_COMPARED]
    fit_lines = [(line.rule, line.points, line.because) for line in data.fit_lines]
    return crc32(orjson.dumps([values, fit_lines], default=Body.values))


@lru_cache(_CACHED)
def _gate(passed: bool, reason: str, fast_track: bool, hand_raise: str | None) -> Gate:
    return Gate(passed=passed, reason=reason, fast_track=fast_track, hand_raise=hand_raise)


def _headline(profile: Profile, terms: Terms) -> list[ModelTerms]:
    """Existing customers are scored by the expansion model, where there is one."""
    names = {terms.expansion} if profile.customer and terms.expansion else terms.headline
    return [model for model in terms.models if model.name in names]


def _scored(lead: Lead, model: ModelTerms, profile: Profile) -> tuple[ModelTerms, tuple[ScoreLine, ...], int, int]:
    known = profile.fit.get(model.name)
    if known is None:
        lines = tuple(fit.list_lines(profile, model.fit))
        known = profile.fit[model.name] = lines, sum(line.points for line in lines)
    return model, *known, known[1] + lead.ledgers[model.name].head.balance


def _completeness(profile: Profile, recency: Recency, terms: Terms) -> int:
    """Sum of the weights of what is known, 0 to 100 (domain, section 3.5)."""
    known = profile.completeness_fields | ({"intent_signal"} if recency.engaged_at else frozenset())
    return sum(weight for name, weight in terms.completeness.items() if name in known)


def _lines(lead: Lead, model: str) -> list[ScoreLine]:
    newest = lead.ledgers[model].lines[: -SHOWN - 1 : -1]
    return [fit.line(one.rule, one.points, one.because, one.at, one.event) for one in newest]


def _facts(lead: Lead, profile: Profile) -> RouteFacts:
    origin = (lead.referral, lead.referral_at, lead.source, lead.campaign)
    facts = profile.route_facts.get(origin)
    if facts is None:
        facts = profile.route_facts[origin] = _route_facts(lead, profile)
    return facts


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
