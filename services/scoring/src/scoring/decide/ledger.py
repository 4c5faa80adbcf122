"""The engagement ledger: a fold in order of occurrence, with caps, windows and decay. Its lines sum to its balance.

Single engagements are remembered for the last decay plus the longest window (180 days as shipped), at most `MOST` of
them; older ones are sealed into a base: balance, visit count, once-only keys, points under rolling caps. That is all a
later fold can ask of them, so folding from the base gives what folding from the beginning would. Only an engagement
that arrives later than the memory reaches back is worth nothing.
"""

from bisect import insort
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from scoring.decide.state import Entry, Fold, Latest, Lead, Ledger, LedgerLine
from scoring.decide.terms import NTH_VISIT, Award, ModelTerms, Terms

MOST: Final = 400
DECAY: Final = "decay"


def enter(lead: Lead, entry: Entry, terms: Terms) -> bool:
    """Adds one engagement at its place; false when it lies before the seal. `lead.as_of` has been moved already."""
    if lead.sealed is not None and entry.key <= lead.sealed:
        return False
    newest = entry.at == lead.as_of and (not lead.entries or lead.entries[-1].key < entry.key)
    if newest and lead.terms == terms.version:
        lead.entries.append(entry)
        for model in terms.models:
            ledger = lead.ledgers[model.name]
            _fold(ledger.head, entry, model, terms, ledger.lines)
    else:
        insort(lead.entries, entry, key=lambda known: known.key)
        refold(lead, terms)
    _seal(lead, terms)
    return True


def refold(lead: Lead, terms: Terms) -> None:
    """Everything since the seal again, under the terms in force."""
    known = lead.ledgers
    lead.ledgers = {}
    for model in terms.models:
        base = known[model.name].base if model.name in known else Fold()
        ledger = Ledger(base, base.copy(), [])
        for entry in lead.entries:
            _fold(ledger.head, entry, model, terms, ledger.lines)
        if lead.as_of is not None:
            _decay(ledger.head, lead.as_of, model, ledger.lines)
        lead.ledgers[model.name] = ledger
    lead.terms = terms.version


def elapse(lead: Lead, until: datetime, terms: Terms) -> None:
    """Decay steps that are due by now."""
    for model in terms.models:
        ledger = lead.ledgers[model.name]
        _decay(ledger.head, until, model, ledger.lines)


def next_decay(lead: Lead, terms: Terms) -> datetime | None:
    """When time alone next takes points away."""
    found = [at for model in terms.models if (at := _next_step(lead.ledgers[model.name].head, model)) is not None]
    return min(found, default=None)


def _next_step(fold: Fold, model: ModelTerms) -> datetime | None:
    if fold.last is None or not fold.balance or fold.steps >= len(model.decay):
        return None
    return fold.last + model.decay[fold.steps][0]


def _decay(fold: Fold, until: datetime, model: ModelTerms, lines: list[LedgerLine]) -> None:
    while (at := _next_step(fold, model)) is not None and at <= until:
        _, percent, text = model.decay[fold.steps]
        kept = fold.balance * percent // 100
        if kept != fold.balance:
            lines.append(LedgerLine(at, "", DECAY, kept - fold.balance, text))
        fold.balance = kept
        fold.steps += 1


def _fold(fold: Fold, entry: Entry, model: ModelTerms, terms: Terms, lines: list[LedgerLine]) -> None:
    if entry.machine:
        return
    _decay(fold, entry.at, model, lines)
    if (award := model.awards.get(entry.kind)) is not None:
        added = _add(fold, _due(fold, entry, entry.kind, award), model)
        if added:
            lines.append(LedgerLine(entry.at, entry.event, entry.kind, added, _reading(entry, entry.kind, terms)))
        fold.last, fold.steps = entry.at, 0
    if entry.kind in model.visits:
        fold.visits += 1
        visit = model.awards.get(NTH_VISIT)
        if visit is None or fold.visits % model.nth:
            return
        if added := _add(fold, _due(fold, entry, NTH_VISIT, visit), model):
            lines.append(LedgerLine(entry.at, entry.event, NTH_VISIT, added, _reading(entry, NTH_VISIT, terms)))


