"""The engagement ledger: a fold in order of occurrence, with caps, windows and decay. Its lines sum to its balance.

Domain, sections 3.2 and 3.3. Here stands each rule once: an event that is the newest is folded on top of what was; a
late one, or a new agreement, means that the past is folded again (`past`), by the same functions.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Final

from scoring.decide import signals
from scoring.decide.state import LeadEngagement, LedgerLine, LedgerState, Recency, Tally
from scoring.decide.terms import Award, ModelTerms, Terms

DECAY: Final = "decay"
"""Rule of the lines that take points away."""
MARK: Final = 6
"""Bytes that stand for one asset or message: two of a lead's look alike once in a hundred million leads."""
Lines = dict[str, list[LedgerLine]]
"""Lines by name of the model."""


def count(tally: Tally, engagement: LeadEngagement, terms: Terms, lines: Lines) -> None:
    """Folds the engagement that is next in order; appends what it is worth to `lines`. A bot's changes nothing."""
    if engagement.bot:
        return
    for model in terms.models:
        ledger = tally.ledgers.get(model.name)
        if ledger is None:
            ledger = tally.ledgers[model.name] = LedgerState()
        _fold(ledger, engagement, model, terms, lines)
    _note(tally.recency, engagement, terms)
    signals.note(tally, engagement, terms)


def lines_of(engagements: Iterable[LeadEngagement], until: datetime | None, terms: Terms) -> Lines:
    """The lines of engagements before which there were none, and of the time up to `until`."""
    tally, lines = Tally(), Lines()
    for engagement in engagements:
        count(tally, engagement, terms, lines)
    if until is not None:
        elapse(tally, until, terms, lines)
    return lines


def elapse(tally: Tally, until: datetime, terms: Terms, lines: Lines) -> None:
    """Takes the decay steps of all models that are due by `until`."""
    for model in terms.models:
        if (ledger := tally.ledgers.get(model.name)) is not None:
            _decay(ledger, until, model, lines)


def next_decay(tally: Tally, terms: Terms) -> datetime | None:
    """When time alone next takes points away."""
    first = None
    for model in terms.models:
        ledger = tally.ledgers.get(model.name)
        at = _next_step(ledger, model) if ledger else None
        if at is not None and (first is None or at < first):
            first = at
    return first


def decayed_since(tally: Tally, at: datetime, terms: Terms) -> bool:
    """Whether a decay step was taken that lies after `at`: what occurred then cannot be folded on top of it."""
    for model in terms.models:
        ledger = tally.ledgers.get(model.name)
        if ledger is None or not ledger.decay_steps or ledger.engaged_at is None:
            continue
        if ledger.engaged_at + model.decay[ledger.decay_steps - 1][0] > at:
            return True
    return False


def forget_expired(tally: Tally, terms: Terms, at: datetime) -> None:
    """Drops what no engagement at `at` or later can ask for: keys whose period, and points whose window, is over."""
    for model in terms.models:
        ledger, awards = tally.ledgers.get(model.name), model.awards
        if ledger is None:
            continue
        for key, counted in list(ledger.counted_at.items()):
            award = awards.get(key.partition("|")[0])
            if award is not None and award.period is not None and at - counted >= award.period:
                del ledger.counted_at[key]
        for rule, given in list(ledger.capped.items()):
            award = awards.get(rule)
            if award is not None and award.within is not None and all(one <= at - award.within for one, _ in given):
                del ledger.capped[rule]
    signals.forget_expired(tally, at - terms.gate.window)


def _next_step(state: LedgerState, model: ModelTerms) -> datetime | None:
    if state.engaged_at is None or not state.balance or state.decay_steps >= len(model.decay):
        return None
    return state.engaged_at + model.decay[state.decay_steps][0]


def _decay(state: LedgerState, until: datetime, model: ModelTerms, lines: Lines) -> None:
    """Takes the decay steps due by `until`: each keeps its share of the balance, rounded down (domain, section 3.3)."""
    while (at := _next_step(state, model)) is not None and at <= until:
        _, percent, text = model.decay[state.decay_steps]
        rest = state.balance * percent // 100
        if rest != state.balance:
            _append(lines, model, LedgerLine(at, "", DECAY, rest - state.balance, text))
        state.balance = rest
        state.decay_steps += 1


