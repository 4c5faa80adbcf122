"""A deal as all its contacts have it, and whose it is: by its facts, or because it went along with a lead."""

from datetime import datetime

import msgspec

from agreement.deals import DealHistory


class PassedOn(msgspec.Struct, frozen=True):
    """A deal went along with a lead that changed hands; without a rep, it waits with the lead for somebody."""

    at: datetime
    to: str | None = None


class SharedDeal(msgspec.Struct, frozen=True):
    """A deal as all its contacts have it: changed only under the row's lock."""

    deal: str
    contacts: tuple[str, ...] = ()
    """Leads, in key order."""
    history: DealHistory = DealHistory()
    passed: PassedOn | None = None
    """The last time that it went along with the lead of a contact: so far it has no other owner."""
    version: int = 0
    """How often it was said whose it is (`deal.owned`)."""

    @property
    def owner(self) -> str | None:
        """Who was named by its facts last, or to whom it has gone since; of one instant, that.

        A deal that was over by then, as is known since, has not gone along: it is whose it was.
        """
        named, closed = self.history.owner, self.history.closed_at
        if self.passed and not (named and named.when.at > self.passed.at) and not (closed and closed < self.passed.at):
            return self.passed.to
        return named.value if named else None
