"""Numbers that pass the door fit every column behind it: what is too large is refused by name, or kept as text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import Event
from events.body import wire
from events.deals import DealOpened
from events.sales import LeadSalesQualified
from ingest.api.bodies import JsonBody, Unparsable, parsed
from ingest.api.checks import Checks
from ingest.api.invalid_input import InvalidInput
from ingest.api.tracking import TrackingClient, batch
from ingest.decide import Vocabulary
from ingest.decide.submissions import Track
from ingest.decide.traits import facts_of
from testing.events import NOON
from testing.service import shipped_agreement

CHECKS = Checks(shipped_agreement())


@pytest.mark.parametrize("number", ["9223372036854775808", "18446744073709551615", "18446744073709551616", "1" * 40])
def test_the_number_of_a_deal_is_kept_digit_by_digit(number: str) -> None:
    data = CHECKS.sales_data(DealOpened, parsed(b'{"deal": %s}' % number.encode()), "")
    assert getattr(data, "deal", None) == number
    assert DealOpened.Data.read(parsed(wire(data))) == data


@given(st.integers() | st.integers(2**62, 2**70) | st.integers(-(2**70), -(2**62)))
def test_whole_numbers_keep_their_digits_wherever_they_stand(number: int) -> None:
    raw = json.dumps({"a": [{"b": number}], "c": number, "text": f"{number} \\ {number}", "d": 1.5, "e": None}).encode()
    found = parsed(raw)
    fits = -(2**63) <= number < 2**64
    kept = number if fits else str(number)
    assert found == {"a": [{"b": kept}], "c": kept, "text": f"{number} \\ {number}", "d": 1.5, "e": None}


HUGE = "7" * 310


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"[-{HUGE}, {HUGE}]", [f"-{HUGE}", HUGE]),
        (f'{{"a\\"": {HUGE}, "b": "\\" {HUGE}"}}', {'a"': HUGE, "b": f'" {HUGE}'}),
        (f"[0.{HUGE}, {HUGE}]", [float(f"0.{HUGE}"), HUGE]),
        *[(text, None) for text in (f"[{HUGE}, NaN]", f"[0{HUGE}]", f"[{HUGE}.5]", f"[{HUGE}e1]", f"[{HUGE} {HUGE}]")],
        *[
            (text, None)
            for text in (f'[{HUGE}, "\\ud800"]', f'{HUGE}"' + '\\"' * 99_999, f'{HUGE}"\\', f"{{{HUGE}: 1}}x")
        ],
    ],
)
def test_a_number_that_no_float_holds_is_its_digits_and_makes_no_json_of_what_is_none(text: str, value: object) -> None:
    if value is not None:
        assert parsed(text.encode()) == value
        return
    with pytest.raises(Unparsable, match="not JSON"):
        parsed(text.encode())


def test_who_is_named_by_a_long_number_is_named_by_all_its_digits() -> None:
    vocabulary, one, other = Vocabulary.of(shipped_agreement()), "123456789012345678901", "123456789012345678902"
    text = f"""[
        {{"type": "track", "event": "x", "userId": {one}, "properties": {{"order": {one}}}, "messageId": "a"}},
        {{"type": "track", "event": "x", "userId": {other}, "context": {{"traits": {{"tax": {one}}}}}}}
    ]"""
    first, second = batch({}, parsed(text.encode()), TrackingClient("web", vocabulary)).submissions
    assert isinstance(first, Track)
    assert isinstance(second, Track)
    assert (first.user, second.user) == (one, other)
    assert first.properties == {"order": one}
    (fact,) = facts_of(second.context["traits"], vocabulary, "web", NOON)
    assert fact.value == one


def test_what_a_person_posts_keeps_its_digits_too() -> None:
    class Posted(JsonBody):
        pin: dict[str, int | str]

    assert Posted.model_validate({"pin": {"tax": 2**70, "employees": 7}}).pin == {"tax": str(2**70), "employees": 7}


@pytest.mark.parametrize(
    ("event", "field", "number"),
    [
        (DealOpened, "deal", "18446744073709551616.0"),
        (DealOpened, "deal", "-1e19"),
        (DealOpened, "deal", "1e300"),
        (DealOpened, "deal", "1" * 310),
        (LeadSalesQualified, "timeline_months", "1" * 5000),
        (LeadSalesQualified, "timeline_months", "9223372036854775808"),
        (LeadSalesQualified, "timeline_months", "123456789012345678901234567890"),
        (LeadSalesQualified, "timeline_months", '"99999999999999999999"'),
    ],
)
def test_a_number_that_nothing_can_hold_is_refused_where_it_stands(event: type[Event], field: str, number: str) -> None:
    with pytest.raises(InvalidInput, match=r"is too large a number|exceeded maximum size|at most 255 char") as refusal:
        CHECKS.sales_data(event, parsed(f'{{"{field}": {number}}}'.encode()), "/3")
    assert refusal.value.problem["pointer"] == f"/3/{field}"
