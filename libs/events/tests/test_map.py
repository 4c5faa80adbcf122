"""The map of the house only flows forward."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.picture import END, START, mermaid, placed
from events.topics import FLOW, TOPICS, TYPES, Topic, partition, reads, writes


def backward(topic: Topic) -> list[str]:
    """Consumers that do not lie downstream of the producer and are not declared as feedback."""
    return [
        name for name in topic.readers if FLOW.index(name) <= FLOW.index(topic.producer) and name not in topic.feedback
    ]


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.name)
def test_events_only_flow_forward(topic: Topic) -> None:
    assert backward(topic) == []


def test_a_backward_edge_is_caught() -> None:
    assert backward(Topic("x", "routing", ("scoring",), ())) == ["scoring"]


def test_the_edges_that_flow_back_are_known_by_name() -> None:
    back = {topic.name: topic.feedback for topic in TOPICS.values() if topic.feedback}
    assert back == {"slas": ("routing",), "notices": ("sla-monitor",), "packs": ("notifier", "reporting")}


def test_every_type_is_carried_by_one_topic_and_says_so() -> None:
    carried = [(kind, topic.name) for topic in TOPICS.values() for kind in topic.carries]
    assert len(carried) == len(TYPES)
    assert all(TYPES[kind].topic == name for kind, name in carried)


def test_every_service_reads_or_says_something() -> None:
    assert all(reads(service) or writes(service) for service in FLOW)
    assert writes("ingest") == ("leads", "sales", "campaigns")


@given(st.text(), st.integers(1, 64))
def test_a_subject_always_lands_in_the_same_lane(subject: str, partitions: int) -> None:
    assert partition(subject, partitions) == partition(subject, partitions) < partitions


def test_the_picture_is_drawn_from_the_map() -> None:
    assert all(name in mermaid() for name in TOPICS)
    page = placed(f"a\n{START}\nold\n{END}\nb")
    assert "old" not in page
    assert placed(page) == page
    with pytest.raises(ValueError, match="no place"):
        placed("nothing")


def test_what_may_name_a_person_is_forgotten_within_a_month_and_reshipped_for_a_week() -> None:
    """Erasure empties tables at once; the log forgets by itself (domain, section 11)."""
    assert all(TOPICS[name].keep_days <= 28 for name in ("leads", "sales"))
    assert {topic.reship_days for topic in TOPICS.values()} == {7}
