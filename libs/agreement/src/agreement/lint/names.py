"""Names that lead nowhere: a kind, a segment, a reason or an industry that one chapter uses and no chapter defines.

Names of one chapter that lead to its own entries (pools, reps, sizes, regions) are checked with that chapter.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import get_args

from agreement.chapters import Agreement
from agreement.definitions import Function, Geography, IndustryClass, Seniority
from agreement.lint.finding import Findings
from agreement.problems import Path
from agreement.routing import ARCHIVED
from agreement.scoring import FitRule
from agreement.types import Terms


def check(agreement: Agreement, findings: Findings) -> None:
    """Adds a finding for each name that one chapter uses and no chapter defines."""
    terms, routing = agreement.definitions, agreement.routing
    for path, kind in _kinds(agreement):
        findings.unknown(path, kind, agreement.events.by_kind, "kind of events.yaml")
    segments = [segment.segment for segment in routing.nurture.segments]
    for path, name in _segments(agreement):
        findings.unknown(path, name, segments, "segment of nurture")
    for path, name in _after_silence(agreement):
        findings.unknown(path, name, [*segments, ARCHIVED], "segment of nurture")
    reasons = {*routing.by_reason, *terms.lost_reasons, *terms.disqualified_reasons}
    for path, reason in _entries(("routing", "recycling"), "not_to_previous_owner_after", routing.recycling):
        findings.unknown(path, reason, reasons, "reason of routing.yaml or definitions.yaml")
    industries = [industry.name for industry in terms.industries]
    for path, name in _entries(("definitions", "ideal_customer"), "business", terms.ideal_customer):
        findings.unknown(path, name, industries, "industry")
    for number, model in enumerate(agreement.scoring.models):
        for index, rule in enumerate(model.fit.further):
            _conditions(rule, ("scoring", "models", number, "fit", "further", index), _values(agreement), findings)


def _entries(at: Path, field: str, terms: Terms) -> Iterator[tuple[Path, str]]:
    """The entries of a list of names, each with its path."""
    for index, name in enumerate(getattr(terms, field)):
        yield (*at, field, index), name


def _values(agreement: Agreement) -> Mapping[str, Collection[str]]:
    """The values that a condition may name, of the facts that have a list of them."""
    return {
        "industry": [industry.name for industry in agreement.definitions.industries],
        "industry_class": get_args(IndustryClass),
        "geography": get_args(Geography),
        "seniority": get_args(Seniority),
        "function": get_args(Function),
    }


def _conditions(rule: FitRule, at: Path, values: Mapping[str, Collection[str]], findings: Findings) -> None:
    for number, condition in enumerate(rule.when):
        known = values.get(condition.fact)
        if known is None:
            continue
        plain = {value.casefold() for value in known}
        for test, names in (("one_of", condition.one_of), ("none_of", condition.none_of)):
            for index, name in enumerate(names):
                if str(name).casefold() not in plain:
                    findings.unknown((*at, "when", number, test, index), str(name), known, condition.fact)


def _kinds(agreement: Agreement) -> Iterator[tuple[Path, str]]:
    events, scoring, notices = agreement.events, agreement.scoring, agreement.notices
    for name, kind in events.track.items():
        yield ("events", "track", name), kind
    for index, page in enumerate(events.pages):
        yield ("events", "pages", index, "kind"), page.kind
    for name, kind in events.forms.items():
        yield ("events", "forms", name), kind
    yield ("events", "other_pages"), events.other_pages
    yield ("events", "other_forms"), events.other_forms
    for number, model in enumerate(scoring.models):
        at = ("scoring", "models", number, "engagement")
        for index, rule in enumerate(model.engagement.rules):
            yield (*at, "rules", index, "kind"), rule.kind
        if "kind" in model.engagement.visits.model_fields_set:
            yield (*at, "visits", "kind"), model.engagement.visits.kind
        for index, kind in enumerate(model.engagement.visits.of):
            yield (*at, "visits", "of", index), kind
    for number, point in enumerate(notices.talking_points):
        for index, kind in enumerate(point.kinds):
            yield ("notices", "talking_points", number, "kinds", index), kind


def _segments(agreement: Agreement) -> Iterator[tuple[Path, str]]:
    routing = agreement.routing
    for index, reason in enumerate(routing.reject_reasons):
        if reason.segment is not None:
            yield ("routing", "reject_reasons", index, "segment"), reason.segment
    yield ("routing", "unresponsive", "segment"), routing.unresponsive.segment
    yield ("routing", "nurture", "segment"), routing.nurture.segment
    yield ("routing", "nurture", "below_segment"), routing.nurture.below_segment


def _after_silence(agreement: Agreement) -> Iterator[tuple[Path, str]]:
    for index, segment in enumerate(agreement.routing.nurture.segments):
        if segment.silence is not None:
            yield ("routing", "nurture", "segments", index, "silence", "then"), segment.silence.then
