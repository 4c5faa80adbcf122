"""Is this new, who is it, what is it in our words? Pure."""

from events.leads import lead_id
from ingest.decide.decide import Outcome, Receipt, UnknownLead, decide
from ingest.decide.leftovers import divide, unknown_events
from ingest.decide.readings import Mentions, Reading, Request, mentions, read
from ingest.decide.state import Person, Registry, StoredFact
from ingest.decide.submissions import Submission, identifier, normalise
from ingest.decide.terms import Vocabulary
from ingest.decide.times import instant

__all__ = [
    "Mentions",
    "Outcome",
    "Person",
    "Reading",
    "Receipt",
    "Registry",
    "Request",
    "StoredFact",
    "Submission",
    "UnknownLead",
    "Vocabulary",
    "decide",
    "divide",
    "identifier",
    "instant",
    "lead_id",
    "mentions",
    "normalise",
    "read",
    "unknown_events",
]
