"""The state machine of a lead as a table: (stage, status, move) -> (stage, status). An absent row is refused."""

from datetime import datetime
from itertools import product
from typing import Final

from msgspec.structs import replace

from events.vocabulary import (
    ENDED_STAGES,
    OPEN_STAGES,
    OUT_OF_WORK,
    STAGES,
    STATUSES,
    WITH_A_REP,
    WITH_NOBODY,
    Stage,
    Status,
)
from routing.decide.state import Attempt, Exit, Lead

StageStatus = tuple[Stage, Status]

FREE: Final = ("new", *OUT_OF_WORK)
IDLE: Final = WITH_NOBODY
HELD: Final = WITH_A_REP
GONE: Final = tuple(status for status in OUT_OF_WORK if status != "suppressed")
"""Out of the funnel, and may come back; only `suppressed` may not, unless sales says so."""
FUNNEL: Final = OPEN_STAGES
ENDED: Final = ENDED_STAGES
ANY: Final = STATUSES
SAME: Final = None

CORRECTIONS: Final = ("deal_reopened", "deal_won", "deal_lost")
"""They say how the same cycle ended, or that it has not: from an ended stage, or of a deal opened in it."""

MoveRule = tuple[str, tuple[str, ...], tuple[str, ...], str | None, str | None]

ROWS: Final[tuple[MoveRule, ...]] = (
    # move             from stages                 from statuses           to stage       to status
    ("qualified", ("lead",), FREE, "mql", "new"),
    ("qualified", FUNNEL, GONE, "mql", "new"),
    ("qualified", ENDED, ANY, "mql", "new"),
    ("withdrawn", ("mql",), IDLE, "lead", "new"),
    ("waits", FUNNEL, IDLE + HELD, SAME, "waiting_for_shift"),
    ("queued", FUNNEL, IDLE + HELD, SAME, "new"),
    ("decided", FUNNEL, IDLE + HELD, SAME, "waiting_for_manager"),
    ("offered", FUNNEL, IDLE + HELD, SAME, "assigned"),
    ("accepted", ("mql",), ("assigned",), "sal", "assigned"),
    ("accepted", ("mql",), ("attempting_contact",), "sal", "attempting_contact"),
    ("accepted", ("sal", "sql", "opportunity"), HELD, SAME, SAME),
    ("taken", ("lead",), FREE, "sal", "assigned"),
    ("taken", FUNNEL, GONE, "sal", "assigned"),
    ("taken", ("mql",), IDLE, "sal", "assigned"),
    ("attempted", FUNNEL, ("assigned", "attempting_contact"), SAME, "attempting_contact"),
    ("attempted", FUNNEL, ("connected",), SAME, SAME),
    ("connected", ("lead",), FREE, "sal", "connected"),
    ("connected", FUNNEL, GONE, "sal", "connected"),
    ("connected", ("mql",), IDLE + HELD, "sal", "connected"),
    ("connected", ("sal", "sql", "opportunity"), IDLE + HELD, SAME, "connected"),
    ("sales_qualified", ("lead",), FREE, "sql", "connected"),
    ("sales_qualified", ("mql", "sal"), IDLE + HELD + GONE, "sql", "connected"),
    ("sales_qualified", ("sql", "opportunity"), GONE, "sql", "connected"),
    ("deal_opened", ("lead", *FUNNEL), ANY, "opportunity", "connected"),
    ("deal_opened", ENDED, ANY, "opportunity", "connected"),
    ("deal_reopened", ENDED, ANY, "opportunity", "connected"),
    ("deal_won", ("lead", *FUNNEL, "lost"), ANY, "won", "connected"),
    ("deal_lost", ("lead", *FUNNEL, "won"), ANY, "lost", "nurture"),
    ("disqualified", ("lead", *FUNNEL), IDLE + HELD + GONE, SAME, "disqualified"),
    ("nurtured", ("lead",), FREE, SAME, "nurture"),
    ("nurtured", FUNNEL, IDLE + HELD + GONE, SAME, "nurture"),
    ("nurtured", ("lost",), GONE, SAME, "nurture"),
    ("slept", ("lead",), FREE, SAME, "long_term"),
    ("slept", (*FUNNEL, "lost"), GONE, SAME, "long_term"),
    ("archived", ("lead",), FREE, SAME, "archived"),
    ("archived", (*FUNNEL, "lost"), GONE, SAME, "archived"),
    ("unsubscribed", ("lead",), FREE, SAME, "unsubscribed"),
    ("unsubscribed", (*FUNNEL, "lost"), GONE, SAME, "unsubscribed"),
    ("joined", ("lead",), FREE, SAME, "joined"),
    ("joined", FUNNEL, IDLE + HELD + GONE, SAME, "joined"),
    ("joined", ("lost",), GONE, SAME, "joined"),
    ("to_steward", FUNNEL, IDLE + HELD + GONE, SAME, "waiting_for_steward"),
    ("handed_back", ("lead",), FREE, SAME, "nurture"),
    ("handed_back", (*FUNNEL, "lost"), IDLE + HELD + OUT_OF_WORK, SAME, "nurture"),
    ("unresponsive", ("mql", "sal"), ("attempting_contact",), SAME, "unresponsive"),
    ("suppressed", ("lead", *FUNNEL, "lost"), ANY, SAME, "suppressed"),
)


