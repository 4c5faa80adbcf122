"""Checks of chapter `notices`."""

from typing import get_args

from agreement.chapters import Agreement
from agreement.lint.finding import Findings
from agreement.notices import NoticeKind, NoticeRule
from agreement.problems import Path


def check(agreement: Agreement, findings: Findings) -> None:
    """Adds a finding for each notice that nobody would get, and each one that would be sent nowhere or tried never."""
    terms = agreement.notices
    at = ("notices", "rules")
    present = [rule.kind for rule in terms.rules]
    findings.repeated((((*at, i, "kind"), kind) for i, kind in enumerate(present)), "rule for kind")
    findings.absent(at, present, get_args(NoticeKind), "rules for the kinds")
    for index, rule in enumerate(terms.rules):
        if not rule.to:
            findings.add((*at, index, "to"), f"nobody hears of {rule.kind}; name a recipient")
        if not rule.by:
            findings.add((*at, index, "by"), f"{rule.kind} has no channel; name slack, email or webhook")
        _digest(rule, (*at, index), findings)
    hooks = terms.webhooks
    findings.repeated(((("notices", "webhooks", i, "id"), hook.id) for i, hook in enumerate(hooks)), "webhook")
    for index, hook in enumerate(hooks):
        if not hook.url.startswith(("https://", "http://")):
            findings.add(("notices", "webhooks", index, "url"), "must begin with https://")
    for index, point in enumerate(terms.talking_points):
        if not point.asset_words and not point.kinds:
            findings.add(("notices", "talking_points", index), "is never suggested; give asset_words or kinds")
    if not terms.retry.waits:
        findings.add(("notices", "retry", "waits"), "needs at least one wait, such as 5s")


def _digest(rule: NoticeRule, at: Path, findings: Findings) -> None:
    """Who hears in a digest is somebody who hears, and may be kept waiting."""
    for number, role in enumerate(rule.by_digest):
        if role not in rule.to:
            findings.add((*at, "by_digest", number), f"{role} hears nothing of {rule.kind}; name them in `to`")
        elif role == "on_call":
            findings.add((*at, "by_digest", number), "is never kept waiting; take it out")
    for number, role in enumerate(rule.hot_at_once):
        if role not in rule.by_digest:
            findings.add(
                (*at, "hot_at_once", number), f"{role} hears at once as it is; take it out, or name it in by_digest"
            )
