"""The standing of a lead: the figures that each event may change, and the whole as others read it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zlib import crc32

import orjson
from msgspec import Struct

from events.scores import ModelScore, RouteFacts, ScoreLine, Standing
from scoring.decide import fit, gate, signals
from scoring.decide.gate import GateDecision
from scoring.decide.origin import source_of
from scoring.decide.profile import Profile
from scoring.decide.state import Announced, Lead, LedgerLine, ModelFigures, ProfileSums, ShownFacts
from scoring.decide.terms import ModelTerms, Terms

_RARE: Final = ("recorded", "unsubscribed", "disputed", "contrary")
"""Facts of which the checksum has only what is there: it is the same as before there were such facts."""


class Figures(Struct, frozen=True):
    """What the score of the headline model is, and what the gate says to it."""

    announced: Announced
    """As it will be remembered of the announcement."""
    decision: GateDecision
    closes_at: datetime | None
    """When the open gate closes by time alone."""


def compute_figures(lead: Lead, profile: ProfileSums, terms: Terms) -> Figures:
    """Of the headline model with the highest total (domain, section 3.5)."""
    assert lead.as_of is not None  # noqa: S101  (only leads that have met an event have a standing)
    recency = lead.tally.recency
    models = _headline(profile, terms)
    model, total = models[0], _total(lead, models[0], profile)
    if len(models) > 1:
        for other in models[1:]:
            if (higher := _total(lead, other, profile)) > total:
                model, total = other, higher
    decision = gate.decide_gate(total, profile, recency, lead.as_of, terms)
    shown = decision.gate
    completeness, engaged_at = profile.completeness, recency.engaged_at
    if engaged_at:
        completeness += terms.completeness.get("intent_signal", 0)
    announced = Announced(
        model.name,
        profile.fit[model.name],
        total,
        completeness,
        profile.checksum,
        shown.passed,
        shown.fast_track,
        shown.reason,
        shown.hand_raise,
        engaged_at,
        recency.intent_at,
        recency.hand_raise_at,
        _models(lead, profile, terms) if len(terms.models) > 1 else (),
    )
    return Figures(announced, decision, gate.closing_time(decision, recency, terms) if shown.passed else None)


def compose_standing(
    lead: Lead, figures: Figures, facts: ShownFacts, lines: Mapping[str, tuple[ScoreLine, ...]], terms: Terms
) -> Standing:
    """The whole, as events carry it; `lines` are the newest of each model's ledger, the very newest first.

    Carries no name and no address.
    """
    now = figures.announced
    return Standing(
        model=now.model,
        fit=now.fit,
        engagement=now.total - now.fit,
        total=now.total,
        band=terms.band(now.total),
        confidence_known=facts.confidence,
        confidence_of=len(fit.FOUR),
        completeness=now.completeness,
        fit_lines=facts.fit_lines[now.model],
        engagement_lines=lines[now.model],
        signals=signals.list_signals(lead, terms),
        gate=figures.decision.gate,
        facts=facts.facts,
        intent_at=now.intent_at,
        hand_raise_at=now.hand_raise_at,
        last_engaged_at=now.engaged_at,
        assets=signals.list_assets(lead, terms),
        product=next((model.product for model in terms.models if model.name == now.model), None),
        models=model_scores(now, facts.fit_lines, lines, terms),
    )


def model_scores(
    now: Announced,
    fit_lines: Mapping[str, tuple[ScoreLine, ...]],
    lines: Mapping[str, tuple[ScoreLine, ...]],
    terms: Terms,
) -> tuple[ModelScore, ...] | None:
    """Every model as events carry it, with these lines; the headline without. None where there is one model."""
    if not now.models:
        return None
    return tuple(
        ModelScore(
            model=one.model,
            fit=one.fit,
            engagement=one.total - one.fit,
            total=one.total,
            band=terms.band(one.total),
            passed=one.passed,
            fit_lines=() if one.model == now.model else fit_lines.get(one.model, ()),
            engagement_lines=() if one.model == now.model else lines.get(one.model, ()),
        )
        for one in now.models
    )


def score_line(line: LedgerLine) -> ScoreLine:
    """A line as events carry it."""
    events = (line.event,) if line.event else ()
    return ScoreLine(rule=line.rule, points=line.points, because=line.because, at=line.at, events=events)


def summarise_profile(lead: Lead, profile: Profile, terms: Terms) -> tuple[ProfileSums, ShownFacts]:
    """What the figures need of the profile, and what a whole standing shows of it."""
    lines = {model.name: tuple(map(score_line, fit.list_lines(profile, model.fit))) for model in terms.models}
    facts = _route_facts(lead, profile)
    scalars = [value for name, value in facts.values().items() if name not in _RARE]
    scalars += [None, *([True] if facts.unsubscribed else []), *profile.disputed]
    scalars += [[fact.name, fact.source, fact.value] for fact in profile.contrary]
    known = [
        (fact.name, fact.source, fact.value, fact.at if fact.name in profile.contested else None)
        for fact in profile.recorded
    ]
    plain = [(name, [(one.rule, one.points, one.because) for one in some]) for name, some in lines.items()]
    sums = ProfileSums(
        fit={name: sum(one.points for one in some) for name, some in lines.items()},
        hard=profile.hard,
        soft=profile.soft,
        customer=profile.customer,
        completeness=sum(terms.completeness.get(name, 0) for name in profile.completeness_fields),
        checksum=crc32(orjson.dumps([*scalars, known, plain, fit.confidence(profile)])),
    )
    return sums, ShownFacts(facts, fit.confidence(profile), lines)


def _headline(profile: ProfileSums, terms: Terms) -> tuple[ModelTerms, ...]:
    """Existing customers are scored by the expansion model, where there is one."""
    return terms.expansion_models if profile.customer else terms.headline_models


def _models(lead: Lead, profile: ProfileSums, terms: Terms) -> tuple[ModelFigures, ...]:
    """Figures of every model that scores the lead."""
    assert lead.as_of is not None  # noqa: S101  (only leads that have met an event have a standing)
    totals = [(model.name, _total(lead, model, profile)) for model in terms.models]
    return tuple(
        ModelFigures(name, profile.fit[name], total, gate.passes(total, profile, lead.tally.recency, lead.as_of, terms))
        for name, total in totals
    )


def _total(lead: Lead, model: ModelTerms, profile: ProfileSums) -> int:
    ledger = lead.tally.ledgers.get(model.name)
    return profile.fit[model.name] + (ledger.balance if ledger else 0)


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
        source=source_of(lead),
        campaign=lead.campaign,
        traffic=lead.traffic,
        recorded=profile.recorded,
        unclear=profile.unclear,
        unsubscribed=profile.unsubscribed or None,
        disputed=profile.disputed or None,
        contrary=profile.contrary or None,
    )
