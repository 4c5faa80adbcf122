"""The agreement as scoring reads it, compiled once into plain tables that the fold can look up quickly."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import Final, Literal

from agreement import Agreement
from agreement.bots import BotRule
from agreement.enrichment import EnrichmentProvider
from agreement.readers.traffic import TrafficReader
from agreement.scoring import EngagementRule, Fit, Model
from agreement.survivorship import Survivorship
from agreement.teams import Account
from agreement.types import Range
from scoring.decide.enrichment import Enricher

STRENGTH: Final = {"high": 0, "medium": 1, "low": 2}
"""Order of intents; `none` is no signal."""
NO_SIGNAL: Final = len(STRENGTH)
_CACHED: Final = 16_384


@dataclass(frozen=True, slots=True)
class Award:
    """What one engagement rule gives, and how often."""

    points: int
    once: Literal["lead", "asset", "message", "period"] | None
    period: timedelta | None
    cap: int | None
    within: timedelta | None
    for_ever: bool = False
    """Each asset or message counts once, whenever it comes again."""


@dataclass(frozen=True, slots=True)
class ModelTerms:
    """One scoring model: fit, the rules of its ledger, and decay."""

    name: str
    product: str | None
    """The product line that it scores for."""
    fit: Fit
    lowest: int
    highest: int
    awards: Mapping[str, Award]
    """By kind of engagement."""
    nth: int
    nth_kind: str
    """Each nth of `visits` counts as an engagement of this kind, too."""
    visits: frozenset[str]
    decay: tuple[tuple[timedelta, int, str], ...]
    """After how long, which share stays (per cent), and how it reads."""


@dataclass(frozen=True, slots=True)
class KindTerms:
    """One kind of engagement: no code knows any of them by name."""

    title: str
    strength: int | None
    """Of its intent, 0 the strongest; None for a kind that is no signal."""
    routed: bool
    """Of an intent that routing asks for (`re_mql.intent`)."""
    hand_raise: bool
    mail: bool
    click: bool
    engaging: bool
    """Scored or of some intent: a human one keeps the gate open."""
    per_asset: bool
    per_message: bool


@dataclass(frozen=True, slots=True)
class BurstTerms:
    """So many distinct links of one message within this time: chapter `events`, `machines`."""

    links: int
    within: timedelta


@dataclass(frozen=True)
class GateTerms:
    """The gate: the total it asks for, and how recent an engagement must be."""

    total: int
    window: timedelta
    window_text: str

    @cached_property
    def micros(self) -> int:
        """The window in microseconds."""
        return self.window // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Everything of the agreement that scoring asks for. Equal to itself alone, so that answers under it are cached."""

    version: str
    models: tuple[ModelTerms, ...]
    """All of them keep a ledger; the headline is taken from those in `headline_models`."""
    headline_models: tuple[ModelTerms, ...]
    expansion_models: tuple[ModelTerms, ...]
    """Existing customers are scored by these: the expansion model alone, where there is one."""
    kinds: Mapping[str, KindTerms]
    hand_raises: frozenset[str]
    """Kinds."""
    strength_of: Callable[[str], int]
    """Of a signal by its key, a kind or a kind and an asset (`signals`); NO_SIGNAL for what is none."""
    bots: BotRule
    bursts: BurstTerms
    referral_mediums: frozenset[str]
    traffic: TrafficReader
    gate: GateTerms
    bands: tuple[tuple[int | None, int | None, str], ...]
    completeness: Mapping[str, int]
    survivorship: Survivorship
    severity: Mapping[str, str]
    disqualifier_text: Mapping[str, str]
    accounts: Mapping[str, Account]
    customers: frozenset[str]
    historical_after: timedelta
    memory: timedelta
    """How late an engagement may come and still count: the last decay plus the longest window."""
    enricher: Enricher
    providers: tuple[EnrichmentProvider, ...]
    """Who may still tell what is unknown of somebody new."""
    enrichment_limit: timedelta
    hand_raise_limit: timedelta
    """How long somebody new, or a raised hand, waits for them."""
    trusted: frozenset[str]
    """Sources whose contradiction a steward is asked about."""
    disputable: tuple[str, ...]
    """Facts about which."""
    size_bands: tuple[Range, ...]
    """Head counts that count alike in the fit of the first headline model."""
    band_of: dict[int, str] = field(default_factory=dict)
    """A cache of `band`."""

    @classmethod
    def of(cls, agreement: Agreement) -> "Terms":
        """Compiles an agreement."""
        definitions, events, scoring = agreement.definitions, agreement.events, agreement.scoring
        models = tuple(_model(model) for model in scoring.models)
        headline = tuple(model for model in models if model.name not in (scoring.challenger, scoring.expansion))
        gate, kinds = definitions.mql_gate, _kinds(agreement)
        return cls(
            version=agreement.version,
            models=models,
            headline_models=headline,
            expansion_models=tuple(model for model in models if model.name == scoring.expansion) or headline,
            kinds=kinds,
            hand_raises=frozenset(name for name, kind in kinds.items() if kind.hand_raise),
            strength_of=_strength_of(kinds),
            bots=BotRule.of(events),
            bursts=BurstTerms(events.machines.distinct_links, events.machines.within.timedelta),
            referral_mediums=frozenset(medium.casefold() for medium in events.referrals.mediums),
            traffic=TrafficReader(events),
            gate=GateTerms(gate.total_at_least, gate.engaged_within.timedelta, str(gate.engaged_within)),
            bands=tuple((band.at_least, band.below, band.name) for band in definitions.bands),
            completeness=definitions.completeness.model_dump(),
            survivorship=Survivorship.of(definitions),
            severity={one.name: one.severity for one in definitions.disqualifiers},
            disqualifier_text={one.name: one.text for one in definitions.disqualifiers},
            accounts=agreement.teams.account_by_domain,
            customers=agreement.teams.customers,
            historical_after=definitions.historical_after.timedelta,
            memory=_memory([model for model in models if model.name != scoring.challenger]),
            enricher=Enricher(definitions),
            providers=definitions.enrichment.providers,
            enrichment_limit=definitions.enrichment.limit.timedelta,
            hand_raise_limit=definitions.enrichment.hand_raise_limit.timedelta,
            trusted=frozenset(definitions.stewards.trusted),
            disputable=definitions.stewards.facts,
            size_bands=tuple(band.employees for model in headline[:1] for band in model.fit.employees),
        )

    def band(self, total: int) -> str:
        """The band a total lies in; bands are half-open (domain, section 3.5)."""
        known = self.band_of.get(total)
        if known is None:
            known = self.band_of[total] = next(
                name
                for low, high, name in self.bands
                if (low is None or total >= low) and (high is None or total < high)
            )
        return known


