"""A lead's past: its engagements in blocks, appended as they come, and read only when they must be folded again.

The newest engagements stand in the hot state; with each `BLOCK` of them a block is closed. A block keeps what all up to
its end add up to, so that folding again begins at most `MOST` blocks back: what arrives late counts if it lies within
the agreement's memory and within these blocks.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Protocol

import msgspec

from events.leads import EngagementJudged
from events.scores import SHOWN_LINES
from scoring.decide import ledger
from scoring.decide.bursts import mark_bursts, recent_clicks
from scoring.decide.ledger import Lines
from scoring.decide.state import Lead, LeadEngagement, LedgerLine, OldLead, Order, PastBlock, Tally, utc_instant
from scoring.decide.terms import Terms

BLOCK: Final = 16
"""Engagements of a block; late ones make it longer."""
MOST: Final = 25
"""Blocks that are read to fold again."""
EARLIER: Final = "agreement"
"""Rule of a line for what an agreement of then gave."""
_ENCODER: Final = msgspec.msgpack.Encoder()
_ENGAGEMENTS: Final = msgspec.msgpack.Decoder(tuple[LeadEngagement, ...])
_LINE: Final = msgspec.msgpack.Decoder(LedgerLine)
_BLOCK: Final = msgspec.msgpack.Decoder(PastBlock)


class Blocks(Protocol):
    """Where blocks are found and put; the working set of a batch."""

    terms: Terms

    def block(self, lead: Lead, number: int) -> bytes:
        """The block as stored. Raises Missing when it has not been loaded."""
        ...

    def put_block(self, lead: Lead, number: int, body: bytes) -> None:
        """Keeps a new or changed block."""
        ...


class Refolded(NamedTuple):
    """What folding again changed: lines by model that are new, and lines that do not hold any more."""

    added: Lines
    taken: Lines


@dataclass(slots=True)
class Past:
    """Engagements since `base` in stretches, the last of which stands in the hot state."""

    first: int
    """Number of the first stretch's block."""
    base: Tally
    until: Order | None
    """What lies before is not looked at again."""
    stretches: list[list[LeadEngagement]]

    def engagements(self) -> list[LeadEngagement]:
        """All of them, in order of occurrence."""
        return [one for stretch in self.stretches for one in stretch]


def append(blocks: Blocks, lead: Lead, engagement: LeadEngagement) -> None:
    """Adds the engagement that is last in the order of occurrence, and that the tally has counted."""
    lead.recent += _ENCODER.encode(engagement)
    lead.recent_count += 1
    lead.newest_at, lead.newest_event = engagement.at, engagement.event
    if lead.recent_count >= BLOCK:
        if lead.lines is None:
            lead.lines = {}
            note_lines(lead, ledger.lines_of(engagements_of(lead), None, blocks.terms))
        ledger.forget_expired(lead.tally, blocks.terms, engagement.at)
        _close(blocks, lead)


def enter_late(blocks: Blocks, lead: Lead, engagement: LeadEngagement, *, burst: bool = False) -> Refolded | None:
    """Enters an engagement at its place in time and folds again from there; `burst`: it may complete one.

    None for one from before what is remembered: it changes nothing. Raises Missing.
    """
    terms = blocks.terms
    assert lead.as_of is not None  # noqa: S101  (time has been taken into account up to the engagement)
    if engagement.at < lead.as_of - terms.memory:
        return None
    past = read(blocks, lead)
    if past.until is not None and engagement.order <= past.until:
        return None
    before = fold(past, lead.as_of, terms)[1]
    place = next((n for n, one in enumerate(past.stretches) if one and engagement.order < one[-1].order), -1)
    insort(past.stretches[place], engagement, key=lambda one: one.order)
    if burst:
        past.stretches = _marked(past.stretches, engagement.message, terms)
    after = refold(blocks, lead, past)
    return Refolded(_without(after, before), _without(before, after))


