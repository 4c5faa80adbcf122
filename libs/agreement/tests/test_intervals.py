"""The interval beside a rate."""

from hypothesis import given
from hypothesis import strategies as st

from agreement.intervals import wilson


def test_the_interval_is_the_textbooks() -> None:
    low, high = wilson(10, 40, 0.95)
    assert (round(low, 4), round(high, 4)) == (0.1419, 0.4019)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_rate(pair: tuple[int, int]) -> None:
    low, high = wilson(*pair, 0.95)
    assert 0 <= low <= pair[0] / pair[1] + 1e-9
    assert pair[0] / pair[1] - 1e-9 <= high <= 1