def _model(model: Model) -> ModelTerms:
    engagement = model.engagement
    return ModelTerms(
        name=model.name,
        product=model.product,
        fit=model.fit,
        lowest=engagement.lowest,
        highest=engagement.highest,
        awards={rule.kind: _award(rule) for rule in engagement.rules},
        nth=engagement.visits.nth,
        nth_kind=engagement.visits.kind,
        visits=frozenset(engagement.visits.of),
        decay=tuple(
            (step.after.timedelta, step.keep_percent, f"{step.after} without engagement: {step.keep_percent} % stays")
            for step in sorted(engagement.decay, key=lambda step: step.after.seconds)
        ),
    )


def _award(rule: EngagementRule) -> Award:
    return Award(
        points=rule.points,
        once=rule.once_per,
        period=rule.period.timedelta if rule.period else None,
        cap=rule.at_most.points if rule.at_most else None,
        within=rule.at_most.within.timedelta if rule.at_most else None,
        for_ever=rule.once_per in ("asset", "message") and not rule.period,
    )


def _kinds(agreement: Agreement) -> dict[str, KindTerms]:
    """A challenger has no say in what counts as an engagement: it changes nothing."""
    scoring = agreement.scoring
    rules = [rule for model in scoring.models if model.name != scoring.challenger for rule in model.engagement.rules]
    scored = {rule.kind for rule in rules}
    per_asset = {rule.kind for rule in rules if rule.once_per == "asset"}
    per_message = {rule.kind for rule in rules if rule.once_per == "message"}
    return {
        kind.kind: KindTerms(
            title=kind.title,
            strength=STRENGTH.get(kind.intent),
            routed=kind.intent in agreement.definitions.re_mql.intent,
            hand_raise=kind.hand_raise,
            mail=kind.mail,
            click=kind.click,
            engaging=kind.kind in scored or kind.intent != "none",
            per_asset=kind.kind in per_asset,
            per_message=kind.kind in per_message,
        )
        for kind in agreement.events.kinds
    }


def _strength_of(kinds: Mapping[str, KindTerms]) -> Callable[[str], int]:
    """Remembered by key: the same few are asked for again and again."""

    @lru_cache(_CACHED)
    def strength(key: str) -> int:
        kind = kinds.get(key.partition("|")[0])
        return NO_SIGNAL if kind is None or kind.strength is None else kind.strength

    return strength


def _memory(models: Iterable[ModelTerms]) -> timedelta:
    windows = [award.within or award.period or timedelta() for model in models for award in model.awards.values()]
    decays = [after for model in models for after, _, _ in model.decay]
    return max(windows, default=timedelta()) + max(decays, default=timedelta())
