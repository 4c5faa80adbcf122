"""Intent signals, worded for people: `pricing page 3x`, `case study: retail`. Repeats worth 0 show too.

Of each signal (a kind, and for some kinds an asset) the tally keeps its instants within the gate's window, packed:
eight bytes each, after one that says whether the asset was named. So a signal's count costs the same after a thousand
repeats as after three.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import Final

from events.scores import Signal
from scoring.decide.state import Lead, LeadEngagement, Tally
from scoring.decide.terms import Terms

SHOWN: Final = 20
"""Signals, and assets, carried at most."""
MOST: Final = 100
"""Signals that a lead's tally keeps apart; beyond it the oldest one is forgotten."""
_CACHED: Final = 16_384
_STRENGTH: Final = {"high": 0, "medium": 1, "low": 2}
"""Order of intents; `none` is no signal."""
_INSTANT: Final = Struct(">q")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAMED: Final = b"\x01"


def note(tally: Tally, engagement: LeadEngagement, terms: Terms) -> None:
    """Adds a person's engagement, the next in order, to the signals and assets of the tally."""
    if engagement.asset_named and engagement.asset is not None:
        tally.assets.pop(engagement.asset, None)
        tally.assets[engagement.asset] = engagement.at
        if len(tally.assets) > SHOWN:
            del tally.assets[next(iter(tally.assets))]
    kind = terms.kinds.get(engagement.kind)
    if kind is None or kind.intent not in _STRENGTH:
        return
    key = f"{engagement.kind}|{engagement.asset or ''}" if kind.per_asset else engagement.kind
    known = tally.signals.pop(key, b"\0")
    recent = known[_first(known, engagement.at - terms.gate.window) :]
    named = _NAMED if engagement.asset_named else b"\0"
    tally.signals[key] = named + recent + _INSTANT.pack(_micros(engagement.at))
    if len(tally.signals) > MOST:
        del tally.signals[next(iter(tally.signals))]


def is_signal(engagement: LeadEngagement, terms: Terms) -> bool:
    """Whether a person's engagement shows among the signals or the assets."""
    kind = terms.kinds.get(engagement.kind)
    return not engagement.bot and (engagement.asset_named or (kind is not None and kind.intent in _STRENGTH))


def expired_since(lead: Lead, terms: Terms) -> bool:
    """Whether signals or assets left the gate's window since the lead was last announced."""
    if lead.told_at is None or lead.as_of is None:
        return False
    before, start = lead.told_at - terms.gate.window, lead.as_of - terms.gate.window
    if start <= _EPOCH:
        return False
    limit = _micros(start)
    return any(before < at <= start for at in lead.tally.assets.values()) or any(
        _INSTANT.unpack_from(known, 1)[0] <= limit and _first(known, start) != _first(known, before)
        for known in lead.tally.signals.values()
    )


def forget_expired(tally: Tally, start: datetime) -> None:
    """Drops signals and assets of which nothing lies after `start`."""
    first = _micros(max(start, _EPOCH))
    for key in [key for key, known in tally.signals.items() if _newest(known) <= first]:
        del tally.signals[key]
    for asset in [asset for asset, at in tally.assets.items() if at <= start]:
        del tally.assets[asset]


def list_signals(lead: Lead, terms: Terms) -> list[Signal]:
    """Of the gate's window: strongest first, then newest; repeats are one signal."""
    assert lead.as_of is not None  # noqa: S101  (only leads that have met an event have a standing)
    ranked = sorted(_recent(lead.tally, lead.as_of - terms.gate.window, terms), key=lambda one: one[:2])
    return [_signal(key, -newest, count, named, terms) for _, newest, key, count, named in ranked[:SHOWN]]


def list_assets(lead: Lead, terms: Terms) -> tuple[str, ...]:
    """Named content of the gate's window, newest first."""
    assert lead.as_of is not None  # noqa: S101  (only leads that have met an event have a standing)
    start = lead.as_of - terms.gate.window
    return tuple(asset for asset, at in reversed(lead.tally.assets.items()) if at > start)


def _recent(tally: Tally, start: datetime, terms: Terms) -> Iterator[tuple[int, int, str, int, bool]]:
    """Strength, newest instant (negative), key, count, and whether its asset is named; the newest signal first."""
    for key, known in reversed(tally.signals.items()):
        kind = terms.kinds.get(key.partition("|")[0])
        count = (len(known) - _first(known, start)) // _INSTANT.size
        if count and kind is not None and kind.intent in _STRENGTH:
            yield _STRENGTH[kind.intent], -_newest(known), key, count, known[:1] == _NAMED


def _first(known: bytes, start: datetime) -> int:
    """Where the first instant after `start` stands."""
    place, size, limit = 1, len(known), _micros(max(start, _EPOCH))
    while place < size and _INSTANT.unpack_from(known, place)[0] <= limit:
        place += _INSTANT.size
    return place


def _newest(known: bytes) -> int:
    newest: int = _INSTANT.unpack_from(known, len(known) - _INSTANT.size)[0]
    return newest


def _micros(at: datetime) -> int:
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@lru_cache(_CACHED)
def _signal_of(kind: str, text: str, count: int, newest: int, asset: str | None) -> Signal:
    at = _EPOCH + timedelta(microseconds=newest)
    return Signal(kind=kind, text=text, count=count, last_at=at, asset=asset)


def _signal(key: str, newest: int, count: int, named: bool, terms: Terms) -> Signal:
    name, _, about = key.partition("|")
    kind = terms.kinds[name]
    asset = about if kind.per_asset and named and about else None
    text = f"{kind.title}: {asset}" if asset else kind.title
    if count > 1:
        text += f" {count}x"
    return _signal_of(name, text, count, newest, asset)
