"""Checks of chapter `service_levels`."""

from agreement.chapters import Agreement
from agreement.lint.finding import Findings
from agreement.problems import Path
from agreement.service_levels import Reminder


def check(agreement: Agreement, findings: Findings) -> None:
    terms = agreement.service_levels
    at = ("service_levels", "promises")
    given = [promise.name for promise in terms.promises]
    findings.repeated((((*at, i, "name"), name) for i, name in enumerate(given)), "promise")
    _reminders(terms.reminders, ("service_levels", "reminders"), terms.repool.percent, findings)
    for index, promise in enumerate(terms.promises):
        here = (*at, index)
        if promise.target is None and promise.name != "first_touch":
            findings.add(here, f"{promise.name} has no target; add `target:`, such as 4bh, 1bd or 24h")
        if promise.name == "three_attempts" and promise.attempts is None:
            findings.add(here, "needs `attempts:`, the number of attempts promised")
        if not terms.reminders_of(promise):
            findings.add(here, f"{promise.name} reminds nobody; add `reminders:` here or for the whole chapter")
        _reminders(promise.reminders, (*here, "reminders"), terms.repool.percent, findings)
    quality = terms.commitments.quality
    if quality.review_below_percent is not None and quality.review_below_percent > quality.target_percent:
        path = ("service_levels", "commitments", "quality", "review_below_percent")
        findings.add(path, f"is above the target ({quality.target_percent:g})")


def _reminders(reminders: tuple[Reminder, ...], at: Path, repool: int, findings: Findings) -> None:
    before = 0
    for index, reminder in enumerate(reminders):
        if not reminder.to:
            findings.add((*at, index), f"at {reminder.percent} % nobody is told; add `to:`, such as [rep, manager]")
        if not before < reminder.percent < repool:
            findings.add((*at, index, "percent"), f"must be more than {before} and less than the re-pool's {repool}")
        before = reminder.percent
