"""Is this new, who is it, what is it in our words? Pure."""

from events.leads import lead_id
from ingest.decide.book import Book, Kept, Outcome, Person, Verdict, Wrong
from ingest.decide.fold import decide
from ingest.decide.reading import Names, Request, instant, names, read
from ingest.decide.submission import Submission, What, identifier, normalise
from ingest.decide.words import Words

__all__ = [
    "Book",
    "Kept",
    "Names",
    "Outcome",
    "Person",
    "Request",
    "Submission",
    "Verdict",
    "What",
    "Words",
    "Wrong",
    "decide",
    "identifier",
    "instant",
    "lead_id",
    "names",
    "normalise",
    "read",
]
