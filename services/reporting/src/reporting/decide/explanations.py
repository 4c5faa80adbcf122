"""Why a lead is nobody's offer: what was decided when somebody was told, or it was nurtured or suppressed."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

from events import Event
from events.envelope import HISTORY
from events.grounds import Candidate, PassedStep
from events.handoffs import AlertRaised, LeadNurtured, LeadSuppressed, OwnerTold, StageChanged
from events.history import HandoffWithheld
from reporting.decide.rows import Row, row
from reporting.decide.state import Fold


class Explanation(Row, frozen=True):
    """One decision by which nobody was offered the lead, with its reasons. Never changes."""

    table: ClassVar[str] = "explanation"
    key: ClassVar[tuple[str, ...]] = ("lead", "event")
    lead: str
    event: str
    at: datetime
    recorded_at: datetime
    kind: str
    """`told`, `nurtured`, `suppressed`, `moved`, `alert`; of history also `assignment` and `activity`."""
    batch: str | None = None
    """Of history: the import or batch that it came with."""
    rep: str | None = None
    pool: str | None = None
    audience: str | None = None
    """Of an alert: to whom it goes."""
    record: str | None = None
    segment: str | None = None
    step: int | None = None
    rule: str | None = None
    touch: str | None = None
    flag: str | None = None
    why: str | None = None
    passed: tuple[PassedStep, ...] | None = None
    candidates: tuple[Candidate, ...] | None = None


def explain(fold: Fold, event: Event) -> None:
    """Puts why this was decided; nothing of an event that decides about nobody's offer."""
    values = _VALUES.get(type(event))
    if values is None:
        return
    given = values(event.data)
    if given is not None:
        history = event.historical and (event.correlationid or "").startswith(HISTORY)
        batch = str(event.correlationid).removeprefix(HISTORY) if history else None
        fold.put(row(Explanation, event, batch=batch, **given))


def _activity(data: OwnerTold.Data) -> dict[str, Any] | None:
    """A manager who asks decides nothing about whose lead it is."""
    return None if data.why == "nudged" else {"kind": "told"}


def _nurtured(data: LeadNurtured.Data) -> dict[str, Any]:
    return {"kind": "nurtured", "why": data.goal or data.reason}


def _suppressed(data: LeadSuppressed.Data) -> dict[str, Any]:
    return {"kind": "suppressed", "why": data.reason}


def _moved(data: StageChanged.Data) -> dict[str, Any] | None:
    """Of a lead that nobody can take now, or that was joined to a record."""
    return {"kind": "moved", "rep": data.owner} if data.passed or data.record else None


def _alert(data: AlertRaised.Data) -> dict[str, Any]:
    return {"kind": "alert", "why": data.text, "rule": data.reason, "audience": data.to}


def _withheld(data: HandoffWithheld.Data) -> dict[str, Any]:
    return {"flag": next(iter(data.flags), None), "audience": data.to}


_VALUES: Final[Mapping[type[Event], Callable[[Any], dict[str, Any] | None]]] = {
    OwnerTold: _activity,
    LeadNurtured: _nurtured,
    LeadSuppressed: _suppressed,
    StageChanged: _moved,
    AlertRaised: _alert,
    HandoffWithheld: _withheld,
}
ROWS: Final = (Explanation,)
