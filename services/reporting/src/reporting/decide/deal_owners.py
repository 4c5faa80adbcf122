"""Topic `handoffs`: whose each deal is, as routing says it."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

from events.deal_ends import DealOwned
from reporting.decide.rows import Row, row
from reporting.decide.state import Fold, Handle
from runtime.values import Key


class DealOwner(Row, frozen=True):
    """Whose a deal was said to be. Never changes; of a deal the highest version counts."""

    table: ClassVar[str] = "deal_owner"
    key: ClassVar[tuple[str, ...]] = ("deal", "version")
    deal: str
    version: int
    at: datetime
    owner: str | None = None
    """Null: nobody's."""


def on_deal_owned(fold: Fold, event: DealOwned) -> None:
    """Puts whose the deal is."""
    fold.put(row(DealOwner, event))


ROWS: Final = (DealOwner,)
HANDLES: Final[Mapping[Key, Handle]] = {DealOwned: on_deal_owned}
