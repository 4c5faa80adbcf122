"""A deal is the fold of its facts in the order of occurrence, whatever the order of arrival (domain, section 1)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import Agreement
from agreement.currencies import ExchangeRates
from agreement.deals import DealEvent, DealHistory, DealState, survey_counts
from events import Money
from events.deals import DealChanged, DealLost, DealOpened, DealWon
from testing.events import EventBuilder

START = datetime(2026, 8, 5, 16, tzinfo=UTC)
BUILDER = EventBuilder(start=START)
KINDS: dict[str, type[DealEvent]] = {"opened": DealOpened, "changed": DealChanged, "won": DealWon, "lost": DealLost}


def usd(amount: int) -> Money:
    return Money(amount=amount, currency="USD")


def fact(kind: str, hour: int, *, id: str | None = None, **data: object) -> DealEvent:
    more = {"reason": "price"} if kind == "lost" else {}
    event = BUILDER.make(KINDS[kind], {"deal": "d", **more, **data}, subject="lead-1", at=START + timedelta(hours=hour))
    return event if id is None else event.replaced(id=id)


def folded(facts: Sequence[DealEvent]) -> DealHistory:
    history = DealHistory()
    for one in facts:
        history = history.after(one)
    return history


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (["won 3", "opened 1"], "won"),
        (["won 3", "lost 2"], "won"),
        (["won 2", "lost 3"], "lost"),
        (["lost 2", "opened 3"], "open"),
        (["opened 3", "lost 2"], "open"),
        (["won 2", "opened 3"], "won"),
        (["won 1", "opened 3", "lost 2"], "open"),
        (["changed 1"], "open"),
        (["lost 1", "changed 2"], "lost"),
        (["opened 1", "lost 1", "opened 1"], "open"),
    ],
)
def test_the_state_is_that_of_the_facts_in_their_order(facts: list[str], state: DealState) -> None:
    assert folded([fact(one.split()[0], int(one.split()[1])) for one in facts]).state == state


@pytest.mark.parametrize(
    ("facts", "hour"),
    [
        (["opened 2", "opened 1"], 1),
        (["opened 1", "lost 2"], 1),
        (["opened 1", "lost 2", "opened 3"], 3),
        (["opened 3", "lost 2", "opened 3"], 3),
        (["opened 1", "won 2", "opened 3"], 1),
        (["changed 1"], None),
    ],
)
def test_from_when_on_a_deal_is_open(facts: list[str], hour: int | None) -> None:
    history = folded([fact(one.split()[0], int(one.split()[1])) for one in facts])
    assert history.open_from == (None if hour is None else START + timedelta(hours=hour))


@pytest.mark.parametrize(
    ("facts", "since"),
    [
        (["opened 1", "lost 2"], None),
        (["opened 1", "lost 2", "lost 3"], None),
        (["opened 1", "lost 2", "won 4"], None),
        (["opened 1", "lost 2", "opened 4", "lost 5"], 4),
        (["opened 1", "lost 2", "opened 4", "won 5"], 4),
        (["opened 1", "lost 2", "opened 4"], 4),
        (["opened 1", "lost 2", "won 3", "lost 5"], 3),
        (["opened 1", "lost 2", "won 3", "won 4", "lost 5"], 3),
        (["opened 1", "won 2", "lost 3", "won 5"], 3),
        (["opened 1", "lost 2", "won 3", "opened 4", "lost 5"], 3),
        (["opened 1", "won 2", "opened 4"], None),
    ],
)
def test_a_survey_of_before_the_last_end_was_taken_back_is_about_that_end(facts: list[str], since: int | None) -> None:
    history = folded([fact(one.split()[0], int(one.split()[1])) for one in reversed(facts)])
    assert history.surveys_from == (None if since is None else START + timedelta(hours=since))


@pytest.mark.parametrize(
    ("outcome", "hour", "ending", "since", "counts"),
    [
        ("won", 3, "won", None, True),
        ("lost", 3, "won", None, False),
        ("won", 4, "won", 3, True),
        ("won", 3, "won", 3, False),
        ("won", 2, "won", 3, False),
        (None, 2, "won", None, True),
        ("won", 2, None, None, True),
        (None, 2, "won", 3, False),
    ],
)
def test_which_survey_counts(
    outcome: str | None, hour: int, ending: str | None, since: int | None, counts: bool
) -> None:
    start = None if since is None else START + timedelta(hours=since)
    assert survey_counts(outcome, START + timedelta(hours=hour), ending, start) is counts


def test_an_older_change_never_overwrites_a_newer_one() -> None:
    history = folded([fact("changed", 3, amount=usd(9000)), fact("changed", 2, amount=usd(5000))])
    assert history.amount is not None
    assert history.amount.value == usd(9000)


def test_what_a_fact_leaves_out_stays_as_it_was() -> None:
    history = folded([fact("opened", 1, amount=usd(7), product="core", by="rep-ana"), fact("won", 2)])
    assert (history.amount and history.amount.value, history.product and history.product.value) == (usd(7), "core")
    assert history.owner is not None
    assert history.owner.value == "rep-ana"


def test_it_closed_when_it_was_won_first_since_it_was_lost_last() -> None:
    paid = fact("won", 9, paid_at=START)
    assert folded([fact("opened", 1), fact("won", 3), paid]).closed_at == START + timedelta(hours=3)
    assert folded([fact("won", 3), fact("lost", 4), fact("won", 5)]).closed_at == START + timedelta(hours=5)
    assert folded([fact("opened", 1), fact("lost", 2), fact("lost", 6)]).closed_at == START + timedelta(hours=2)
    assert folded([fact("lost", 2), fact("opened", 3)]).closed_at is None


def test_when_a_deal_was_paid_is_another_matter_than_when_it_was_won() -> None:
    won, paid = fact("won", 3), fact("won", 9, paid_at=START + timedelta(hours=8))
    assert folded([won]).paid_at is None
    for facts in ([won, paid], [paid, won], [won, paid, fact("changed", 10, amount=usd(7))]):
        history = folded(facts)
        assert (history.state, history.closed_at) == ("won", START + timedelta(hours=3))
        assert history.paid_at is not None
        assert history.paid_at.value == START + timedelta(hours=8)
    again = folded([won, paid, fact("won", 11, paid_at=START + timedelta(hours=10))])
    assert (again.paid_at and again.paid_at.value) == START + timedelta(hours=10), "what was said last"


def test_facts_of_one_instant_follow_their_stream_and_two_streams_have_no_order() -> None:
    nine, ten = fact("lost", 1, id="sales/3/9"), fact("opened", 1, id="sales/3/10")
    assert folded([ten, nine]).state == "open"
    elsewhere = fact("opened", 1, id="sales/7/12")
    assert folded([nine, elsewhere]).state == folded([elsewhere, nine]).state == "lost"


def test_what_was_known_before_times_were_kept_gives_way_to_any_fact() -> None:
    old = DealHistory().remember("won", "rep-ana")
    assert (old.state, old.owner and old.owner.value) == ("won", "rep-ana")
    assert old.after(fact("opened", 1)).state == "won"
    assert old.after(fact("lost", 1)).state == "lost"


FACTS = st.lists(
    st.builds(
        lambda kind, hour, amount: fact(kind, hour, amount=usd(amount)),
        st.sampled_from(("opened", "changed", "won", "lost")),
        st.integers(0, 5),
        st.integers(1, 9),
    ),
    min_size=1,
    max_size=7,
)


@settings(deadline=None)
@given(facts=FACTS, data=st.data())
def test_any_order_of_arrival_and_any_repeat_is_the_same_deal(facts: list[DealEvent], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(facts))
    repeated = data.draw(st.lists(st.sampled_from(facts), max_size=3))
    assert folded([*shuffled, *repeated]) == folded(facts)


@settings(deadline=None)
@given(facts=FACTS)
def test_it_is_what_a_reader_of_the_facts_in_order_would_say(facts: list[DealEvent]) -> None:
    state = "open"
    for one in sorted(facts, key=lambda one: (one.time, int(one.id.rpartition("/")[2]))):
        match one:
            case DealWon():
                state = "won"
            case DealLost():
                state = "lost"
            case DealOpened() if state == "lost":
                state = "open"
            case _:
                pass
    assert folded(facts).state == state


def test_money_of_other_currencies_is_converted_by_the_rate_of_the_day(agreement: Agreement) -> None:
    rates = ExchangeRates.of(agreement)
    assert rates.converted(Money.of(100, "EUR"), date(2026, 8, 5)) == Money.of(108, "USD")
    assert rates.converted(Money.of(100, "USD"), date(1999, 1, 1)) == Money.of(100, "USD")
    assert rates.converted(Money.of(Decimal("0.01"), "GBP"), date(2026, 8, 5)) == Money.of(Decimal("0.01"), "USD")
    assert rates.converted(Money.of(100, "EUR"), date(2023, 12, 31)) is None
    assert rates.converted(Money.of(100, "CHF"), date(2026, 8, 5)) is None
