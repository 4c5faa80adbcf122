"""Intent signals, worded for people: `pricing page 3x`, `case study: retail`. Repeats worth 0 show too.

Of each signal (a kind, and for some kinds an asset) the tally keeps its instants within the gate's window, packed:
eight bytes each, after one that says whether the asset was named. So a signal's count costs the same after a thousand
repeats as after three.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct as Packed
from typing import Final

from msgspec import Struct

from events.scores import SHOWN_SIGNALS, MovedSignal, Signal
from scoring.decide.recalculation import ALL_NEW, News
from scoring.decide.state import Lead, LeadEngagement, Tally
from scoring.decide.terms import NO_SIGNAL, KindTerms, Terms

MOST: Final = 100
"""Signals that a lead's tally keeps apart; beyond it the oldest one is forgotten."""
_CACHED: Final = 16_384
_INSTANT: Final = Packed(">q")
_SIZE: Final = _INSTANT.size
_unpack: Final = _INSTANT.unpack_from
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAMED: Final = b"\x01"


class SignalPlace(Struct, frozen=True):
    """Of a signal among those that are shown: where it stands once its engagement is noted, and where it stood."""

    now: int
    was: int | None


def note(tally: Tally, engagement: LeadEngagement, terms: Terms) -> None:
    """Adds a person's engagement, the next in order, to the signals and assets of the tally."""
    if engagement.asset_named and engagement.asset is not None:
        tally.assets.pop(engagement.asset, None)
        tally.assets[engagement.asset] = engagement.at
        if len(tally.assets) > SHOWN_SIGNALS:
            del tally.assets[next(iter(tally.assets))]
    kind = terms.kinds.get(engagement.kind)
    if kind is None or kind.strength is None:
        return
    key = _key(engagement, kind)
    known = tally.signals.pop(key, b"\0")
    now = _micros(engagement.at)
    recent = known[_first(known, now - terms.gate.micros) :]
    named = _NAMED if engagement.asset_named else b"\0"
    tally.signals[key] = named + recent + _INSTANT.pack(now)
    if len(tally.signals) > MOST:
        del tally.signals[next(iter(tally.signals))]


def place_of(lead: Lead, engagement: LeadEngagement, terms: Terms) -> SignalPlace | None:
    """Where the engagement's signal stands, and will stand, among those that `list_signals` gives.

    To be asked before the engagement is noted. None for one that is no signal.
    """
    kind = terms.kinds.get(engagement.kind)
    if kind is None or kind.strength is None:
        return None
    wanted, strength, limit, strength_of = _key(engagement, kind), kind.strength, _start(lead, terms), terms.strength_of
    stronger = newer = 0
    found = False
    for key, known in reversed(lead.tally.signals.items()):
        if _unpack(known, len(known) - _SIZE)[0] <= limit:
            break  # all that follow are older still
        if key == wanted:
            found = True
        elif (other := strength_of(key)) < strength:
            stronger += 1
        elif other == strength and not found:
            newer += 1
    return SignalPlace(stronger, stronger + newer if found else None)


def is_signal(engagement: LeadEngagement, terms: Terms) -> bool:
    """Whether a person's engagement shows among the signals or the assets."""
    kind = terms.kinds.get(engagement.kind)
    return not engagement.bot and (engagement.asset_named or (kind is not None and kind.strength is not None))


def news_of(lead: Lead, engagement: LeadEngagement, place: SignalPlace | None, terms: Terms) -> News | None:
    """What the engagement, which is noted by now, changed of signals and assets; `place`: of `place_of`.

    None for one that is neither, or a bot's.
    """
    if not is_signal(engagement, terms):
        return None
    if len(lead.tally.signals) >= MOST:
        return ALL_NEW
    until = engagement.at + terms.gate.window  # of a late one perhaps over: then all are told
    if lead.expires_at is None or until < lead.expires_at:
        lead.expires_at = until
    asset = engagement.asset if engagement.asset_named else None
    if place is None:
        return News(None, asset, whole=False)
    kind = terms.kinds[engagement.kind]
    key = _key(engagement, kind)
    shown = _shown(key, lead.tally.signals[key], _start(lead, terms), kind)
    return News(MovedSignal(signal=shown, place=place.now, was=place.was), asset, whole=False)


def first_expiry(lead: Lead, terms: Terms) -> datetime | None:
    """When the first of the signals and assets that show now, or of their repeats, leaves the gate's window."""
    limit, window = _start(lead, terms), terms.gate.window
    instants = [
        _unpack(known, place)[0]
        for known in lead.tally.signals.values()
        if (place := _first(known, limit)) < len(known)
    ]
    instants += [now for at in lead.tally.assets.values() if (now := _micros(at)) > limit]
    return _EPOCH + timedelta(microseconds=min(instants)) + window if instants else None


def forget_expired(tally: Tally, start: datetime) -> None:
    """Drops signals and assets of which nothing lies after `start`."""
    limit = _micros(start)
    for key in [key for key, known in tally.signals.items() if _newest(known) <= limit]:
        del tally.signals[key]
    for asset in [asset for asset, at in tally.assets.items() if at <= start]:
        del tally.assets[asset]


def list_signals(lead: Lead, terms: Terms) -> tuple[Signal, ...]:
    """Of the gate's window: strongest first, then newest; repeats are one signal."""
    limit, known, strength_of = _start(lead, terms), lead.tally.signals, terms.strength_of
    newest_first = [key for key in reversed(known) if _newest(known[key]) > limit and strength_of(key) < NO_SIGNAL]
    return tuple(
        _shown(key, known[key], limit, terms.kinds[key.partition("|")[0]])
        for key in sorted(newest_first, key=strength_of)[:SHOWN_SIGNALS]
    )


def _key(engagement: LeadEngagement, kind: KindTerms) -> str:
    return f"{engagement.kind}|{engagement.asset or ''}" if kind.per_asset else engagement.kind


def _shown(key: str, known: bytes, limit: int, kind: KindTerms) -> Signal:
    count = (len(known) - _first(known, limit)) // _SIZE
    title = f"{kind.title}: " if kind.per_asset and known[0] == 1 else kind.title
    return _signal(key, _newest(known), count, title)


def list_assets(lead: Lead, terms: Terms) -> tuple[str, ...]:
    """Named content of the gate's window, newest first."""
    assert lead.as_of is not None  # noqa: S101  (only leads that have met an event have a standing)
    start = lead.as_of - terms.gate.window
    return tuple(asset for asset, at in reversed(lead.tally.assets.items()) if at > start)


def _start(lead: Lead, terms: Terms) -> int:
    """After this instant lies what shows; in microseconds since 1970."""
    assert lead.as_of is not None  # noqa: S101  (only leads that have met an event have a standing)
    return _micros(lead.as_of - terms.gate.window)


def _first(known: bytes, limit: int) -> int:
    """Where the first instant after the limit stands."""
    place, size = 1, len(known)
    while place < size and _unpack(known, place)[0] <= limit:
        place += _SIZE
    return place


def _newest(known: bytes) -> int:
    newest: int = _unpack(known, len(known) - _SIZE)[0]
    return newest


def _micros(at: datetime) -> int:
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@lru_cache(_CACHED)
def _signal(key: str, newest: int, count: int, title: str) -> Signal:
    """A title that ends in a colon is that of a named asset."""
    name, _, about = key.partition("|")
    asset = about if about and title.endswith(": ") else None
    text = f"{title}{asset}" if asset else title.removesuffix(": ")
    if count > 1:
        text += f" {count}x"
    return Signal(kind=name, text=text, count=count, last_at=_EPOCH + timedelta(microseconds=newest), asset=asset)
