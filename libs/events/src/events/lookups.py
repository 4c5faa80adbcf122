"""Topic `scores`: what enrichment providers did not tell. Written by scoring."""

from typing import ClassVar, Literal

from events.body import Body
from events.envelope import Event


class LookupFailed(Event):
    """A provider was to be asked about a company, and told nothing: who waited goes on without. Subject: the domain."""

    topic: ClassVar[str] = "scores"

    class Data(Body):
        provider: str
        reason: str
        """For people: `no answer: answered 503`, `not asked: its circuit is open`."""

    type: Literal["lookup.failed.v1"] = "lookup.failed.v1"
    data: Data
