"""Names that lead nowhere: a kind, a segment, a reason or a promise that one chapter uses and no chapter defines."""

from collections.abc import Iterator

from agreement.chapters import Agreement
from agreement.lint.finding import Findings
from agreement.problems import Path

ARCHIVED = "archived"
"""After silence: nothing is sent any more. No segment, so it needs no entry."""


def check(agreement: Agreement, findings: Findings) -> None:
    kinds = agreement.events.by_kind
    for path, kind in _kinds(agreement):
        findings.unknown(path, kind, kinds, "kind of events.yaml")
    segments = [segment.segment for segment in agreement.routing.nurture.segments]
    for path, name in _segments(agreement):
        findings.unknown(path, name, segments, "segment of nurture")
    for index, segment in enumerate(agreement.routing.nurture.segments):
        if segment.silence is not None:
            at = ("routing", "nurture", "segments", index, "silence", "then")
            findings.unknown(at, segment.silence.then, [*segments, ARCHIVED], "segment of nurture")


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
