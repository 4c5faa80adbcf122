"""Intent signals, worded for people: `pricing page 3x`, `case study: retail`. Repeats worth 0 show too."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final

from events.scores import Signal
from scoring.decide.state import Lead, LeadEngagement
from scoring.decide.terms import Terms

SHOWN: Final = 20
"""Signals, and assets, carried at most."""
_CACHED: Final = 16_384
_STRENGTH: Final = {"high": 0, "medium": 1, "low": 2}
"""Order of intents; `none` is no signal."""


def recent_engagements(lead: Lead, terms: Terms) -> list[LeadEngagement]:
    """Human engagements in the gate's window, newest first."""
    assert lead.as_of is not None  # noqa: S101  (only leads that have met an event have a standing)
    engagements, start = lead.engagements, lead.as_of - terms.gate.window
    if engagements and engagements[0].at <= start:
        engagements = engagements[bisect_right(engagements, start, key=_at) :]
    return [engagement for engagement in reversed(engagements) if not engagement.bot]


def list_signals(recent: Iterable[LeadEngagement], terms: Terms) -> list[Signal]:
    """Of recent engagements those of some intent, strongest first, then newest; repeats are one signal."""
    repeats: dict[tuple[str, str | None], tuple[int, LeadEngagement]] = {}
    kinds = terms.kinds
    for engagement in recent:
        kind = kinds.get(engagement.kind)
        if kind is None or kind.intent not in _STRENGTH:
            continue
        key = (engagement.kind, engagement.asset if kind.per_asset else None)
        known = repeats.get(key)
        repeats[key] = (1, engagement) if known is None else (known[0] + 1, known[1])
    ranked = sorted(repeats.values(), key=lambda item: (_STRENGTH[kinds[item[1].kind].intent], -item[1].at.timestamp()))
    return [_signal(engagement, count, terms) for count, engagement in ranked[:SHOWN]]


def list_assets(recent: Iterable[LeadEngagement]) -> tuple[str, ...]:
    """Named content of recent engagements, in their order."""
    distinct = dict.fromkeys(engagement.asset for engagement in recent if engagement.asset_named)
    return tuple(asset for asset in distinct if asset is not None)[:SHOWN]


def _at(engagement: LeadEngagement) -> datetime:
    return engagement.at


def _signal(engagement: LeadEngagement, count: int, terms: Terms) -> Signal:
    kind = terms.kinds[engagement.kind]
    asset = engagement.asset if kind.per_asset and engagement.asset_named else None
    text = f"{kind.title}: {asset}" if asset else kind.title
    if count > 1:
        text += f" {count}x"
    return _signal_of(engagement.kind, text, count, engagement.at, asset)


@lru_cache(_CACHED)
def _signal_of(kind: str, text: str, count: int, at: datetime, asset: str | None) -> Signal:
    return Signal(kind=kind, text=text, count=count, last_at=at, asset=asset)
