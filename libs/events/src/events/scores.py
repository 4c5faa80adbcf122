"""Topic `scores`: how good a lead is, and why. Written by scoring. Carries no name and no address."""

from typing import ClassVar, Final, Literal

from events.body import AwareDatetime, Body, fields_of
from events.envelope import Event
from events.leads import KnownFact
from events.lookups import LookupFailed

ScoreReason = Literal["engagement", "facts", "decay", "correction", "merged"]
SHOWN_LINES: Final = 20
"""Engagement lines that a standing shows."""
SHOWN_SIGNALS: Final = 20
"""Signals, and assets, that it shows."""


class ScoreLine(Body):
    """One line of a score. Fit lines and engagement lines each sum to their part of the total."""

    rule: str
    points: int
    because: str
    at: AwareDatetime
    events: tuple[str, ...] = ()


class Signal(Body):
    """An intent signal as a person would say it: `pricing page 3x`."""

    kind: str
    text: str
    count: int
    last_at: AwareDatetime
    asset: str | None = None


class MovedSignal(Body):
    """A signal as one more event leaves it, and where it now stands among all that are shown."""

    signal: Signal
    place: int
    """0 is the first; the others stay in their order."""
    was: int | None = None
    """Where it stood before; null: it was not shown."""


class Gate(Body):
    """Did the lead pass the MQL gate, and if not, what was missing (`58 of 60`)."""

    passed: bool
    reason: str
    fast_track: bool = False
    hand_raise: str | None = None
    """Kind of the hand-raise that opened the fast track."""


class RouteFacts(Body):
    """The derived facts that routing needs; nothing that names the person."""

    company: str | None = None
    domain: str | None = None
    """The company's domain; null for free mail."""
    employees: int | None = None
    industry: str | None = None
    revenue: str | None = None
    tech_stack: tuple[str, ...] = ()
    country: str | None = None
    seniority: str | None = None
    function: str | None = None
    customer: bool = False
    referral: str | None = None
    """Partner id of the latest referral touch."""
    referral_at: AwareDatetime | None = None
    hard: tuple[str, ...] = ()
    """Hard disqualifiers that hold now."""
    soft: tuple[str, ...] = ()
    source: str | None = None
    """Of the first touch; null when no touch named one (a tool is no source)."""
    campaign: str | None = None
    traffic: str | None = None
    """Class of that touch: direct, referral, organic, paid, email, social, partner."""
    recorded: tuple[KnownFact, ...] | None = None
    """Facts that the company's own record decides, as it claims them. Null in what was written before this field."""
    unclear: tuple[str, ...] = ()
    """Names of facts that were given and could not be read (`country`, `industry`, `employees`): rules about them did
    not apply. `company`: its name contradicts that of others at its domain, so that it has none."""
    unsubscribed: bool | None = None
    """From mail: nurture writes no more."""
    disputed: tuple[str, ...] | None = None
    """Names of facts that wait for a steward: trusted sources contradict each other, or it is `unclear` and a hard rule
    or the company rests on it. Null: none."""
    contrary: tuple[KnownFact, ...] | None = None
    """What the company's own record says of them where it does not decide: a claim that the person's sources lack."""


class ModelScore(Body):
    """What one of several models makes of the lead; said only where the agreement has several."""

    model: str
    fit: int
    engagement: int
    total: int
    band: str
    passed: bool
    """By this total the gate is open: no hand-raise, no other model."""
    fit_lines: tuple[ScoreLine, ...] = ()
    engagement_lines: tuple[ScoreLine, ...] = ()
    """As those of a standing; of a difference, what it adds or takes back. Empty for the headline: they are the
    standing's own."""


class Standing(Body):
    """Everything scoring knows about a lead at an instant; carried by all facts of this topic."""

    model: str
    fit: int
    engagement: int
    total: int
    band: str
    confidence_known: int
    confidence_of: int
    completeness: int
    fit_lines: tuple[ScoreLine, ...] = ()
    engagement_lines: tuple[ScoreLine, ...] = ()
    """The newest lines first, at most 20; the ledger has them all."""
    signals: tuple[Signal, ...] = ()
    gate: Gate
    facts: RouteFacts
    intent_at: AwareDatetime | None = None
    """Last human engagement of medium or high intent."""
    hand_raise_at: AwareDatetime | None = None
    last_engaged_at: AwareDatetime | None = None
    assets: tuple[str, ...] = ()
    """Content consumed, newest first: the talking points come from here."""
    product: str | None = None
    """The product line of the headline model."""
    models: tuple[ModelScore, ...] | None = None
    """Every model that scores this lead, in the agreement's order, a challenger and the headline among them. Null where
    one model scores it."""


