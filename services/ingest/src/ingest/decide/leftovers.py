"""What of a request goes no further: spam, which a person may release, and what counts for nothing."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence

from msgspec import Struct

from events.leads import EngagementRecorded
from ingest.decide.readings import Reading, Request
from ingest.decide.spam import SpamRules
from ingest.decide.submissions import PersonArrival, Track
from ingest.decide.terms import OTHER, folded


class Division(Struct, frozen=True):
    """A request without its spam."""

    kept: Request
    spam: Sequence[tuple[Reading, str]] = ()
    """Each with the reason."""


def divide(request: Request, rules: SpamRules) -> Division:
    """Takes the spam out of a request; what a person released is none."""
    spam = [(reading, reason) for reading in request if (reason := _spam(reading, rules))]
    if not spam:
        return Division(request)
    caught = {id(reading) for reading, _ in spam}
    return Division([reading for reading in request if id(reading) not in caught], spam)


def unknown_events(requests: Iterable[Request], accepted: Container[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
    """Track events whose name the agreement does not know, by (source, name): kept and shown, worth nothing.

    `accepted`: the keys of those that were not here before.
    """
    return Counter(
        (reading.submission.source, folded(reading.submission.name))
        for request in requests
        for reading in request
        if isinstance(reading.submission, Track) and reading.submission.key in accepted
        if any(isinstance(data, EngagementRecorded.Data) and data.kind == OTHER for _, data in reading.events)
    )


def _spam(reading: Reading, rules: SpamRules) -> str | None:
    submission = reading.submission
    if not isinstance(submission, PersonArrival) or submission.is_released:
        return None
    texts = (data.text for _, data in reading.events if isinstance(data, EngagementRecorded.Data))
    message = next((text for text in texts if text), None)
    return rules.reason(reading.facts, message) if reading.facts or message else None