def _fold(state: LedgerState, engagement: LeadEngagement, model: ModelTerms, terms: Terms, lines: Lines) -> None:
    """Changes `state` by one engagement, and appends the lines that it is worth."""
    at, kind = engagement.at, engagement.kind
    _decay(state, at, model, lines)
    if (award := model.awards.get(kind)) is not None:
        if added := _add(state, _points(state, engagement, kind, award), model):
            because = _because(engagement, kind, terms)
            _append(lines, model, LedgerLine(at, engagement.event, kind, added, because))
        state.engaged_at, state.decay_steps = at, 0
    if kind in model.visits:
        state.visits += 1
        rule = model.nth_kind
        if (award := model.awards.get(rule)) is None or state.visits % model.nth:
            return
        if added := _add(state, _points(state, engagement, rule, award), model):
            because = _because(engagement, rule, terms)
            _append(lines, model, LedgerLine(at, engagement.event, rule, added, because))


def _append(lines: Lines, model: ModelTerms, line: LedgerLine) -> None:
    known = lines.get(model.name)
    if known is None:
        lines[model.name] = [line]
    else:
        known.append(line)


def _add(state: LedgerState, points: int, model: ModelTerms) -> int:
    """What the cap of the balance leaves of the points; the rest is not banked."""
    if not points:
        return 0
    before = state.balance
    after = before + points
    if not model.lowest <= after <= model.highest:
        after = max(model.lowest, min(model.highest, after))
    state.balance = after
    return after - before


def _points(state: LedgerState, engagement: LeadEngagement, rule: str, award: Award) -> int:
    """What the rule gives, before the cap of the balance; uses up the once-only key and the room in the window."""
    mark, key = b"", ""
    if award.once is not None:
        key = _once_key(engagement, rule, award)
        if award.for_ever:
            mark = mark_of(key)
            if _has(state.seen, mark):
                return 0
        elif (counted := state.counted_at.get(key)) is not None and (
            award.period is None or engagement.at - counted < award.period
        ):
            return 0
    points = award.points
    if award.cap is not None and award.within is not None:
        given = _given(state, rule, engagement.at - award.within)
        points = min(points, award.cap - _worth(given))
        if points <= 0:
            return 0
        given.append((engagement.at, points))
    if mark:
        state.seen += mark
    elif key:
        state.counted_at[key] = engagement.at
    return points


def _given(state: LedgerState, rule: str, start: datetime) -> list[tuple[datetime, int]]:
    """What the rule gave after `start`, oldest first, as the state keeps it from now on."""
    given = state.capped.get(rule)
    if given is None or (given and given[0][0] <= start):
        given = state.capped[rule] = [one for one in given or () if one[0] > start]
    return given


def _worth(given: list[tuple[datetime, int]]) -> int:
    worth = 0
    for _, points in given:
        worth += points
    return worth


def mark_of(key: str) -> bytes:
    """Stands for an asset or message that counts once for ever."""
    return blake2b(key.encode(), digest_size=MARK).digest()


def _has(seen: bytes, mark: bytes) -> bool:
    place = seen.find(mark)
    while place > 0 and place % MARK:
        place = seen.find(mark, place + 1)
    return place >= 0


def _once_key(engagement: LeadEngagement, rule: str, award: Award) -> str:
    if award.once == "asset":
        return f"{rule}|{engagement.asset or ''}"
    if award.once == "message":
        return f"{rule}|{engagement.message or engagement.event}"
    return rule


def _because(engagement: LeadEngagement, rule: str, terms: Terms) -> str:
    """What people read of a line: `case study: retail`, `pricing page`."""
    kind = terms.kinds.get(rule)
    title = kind.title if kind else rule
    return f"{title}: {engagement.asset}" if engagement.asset_named and rule == engagement.kind else title


def _note(recency: Recency, engagement: LeadEngagement, terms: Terms) -> None:
    """Moves the instants of `recency` forward to this engagement, as far as it is of their sort."""
    kind, at = terms.kinds.get(engagement.kind), engagement.at
    if kind is None or not kind.engaging:
        return
    recency.engaged_at = at
    if kind.routed:
        recency.intent_at = at
    if kind.hand_raise:
        recency.hand_raise_at, recency.hand_raise = at, engagement.kind


def sum_of(lines: Iterable[LedgerLine]) -> int:
    """Points of all lines."""
    return sum(line.points for line in lines)
