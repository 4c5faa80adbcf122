"""Checks of chapter `goals`."""

from agreement.chapters import Agreement
from agreement.goals import AttributionModel
from agreement.lint.finding import Findings
from agreement.problems import Path

WHOLE = 100


def check(agreement: Agreement, findings: Findings) -> None:
    """Adds a finding for each goal that cannot be computed and each attribution model that does not add up."""
    terms = agreement.goals
    names = [model.name for model in terms.attribution.models]
    at = ("goals", "attribution", "models")
    findings.repeated((((*at, i, "name"), name) for i, name in enumerate(names)), "model")
    findings.unknown(("goals", "attribution", "default"), terms.attribution.default, names, "attribution model")
    for index, model in enumerate(terms.attribution.models):
        _model(model, (*at, index), findings)
    for key in ("start", "target", "deal"):
        currency, ours = getattr(terms.revenue, key).currency, agreement.definitions.house.currency
        if currency != ours:
            findings.add(("goals", "revenue", key), f"is in {currency}; the house counts in {ours}")
    _currencies(agreement, findings)
    if terms.revenue.target.amount <= terms.revenue.start.amount:
        findings.add(("goals", "revenue", "target"), "must be more than start")
    if terms.coverage.at_most < terms.coverage.at_least:
        findings.add(("goals", "coverage", "at_most"), "must not be less than at_least")
    if terms.conversions.mql_to_sql != agreement.service_levels.commitments.quality.target_percent:
        message = "differs from the commitment (service_levels.yaml, commitments, quality); both must say the same"
        findings.add(("goals", "conversions", "mql_to_sql"), message)


def _currencies(agreement: Agreement, findings: Findings) -> None:
    at, house = ("goals", "currencies"), agreement.definitions.house.currency
    rates = agreement.goals.currencies
    findings.repeated((((*at, i, "since"), f"{one.currency} {one.since}") for i, one in enumerate(rates)), "rate")
    for index, one in enumerate(rates):
        if one.currency == house:
            findings.add((*at, index, "currency"), f"{house} is what the house counts in; it needs no rate")


def _model(model: AttributionModel, at: Path, findings: Findings) -> None:
    if model.kind == "decay" and model.half_life is None:
        findings.add(at, "`kind: decay` needs a `half_life`, such as 7d")
    if model.kind != "milestones":
        return
    total = sum(model.weights.values()) + (model.others or 0)
    if total != WHOLE:
        findings.add((*at, "weights"), f"the weights and `others` sum to {total:g}; they must sum to {WHOLE}")
