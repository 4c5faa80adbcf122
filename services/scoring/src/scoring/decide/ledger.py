"""The engagement ledger: a fold in order of occurrence, with caps, windows and decay. Its lines sum to its balance.

Domain, sections 3.2 and 3.3. Single engagements are remembered for the last decay plus the longest window (180 days as
shipped), at most `MOST` of them; older ones are sealed into a base: balance, visit count, once-only keys, points under
rolling caps. That is all a later fold can ask of them, so folding from the base gives what folding from the beginning
would. Only an engagement that arrives later than the memory reaches back is worth nothing.
"""

from bisect import insort
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from scoring.decide.state import Lead, LeadEngagement, Ledger, LedgerLine, LedgerState, Recency
from scoring.decide.terms import Award, ModelTerms, Terms

MOST: Final = 400
"""Single engagements remembered of one lead."""
DECAY: Final = "decay"
"""Rule of the lines that take points away."""


def enter(lead: Lead, engagement: LeadEngagement, terms: Terms) -> bool:
    """Adds one engagement at its place in time; false, and no change, when it lies before the seal.

    `lead.as_of` is at the engagement or after it. The newest one is folded on top; a late one means a refold.
    """
    if lead.sealed is not None and engagement.order <= lead.sealed:
        return False
    newest = engagement.at == lead.as_of and (not lead.engagements or lead.engagements[-1].order < engagement.order)
    if newest and lead.terms == terms.version:
        lead.engagements.append(engagement)
        for model in terms.models:
            ledger = lead.ledgers[model.name]
            _fold(ledger.head, engagement, model, terms, ledger.lines)
    else:
        insort(lead.engagements, engagement, key=lambda one: one.order)
        refold(lead, terms)
    _seal(lead, terms)
    return True


def refold(lead: Lead, terms: Terms) -> None:
    """Folds everything since the seal again, under the terms in force."""
    before = lead.ledgers
    lead.ledgers = {}
    for model in terms.models:
        base = before[model.name].base if model.name in before else LedgerState()
        ledger = Ledger(base, base.copy(), [])
        for engagement in lead.engagements:
            _fold(ledger.head, engagement, model, terms, ledger.lines)
        if lead.as_of is not None:
            _decay(ledger.head, lead.as_of, model, ledger.lines)
        lead.ledgers[model.name] = ledger
    lead.terms = terms.version


def elapse(lead: Lead, until: datetime, terms: Terms) -> None:
    """Takes the decay steps of all models that are due by `until`."""
    for model in terms.models:
        ledger = lead.ledgers[model.name]
        _decay(ledger.head, until, model, ledger.lines)


def next_decay(lead: Lead, terms: Terms) -> datetime | None:
    """When time alone next takes points away."""
    steps = [at for model in terms.models if (at := _next_step(lead.ledgers[model.name].head, model)) is not None]
    return min(steps, default=None)


def _next_step(state: LedgerState, model: ModelTerms) -> datetime | None:
    if state.engaged_at is None or not state.balance or state.decay_steps >= len(model.decay):
        return None
    return state.engaged_at + model.decay[state.decay_steps][0]


def _decay(state: LedgerState, until: datetime, model: ModelTerms, lines: list[LedgerLine]) -> None:
    """Takes the decay steps due by `until`: each keeps its share of the balance, rounded down (domain, section 3.3)."""
    while (at := _next_step(state, model)) is not None and at <= until:
        _, percent, text = model.decay[state.decay_steps]
        rest = state.balance * percent // 100
        if rest != state.balance:
            lines.append(LedgerLine(at, "", DECAY, rest - state.balance, text))
        state.balance = rest
        state.decay_steps += 1


def _fold(
    state: LedgerState, engagement: LeadEngagement, model: ModelTerms, terms: Terms, lines: list[LedgerLine]
) -> None:
    """Changes `state` by one engagement and appends the lines it is worth; a bot's changes nothing."""
    if engagement.bot:
        return
    at, kind = engagement.at, engagement.kind
    _decay(state, at, model, lines)
    if (award := model.awards.get(kind)) is not None:
        if added := _add(state, _points(state, engagement, kind, award), model):
            lines.append(LedgerLine(at, engagement.event, kind, added, _because(engagement, kind, terms)))
        state.engaged_at, state.decay_steps = at, 0
    if kind in model.visits:
        state.visits += 1
        rule = model.nth_kind
        if (award := model.awards.get(rule)) is None or state.visits % model.nth:
            return
        if added := _add(state, _points(state, engagement, rule, award), model):
            lines.append(LedgerLine(at, engagement.event, rule, added, _because(engagement, rule, terms)))


