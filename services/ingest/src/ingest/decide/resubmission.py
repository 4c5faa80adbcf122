"""A submission that waits for a person to look at it: packed, and handed in again as it was."""

from collections.abc import Mapping
from typing import Any, Final, get_args

import msgspec

from ingest.decide.submissions import FormSubmitted, PersonArrival, Submission

_KINDS: Final[Mapping[str, Any]] = {
    kind.__name__: kind for kind in get_args(Submission) if issubclass(kind, PersonArrival)
}


def packed(submission: Submission) -> bytes:
    """As JSON, with its kind; without its raw text, which says the same once more."""
    plain = msgspec.to_builtins(msgspec.structs.replace(submission, raw=None))
    given = {name: value for name, value in plain.items() if value is not None and value is not False}
    return msgspec.json.encode({"kind": type(submission).__name__, **given})


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
