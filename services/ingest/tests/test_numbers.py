"""Numbers that pass the door fit every column behind it: what is too large is refused by name, or kept as text."""

import pytest

from events import Event
from events.body import wire
from events.deals import DealOpened
from events.sales import LeadSalesQualified
from ingest.api.bodies import parsed
from ingest.api.checks import Checks
from ingest.api.invalid_input import InvalidInput
from testing.service import shipped_agreement

CHECKS = Checks(shipped_agreement())


@pytest.mark.parametrize("number", ["9223372036854775808", "18446744073709551615"])
def test_the_number_of_a_deal_is_kept_digit_by_digit(number: str) -> None:
    data = CHECKS.sales_data(DealOpened, parsed(b'{"deal": %s}' % number.encode()), "")
    assert getattr(data, "deal", None) == number
    assert DealOpened.Data.read(parsed(wire(data))) == data


@pytest.mark.parametrize(
    ("event", "field", "number"),
    [
        (DealOpened, "deal", "18446744073709551616"),
        (DealOpened, "deal", "-1e19"),
        (DealOpened, "deal", "1e300"),
        (LeadSalesQualified, "timeline_months", "9223372036854775808"),
        (LeadSalesQualified, "timeline_months", "123456789012345678901234567890"),
        (LeadSalesQualified, "timeline_months", '"99999999999999999999"'),
    ],
)
def test_a_number_that_nothing_can_hold_is_refused_where_it_stands(event: type[Event], field: str, number: str) -> None:
    with pytest.raises(InvalidInput, match=r"is too large a number|exceeded maximum size") as refusal:
        CHECKS.sales_data(event, parsed(f'{{"{field}": {number}}}'.encode()), "/3")
    assert refusal.value.problem["pointer"] == f"/3/{field}"
