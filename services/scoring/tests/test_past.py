"""The hot state against the past: what was counted one by one is what the whole past adds up to, at every instant."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins
from services.scoring.tests.conftest import LeadEvents, Scorer, shipped_terms
from services.scoring.tests.test_laws import ENGAGEMENTS, NOW, UPDATES, Make, newcomers

from events import Event
from events.scores import SHOWN_LINES, LeadQualified
from scoring.decide import Terms, past, signals
from scoring.decide.past import BLOCK, MOST
from scoring.decide.standing import score_line
from scoring.decide.state import Lead, LedgerState, PastBlock
from testing.events import of_type

CLICKS = st.builds(
    lambda seconds, link, kind: (
        lambda events, _number: events.engaged(kind, timedelta(seconds=seconds), mail="m", link=link)
    ),
    st.integers(0, 40),
    st.sampled_from("abcd"),
    st.sampled_from(["email_click", "email_click", "email_open", "demo_request"]),
)
MAKES = st.lists(ENGAGEMENTS | UPDATES | CLICKS, max_size=40)


def received(events: LeadEvents, makes: Sequence[Make], delays: Sequence[int]) -> list[Event]:
    """Each received some hours after it occurred, in the order of reception: many of them late."""
    log = [make(events, number) for number, make in enumerate(makes)]
    delayed = zip(log, [*delays, *[0] * len(log)], strict=False)
    whole = [event.replaced(recordedtime=event.time + timedelta(hours=hours)) for event, hours in delayed]
    return sorted(whole, key=lambda event: event.recordedtime)


def assert_that_the_past_adds_up(scorer: Scorer) -> None:
    """Every lead is what its past gives when it is folded anew from the beginning."""
    for id, lead in scorer.leads.items():
        if lead.removed or lead.as_of is None:
            continue
        work, anew = scorer.work(id), msgspec.structs.replace(lead)
        past.refold(work, anew, past.read(work, lead))
        assert to_builtins(anew) == to_builtins(lead)
        assert work.blocks == {}, "the blocks are what they were"


@given(makes=MAKES, delays=st.lists(st.sampled_from([0, 0, 0, 1, 30, 2000])), sizes=st.lists(st.integers(1, 9)))
def test_counted_one_by_one_is_what_the_whole_past_gives(
    makes: list[Make], delays: list[int], sizes: list[int]
) -> None:
    events, scorer = LeadEvents(), Scorer(shipped_terms())
    log = [*newcomers(events), *received(events, makes, delays)]
    for size in [*sizes, *[1] * len(log)]:
        batch, log = log[:size], log[size:]
        if not batch:
            break
        now = max(event.recordedtime for event in batch)
        scorer.advance(now)
        scorer.read(*batch, now=now)
        assert_that_the_past_adds_up(scorer)
        for lead in scorer.leads:
            scorer.points(lead)
    scorer.advance(events.at(NOW + 200))
    assert_that_the_past_adds_up(scorer)


@given(makes=MAKES, delays=st.lists(st.sampled_from([0, 0, 0, 1, 30, 2000])))
def test_a_past_that_is_always_read_whole_gives_the_same_facts(makes: list[Make], delays: list[int]) -> None:
    """The facts of the short way, from the hot state alone, and of the long way are the same, to the last line."""
    events = LeadEvents()
    short, long = Scorer(shipped_terms()), Scorer(shipped_terms())
    for event in [*newcomers(events), *received(events, makes, delays)]:
        for scorer in (short, long):
            scorer.advance(event.recordedtime)
        for id, lead in long.leads.items():
            work = long.work(id)
            past.refold(work, lead, past.read(work, lead))
            long.stored[id] = msgspec.msgpack.encode(lead)
        for scorer in (short, long):
            scorer.read(event, now=event.recordedtime)
        assert short.facts == long.facts


@given(makes=MAKES, delays=st.lists(st.sampled_from([0, 0, 0, 1, 30, 2000])))
def test_who_reads_differences_knows_what_a_whole_one_would_say(makes: list[Make], delays: list[int]) -> None:
    events, scorer = LeadEvents(), Scorer(shipped_terms())
    for event in [*newcomers(events), *received(events, makes, delays)]:
        scorer.advance(event.recordedtime)
        scorer.read(event, now=event.recordedtime)
        for id, lead in scorer.leads.items():
            if lead.removed or lead.announced is None:
                continue
            known = scorer.standing(id)
            assert known.signals == signals.list_signals(lead, scorer.terms)
            assert known.assets == signals.list_assets(lead, scorer.terms)
            lines = past.newest_lines(lead, known.model, scorer.terms)
            whole = past.fold(past.read(scorer.work(id), lead), lead.as_of, scorer.terms)[1].get(known.model, [])
            assert lines == whole[: -SHOWN_LINES - 1 : -1]
            assert known.engagement_lines == tuple(map(score_line, lines))


def blogs(events: LeadEvents, count: int) -> list[Event]:
    return [events.engaged("blog_read", timedelta(hours=hour), asset=f"b{hour}") for hour in range(count)]


def test_the_newest_engagements_stand_in_the_hot_state_and_older_ones_in_blocks(
    events: LeadEvents, scorer: Scorer
) -> None:
    scorer.read(*blogs(events, 2 * BLOCK + 3))
    lead = scorer.leads["ann"]
    assert (lead.blocks, lead.recent_count, sorted(scorer.blocks["ann"])) == (2, 3, [0, 1])
    assert [one.asset for one in scorer.engagements()] == [f"b{hour}" for hour in range(2 * BLOCK + 3)]


def test_an_event_of_a_lead_with_a_long_past_reads_nothing_of_it(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(), *blogs(events, 10 * BLOCK))
    scorer.blocks.clear()
    scorer.persons.clear()
    scorer.read(events.engaged("pricing_view", 20), events.engaged("product_page", 21))
    assert scorer.missed == 0
    assert scorer.scored().total == 15 + 30 + 10


def test_who_passes_the_gate_is_told_whole_once_and_then_by_differences(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(), *blogs(events, 2 * BLOCK), events.engaged("demo_request", 20))
    assert of_type(scorer.facts, LeadQualified.Data)
    missed = scorer.missed
    scorer.read(events.engaged("pricing_view", 21))
    assert scorer.scored().standing is None
    lines = [line.rule for line in scorer.standing().engagement_lines]
    assert lines == ["pricing_view", "demo_request", *["blog_read"] * 3]
    assert scorer.missed == missed


def test_what_a_raised_hand_tells_is_loaded_with_the_lead(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(title="VP Sales"))
    scorer.read(events.engaged("demo_request", 1))
    assert of_type(scorer.facts, LeadQualified.Data)
    assert scorer.missed == 0


def test_a_signal_that_comes_again_leads_those_of_its_strength(events: LeadEvents, scorer: Scorer) -> None:
    kinds = sorted(name for name, kind in scorer.terms.kinds.items() if kind.strength is not None)
    for day, kind in enumerate([*kinds, *kinds, *reversed(kinds)]):
        scorer.read(events.engaged(kind, timedelta(hours=day)))
        assert scorer.standing().signals == signals.list_signals(scorer.leads["ann"], scorer.terms)


def test_lines_of_decay_are_among_the_newest_once_there_are_blocks(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(), *blogs(events, BLOCK + 1))
    scorer.advance(events.at(200))
    lead = scorer.leads["ann"]
    whole = past.fold(past.read(scorer.work("ann"), lead), lead.as_of, scorer.terms)[1]["default"]
    assert whole[-1].rule == "decay"
    assert past.newest_lines(lead, "default", scorer.terms) == whole[: -SHOWN_LINES - 1 : -1]


def test_an_asset_that_has_gone_is_told_with_whatever_comes_next(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(), events.engaged("other", 0, asset="a"))
    assert scorer.standing().assets == ("a",)
    scorer.read(events.engaged("other", scorer.terms.gate.window, machine=True))
    assert scorer.standing().assets == ()


def test_a_fact_that_is_claimed_again_is_newer_where_it_is_told_next(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(industry="B2B SaaS"), events.engaged("demo_request", 1))
    scorer.read(events.updated(days=2, industry="B2B SaaS"))
    scorer.read(events.engaged("demo_request", 3))
    assert [line.at for line in scorer.standing().fit_lines if line.rule == "industry"] == [events.at(2)]


def test_a_late_event_changes_only_blocks_that_lie_after_it(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(*blogs(events, 3 * BLOCK))
    before = dict(scorer.blocks["ann"])
    late = events.engaged("webinar_attended", timedelta(hours=BLOCK + 1.5), asset="w")
    scorer.read(late.replaced(recordedtime=events.at(10)), now=events.at(10))
    assert [n for n, body in scorer.blocks["ann"].items() if body != before[n]] == [1, 2]
    assert sum(line.points for line in scorer.lines()) == scorer.points() == 15 + 20
    assert_that_the_past_adds_up(scorer)


def test_only_the_newest_blocks_are_read_to_fold_again(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(*blogs(events, (MOST + 3) * BLOCK))
    for number in range(2):
        del scorer.blocks["ann"][number]
    lates = [events.engaged("webinar_attended", timedelta(hours=hours), asset="w") for hours in (1.5, 900 - 500)]
    for late in lates:
        scorer.read(late.replaced(recordedtime=events.at(60)), now=events.at(60))
    assert [one.kind for one in scorer.engagements()].count("webinar_attended") == 1, "the first is too old"


def test_a_new_agreement_refolds_a_lead_when_it_is_touched_and_explains_the_change(
    events: LeadEvents, scorer: Scorer, changed_terms: Callable[..., Terms]
) -> None:
    scorer.read(events.captured(title="CEO"), *blogs(events, BLOCK + 1), events.engaged("case_study", 3, asset="c"))
    model = scorer.terms.models[0]
    awards = {**model.awards, "case_study": replace(model.awards["case_study"], points=35)}
    scorer.terms = replace(scorer.terms, version="another", models=(replace(model, awards=awards),))
    scorer.read(events.engaged("product_page", 4))
    scored = scorer.scored()
    assert [(line.rule, line.points) for line in scored.lines or ()] == [("product_page", 10), ("agreement", 20)]
    assert (scored.was, scored.total) == (60, 90)
    assert scored.standing is not None, "whoever reads it begins anew"
    assert_that_the_past_adds_up(scorer)


def test_a_hot_state_forgets_what_no_later_event_can_ask_for(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.engaged("demo_request", 0), events.engaged("site_visit", 0))
    for day in range(100, 100 + BLOCK):
        scorer.read(events.engaged("newsletter_signup", day))
    ledger = scorer.leads["ann"].tally.ledgers["default"]
    assert (list(ledger.counted_at), ledger.capped) == (["newsletter_signup"], {})


def test_a_message_counts_once_for_ever_and_takes_six_bytes(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(*[events.engaged("email_reply", day, mail=f"m{day}") for day in range(40)])
    size = len(msgspec.msgpack.encode(scorer.leads["ann"].tally.ledgers["default"].seen))
    assert size < 40 * 6 + 3
    lines = len(scorer.lines())
    scorer.advance(events.at(300))
    scorer.read(events.engaged("email_reply", 300, mail="m3"))
    assert [line.rule for line in scorer.lines()[lines:]] == ["decay", "decay"]


def test_the_click_that_completes_a_burst_of_bots_is_kept_as_a_bots(events: LeadEvents, scorer: Scorer) -> None:
    delivered = {"delivered_at": events.at(0)}
    clicks = [
        events.engaged("email_click", timedelta(seconds=n), mail="m", link=f"l{n}", also=delivered) for n in (1, 2)
    ]
    scorer.read(*clicks, events.engaged("email_click", timedelta(seconds=3), mail="m", link="l3"))
    assert [one.bot for one in scorer.engagements()] == ["delivery", "delivery", "burst"]
    assert_that_the_past_adds_up(scorer)


@pytest.mark.parametrize("place", range(0, 36, 6))
def test_marks_are_found_where_they_stand_and_nowhere_else(place: int) -> None:
    from scoring.decide.ledger import _has  # noqa: PLC0415

    seen = bytes(range(36))
    assert _has(seen, seen[place : place + 6])
    assert not _has(seen, seen[place + 1 : place + 7])


def test_what_is_stored_is_small(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(events.captured(title="CEO"), *[events.engaged("site_visit", day) for day in range(BLOCK)])
    assert len(msgspec.msgpack.encode(scorer.leads["ann"])) < 550
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(Lead("x")), type=Lead) == Lead("x")
    assert msgspec.msgpack.decode(scorer.blocks["ann"][0], type=PastBlock).after.ledgers["default"] != LedgerState()