def judge(blocks: Blocks, lead: Lead, engagement: EngagementJudged.Data, bot: str) -> Refolded | None:
    """Marks the engagement as a bot's (why), or a person's (empty), for good, and folds again.

    None when it is among nothing that is remembered, or stands there with this mark. Raises Missing.
    """
    terms, past, found = blocks.terms, read(blocks, lead), False
    before = fold(past, lead.as_of, terms)[1]
    for stretch in past.stretches:
        for place, one in enumerate(stretch):
            if _is_meant(one, engagement) and (one.bot, one.final) != (bot, True):
                stretch[place], found = msgspec.structs.replace(one, bot=bot, final=True), True
    if not found:
        return None
    after = refold(blocks, lead, past)
    return Refolded(_without(after, before), _without(before, after))


def _is_meant(one: LeadEngagement, engagement: EngagementJudged.Data) -> bool:
    """The same kind at the same instant; of mail the same message, of a click the same link."""
    return (
        one.kind == engagement.kind
        and one.at == utc_instant(engagement.occurred)
        and one.message in (None, engagement.mail or engagement.message_id)
        and one.link in (None, engagement.link)
    )


def restate(blocks: Blocks, lead: Lead) -> None:
    """Folds again under the agreement in force, and looks at the facts anew when next asked. Raises Missing."""
    refold(blocks, lead, read(blocks, lead))
    lead.terms, lead.profile, lead.restated = blocks.terms.version, None, True


def convert(blocks: Blocks, old: OldLead) -> Lead:
    """The hot state and past of a row of the first release."""
    lead = msgspec.structs.replace(old.lead, terms=blocks.terms.version)
    stretches = [list(old.engagements[n : n + BLOCK]) for n in range(0, len(old.engagements), BLOCK)]
    if not stretches or len(stretches[-1]) == BLOCK:
        stretches.append([])
    first = 0
    if old.sealed is not None:
        blocks.put_block(lead, 0, _ENCODER.encode(PastBlock((), old.base, old.sealed)))
        first = lead.blocks = 1
    refold(blocks, lead, Past(first, old.base, old.sealed, stretches))
    return lead


def read(blocks: Blocks, lead: Lead) -> Past:
    """The past of a lead, as far as it can still change. Raises Missing."""
    first = max(0, lead.blocks - MOST)
    base, until = Tally(), None
    if first:
        before = _BLOCK.decode(blocks.block(lead, first - 1))
        base, until = before.after, before.until
    stretches: list[list[LeadEngagement]] = []
    for number in range(first, lead.blocks):
        block = _BLOCK.decode(blocks.block(lead, number))
        if block.engagements:
            stretches.append(list(block.engagements))
        else:
            first, base, until = number + 1, block.after, block.until
    return Past(first, base, until, [*stretches, list(engagements_of(lead))])


def wanted(lead: Lead) -> range:
    """Numbers of the blocks that `read` asks for."""
    return range(max(0, lead.blocks - MOST - 1), lead.blocks)


def engagements_of(lead: Lead) -> tuple[LeadEngagement, ...]:
    """Those that stand in the hot state."""
    return _ENGAGEMENTS.decode(b"\xdc" + lead.recent_count.to_bytes(2, "big") + lead.recent)


def fold(past: Past, as_of: datetime | None, terms: Terms) -> tuple[Tally, Lines]:
    """What the whole past adds up to at `as_of`, and its lines; `past` is left as it is."""
    tally, lines = _copy(past.base), Lines()
    for engagement in past.engagements():
        ledger.count(tally, engagement, terms, lines)
    if as_of is not None:
        ledger.elapse(tally, as_of, terms, lines)
    return tally, lines


def newest_lines(lead: Lead, model: str, terms: Terms) -> list[LedgerLine]:
    """The newest lines of a model's ledger, as many as a standing shows; the very newest first."""
    if lead.lines is None:
        lines = ledger.lines_of(engagements_of(lead), lead.as_of, terms).get(model, [])
        return lines[: -SHOWN_LINES - 1 : -1]
    return [_LINE.decode(line) for line in reversed(lead.lines.get(model, ()))]


