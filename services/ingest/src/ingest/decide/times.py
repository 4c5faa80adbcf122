"""When it happened: client clocks corrected, nonsense clamped, and what is old news."""

from datetime import UTC, datetime, timedelta
from typing import Final

from events import Mode
from ingest.decide.submission import Submission

OLDEST: Final = timedelta(days=5 * 365)
NEWEST: Final = timedelta(days=1)


def occurred(submission: Submission, received: datetime) -> datetime:
    """received - (sent - original), as the tracking clients' protocol has it; never further than a clock may err."""
    return clamped(_corrected(submission, received), received)


def _corrected(submission: Submission, received: datetime) -> datetime:
    original, sent = submission.original, submission.sent
    if original is None:
        return received
    if submission.exact or (sent is None and submission.historical):
        return original
    if sent is None:
        return received
    try:
        return received - (sent - original)
    except OverflowError:
        return original


def utc(naive: datetime) -> datetime:
    """A time without an offset is taken as UTC."""
    return naive.replace(tzinfo=UTC)


def clamped(moment: datetime, received: datetime) -> datetime:
    return max(received - OLDEST, min(received + NEWEST, moment)).astimezone(UTC)


def mode(submission: Submission, at: datetime, received: datetime, historical_after: timedelta) -> Mode:
    return "historical" if submission.historical or received - at > historical_after else "live"
