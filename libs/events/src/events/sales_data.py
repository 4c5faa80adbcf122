"""What the facts of topic `sales` share."""

from events.body import Body
from events.vocabulary import Via


class SalesData(Body):
    """What all sales facts share."""

    by: str | None = None
    """Rep id; null when a system said it."""
    actor: str | None = None
    """Who was signed in and did it in the place of `by`, as a manager may; null: `by` did, or a tool says so."""
    via: Via = "api"
    message_id: str | None = None
    backfill: bool = False
    """The sender marks it as history (an import): nobody was late in reporting it."""

    @property
    def other_subject(self) -> str | None:
        """What it is about when no lead is named: a rep, an account, an asset, ...; None: it needs a lead."""
        return None


class DealData(SalesData):
    """What all facts of a deal share."""

    deal: str
    """The deal's identity: leads are its contacts."""
    merged: bool = False
    """A fact of another lead, who turned out to be this one: it was emitted before, of that lead."""