def _table() -> dict[tuple[Stage, Status, str], StageStatus]:
    table: dict[tuple[Stage, Status, str], StageStatus] = {}
    for move, stages, statuses, to_stage, to_status in ROWS:
        for stage, status in product(stages, statuses):
            table[stage, status, move] = (to_stage or stage, to_status or status)  # type: ignore[index,assignment]
    return table


NEXT: Final = _table()


def allowed(lead: Lead, move: str) -> bool:
    """The table has a row for this move from where the lead stands."""
    return (lead.stage, lead.status, move) in NEXT


def move(lead: Lead, name: str, *, at: datetime, reason: str, rejected: bool = False, same_cycle: bool = False) -> Lead:
    """The lead after the move of that name. Raises KeyError when the table has no such row.

    Leaving a closed cycle begins the next, unless a deal says that it ended otherwise or not at all; closing one
    records the exit with its reason, and nobody owns the lead. `same_cycle`: that deal was opened in this cycle.
    """
    stage, status = NEXT[lead.stage, lead.status, name]
    after = replace(lead, stage=stage, status=status, merged_into=None)
    if stage == "lead":
        return replace(after, owner=None)
    corrects = name in CORRECTIONS and (same_cycle or lead.stage in ENDED)
    if lead.closed and not corrects and not (after.closed and stage == lead.stage):
        after = _next_cycle(after)
    if after.closed and (corrects or not lead.closed or after.cycle != lead.cycle):
        last = lead.owner or (lead.exit.owner if lead.exit else None)
        return replace(after, owner=None, exit=Exit(at, reason, rejected, last))
    if not after.closed and after.nurture:
        after = replace(after, nurture=None)
    return after


def _next_cycle(lead: Lead) -> Lead:
    return replace(
        lead, cycle=lead.cycle + 1, owner=None, repools=0, entry=None, attempts=_since(lead), cooling=False, flags=()
    )


def _since(lead: Lead) -> tuple[Attempt, ...]:
    """Attempts made after the last exit: they belong to the cycle that begins now, although it was not known yet."""
    return tuple(attempt for attempt in lead.attempts if lead.exit and attempt.at > lead.exit.at)


def implied(before: Lead, after: Lead) -> tuple[Stage, ...]:
    """Stages between the two that the lead skipped, in funnel order; a new cycle starts from `lead`."""
    start = STAGES.index(before.stage) if before.cycle == after.cycle else 0
    end = STAGES.index("won") if after.stage == "lost" else STAGES.index(after.stage)
    return STAGES[start + 1 : end] if end > start + 1 else ()


WORDS: Final[dict[tuple[str, ...], str]] = {
    FREE: "free",
    IDLE: "idle",
    HELD: "held",
    GONE: "gone",
    ANY: "any",
    IDLE + HELD: "idle, held",
    IDLE + HELD + GONE: "idle, held, gone",
    IDLE + HELD + OUT_OF_WORK: "idle, held, gone, suppressed",
    FUNNEL: "funnel",
    ENDED: "ended",
    ("lead", *FUNNEL): "lead, funnel",
    ("lead", *FUNNEL, "lost"): "lead, funnel, lost",
    (*FUNNEL, "lost"): "funnel, lost",
}


def picture() -> str:
    """The table for STAGES.md: one line a move."""
    lines = []
    for move in dict.fromkeys(row[0] for row in ROWS):
        ways = [
            f"{_words(stages)} [{_words(statuses)}] → {to_stage or 'same'} [{to_status or 'same'}]"
            for name, stages, statuses, to_stage, to_status in ROWS
            if name == move
        ]
        lines.append(f"{move:<16}" + " · ".join(ways))
    return "\n".join(lines)


def _words(names: tuple[str, ...]) -> str:
    return WORDS.get(names) or ", ".join(names)
