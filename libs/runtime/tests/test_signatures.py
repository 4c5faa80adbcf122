"""Which signature counts for which side: two different persons cover both, whoever signs first and for whatever."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from events.vocabulary import Side
from runtime.signatures import Signature, cover, in_words, wanted

BOTH: tuple[Side, ...] = ("marketing", "sales")
EITHER: frozenset[Side] = frozenset(BOTH)
SIGNERS: dict[str, frozenset[Side]] = {
    "ada": EITHER,
    "olga": EITHER,
    "mara": frozenset({"marketing"}),
    "grace": frozenset({"sales"}),
}
FIRST = datetime(2026, 8, 5, tzinfo=UTC)
DRAWN: st.SearchStrategy[list[tuple[str, Side]]] = st.lists(
    st.sampled_from([(who, side) for who, sides in sorted(SIGNERS.items()) for side in sorted(sides)]), max_size=5
)


def signed(*by: tuple[str, Side]) -> list[Signature]:
    return [Signature(side, who, FIRST + timedelta(hours=i)) for i, (who, side) in enumerate(by)]


def test_the_only_one_for_sales_who_signed_for_marketing_first_locks_nothing() -> None:
    signers: dict[str, frozenset[Side]] = {"ada": EITHER, "mara": frozenset({"marketing"})}
    given_so_far = signed(("ada", "marketing"))
    assert in_words(given_so_far, BOTH, signers) == "for marketing or for sales, by one more person"
    assert wanted(given_so_far, BOTH, signers, "mara") == BOTH, "of these she may sign for marketing"
    assert wanted(given_so_far, BOTH, signers, "ada") == ()
    both = signed(("ada", "marketing"), ("mara", "marketing"))
    assert {side: one.who for side, one in cover(both, BOTH, signers).items()} == {"marketing": "mara", "sales": "ada"}
    assert in_words(both, BOTH, signers) == ""


def test_what_is_missing_is_said_plainly() -> None:
    assert in_words([], BOTH, SIGNERS) == "for marketing and for sales, by one person each"
    assert in_words(signed(("mara", "marketing")), BOTH, SIGNERS) == "for sales, by one more person"
    assert in_words(signed(("grace", "sales")), ("sales",), SIGNERS) == ""


@given(DRAWN)
def test_it_is_signed_when_two_persons_can_stand_for_the_two_sides(by: list[tuple[str, Side]]) -> None:
    whos = {who for who, _ in by}
    pairs = [(a, b) for a in whos for b in whos if a != b and "marketing" in SIGNERS[a] and "sales" in SIGNERS[b]]
    counted = cover(signed(*by), BOTH, SIGNERS)
    assert (len(counted) == 2) == bool(pairs)
    assert len({one.who for one in counted.values()}) == len(counted)
    assert all(side in SIGNERS[one.who] for side, one in counted.items())


@given(DRAWN)
def test_whoever_signs_where_it_is_wanted_brings_it_further(by: list[tuple[str, Side]]) -> None:
    given_so_far = signed(*by)
    for who, sides in SIGNERS.items():
        for side in wanted(given_so_far, BOTH, SIGNERS, who):
            if side in sides:
                after = [*given_so_far, Signature(side, who, FIRST + timedelta(days=1))]
                assert len(cover(after, BOTH, SIGNERS)) == len(cover(given_so_far, BOTH, SIGNERS)) + 1
