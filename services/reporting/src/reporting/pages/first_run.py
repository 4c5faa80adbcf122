"""What a new house shows instead of numbers: from a visit to a won deal, each step ticked as it happens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reporting.reports.report import ReportScope
from reporting.store import first_run
from runtime.http.access_keys import first_keys
from runtime.service import Context


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One step of a newcomer, with what is to be done and whether it has happened."""

    title: str
    words: str
    done: bool


@dataclass(frozen=True, slots=True)
class FirstRun:
    """The steps, the lead that goes through them, and the public key of the form."""

    steps: tuple[FirstStep, ...]
    lead: Mapping[str, Any] | None
    write_key: str | None

    @property
    def at(self) -> int:
        """Which step is next, from 1; one more than there are when all is done."""
        return next((number for number, step in enumerate(self.steps, 1) if not step.done), len(self.steps) + 1)


def steps_of(lead: Mapping[str, Any] | None) -> tuple[FirstStep, ...]:
    """What has happened to the first lead of a house; None: there is none."""
    known = lead or {"rep": None, "answer": None, "won": False}
    return (
        FirstStep("Visit", "Be a visitor: ask for a demo, here or on the demo page.", lead is not None),
        FirstStep("Card", "Baton scores you, finds whose lead you are, and tells that rep.", known["rep"] is not None),
        FirstStep(
            "Answer", "Be the rep: accept or reject in the inbox, before the promise is late.", bool(known["answer"])
        ),
        FirstStep("Won", "Log a call and a won deal on the lead's page; the numbers follow.", bool(known["won"])),
    )


async def first_run_of(context: Context, scope: ReportScope, *, leads: bool) -> FirstRun | None:
    """None for a house that has had its first days. `leads`: there are some."""
    lead = await first_run.newest(scope.tx) if leads else None
    if leads and lead is None:
        return None
    return FirstRun(steps_of(lead), lead, first_keys(context.settings.data).get("write_key"))
