"""What the report says of a lead, to tests that look at a page. It may hear of an offer later than the card comes."""

from testing.answers import HandoffAnswer, LeadAnswer, LeadBeginning
from testing.house import Process
from testing.waiting import until


def beginning(up: Process, email: str) -> LeadBeginning:
    """The lead, also while the first facts about it are on their way. Raises HTTPError while it is not known."""
    return up.get(f"/api/leads/{email}", LeadBeginning)


def whole(up: Process, email: str) -> LeadAnswer:
    """The lead with all that is said of it once it was offered."""
    return up.get(f"/api/leads/{email}", LeadAnswer)


def is_offered(up: Process, email: str) -> bool:
    """Some rep had it. Raises HTTPError while the lead is not known."""
    return bool(beginning(up, email)["assignments"])


def offer_of(up: Process, email: str) -> HandoffAnswer:
    """The lead's last assignment, waited for."""
    until(lambda: is_offered(up, email))
    return beginning(up, email)["assignments"][-1]