class LeadScored(Event):
    """The lead's standing changed: from what to what, and by which lines. `was` and all `lines` sum to `total`.

    It is a difference: whoever folds these from a whole one on knows the standing (`standing_after`).
    """

    topic: ClassVar[str] = "scores"

    class Data(Body):
        model: str
        was: int | None = None
        """The total announced before; null when this reader must begin anew, from `standing`."""
        total: int
        fit: int
        engagement: int
        band: str
        completeness: int
        gate: Gate
        lines: tuple[ScoreLine, ...] | None = None
        """What leads from `was` to `total`: lines added, lines taken back, and what facts, an agreement or another
        model changed. Null when `was` is."""
        signals: tuple[Signal, ...] | None = None
        """All of now, when one has gone; null: as they were but for `signal`, or in `standing`."""
        assets: tuple[str, ...] | None = None
        """The same for content consumed."""
        intent_at: AwareDatetime | None = None
        hand_raise_at: AwareDatetime | None = None
        last_engaged_at: AwareDatetime | None = None
        reason: ScoreReason = "engagement"
        kind: str | None = None
        """Kind of the engagement that caused it."""
        standing: Standing | None = None
        """The whole: whenever facts or lines of the past change. `lead.qualified` is whole, too."""
        signal: MovedSignal | None = None
        """The one that this event is."""
        asset: str | None = None
        """The content that this event names: the newest of `assets` now."""
        models: tuple[ModelScore, ...] | None = None
        """Every model as it is now, with the lines that this event adds; null: as they were, or in `standing`."""

    type: Literal["lead.scored.v2"] = "lead.scored.v2"
    data: Data


class LeadQualified(Event):
    """The MQL gate opened (`score`) or the person raised a hand (`hand_raise`)."""

    topic: ClassVar[str] = "scores"

    class Data(Standing):
        how: Literal["score", "hand_raise"]
        trigger: str
        """Kind of the event that did it."""

    type: Literal["lead.qualified.v1"] = "lead.qualified.v1"
    data: Data


def standing_after(known: Standing | None, data: LeadScored.Data | LeadQualified.Data) -> Standing | None:
    """The standing once this has come to what is `known`; None while no whole one has come yet."""
    if isinstance(data, LeadQualified.Data):
        return Standing(**{name: getattr(data, name) for name in STANDING_FIELDS})
    if data.standing is not None or known is None:
        return data.standing
    lines = (*reversed(data.lines or ()), *known.engagement_lines)
    changed = {name: getattr(data, name) for name in _CHANGED}
    return known.replaced(
        engagement_lines=lines[:SHOWN_LINES],
        signals=_moved(known.signals, data.signal) if data.signals is None else data.signals,
        assets=_first(data.asset, known.assets) if data.assets is None else data.assets,
        models=_grown(known.models, data.models),
        **changed,
    )


def _grown(known: tuple[ModelScore, ...] | None, news: tuple[ModelScore, ...] | None) -> tuple[ModelScore, ...] | None:
    """Of each model its figures as they are now, and its lines with those that were added."""
    if news is None or known is None:
        return known
    before = {one.model: one for one in known}
    return tuple(
        one.replaced(
            fit_lines=before[one.model].fit_lines,
            engagement_lines=(*reversed(one.engagement_lines), *before[one.model].engagement_lines)[:SHOWN_LINES],
        )
        if one.model in before
        else one
        for one in news
    )


def _moved(known: tuple[Signal, ...], moved: MovedSignal | None) -> tuple[Signal, ...]:
    if moved is None:
        return known
    others = [one for place, one in enumerate(known) if place != moved.was]
    others.insert(moved.place, moved.signal)
    return tuple(others[:SHOWN_SIGNALS])


def _first(asset: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    if asset is None:
        return known
    return (asset, *(one for one in known if one != asset))[:SHOWN_SIGNALS]


STANDING_FIELDS: Final = fields_of(Standing)
_CHANGED: Final = (
    "model",
    "fit",
    "engagement",
    "total",
    "band",
    "completeness",
    "gate",
    "intent_at",
    "hand_raise_at",
    "last_engaged_at",
)


class LeadCooled(Event):
    """Decay took points of a lead that had passed the gate. No stage moves; an unaccepted MQL is flagged `cooling`."""

    topic: ClassVar[str] = "scores"

    class Data(Body):
        total: int
        reason: str

    type: Literal["lead.cooled.v1"] = "lead.cooled.v1"
    data: Data


class MqlWithdrawn(Event):
    """Later data (not decay) closed the gate again. Counts only while the lead is unassigned: routing decides."""

    topic: ClassVar[str] = "scores"

    class Data(Body):
        total: int
        reason: str

    type: Literal["mql.withdrawn.v1"] = "mql.withdrawn.v1"
    data: Data


class LeadScoredV1(Event):
    """As it was announced at first: the whole standing each time. Read as the newest version (`upcast`)."""

    topic: ClassVar[str] = "scores"

    class Data(Standing):
        reason: ScoreReason = "engagement"
        kind: str | None = None

    type: Literal["lead.scored.v1"] = "lead.scored.v1"
    data: Data


EVENTS: Final = (
    LeadScored,
    LeadQualified,
    LeadCooled,
    MqlWithdrawn,
    LookupFailed,
)
OLDER: Final = (LeadScoredV1,)
"""Versions that are written no more; what was written stays readable for ever."""
