"""What a list of leads is restricted to, in words: each filter of its address as a phrase that a stranger reads."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from reporting.filters import NONE
from reporting.leads_query import LeadsQuery
from reporting.pages.filter_choices import RANGES, days_in_words
from reporting.pages.formats import words
from reporting.reports.report import ReportScope

_YES_NO: Final[Mapping[str, tuple[str, str]]] = {
    "ended": ("out of work", "still in work"),
    "implied": ("passed over that stage", "really entered that stage"),
    "rated": ("rated by a rep", "rated by nobody"),
    "offered": ("an offer waits for an answer", "no offer waits"),
    "touched": ("tried to reach", "nobody tried to reach them"),
    "came_back": ("came back in a later cycle", "in their first cycle"),
}
"""What a filter says that is on, and that is off."""
_MODES: Final = {"cohort": "by the day they became known", "activity": "by the day it happened"}
_OTHERS: Final[Mapping[str, str]] = {
    "q": "search “{}”",
    "again": "entered {} in a later cycle",
    "stalled": "not yet {}",
    "reached": "reached {}",
    "came_to": "came to {}",
    "rejected": "came back: {}",
    "recycled": "brought back by {}",
    "answered": "answer: {}",
    "deals": "with a deal that is {}",
    "kept": "the promise is {}",
    "handed_at_least": "handed over with {} points or more",
    "handed_at_most": "handed over with {} points or fewer",
    "passed_by": "passed by {}",
    "touch_source": "touched by {}",
    "persona": "persona {}",
}
_SILENT: Final = ("sort", "order", "limit", "after", "columns", "sent", "ids", "model")
"""What changes nothing of who is listed, or says nothing to people."""


def filter_phrases(query: LeadsQuery, scope: ReportScope, given: Mapping[str, str]) -> dict[str, str]:
    """By the name of the parameter its phrase, for those that are `given` in the address and say something.

    The days are one phrase, under `from` or `range`; how stages are counted is said only where one was reached.
    """
    teams = {one.id: one.name for one in scope.agreement.teams.teams}
    titles = {one.name: one.title for one in scope.agreement.service_levels.promises}
    named: dict[str, Callable[[str], str]] = {
        "team": lambda value: teams.get(value, value),
        "rep": scope.people.name,
        "owner": lambda value: f"with {scope.people.name(value)}" if value != NONE else "with nobody",
        "promise": lambda value: f"promise “{titles.get(value, words(value))}”",
        "range": lambda value: dict(RANGES).get(value, value),
        "mode": lambda value: _MODES.get(value, value),
    }
    phrases: dict[str, str] = {}
    if query.from_ or query.to:
        phrases["from" if query.from_ else "to"] = days_in_words(scope.period(query))
    for name, value in given.items():
        if name in _SILENT or name in ("from", "to") or (name == "mode" and not (query.reached or query.again)):
            continue
        phrases[name] = named[name](value) if name in named else _phrase(name, getattr(query, name, None), value)
    return phrases


def _phrase(name: str, flag: Any, value: str) -> str:
    if name in _YES_NO and isinstance(flag, bool):
        return _YES_NO[name][0 if flag else 1]
    shown = "not known" if value == NONE else words(value)
    return _OTHERS[name].format(shown) if name in _OTHERS else f"{words(name)} {shown}"
