"""A submission that waits for a person to look at it: packed, and handed in again as it was."""

from collections.abc import Mapping
from typing import Any, Final, get_args

import msgspec

from ingest.decide.submissions import ClientMessage, FormSubmitted, Page, PersonArrival, Submission, Track

LARGEST_EVENT: Final = 32 * 1024
"""Bytes of a tracking client's message."""
_KINDS: Final[Mapping[str, Any]] = {
    kind.__name__: kind for kind in get_args(Submission) if issubclass(kind, PersonArrival)
}


def packed(submission: Submission) -> bytes:
    """As JSON, with its kind; without its raw text, which says the same once more."""
    plain = msgspec.to_builtins(msgspec.structs.replace(submission, raw=None))
    given = {name: value for name, value in plain.items() if value is not None and value is not False}
    return msgspec.json.encode({"kind": type(submission).__name__, **given})


def complete(message: Mapping[str, Any], context: Mapping[str, Any], user_agent: str | None = None) -> bytes:
    """A tracking client's message as JSON by which it can be read alone: with what its batch and the connection told.

    `context`: the batch's under the message's own. As it came where it would be too long a message otherwise.
    """
    agent = {"userAgent": user_agent} if user_agent and "userAgent" not in context else {}
    whole_context = {**agent, **context}
    came = msgspec.json.encode(message)
    if not whole_context or whole_context == message.get("context"):
        return came
    alone = msgspec.json.encode({**message, "context": whole_context})
    return alone if len(alone) <= LARGEST_EVENT else came


def kept_raw(submission: Submission) -> bytes | None:
    """What stays of a submission that cannot be kept, to be read again; None for one that came as nothing else."""
    if not isinstance(submission, ClientMessage) or submission.raw is None:
        return submission.raw
    agent = submission.user_agent if isinstance(submission, Track | Page) else None
    return complete(msgspec.json.decode(submission.raw), submission.context, agent)


def released(content: bytes) -> Submission:
    """The submission as it was, to be taken in as if it came now; spam rules do not judge it again.

    A form's content counts once, however often it was caught. Raises ValueError when it cannot be read.
    """
    given: dict[str, Any] = msgspec.json.decode(content)
    submission: Submission = msgspec.convert(given, _KINDS[given.pop("kind")])
    if isinstance(submission, FormSubmitted):
        submission = msgspec.structs.replace(submission, again_after=None)
    assert isinstance(submission, PersonArrival)  # noqa: S101
    return msgspec.structs.replace(submission, is_released=True)
