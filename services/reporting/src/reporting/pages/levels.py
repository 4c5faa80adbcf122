"""How the page of numbers writes promises and commitments: what was agreed beside what was kept."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any, Final

from agreement.routing import UrgencyTerm
from reporting.figures import duration, number, percent
from reporting.pages.contract import span_words, spoken
from reporting.reports.service_levels import BY_URGENCY
from reporting.store.conditions import DatabaseRow

_ORDER: Final = {"red": 0, "amber": 1, "green": 2}


def filters(urgencies: Sequence[UrgencyTerm]) -> dict[str, Any]:
    """The filters of the template by name."""
    return {
        "worst_first": worst_first,
        "kept": kept,
        "agreed": agreed,
        "note": partial(note, urgencies=urgencies),
        "weekly": weekly,
        "weekly_words": weekly_words,
        "month": month,
    }


def worst_first(levels: Sequence[DatabaseRow]) -> list[DatabaseRow]:
    """Those that are not kept before those that are, the furthest off first; what is not judged comes last."""
    return sorted(levels, key=lambda one: (_ORDER.get(one["colour"] or "", 3), one["actual"] or 0, one["title"]))


def kept(level: DatabaseRow) -> str:
    """How far a promise or commitment is kept: a share, or a count where the target is one."""
    return number(level["actual"]) if level["counted"] else percent(level["actual"])


def agreed(level: DatabaseRow) -> str:
    """What it is to be: a share, or a count."""
    if level["kind"] == "commitment":
        return number(level["target"]) if level["counted"] else percent(level["target"])
    return percent(level["kept_percent"] / 100)


def note(level: DatabaseRow, urgencies: Sequence[UrgencyTerm]) -> str:
    """The line under a promise: within what time, how many there were, and how it goes; of a commitment its counts."""
    if level["kind"] == "commitment":
        notes = [] if level["counted"] else [f"{number(level['met'])} of {number(level['total'])}"]
        if level.get("owed"):
            notes.append(f"{number(level['agreed'])} agreed, {number(level['owed'])} owed for leads that came back")
        return " · ".join(notes)
    spans = dict.fromkeys(spoken(urgency.first_touch) for urgency in urgencies)
    by_urgency = f"{' or '.join(spans)}, {BY_URGENCY}"
    notes = [f"within {by_urgency if level['target'] == BY_URGENCY else span_words(level['target'])}"]
    if level["total"]:
        notes.append(f"{number(level['met'])} of {number(level['total'])}")
    if level["median_seconds"] is not None:
        notes.append(f"typically {duration(level['median_seconds'])}")
    if level["running"]:
        notes.append(f"{number(level['running'])} running")
    if level["system"]:
        notes.append(f"{number(level['system'])} charged to the system")
    budget = level["budget"]
    if budget["used"]:
        notes.append(f"missed this month: {number(budget['used'])} (agreed: at most {number(budget['allowed'])})")
    return " · ".join(notes)


def weekly(level: DatabaseRow) -> list[float | None]:
    """The last weeks as shares; of a count, of the largest week."""
    values = [week["actual"] for week in level["weeks"]]
    most = max((value for value in values if value is not None), default=0) if level["counted"] else 1
    return [value / most if value is not None and most else None for value in values]


def weekly_words(level: DatabaseRow) -> str:
    """The same for those who hear it: `8 weeks: 90 %, none, 100 %`."""
    write = number if level["counted"] else percent
    return "8 weeks: " + ", ".join(
        "none" if week["actual"] is None else write(week["actual"]) for week in level["weeks"]
    )


def month(first: str) -> str:
    """The month (or the week) that begins on this day, an ISO date."""
    day = date.fromisoformat(first)
    return f"{day:%B}" if day.day == 1 else f"from {day:%-d %B}"
