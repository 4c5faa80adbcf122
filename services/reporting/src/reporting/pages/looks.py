"""Looks at a lead in a pane of another page: one row of the audit for each person and lead in ten minutes."""

from time import monotonic
from typing import Final

from fastapi import Request

from runtime.http.access import Caller, client_ip
from runtime.http.audit import note_look

AGAIN: Final = 600.0
"""Seconds after which the same person's look at the same lead is one more: an open pane renews itself."""
_MOST: Final = 10_000


class PaneLooks:
    """Knows who has an open pane on which lead, in this process."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str], float] = {}

    def note(self, request: Request, lead: str) -> None:
        """The answer to this request shows the lead: it is in the audit, unless it was a moment ago."""
        caller: Caller = request.state.caller
        now, key = monotonic(), (caller.name, lead)
        if now - self._since.get(key, -AGAIN) < AGAIN:
            return
        if len(self._since) >= _MOST:
            self._since.clear()
        self._since[key] = now
        note_look(request.scope, caller.name, caller.manner, lead, client_ip(request))
