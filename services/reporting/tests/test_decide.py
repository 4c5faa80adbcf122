"""The laws of the fold, and examples of what it makes of each topic."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events import Event
from events.leads import Campaign
from events.topics import TYPES
from reporting.decide import HANDLERS, decide, forget
from reporting.decide.fold import Terms
from reporting.decide.leading import survivors
from reporting.decide.model import Model


def fold(events: list[Event], terms: Terms, *cuts: int) -> Model:
    """The whole state after the events, read in batches that end at the cuts."""
    state = Model()
    edges = [0, *sorted(cuts), len(events)]
    for start, end in pairwise(edges):
        changed = decide(state, events[start:end], terms)
        for name, rows in changed.tables().items():
            state.tables()[name].update(rows)
        state = forget(state)
    return state


def shuffled(events: list[Event], draw: Any) -> list[Event]:
    """Any interleaving that keeps the order within each topic."""
    rests: dict[str, list[Event]] = {}
    for event in events:
        rests.setdefault(event.topic, []).append(event)
    found = []
    while rests:
        topic = draw(st.sampled_from(sorted(rests)))
        found.append(rests[topic].pop(0))
        if not rests[topic]:
            del rests[topic]
    return found


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_where_a_batch_is_cut_never_shows(terms: Terms, events: list[Event], data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(events)), max_size=6))
    assert fold(events, terms, *cuts) == fold(events, terms)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_how_the_topics_interleave_never_shows(terms: Terms, events: list[Event], data: st.DataObject) -> None:
    other = shuffled(events, data.draw)
    cut = data.draw(st.integers(0, len(events)))
    assert fold(other, terms, cut) == fold(events, terms)


def test_every_type_of_every_topic_is_read() -> None:
    assert {event.type_name() for event in HANDLERS} == set(TYPES)


def test_erasure_takes_the_person_and_the_words_and_leaves_the_counts(events: list[Event], terms: Terms) -> None:
    model = fold(events, terms)
    person = model.person["lead-4",]
    assert (person.email, person.name, person.company, person.facts) == (None, None, None, {})
    assert person.captured_at is not None
    assert all(row.note is None for row in model.remark.values() if row.lead == "lead-4")
    assert ("lead-4", 1, "mql") in model.entry


def test_a_withdrawn_mql_is_marked_and_may_come_back(history: Any, terms: Terms) -> None:
    assert fold(history.events, terms).entry["lead-6", 1, "mql"].withdrawn
    history.stage("lead-6", history.now, "mql", "assigned")
    again = fold(history.events, terms).entry["lead-6", 1, "mql"]
    assert not again.withdrawn
    assert again.entered_at == history.now


def test_implied_stages_are_filled_in_and_marked(told: Any, terms: Terms) -> None:
    told.stage("x", told.now, "opportunity", "connected", implied=("mql", "sal", "sql"))
    entries = fold(told.events, terms).entry
    assert [(stage, row.implied) for (_, _, stage), row in entries.items()] == [
        ("mql", True),
        ("sal", True),
        ("sql", True),
        ("opportunity", False),
    ]


def test_a_return_frees_the_owner(history: Any, terms: Terms) -> None:
    place = fold(history.events, terms).place["lead-4",]
    assert (place.owner, place.assignment, place.status) == (None, None, "nurture")


def test_the_form_gives_way_to_a_person_of_sales(told: Any, terms: Terms) -> None:
    facts = {
        "company": {
            "form": {"value": "acme", "at": "2026-08-02T00:00:00+00:00"},
            "crm_human": {"value": "Acme Inc", "at": "2026-08-01T00:00:00+00:00"},
        }
    }
    assert survivors(facts, terms)[0][1:3] == ("Acme Inc", "crm_human")


def test_the_earliest_touch_with_a_campaign_gives_the_source(told: Any, terms: Terms) -> None:
    told.captured("x", told.now, email="x@y.example", name="X", company="Y", source="google")
    early = told.now - timedelta(days=2)
    told.engaged("x", early, "blog_read", campaign=Campaign(source="newsletter", name="june"))
    person = fold(told.events, terms).person["x",]
    assert (person.source, person.campaign, person.first_seen) == ("newsletter", "june", early)


def test_who_accepted_and_then_was_too_slow_had_accepted(told: Any, terms: Terms) -> None:
    told.accepted("slow", told.now, "rep-ana", told.now)
    told.rejected("slow", told.now + timedelta(hours=6), "rep-ana", "accept_timeout")
    told.rejected("other", told.now, "rep-ben", "accept_timeout")
    for cuts in ((), (2,)):
        answers = fold(told.events, terms, *cuts).answer
        assert {key[0]: (row.answer, row.accepted) for key, row in answers.items()} == {
            "slow": ("accepted", True),
            "other": ("accept_timeout", False),
        }
