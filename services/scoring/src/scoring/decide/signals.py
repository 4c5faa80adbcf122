"""Intent signals as a person would say them: `pricing page 3x`, `case study: retail`. Repeats worth 0 show too."""

from bisect import bisect_right
from datetime import datetime
from functools import lru_cache
from typing import Final

from events.scores import Signal
from scoring.decide.state import Entry, Lead
from scoring.decide.terms import Terms

SHOWN: Final = 20
_REMEMBERED: Final = 16_384
_STRENGTH: Final = {"high": 0, "medium": 1, "low": 2}


def signals(lead: Lead, terms: Terms) -> list[Signal]:
    """Human engagements of some intent in the gate's window, strongest first, then newest."""
    found: dict[tuple[str, str | None], tuple[int, Entry]] = {}
    kinds = terms.kinds
    for entry in _recent(lead, terms):
        kind = kinds.get(entry.kind)
        if kind is None or kind.intent not in _STRENGTH:
            continue
        key = (entry.kind, entry.asset if kind.per_asset else None)
        known = found.get(key)
        found[key] = (1, entry) if known is None else (known[0] + 1, known[1])
    ranked = sorted(found.values(), key=lambda item: (_STRENGTH[terms.kinds[item[1].kind].intent], -_order(item[1].at)))
    return [_signal(entry, count, terms) for count, entry in ranked[:SHOWN]]


def assets(lead: Lead, terms: Terms) -> tuple[str, ...]:
    """Content taken in, newest first."""
    found = dict.fromkeys(entry.asset for entry in _recent(lead, terms) if entry.named)
    return tuple(asset for asset in found if asset is not None)[:SHOWN]


def _recent(lead: Lead, terms: Terms) -> list[Entry]:
    """Human engagements in the gate's window, newest first."""
    assert lead.as_of is not None  # noqa: S101  (only leads that have met an event are asked)
    entries, start = lead.entries, lead.as_of - terms.gate.window
    if entries and entries[0].at <= start:
        entries = entries[bisect_right(entries, start, key=_at) :]
    return [entry for entry in reversed(entries) if not entry.machine]


def _at(entry: Entry) -> datetime:
    return entry.at


def _signal(entry: Entry, count: int, terms: Terms) -> Signal:
    kind = terms.kinds[entry.kind]
    asset = entry.asset if kind.per_asset and entry.named else None
    text = f"{kind.title}: {asset}" if asset else kind.title
    if count > 1:
        text += f" {count}x"
    return _made(entry.kind, text, count, entry.at, asset)


@lru_cache(_REMEMBERED)
def _made(kind: str, text: str, count: int, at: datetime, asset: str | None) -> Signal:
    return Signal(kind=kind, text=text, count=count, last_at=at, asset=asset)


def _order(at: datetime) -> float:
    return at.timestamp()