def _add(state: LedgerState, points: int, model: ModelTerms) -> int:
    """What the cap of the balance leaves of the points; the rest is not banked."""
    before = state.balance
    state.balance = max(model.lowest, min(model.highest, before + points))
    return state.balance - before


def _points(state: LedgerState, engagement: LeadEngagement, rule: str, award: Award) -> int:
    """What the rule gives, before the cap of the balance; uses up the once-only key and the room in the window."""
    if award.once is not None:
        key = _once_key(engagement, rule, award)
        counted = state.counted_at.get(key)
        if counted is not None and (award.period is None or engagement.at - counted < award.period):
            return 0
    points = award.points
    if award.cap is not None and award.within is not None:
        start = engagement.at - award.within
        given = [(at, worth) for at, worth in state.capped.get(rule, ()) if at > start]
        points = min(points, award.cap - sum(worth for _, worth in given))
        if points > 0:
            given.append((engagement.at, points))
        state.capped[rule] = given
        if points <= 0:
            return 0
    if award.once is not None:
        state.counted_at[key] = engagement.at
    return points


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


def _seal(lead: Lead, terms: Terms) -> None:
    """Folds engagements that are older than the memory, or too many, into the bases, and forgets them one by one."""
    assert lead.as_of is not None  # noqa: S101  (an engagement has been entered)
    horizon: datetime = lead.as_of - max(terms.memory, timedelta())
    engagements, count = lead.engagements, 0
    while count < len(engagements) and (engagements[count].at < horizon or len(engagements) - count > MOST):
        engagement = engagements[count]
        for model in terms.models:
            _fold(lead.ledgers[model.name].base, engagement, model, terms, [])
        _note(lead.sealed_recency, engagement, terms)
        count += 1
    if not count:
        return
    sealed = engagements[count - 1].order
    del engagements[:count]
    lead.sealed = sealed
    for ledger in lead.ledgers.values():
        ledger.lines[:] = [line for line in ledger.lines if line.order > sealed]


def find_recency(lead: Lead, terms: Terms) -> Recency:
    """When the last human engagement of each sort was: from the newest back, until each sort has been met."""
    recency = Recency()
    for engagement in reversed(lead.engagements):
        _note(recency, engagement, terms)
        if recency.engaged_at and recency.intent_at and recency.hand_raise_at:
            return recency
    older = lead.sealed_recency
    return Recency(
        recency.engaged_at or older.engaged_at,
        recency.intent_at or older.intent_at,
        recency.hand_raise_at or older.hand_raise_at,
        recency.hand_raise or older.hand_raise,
    )


def _note(recency: Recency, engagement: LeadEngagement, terms: Terms) -> None:
    """Moves the instants of `recency` forward to this engagement, as far as it is of their sort."""
    kind, at = terms.kinds.get(engagement.kind), engagement.at
    if kind is None or engagement.bot or not kind.engaging:
        return
    if recency.engaged_at is None or at > recency.engaged_at:
        recency.engaged_at = at
    if kind.intent in terms.routing_intents and (recency.intent_at is None or at > recency.intent_at):
        recency.intent_at = at
    if kind.hand_raise and (recency.hand_raise_at is None or at > recency.hand_raise_at):
        recency.hand_raise_at, recency.hand_raise = at, engagement.kind


def compare_lines(lead: Lead, before: Mapping[str, Sequence[LedgerLine]]) -> tuple[bool, bool]:
    """Whether lines were added since `before`, and whether lines of then were taken back. Sealing takes none back."""
    added = corrected = False
    for model, lines in before.items():
        old = {line for line in lines if lead.sealed is None or line.order > lead.sealed}
        new = set(lead.ledgers[model].lines)
        added, corrected = added or not new <= old, corrected or not old <= new
    return added, corrected
