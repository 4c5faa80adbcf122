"""Turns of a pool: where newcomers and returners begin, for routing, which picks, and for reporting, which shows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.turns import Turns, head_starts, ratio_of

ANA = Turns(taken=1, weight=1.0, head_start=None, here=True)
BEN = Turns(taken=4, weight=1.0, head_start=0.0, here=True)
CHLOE = Turns(taken=6, weight=2.0, head_start=2.0, here=True)
"""A ratio of 4, as BEN's: 6 turns and a head start of 2, for twice the weight."""
DAN = Turns(taken=90, weight=1.0, head_start=0.0, here=True)
AWAY = Turns(taken=500, weight=1.0, head_start=0.0, here=False)
MEMBERS = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.builds(
        Turns,
        st.integers(0, 500),
        st.sampled_from((0.5, 1.0, 2.0, 3.0)),
        st.none() | st.integers(-50, 50).map(float),
        st.booleans(),
    ),
)


@pytest.mark.parametrize(
    ("others", "lift"),
    [
        ({"ben": BEN}, 3.0),
        ({"ben": BEN, "chloe": CHLOE}, 3.0),
        ({"ben": BEN, "chloe": CHLOE, "dan": DAN}, 3.0),
        ({"ben": BEN, "dan": DAN}, 46.0),
        ({"ben": BEN, "away": AWAY}, 3.0),
        ({"away": AWAY}, -1.0),
        ({}, -1.0),
    ],
)
def test_who_comes_back_begins_at_the_median_of_the_others_who_are_here(others: dict[str, Turns], lift: float) -> None:
    assert head_starts({"ana": ANA, **others}) == {"ana": lift}


def test_twice_the_weight_is_lifted_twice_as_high() -> None:
    assert head_starts({"ana": Turns(0, 2.0, None, here=True), "ben": BEN}) == {"ana": 8.0}


@given(MEMBERS)
def test_all_who_are_lifted_stand_between_the_others_and_nobody_else_is_moved(members: dict[str, Turns]) -> None:
    lifts = head_starts(members)
    assert set(lifts) == {rep for rep, one in members.items() if one.here and one.head_start is None}
    others = [
        ratio_of(one.taken, one.head_start, one.weight)
        for one in members.values()
        if one.here and one.head_start is not None
    ]
    ratios = [ratio_of(members[rep].taken, lift, members[rep].weight) for rep, lift in lifts.items()]
    assert ratios == pytest.approx([ratios[0]] * len(ratios)) if ratios else not lifts
    for ratio in ratios:
        below = sum(one < ratio - 1e-6 for one in others)
        above = sum(one > ratio + 1e-6 for one in others)
        assert max(below, above) <= len(others) / 2
        assert others or ratio == pytest.approx(0)
