"""Who is an existing customer."""

import pytest

from agreement.customers import is_customer


@pytest.mark.parametrize(
    ("lives", "ended", "listed", "now"),
    [
        (True, False, False, True),
        (True, True, False, True),
        (False, True, True, False),
        (False, False, True, True),
        (False, False, False, False),
        (False, True, False, False),
    ],
    ids=["a deal goes on", "one of two ended", "no more, whatever a list says", "by a list", "never", "no more"],
)
def test_who_is_a_customer(lives: bool, ended: bool, listed: bool, now: bool) -> None:
    assert is_customer(lives=lives, ended=ended, listed=listed) is now
