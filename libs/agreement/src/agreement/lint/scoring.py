"""Checks of chapter `scoring`."""

from typing import get_args

from agreement.chapters import Agreement
from agreement.definitions import Geography, IndustryClass, Seniority
from agreement.lint.finding import Findings
from agreement.problems import Path
from agreement.scoring import Condition, EngagementTerm, Fit


def check(agreement: Agreement, findings: Findings) -> None:
    """Adds a finding for each model that is missing, repeated, or has rules that contradict each other."""
    terms = agreement.scoring
    names = [model.name for model in terms.models]
    findings.repeated(((("scoring", "models", i, "name"), name) for i, name in enumerate(names)), "model")
    if "default" not in names:
        findings.add(("scoring", "models"), "has no model `default`; there must be one", key=True)
    findings.unknown(("scoring", "challenger"), terms.challenger, names, "model")
    findings.unknown(("scoring", "expansion"), terms.expansion, names, "model")
    for role in ("challenger", "expansion"):
        if getattr(terms, role) == "default":
            findings.add(("scoring", role), "cannot be the model `default`, which scores everybody")
    gate = agreement.definitions.mql_gate.total_at_least
    if terms.expansion is not None and (terms.expansion_at_least is None or terms.expansion_at_least < gate):
        message = f"expansion_at_least must be given, and not less than the gate's total ({gate}): that counts as well"
        findings.add(("scoring", "expansion"), message)
    if terms.challenger is not None and terms.challenger == terms.expansion:
        findings.add(("scoring", "challenger"), "scores existing customers already; it cannot be silent, too")
    for index, model in enumerate(terms.models):
        at = ("scoring", "models", index)
        _fit(model.fit, (*at, "fit"), findings)
        _engagement(model.engagement, (*at, "engagement"), findings)


def _fit(fit: Fit, at: Path, findings: Findings) -> None:
    if fit.highest <= fit.lowest:
        findings.add((*at, "highest"), "must be more than lowest")
    bands = [((*at, "employees", i, "employees"), band.employees) for i, band in enumerate(fit.employees)]
    findings.seamless(bands, 1, "employee band")
    findings.absent((*at, "industry"), fit.industry, get_args(IndustryClass), "the classes")
    findings.absent((*at, "seniority"), fit.seniority, get_args(Seniority), "the levels")
    findings.absent((*at, "geography"), fit.geography, get_args(Geography), "the geographies")
    for index, rule in enumerate(fit.further):
        if not rule.when:
            findings.add((*at, "further", index, "when"), "has no condition; everybody would get the points")
        for number, condition in enumerate(rule.when):
            if _tests(condition) != 1:
                message = "needs exactly one test: one_of, none_of, or at_least and/or below"
                findings.add((*at, "further", index, "when", number), message)


def _tests(condition: Condition) -> int:
    numbers = condition.at_least is not None or condition.below is not None
    return bool(condition.one_of) + bool(condition.none_of) + numbers


def _engagement(terms: EngagementTerm, at: Path, findings: Findings) -> None:
    if terms.highest <= terms.lowest:
        findings.add((*at, "highest"), "must be more than lowest")
    findings.repeated((((*at, "rules", i, "kind"), rule.kind) for i, rule in enumerate(terms.rules)), "rule for kind")
    for index, rule in enumerate(terms.rules):
        here = (*at, "rules", index)
        if rule.once_per == "period" and rule.period is None:
            findings.add(here, "`once_per: period` needs a `period`, such as 30d")
        if rule.once_per != "period" and rule.period is not None:
            findings.add((*here, "period"), "means nothing here; it belongs to `once_per: period`")
        if rule.at_most is not None and rule.at_most.points < rule.points:
            findings.add((*here, "at_most", "points"), f"is less than one event is worth ({rule.points})")
    if terms.visits.kind in terms.by_kind and terms.visits.kind in terms.visits.of:
        findings.add((*at, "visits", "of"), f"{terms.visits.kind} cannot be one of the visits that make it")
    for index, (earlier, later) in enumerate(zip(terms.decay, terms.decay[1:], strict=False), 1):
        if later.after.seconds <= earlier.after.seconds or later.keep_percent >= earlier.keep_percent:
            findings.add((*at, "decay", index), "must come later and keep less than the step before it")