def note_lines(lead: Lead, lines: Lines) -> None:
    """Keeps the lines that were just added to the lead's ledgers, where the past does not stand in the hot state."""
    if lead.lines is not None:
        for model, some in lines.items():
            known = lead.lines.setdefault(model, [])
            known += map(_ENCODER.encode, some)
            del known[:-SHOWN_LINES]


def refold(blocks: Blocks, lead: Lead, past: Past) -> Lines:
    """Makes the hot state and the blocks what this past gives; returns its lines."""
    terms, lines = blocks.terms, Lines()
    lead.tally, lead.blocks, lead.recent, lead.recent_count = _copy(past.base), past.first, b"", 0
    lead.newest_at, lead.newest_event = (past.until[0], past.until[2]) if past.until else (None, "")
    last = len(past.stretches) - 1
    for number, stretch in enumerate(past.stretches):
        for engagement in stretch:
            ledger.count(lead.tally, engagement, terms, lines)
            lead.recent += _ENCODER.encode(engagement)
            lead.newest_at, lead.newest_event = engagement.at, engagement.event
        lead.recent_count = len(stretch)
        if stretch and (number < last or len(stretch) >= BLOCK):
            ledger.forget_expired(lead.tally, terms, stretch[-1].at)
            _close(blocks, lead)
    if lead.as_of is not None:
        ledger.elapse(lead.tally, lead.as_of, terms, lines)
    lead.clicks = recent_clicks(past.engagements(), terms.bursts)
    lead.lines = {} if lead.blocks else None
    note_lines(lead, lines)
    return lines


def _close(blocks: Blocks, lead: Lead) -> None:
    """Engagements of the hot state become a block."""
    block = PastBlock(engagements_of(lead), lead.tally, lead.newest)
    blocks.put_block(lead, lead.blocks, _ENCODER.encode(block))
    lead.blocks += 1
    lead.recent, lead.recent_count = b"", 0


def _marked(
    stretches: Sequence[Sequence[LeadEngagement]], message: str | None, terms: Terms
) -> list[list[LeadEngagement]]:
    marked = iter(mark_bursts([one for stretch in stretches for one in stretch], message, terms.bursts))
    return [[next(marked) for _ in stretch] for stretch in stretches]


def _without(lines: Lines, others: Lines) -> Lines:
    """Lines that are not among the others, by model."""
    return {model: rest for model, some in lines.items() if (rest := _rest(some, others.get(model, ())))}


def _rest(lines: Iterable[LedgerLine], others: Iterable[LedgerLine]) -> list[LedgerLine]:
    known = set(others)
    return [line for line in lines if line not in known]


def _copy(tally: Tally) -> Tally:
    copy: Tally = msgspec.msgpack.decode(_ENCODER.encode(tally), type=Tally)
    return copy


def ledger_lines(lead: Lead, blocks: Sequence[PastBlock], terms: Terms) -> list[tuple[str, LedgerLine]]:
    """All lines of the lead with their models, from all of its blocks: per model they sum to the balance.

    What another agreement gave in its time stands as one line of the block in which it counted.
    """
    found: list[tuple[str, LedgerLine]] = []
    base = Tally()
    stretches = [(block.engagements, block.after) for block in blocks] + [(engagements_of(lead), lead.tally)]
    for engagements, after in stretches:
        tally, lines = _copy(base), Lines()
        for engagement in engagements:
            ledger.count(tally, engagement, terms, lines)
        if after is lead.tally and lead.as_of is not None:
            ledger.elapse(tally, lead.as_of, terms, lines)
        for model, state in after.ledgers.items():
            some = lines.get(model, [])
            was = base.ledgers[model].balance if model in base.ledgers else 0
            rest = state.balance - was - ledger.sum_of(some)
            if rest and engagements:
                some = [*some, LedgerLine(engagements[-1].at, "", EARLIER, rest, "counted under another agreement")]
            found += [(model, line) for line in some]
        base = after
    return found
