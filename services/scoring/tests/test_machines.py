"""Mail gateways open and click every link: what they do is kept, marked, and worth nothing (domain, 3.4)."""

from datetime import timedelta
from typing import Any

from events.scores import LeadQualified, LeadScored, MqlWithdrawn


def click(said: Any, seconds: float, link: str, **data: Any) -> Any:
    return said.did("email_click", timedelta(seconds=seconds), mail="m", link=link, **data)


def test_a_known_scanner_is_a_machine(said: Any, desk: Any) -> None:
    desk.tell(said.did("email_open", mail="m", user_agent="Mozilla/5.0 (via ggpht.com GoogleImageProxy)"))
    assert desk.points() == 0
    assert desk.leads["ann"].entries[0].machine == "scanner"
    assert desk.standing().last_engaged_at is None


def test_two_links_are_a_person_three_within_ten_seconds_a_machine(said: Any, desk: Any) -> None:
    desk.tell(click(said, 0, "a"), click(said, 5, "b"))
    assert desk.points() == 10
    facts = desk.tell(click(said, 10, "c"))
    assert desk.points() == 0
    assert facts[0].data.reason == "correction"
    assert facts[0].data.last_engaged_at is None


def test_the_same_link_three_times_is_an_impatient_person(said: Any, desk: Any) -> None:
    desk.tell(*[click(said, second, "a") for second in range(3)])
    assert desk.points() == 15


def test_three_links_in_eleven_seconds_are_a_person(said: Any, desk: Any) -> None:
    desk.tell(click(said, 0, "a"), click(said, 5, "b"), click(said, 10.5, "c"))
    assert desk.points() == 15


def test_a_click_within_two_seconds_of_delivery_is_a_machine(said: Any, desk: Any) -> None:
    desk.tell(click(said, 2, "a", delivered_at=said.at(0)))
    assert desk.points() == 0
    desk.tell(click(said, 300, "a", delivered_at=said.at(0)))
    assert desk.points() == 5


def test_a_source_that_knows_is_believed(said: Any, desk: Any) -> None:
    desk.tell(said.did("email_open", mail="a", machine=True), said.did("email_open", mail="b", machine=False))
    assert desk.points() == 2
    desk.tell(*[click(said, second, link, machine=False) for second, link in enumerate("abc")])
    assert desk.points() == 17


def test_machines_do_not_restart_decay(said: Any, desk: Any) -> None:
    desk.tell(said.did("demo_request"))
    desk.tell(said.did("email_open", 59, mail="m", machine=True))
    desk.advance(said.at(60))
    assert desk.points() == 25


def test_a_gate_opened_by_a_machine_closes_again(said: Any, desk: Any) -> None:
    desk.tell(said.did("pricing_view"), said.did("webinar_attended", asset="w"))
    opened = desk.tell(click(said, 0, "a"), click(said, 4, "b"))
    assert [fact.event for fact in opened] == [LeadScored, LeadScored, LeadQualified]
    closed = desk.tell(click(said, 8, "c"))
    assert [fact.event for fact in closed] == [LeadScored, MqlWithdrawn]
    assert closed[1].data.total == 50
