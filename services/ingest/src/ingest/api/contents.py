"""What one request holds, once it is read, and the answer when it is committed."""

from dataclasses import dataclass, field

from pydantic import BaseModel

from ingest.decide import Receipt, Submission
from ingest.store import Reject


@dataclass(slots=True)
class Contents:
    """What can be decided on, and what is put aside with a reason."""

    submissions: list[Submission] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


class Acceptance(BaseModel):
    """Committed, or here before."""

    accepted: int
    duplicates: int


def acceptance(receipt: Receipt) -> Acceptance:
    """What the sender is answered after the commit."""
    return Acceptance(accepted=receipt.accepted, duplicates=receipt.duplicates)
