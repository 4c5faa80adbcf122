"""Checks of chapter `service_levels`."""

from agreement.chapters import Agreement
from agreement.lint.finding import Findings
from agreement.problems import Path
from agreement.service_levels import OFFERS, Promise, Reminder


def check(agreement: Agreement, findings: Findings) -> None:
    """Adds a finding for each promise whose clock could not start, stop or remind anybody, and each odd commitment."""
    terms = agreement.service_levels
    at = ("service_levels", "promises")
    given = [promise.name for promise in terms.promises]
    findings.repeated((((*at, i, "name"), name) for i, name in enumerate(given)), "promise")
    _reminders(terms.reminders, ("service_levels", "reminders"), terms.repool.percent, findings)
    for index, promise in enumerate(terms.promises):
        here = (*at, index)
        if promise.target is None and not OFFERS.issuperset(promise.starts):
            findings.add(here, f"{promise.name} has no target; add `target:`, such as 4bh, 1bd or 24h")
        _rule(promise, here, findings)
        if not terms.reminders_of(promise):
            findings.add(here, f"{promise.name} reminds nobody; add `reminders:` here or for the whole chapter")
        _reminders(promise.reminders, (*here, "reminders"), terms.repool.percent, findings)
    quality = terms.commitments.quality
    if quality.review_below_percent is not None and quality.review_below_percent > quality.target_percent:
        path = ("service_levels", "commitments", "quality", "review_below_percent")
        findings.add(path, f"is above the target ({quality.target_percent:g})")


def _rule(promise: Promise, here: Path, findings: Findings) -> None:
    """Whether a clock of it can start, and can be kept."""
    starts, stops = (*here, "starts"), (*here, "stops")
    if not promise.starts:
        findings.add(starts, f"nothing ever starts {promise.name}; name at least one start")
    if not promise.stops:
        findings.add(stops, f"nothing ever keeps {promise.name}; name at least one stop")
    for name in sorted({*promise.starts} & {*promise.stops}):
        findings.add(stops, f"{name} starts {promise.name} and cannot keep it, too")
    if "deal_closed" in promise.starts and len(promise.starts) > 1:
        findings.add(starts, "deal_closed starts what comes after all else; give it a promise of its own")
    if promise.level == "owner" and "becomes_mql" in promise.starts:
        findings.add(starts, "nobody owns a lead as it becomes_mql; start it by assigned, or write `level: lead`")
    if promise.level == "owner" and "assigned" in promise.stops:
        findings.add(stops, "a new owner ends an owner's clock, so assigned never keeps it; write `level: lead`")
    if promise.attempts is not None and "attempted" not in promise.stops:
        findings.add((*here, "attempts"), "counts nothing: attempted is not among its stops")


def _reminders(reminders: tuple[Reminder, ...], at: Path, repool: int, findings: Findings) -> None:
    before = 0
    for index, reminder in enumerate(reminders):
        if not reminder.to:
            findings.add((*at, index), f"at {reminder.percent} % nobody is told; add `to:`, such as [rep, manager]")
        if not before < reminder.percent < repool:
            findings.add((*at, index, "percent"), f"must be more than {before} and less than the re-pool's {repool}")
        before = reminder.percent