def _add(fold: Fold, points: int, model: ModelTerms) -> int:
    """What the cap of the balance leaves of the points; the rest is not banked."""
    before = fold.balance
    fold.balance = max(model.lowest, min(model.highest, before + points))
    return fold.balance - before


def _due(fold: Fold, entry: Entry, rule: str, award: Award) -> int:
    """What the rule gives, before the cap of the balance; uses up the once-only key and the room in the window."""
    if award.once is not None:
        key = _once_key(entry, rule, award)
        counted = fold.counted.get(key)
        if counted is not None and (award.period is None or entry.at - counted < award.period):
            return 0
    points = award.points
    if award.cap is not None and award.within is not None:
        start = entry.at - award.within
        given = [(at, worth) for at, worth in fold.recent.get(rule, ()) if at > start]
        points = min(points, award.cap - sum(worth for _, worth in given))
        if points > 0:
            given.append((entry.at, points))
        fold.recent[rule] = given
        if points <= 0:
            return 0
    if award.once is not None:
        fold.counted[key] = entry.at
    return points


def _once_key(entry: Entry, rule: str, award: Award) -> str:
    if award.once == "asset":
        return f"{rule}|{entry.asset or ''}"
    if award.once == "message":
        return f"{rule}|{entry.message or entry.event}"
    return rule


def _reading(entry: Entry, rule: str, terms: Terms) -> str:
    """`case study: retail`."""
    kind = terms.kinds.get(rule)
    title = kind.title if kind else rule
    return f"{title}: {entry.asset}" if entry.named and rule == entry.kind else title


def _seal(lead: Lead, terms: Terms) -> None:
    assert lead.as_of is not None  # noqa: S101  (an engagement has been entered)
    horizon: datetime = lead.as_of - max(terms.memory, timedelta())
    count = 0
    while count < len(lead.entries) and (lead.entries[count].at < horizon or len(lead.entries) - count > MOST):
        entry = lead.entries[count]
        for model in terms.models:
            _fold(lead.ledgers[model.name].base, entry, model, terms, [])
        _remember(lead.older, entry, terms)
        count += 1
    if not count:
        return
    sealed = lead.entries[count - 1].key
    del lead.entries[:count]
    lead.sealed = sealed
    for ledger in lead.ledgers.values():
        ledger.lines[:] = [line for line in ledger.lines if line.key > sealed]


def latest(lead: Lead, terms: Terms) -> Latest:
    """From the newest entry back, until each sort has been met."""
    found = Latest()
    for entry in reversed(lead.entries):
        _remember(found, entry, terms)
        if found.engaged and found.intent and found.raised:
            return found
    older = lead.older
    return Latest(
        found.engaged or older.engaged,
        found.intent or older.intent,
        found.raised or older.raised,
        found.raised_kind or older.raised_kind,
    )


def _remember(found: Latest, entry: Entry, terms: Terms) -> None:
    kind = terms.kinds.get(entry.kind)
    if kind is None or entry.machine or not kind.engaging:
        return
    if found.engaged is None or entry.at > found.engaged:
        found.engaged = entry.at
    if kind.intent in terms.routing_intents and (found.intent is None or entry.at > found.intent):
        found.intent = entry.at
    if kind.hand_raise and (found.raised is None or entry.at > found.raised):
        found.raised, found.raised_kind = entry.at, entry.kind


def moved(lead: Lead, before: Mapping[str, Sequence[LedgerLine]]) -> tuple[bool, bool]:
    """Whether lines were added, and whether lines that stood are gone or changed. Sealed lines still stand."""
    added = corrected = False
    for model, lines in before.items():
        stood = {line for line in lines if lead.sealed is None or line.key > lead.sealed}
        now = set(lead.ledgers[model].lines)
        added, corrected = added or not now <= stood, corrected or not stood <= now
    return added, corrected
