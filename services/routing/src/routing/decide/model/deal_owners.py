"""Whose a lead is by its deals: the person and the deal are in one hand."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Final

from agreement.deals import UNDATED
from routing.decide.state import Deal, Lead

_OPENS: Final = 0
_CLOSES: Final = 1
Employed = Callable[[str], bool]


def owner_by_deals(lead: Lead, employed: Employed) -> str | None:
    """The rep whose the lead is by its open deals; None where they leave it to whoever has it.

    Who owns one of them keeps the lead; else it goes to the owner of the one opened last. That is folded over all deals
    in the order in which they were opened and closed (of one instant, by their ids), so that no order of arrival shows.
    None: no deal is open, or none that is names a rep who is employed.
    """
    deals = _owned(lead, employed)
    return _last_holder(deals, lead) if any(deal.state == "open" for deal in deals) else None


def seller(lead: Lead, employed: Employed) -> str | None:
    """The same of a lead whose deals may all be closed by now: who had it by them last."""
    return _last_holder(_owned(lead, employed), lead)


def _owned(lead: Lead, employed: Employed) -> list[Deal]:
    return [deal for deal in lead.deals if deal.owner and employed(deal.owner)]


def _last_holder(deals: list[Deal], lead: Lead) -> str | None:
    """Of deals without a time, which were kept before, whoever has the lead keeps it by one of theirs."""
    holder = next((one.owner for one in deals if one.open_from is None and one.owner == lead.owner), None)
    open_now = dict[str, tuple[datetime, str, str | None]]()
    steps = sorted((at, step, deal.deal, deal.owner) for deal in deals for at, step in _steps(deal))
    for (at, step), some in groupby(steps, itemgetter(0, 1)):
        for _, _, deal, owner in some:
            if step == _OPENS:
                open_now[deal] = (at, deal, owner)
            else:
                open_now.pop(deal, None)
        if open_now and holder not in {owner for _, _, owner in open_now.values()}:
            latest = max(opened for opened, _, _ in open_now.values())
            holder = min(one for one in open_now.values() if one[0] == latest)[2]
    return holder


def _steps(deal: Deal) -> Iterator[tuple[datetime, int]]:
    """When it opened, and closed; of one that is known closed only, both at that instant."""
    if deal.state == "open":
        yield deal.open_from or UNDATED.at, _OPENS
    elif deal.closed_at is not None:
        yield min(deal.open_from or deal.closed_at, deal.closed_at), _OPENS
        yield deal.closed_at, _CLOSES
