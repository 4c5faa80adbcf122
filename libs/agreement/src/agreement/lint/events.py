"""Checks of chapter `events`."""

from agreement.chapters import Agreement
from agreement.lint.finding import Findings


def check(agreement: Agreement, findings: Findings) -> None:
    """Adds a finding for each repetition and unknown kind in chapter `events`."""
    terms = agreement.events
    present = [term.kind for term in terms.kinds]
    findings.repeated(((("events", "kinds", i, "kind"), kind) for i, kind in enumerate(present)), "kind")
    findings.repeated(((("events", "track", name), name.casefold()) for name in terms.track), "track event")
    findings.repeated(
        (
            (("events", "fields", field, index), name.casefold())
            for field, names in terms.fields.items()
            for index, name in enumerate(_once(names))
        ),
        "field name",
    )
    _pages(agreement, findings)
    _clicks(agreement, findings)


def _clicks(agreement: Agreement, findings: Findings) -> None:
    kinds = agreement.events.kinds
    for index, term in enumerate(kinds):
        for name, given in (("click", term.click), ("reply", term.reply)):
            if given and not term.mail:
                findings.add(("events", "kinds", index, name), "is for mail kinds only; add `mail: true`")
    if any(term.mail or term.click for term in kinds) and not any(term.click for term in kinds):
        findings.add(
            ("events", "machines", "distinct_links"), "watches no kind; give the mail kind of a click `click: true`"
        )


def _once(names: tuple[str, ...]) -> list[str]:
    """`firstName` and `firstname` may stand side by side in one list."""
    return list({name.casefold(): name for name in names}.values())


def _pages(agreement: Agreement, findings: Findings) -> None:
    pages = agreement.events.pages
    for index, page in enumerate(pages):
        at = ("events", "pages", index, "prefix")
        if not page.prefix.startswith("/"):
            findings.add(at, f"{page.prefix!r} must begin with a slash, as paths do")
        for earlier in pages[:index]:
            if page.prefix.startswith(earlier.prefix):
                findings.add(at, f"is never reached: {earlier.prefix!r} stands before it; move this one up")
